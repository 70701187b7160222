"""Which items of two lists are one another's: by identity, by content, or by position where position is meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from penstock.review.changes.values import exact, same
from penstock.specs.addresses import IDENTITY_KEYS
from penstock.specs.approval_policy import Require, When
from penstock.specs.base import JsonPatch, Node
from penstock.specs.gate import GateTest
from penstock.specs.model import SensitiveUse
from penstock.specs.rollout import Caller, CanaryStep

SETS: frozenset[type[Node]] = frozenset({Caller, GateTest, SensitiveUse, Require, When})
"""Items without `id` or `name` whose order means nothing; they are known by their content."""

WHOLE: frozenset[type[Node]] = frozenset({GateTest})
"""Those among them of which each says one thing: with another word in it, it is another item."""

ORDERED: frozenset[type[Node]] = frozenset({CanaryStep, JsonPatch})
"""Items without `id` or `name` whose place in the list is part of what they mean."""


_MOST_COMPARISONS = 1_000_000
"""Of longer lists, items are one another's by place or by content alone: no pull request keeps a machine busy."""


class Pair(NamedTuple):
    """An item before and after; one of the two is absent where it came or went."""

    before: int | None
    after: int | None
    name: str
    """How the item is addressed."""


def align(before: list[Any], after: list[Any], *, is_set: bool) -> Iterator[Pair]:
    """Pairs of positions that cover both lists. `is_set`: single values are known by themselves, not by place."""
    known, now = _identities(before), _identities(after)
    if known is not None and now is not None:
        yield from _by_key(known, now, known, now)
        return
    of = next(iter(before or after), None)
    if is_set or type(of) in SETS:
        yield from _as_sets(before, after)
    else:
        yield from _in_order(before, after)


def _identities(items: list[Any]) -> list[str] | None:
    """The `id` or `name` of every item; None where one has none, or two have the same."""
    found = []
    for item in items:
        if not isinstance(item, Node):
            return None
        key = next((key for key in IDENTITY_KEYS if isinstance(getattr(item, key, None), str)), None)
        if key is None:
            return None
        found.append(getattr(item, key))
    return found if len(set(found)) == len(found) else None


def _by_key(before: list[Any], after: list[Any], known: list[str], now: list[str]) -> Iterator[Pair]:
    places = {key: position for position, key in enumerate(before)}
    for position, key in enumerate(after):
        yield Pair(places.pop(key, None), position, now[position])
    for position in places.values():
        yield Pair(position, None, known[position])


def _as_sets(before: list[Any], after: list[Any]) -> Iterator[Pair]:
    """Equal items are one another's wherever they stand; of the rest, those whose first field is the same.

    But for those that are `WHOLE`.
    """
    first = [exact(item) for item in before]
    second = [exact(item) for item in after]
    common = Counter(first) & Counter(second)
    left = _without(first, common)
    right = _without(second, common)
    are_few = len(left) * len(right) <= _MOST_COMPARISONS
    for position in right:
        item = after[position]
        likely = left if are_few and isinstance(item, Node) else ()
        match = next((one for one in likely if _is_like(before[one], item)), None)
        if match is not None:
            left.remove(match)
        yield Pair(match, position, _name(item, position))
    for position in left:
        yield Pair(position, None, _name(before[position], position))


def _without(keys: list[str], common: Counter[str]) -> list[int]:
    waiting, rest = Counter(common), []
    for position, key in enumerate(keys):
        if waiting[key]:
            waiting[key] -= 1
        else:
            rest.append(position)
    return rest


def _is_like(before: Any, after: Any) -> bool:
    if not isinstance(before, Node) or type(before) is not type(after) or type(before) in WHOLE:
        return False
    first = next(iter(type(before).model_fields))
    return same(getattr(before, first), getattr(after, first))


def _name(item: Any, position: int) -> str:
    text = str(item) if isinstance(item, str | int) else ""
    return text if text and len(text) <= 80 and not set(text) & set("[]\n\r") else str(position)


def _in_order(before: list[Any], after: list[Any]) -> Iterator[Pair]:
    """Equal items keep their order; between them, items are paired by their place."""
    one, other = 0, 0
    for start_before, start_after, size in _blocks(before, after):
        while one < start_before or other < start_after:
            has_before, has_after = one < start_before, other < start_after
            place = other if has_after else one
            yield Pair(one if has_before else None, other if has_after else None, str(place))
            one, other = one + has_before, other + has_after
        one, other = start_before + size, start_after + size


def _blocks(before: list[Any], after: list[Any]) -> list[tuple[int, int, int]]:
    from difflib import SequenceMatcher

    first = [exact(item) for item in before]
    second = [exact(item) for item in after]
    if len(first) * len(second) > _MOST_COMPARISONS:
        return [(0, 0, 0), (len(first), len(second), 0)]
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks]
