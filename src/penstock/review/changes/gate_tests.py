"""Tests of gates that go because the rules say otherwise now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from penstock.checks.gate_test import is_met
from penstock.review.changes.diff import Difference
from penstock.review.changes.directions import LOOSENED, NEUTRAL, Judgement
from penstock.specs.gate import GateSpec, GateTest


def overtaken(difference: Difference, after: Any) -> Difference:
    """The difference, neutral where it is a test that goes and that the rules of head do not meet.

    `after` is the spec of head that it lies in. Such a test had to go, whichever way its rule moved: that is judged at
    the rule. One that the rules would still meet takes a promise away.
    """
    test = difference.before
    if not isinstance(test, GateTest) or not isinstance(after, GateSpec) or is_met(after, test):
        return difference
    if difference.judgement.direction is not LOOSENED:
        return difference
    return replace(difference, judgement=Judgement(NEUTRAL, "the rules no longer meet it, which is told of them"))
