"""Reorderings: where two versions of a spec hold the same items in another order, a field each, with what moved.

Keys of a mapping that the language declares have no order. Entries under free keys have one, and so have items that are
known by name or by content: whether it means anything, what is compiled tells.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from penstock.diagnostics.grammar import joined
from penstock.review.changes.alignment import align
from penstock.review.changes.diff import Difference, FieldPlace, among, is_set
from penstock.review.changes.directions import judge
from penstock.review.changes.values import exact, plain
from penstock.review.model import Operation
from penstock.source.model import Pointer
from penstock.specs.addresses import Address
from penstock.specs.base import Node
from penstock.specs.components import PrometheusTarget
from penstock.specs.gate import GateTest
from penstock.specs.rollout import Caller, RolloutSpec
from penstock.specs.shapes import Entries, Items, Shape, mapping_of

FOLLOWED = ", and the generated files follow that order"
"""Why an order may mean something."""
SORTED: frozenset[tuple[type[Node], str]] = frozenset(
    {
        (Caller, "pods"),
        (GateTest, "expect"),
        (GateTest, "given"),
        (PrometheusTarget, "rule_labels"),
        (RolloutSpec, "environments"),
    }
)
"""Fields that the compiler puts in an order of its own, whatever they are written in."""

_TOLD = 3
"""How many of the things that moved are told by name."""


class _Kept(NamedTuple):
    """Something that both versions hold."""

    before: int
    """Its place in the earlier one."""
    name: str
    value: Any
    """What tells it from the others, as plain data."""


def reorderings(address: Address, before: Node, after: Node, pointer: Pointer) -> Iterator[Difference]:
    """The mappings and lists of two versions whose common entries stand in another order, in that of the fields."""
    cls = type(before)
    for key, field in mapping_of(cls).fields.items():
        one, other = getattr(before, field.name), getattr(after, field.name)
        if not _is_alike(one, other):
            yield from _of_values(FieldPlace.of(address, pointer, cls, key, field), one, other, field.shape)


def _is_alike(before: Any, after: Any) -> bool:
    """Whether two values are equal and stand in the same order, as most of what a spec says does on both sides."""
    if before is after:
        return True
    if type(before) is not type(after):
        return False
    if isinstance(before, Node):
        return all(_is_alike(getattr(before, name), getattr(after, name)) for name in type(before).model_fields)
    if isinstance(before, dict):
        return list(before) == list(after) and all(map(_is_alike, before.values(), after.values()))
    if isinstance(before, list):
        return len(before) == len(after) and all(map(_is_alike, before, after))
    return bool(before == after)


def _of_values(place: FieldPlace, before: Any, after: Any, shape: Shape | None) -> Iterator[Difference]:
    if isinstance(before, Node) and type(before) is type(after):
        yield from reorderings(place.address, before, after, place.pointer)
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from _of_mappings(place, before, after, among(shape, Entries))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(place, before, after, among(shape, Items))


def _of_mappings(
    place: FieldPlace, before: dict[str, Any], after: dict[str, Any], shape: Entries | None
) -> Iterator[Difference]:
    places = {key: position for position, key in enumerate(before)}
    common = [_Kept(places[key], str(key), str(key)) for key in after if key in places]
    yield from _of_kept(place, common)
    for key in after:
        if key in places:
            yield from _of_values(place.key(str(key)), before[key], after[key], shape.value if shape else None)


def _of_lists(place: FieldPlace, before: list[Any], after: list[Any], shape: Items | None) -> Iterator[Difference]:
    item = shape.item if shape is not None else None
    pairs = sorted(_pairs(before, after, is_set(place.review, item)), key=lambda pair: pair[1])
    kept = [_Kept(one, _name(after[other], name), _told(after[other], name)) for one, other, name in pairs]
    yield from _of_kept(place, kept)
    for one, other, name in pairs:
        yield from _of_values(place.item(name, other), before[one], after[other], item)


def _pairs(before: list[Any], after: list[Any], is_known: bool) -> Iterator[tuple[int, int, str]]:
    """The places of each item that both lists hold, and what the item is called."""
    aligned = list(align(before, after, is_set=is_known))
    yield from (
        (one.before, one.after, one.name) for one in aligned if one.before is not None and one.after is not None
    )
    # Of items without a name, equal ones are one another's, of which an alignment tells nothing.
    told, told_after = {one.before for one in aligned}, {one.after for one in aligned}
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for position, item in enumerate(before):
        if position not in told:
            waiting[exact(item)].append(position)
    for position, item in enumerate(after):
        if position not in told_after and waiting[exact(item)]:
            yield waiting[exact(item)].popleft(), position, str(item) if isinstance(item, str) else str(position)


def _name(item: Any, name: str) -> str:
    """How an item is told; one without a name by its first field."""
    if not isinstance(item, Node) or not name.isdecimal():
        return name
    return str(plain(getattr(item, next(iter(type(item).model_fields)))))


def _told(item: Any, name: str) -> Any:
    return name if isinstance(item, Node) and not name.isdecimal() else plain(item)


def _of_kept(place: FieldPlace, kept: Sequence[_Kept]) -> Iterator[Difference]:
    """`kept` stand as they do in the later version."""
    if (place.holder, place.field) in SORTED or all(one.before < other.before for one, other in pairwise(kept)):
        return
    before, after = [one.value for one in sorted(kept, key=lambda one: one.before)], [one.value for one in kept]
    judgement = judge(place.review, Operation.CHANGED, before, after)
    why = f"{place.subject}: {_moved(kept)}{FOLLOWED}"
    yield Difference(
        place.address,
        place.pointer,
        Operation.CHANGED,
        before,
        after,
        place.review,
        judgement._replace(why=why),
        place.holder,
        place.field,
        is_order=True,
    )


def _moved(kept: Sequence[_Kept]) -> str:
    staying = _longest_rising([one.before for one in kept])
    moved = [position for position in range(len(kept)) if position not in staying]
    told = [
        f"`{kept[position].name}` now comes {f'after `{kept[position - 1].name}`' if position else 'first'}"
        for position in moved[:_TOLD]
    ]
    told += [f"{len(moved) - _TOLD} more moved"] if len(moved) > _TOLD else []
    return joined(told)


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """The positions of a longest rising part of distinct numbers: what stands there needs not have moved."""
    ends: list[int] = []
    positions: list[int] = []
    earlier: list[int | None] = []
    for position, number in enumerate(numbers):
        length = bisect_left(ends, number)
        ends[length : length + 1] = [number]
        positions[length : length + 1] = [position]
        earlier.append(positions[length - 1] if length else None)
    found: set[int] = set()
    last = positions[-1] if positions else None
    while last is not None:
        found.add(last)
        last = earlier[last]
    return found
