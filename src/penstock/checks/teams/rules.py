"""The rules that look at teams."""

from __future__ import annotations

from penstock.checks.ineffective_override import ineffective_override
from penstock.checks.rule import Rule
from penstock.checks.teams.unknown_receiver import unknown_receiver

RULES: tuple[Rule, ...] = (unknown_receiver, ineffective_override)
