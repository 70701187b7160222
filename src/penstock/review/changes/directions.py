"""Which way a change moves the risk, from what its field declares and from nothing else."""

from __future__ import annotations

from typing import Any, NamedTuple

from penstock.review.changes.values import distance, magnitude
from penstock.review.model import Direction, Grown, Operation
from penstock.specs.review import Area, Loosens, Review
from penstock.specs.units import Duration

LOOSENED, TIGHTENED = Direction.LOOSENED, Direction.TIGHTENED
NEUTRAL, UNKNOWN = Direction.NEUTRAL, Direction.UNKNOWN


class DirectionJudgement(NamedTuple):
    """A direction, in one sentence why, and how far a number moved in the direction that loosens."""

    direction: Direction
    why: str
    grew: Grown | None = None


def judge(
    review: Review, operation: Operation, before: Any, after: Any, *, is_item: bool = False
) -> DirectionJudgement:
    """The direction of a value that came, went or changed; None stands for a value that is not there.

    `is_item`: the value is an item of the list or mapping that carries the declaration, not the field's whole value.
    What the declaration does not order is unknown, which counts as the highest risk.
    """
    match review.loosens:
        case Loosens.NEVER:
            return DirectionJudgement(NEUTRAL, "no change of this field loosens anything")
        case Loosens.ANY:
            return DirectionJudgement(UNKNOWN, "any change of this field may loosen")
        case Loosens.REMOVED | Loosens.ADDED:
            return _of_presence(review.loosens, operation, before, after, is_item)
        case Loosens.LOWER | Loosens.HIGHER:
            return _of_number(review, operation, before, after)
        case Loosens.LATER:
            return _of_order(review.order, operation, before, after)


def _of_presence(loosens: Loosens, operation: Operation, before: Any, after: Any, is_item: bool) -> DirectionJudgement:
    removed = loosens is Loosens.REMOVED
    whole_list = not is_item and isinstance(after if before is None else before, list)
    if operation is Operation.ADDED:
        if whole_list:
            if removed:
                return DirectionJudgement(UNKNOWN, "a list that was not there may widen or narrow what holds")
            return DirectionJudgement(TIGHTENED, "only what the new list names is allowed now")
        if removed:
            return DirectionJudgement(TIGHTENED, "adding this is stricter")
        return DirectionJudgement(LOOSENED, "adding this is looser")
    if operation is Operation.REMOVED:
        if whole_list:
            if removed:
                return DirectionJudgement(UNKNOWN, "a list that is gone may widen or narrow what holds")
            return DirectionJudgement(LOOSENED, "without the list, everything is allowed")
        if removed:
            return DirectionJudgement(LOOSENED, "taking this away is looser")
        return DirectionJudgement(TIGHTENED, "taking this away is stricter")
    return DirectionJudgement(UNKNOWN, "another value stands in its place, and nothing orders the two")


def _of_number(review: Review, operation: Operation, before: Any, after: Any) -> DirectionJudgement:
    loosens = review.loosens
    if review.absent == "unordered" and operation in (Operation.ADDED, Operation.REMOVED):
        return DirectionJudgement(UNKNOWN, "without a value it works in another way, and nothing orders the two")
    if operation is Operation.REMOVED:
        return DirectionJudgement(LOOSENED, "a bound that is gone is the loosest of all")
    if operation is Operation.ADDED:
        return DirectionJudgement(TIGHTENED, "there was no bound before")
    first, second = magnitude(before), magnitude(after)
    both_times = isinstance(before, Duration) is isinstance(after, Duration)
    if first is None or second is None or isinstance(first, type(second)) is False or not both_times:
        return DirectionJudgement(UNKNOWN, "nothing orders the two values")
    is_lower = second < first  # type: ignore[operator]  # both are numbers, or both are times
    if is_lower is (loosens is Loosens.LOWER):
        return DirectionJudgement(LOOSENED, f"a {loosens.value} value is looser", distance(before, after))
    return DirectionJudgement(TIGHTENED, f"only a {loosens.value} value is looser")


def _of_order(order: tuple[str, ...], operation: Operation, before: Any, after: Any) -> DirectionJudgement:
    if operation is not Operation.CHANGED or before not in order or after not in order:
        return DirectionJudgement(UNKNOWN, "nothing orders the two values")
    listed = ", ".join(order)
    if order.index(after) > order.index(before):
        return DirectionJudgement(LOOSENED, f"from strict to loose the values are {listed}")
    return DirectionJudgement(TIGHTENED, f"from strict to loose the values are {listed}")


_WHOLE: dict[tuple[str, Operation], DirectionJudgement] = {
    ("Dataset", Operation.ADDED): DirectionJudgement(NEUTRAL, "a new dataset loosens nothing that exists"),
    ("Dataset", Operation.REMOVED): DirectionJudgement(LOOSENED, "its contract holds no longer"),
    ("FeatureSet", Operation.ADDED): DirectionJudgement(NEUTRAL, "new features loosen nothing that exists"),
    ("Model", Operation.ADDED): DirectionJudgement(
        UNKNOWN, "a new model is trained, with whatever it names, once it is merged"
    ),
    ("Gate", Operation.ADDED): DirectionJudgement(
        UNKNOWN, "a new gate runs in its model's training, and may take the place of a stricter one"
    ),
    ("Gate", Operation.REMOVED): DirectionJudgement(LOOSENED, "its rules hold no longer"),
    ("Team", Operation.ADDED): DirectionJudgement(UNKNOWN, "who is in a new team counts as independent of all others"),
    ("ApprovalPolicy", Operation.REMOVED): DirectionJudgement(LOOSENED, "its rules hold no longer"),
}


def judge_spec(kind: str, operation: Operation, *, names_code: bool = False) -> DirectionJudgement:
    """The direction of a whole spec that came, went or was renamed; `names_code`: whether it names code to be run."""
    known = _WHOLE.get((kind, operation))
    if names_code and operation is Operation.ADDED and known is not None:
        return DirectionJudgement(UNKNOWN, "it names code, which runs wherever the spec is used")
    if known is not None:
        return known
    if operation is Operation.ADDED:
        return DirectionJudgement(UNKNOWN, f"a new {kind} takes effect as soon as it is merged")
    if operation is Operation.REMOVED:
        return DirectionJudgement(UNKNOWN, f"whatever relied on this {kind} does without")
    return DirectionJudgement(UNKNOWN, "the content is the same under a new name, which is the business of both owners")


def review_of(declared: dict[str, Any] | None) -> Review:
    """The meaning that a field declares under ``x-penstock``; of one that declares none, any change may loosen."""
    if declared is None:
        return Review(Loosens.ANY, Area.GOVERNANCE)
    order, absent = tuple(declared.get("order", ())), declared.get("absent", "loosest")
    return Review(Loosens(declared["loosens"]), Area(declared["area"]), order, absent)
