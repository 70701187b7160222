"""The rules that look at releases, in the order in which one is described."""

from __future__ import annotations

from penstock.checks.releases.release_conflict import release_conflict
from penstock.checks.releases.release_evidence import release_evidence
from penstock.checks.releases.stale_release import stale_release
from penstock.checks.rule import Rule

RULES: tuple[Rule, ...] = (
    release_evidence,
    stale_release,
    release_conflict,
)
