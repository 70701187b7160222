"""Rules that require nobody: they let changes pass that no other rule matches, and would block without them."""

from __future__ import annotations

from penstock.review.changes.diff import Difference
from penstock.review.changes.directions import LOOSENED, TIGHTENED, DirectionJudgement
from penstock.review.model import Operation
from penstock.specs.approval_policy import ApprovalRule

_ADDED = DirectionJudgement(LOOSENED, "it requires nobody, so changes that no other rule matches now pass")
_REMOVED = DirectionJudgement(TIGHTENED, "it required nobody; changes that no other rule matches now block")
_FREED = DirectionJudgement(LOOSENED, "required approvals: what this rule matches no longer needs any")
_BOUND = DirectionJudgement(TIGHTENED, "required approvals: what this rule matches needs them now")


def requires_nobody(difference: Difference) -> Difference:
    """The difference, turned round where it is a rule for nobody, and told where a rule becomes one or ceases to be."""
    judgement = None
    if isinstance(rule := difference.after, ApprovalRule) and difference.operation is Operation.ADDED:
        judgement = _ADDED if rule.require == "nobody" else None
    elif isinstance(rule := difference.before, ApprovalRule) and difference.operation is Operation.REMOVED:
        judgement = _REMOVED if rule.require == "nobody" else None
    elif (difference.holder, difference.field) == (ApprovalRule, "require"):
        judgement = _FREED if difference.after == "nobody" else _BOUND if difference.before == "nobody" else None
    return difference if judgement is None else difference._replace(judgement=judgement)
