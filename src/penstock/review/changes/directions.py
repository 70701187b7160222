"""Which way a change moves the risk, from what its field declares and from nothing else."""

from __future__ import annotations

from typing import Any, NamedTuple

from penstock.review.changes.values import distance, magnitude
from penstock.review.model import Direction, Grown, Operation
from penstock.specs.review import Area, Loosens, Review
from penstock.specs.units import Duration

LOOSENED, TIGHTENED = Direction.LOOSENED, Direction.TIGHTENED
NEUTRAL, UNKNOWN = Direction.NEUTRAL, Direction.UNKNOWN


_MOVING = {True: "lowering it", False: "raising it"}
_SWITCHING = {True: "turning it off", False: "turning it on"}
"""What happens to a number, or to what is true or false, by whether it becomes less."""


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
            return DirectionJudgement(NEUTRAL, "does not affect risk")
        case Loosens.ANY:
            return DirectionJudgement(UNKNOWN, "any change may increase risk")
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
                return DirectionJudgement(UNKNOWN, "a new list may widen or narrow what applies")
            return DirectionJudgement(TIGHTENED, "only the listed values are allowed now")
        if removed:
            return DirectionJudgement(TIGHTENED, "adding it reduces risk")
        return DirectionJudgement(LOOSENED, "adding it increases risk")
    if operation is Operation.REMOVED:
        if whole_list:
            if removed:
                return DirectionJudgement(UNKNOWN, "removing the list may widen or narrow what applies")
            return DirectionJudgement(LOOSENED, "without the list, everything is allowed")
        if removed:
            return DirectionJudgement(LOOSENED, "removing it increases risk")
        return DirectionJudgement(TIGHTENED, "removing it reduces risk")
    return DirectionJudgement(UNKNOWN, "replaced by another value, and the two are not ordered by risk")


def _of_number(review: Review, operation: Operation, before: Any, after: Any) -> DirectionJudgement:
    loosens = review.loosens
    if review.absent == "unordered" and operation in (Operation.ADDED, Operation.REMOVED):
        return DirectionJudgement(UNKNOWN, "set or unset, it works in different ways, which are not ordered by risk")
    if operation is Operation.REMOVED:
        return DirectionJudgement(LOOSENED, "removing the bound increases risk")
    if operation is Operation.ADDED:
        return DirectionJudgement(TIGHTENED, "adding a bound reduces risk")
    first, second = magnitude(before), magnitude(after)
    both_times = isinstance(before, Duration) is isinstance(after, Duration)
    if first is None or second is None or isinstance(first, type(second)) is False or not both_times:
        return DirectionJudgement(UNKNOWN, "the two values are not ordered by risk")
    is_lower = second < first  # type: ignore[operator]  # both are numbers, or both are times
    is_switch = isinstance(before, bool) and isinstance(after, bool)
    moving = _SWITCHING[is_lower] if is_switch else _MOVING[is_lower]
    if is_lower is (loosens is Loosens.LOWER):
        return DirectionJudgement(LOOSENED, f"{moving} increases risk", distance(before, after))
    return DirectionJudgement(TIGHTENED, f"{moving} reduces risk")


def _of_order(order: tuple[str, ...], operation: Operation, before: Any, after: Any) -> DirectionJudgement:
    if operation is not Operation.CHANGED or before not in order or after not in order:
        return DirectionJudgement(UNKNOWN, "the two values are not ordered by risk")
    listed = ", ".join(order)
    if order.index(after) > order.index(before):
        return DirectionJudgement(LOOSENED, f"from strictest to loosest, the values are {listed}")
    return DirectionJudgement(TIGHTENED, f"from strictest to loosest, the values are {listed}")


_WHOLE: dict[tuple[str, Operation], DirectionJudgement] = {
    ("Dataset", Operation.ADDED): DirectionJudgement(NEUTRAL, "a new dataset does not affect what exists"),
    ("Dataset", Operation.REMOVED): DirectionJudgement(LOOSENED, "its contract no longer applies"),
    ("FeatureSet", Operation.ADDED): DirectionJudgement(NEUTRAL, "new features do not affect what exists"),
    ("Model", Operation.ADDED): DirectionJudgement(
        UNKNOWN, "a new model, with all that it names, is trained once merged"
    ),
    ("Gate", Operation.ADDED): DirectionJudgement(
        UNKNOWN, "a new gate runs in its model's training, and may replace a stricter one"
    ),
    ("Gate", Operation.REMOVED): DirectionJudgement(LOOSENED, "its rules no longer apply"),
    ("Team", Operation.ADDED): DirectionJudgement(UNKNOWN, "members of a new team count as independent of all others"),
    ("Release", Operation.REMOVED): DirectionJudgement(
        UNKNOWN, "nothing is served any more where it was the release, and its manifests go"
    ),
    ("ApprovalPolicy", Operation.REMOVED): DirectionJudgement(LOOSENED, "its rules no longer apply"),
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
        return DirectionJudgement(UNKNOWN, f"whatever relied on this {kind} loses it")
    return DirectionJudgement(UNKNOWN, "the content is the same under a new name, which concerns both owners")


def review_of(declared: dict[str, Any] | None) -> Review:
    """The meaning that a field declares under ``x-penstock``; of one that declares none, any change may loosen."""
    if declared is None:
        return Review(Loosens.ANY, Area.GOVERNANCE)
    order, absent = tuple(declared.get("order", ())), declared.get("absent", "loosest")
    return Review(Loosens(declared["loosens"]), Area(declared["area"]), order, absent)
