"""The rules that look at teams."""

from __future__ import annotations

from penstock.checks.ineffective_override import ineffective_override
from penstock.checks.rule import Rule

RULES: tuple[Rule, ...] = (ineffective_override,)
