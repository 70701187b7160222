"""Tests of gates that go: because the rules say otherwise now, or because another test says as much."""

from __future__ import annotations

from typing import Any

from penstock.review.changes.diff import Difference
from penstock.review.changes.directions import LOOSENED, NEUTRAL, DirectionJudgement
from penstock.specs.gate import GateSpec, GateTest
from penstock.specs.gate_tests import is_kept, is_met


def overtaken(difference: Difference, after: Any) -> Difference:
    """The difference, neutral where it is a test that goes and takes no promise away.

    `after` is the spec of head that it lies in. A test that its rules do not meet any more had to go, whichever way
    they moved: that is judged at the rules. One that the tests of head imply is there no less.
    """
    test = difference.before
    if not isinstance(test, GateTest) or not isinstance(after, GateSpec):
        return difference
    if difference.judgement.direction is not LOOSENED:
        return difference
    if not is_met(after, test):
        why = "the rules no longer meet it; their own changes are listed"
    elif is_kept(after, test):
        why = "other tests of the gate cover it"
    else:
        return difference
    return difference._replace(judgement=DirectionJudgement(NEUTRAL, why))
