"""Rules that let changes pass which no other rule matches: those block without them."""

from __future__ import annotations

from penstock.review.changes.diff import Difference
from penstock.review.changes.directions import LOOSENED, TIGHTENED, UNKNOWN, DirectionJudgement
from penstock.review.changes.rule_coverage import is_covered
from penstock.review.model import Operation
from penstock.specs.approval_policy import ApprovalPolicySpec, ApprovalRule
from penstock.specs.base import Node

_ADDED = DirectionJudgement(LOOSENED, "it requires nobody, so changes that no other rule matches now pass")
_REMOVED = DirectionJudgement(TIGHTENED, "it required nobody; changes that no other rule matches now block")
_OPENING = DirectionJudgement(
    UNKNOWN, "changes that no other rule matches blocked, and those that this one matches can be approved now"
)
_FREED = DirectionJudgement(LOOSENED, "required approvals: what this rule matches no longer needs any")
_BOUND = DirectionJudgement(TIGHTENED, "required approvals: what this rule matches needs them now")


def opening(difference: Difference, before: Node) -> Difference:
    """The difference of a policy, told by what it opens; `before` is the spec that it is a difference from.

    It is turned round where it is a rule for nobody, and told where a rule becomes one or ceases to be. A rule that
    asks people opens what no rule has spoken of, and binds what others have.
    """
    judgement = None
    if isinstance(rule := difference.after, ApprovalRule) and difference.operation is Operation.ADDED:
        rules = before.rules if isinstance(before, ApprovalPolicySpec) else []
        asking = None if is_covered(rule, rules) else _OPENING
        judgement = _ADDED if rule.require == "nobody" else asking
    elif isinstance(rule := difference.before, ApprovalRule) and difference.operation is Operation.REMOVED:
        judgement = _REMOVED if rule.require == "nobody" else None
    elif (difference.holder, difference.field) == (ApprovalRule, "require"):
        judgement = _FREED if difference.after == "nobody" else _BOUND if difference.before == "nobody" else None
    return difference if judgement is None else difference._replace(judgement=judgement)
