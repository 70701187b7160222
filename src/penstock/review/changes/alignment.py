"""Which items of two lists are one another's: by identity, by content, or by position where position is meaning."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import islice, takewhile
from typing import Any, NamedTuple

from penstock.review.artifacts.line_diff import ties
from penstock.review.changes.values import exact
from penstock.specs.addresses import IDENTITY_KEYS
from penstock.specs.approval_policy import Require, When
from penstock.specs.base import JsonPatch, Node
from penstock.specs.canary import CanaryStep
from penstock.specs.gate import GateTest
from penstock.specs.model import SensitiveUse
from penstock.specs.rollout import Caller

SETS: frozenset[type[Node]] = frozenset({Caller, GateTest, SensitiveUse, Require, When})
"""Items without `id` or `name` whose order means nothing; they are known by their content."""

WHOLE: frozenset[type[Node]] = frozenset({GateTest})
"""Those among them of which each says one thing: with another word in it, it is another item."""

ORDERED: frozenset[type[Node]] = frozenset({CanaryStep, JsonPatch})
"""Items without `id` or `name` whose place in the list is part of what they mean."""


_MOST_COMPARISONS = 40_000
"""Between two items that tie lists together, more are one another's by place alone: difflib takes the cube of their
number, and no pull request keeps a machine busy."""


class Pair(NamedTuple):
    """An item before and after; one of the two is absent where it came or went."""

    before: int | None
    after: int | None
    name: str
    """How the item is addressed."""


class _Run(NamedTuple):
    """Items that are equal in both lists."""

    before: int
    after: int
    size: int


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
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for position in left:
        waiting[_likeness(before[position])].append(position)
    matched: set[int | None] = set()
    for position in right:
        item = after[position]
        likely = waiting.get(_likeness(item)) if isinstance(item, Node) and type(item) not in WHOLE else None
        match = likely.popleft() if likely else None
        matched.add(match)
        yield Pair(match, position, _name(item, position))
    for position in left:
        if position not in matched:
            yield Pair(position, None, _name(before[position], position))


def _without(keys: list[str], common: Counter[str]) -> list[int]:
    waiting, rest = Counter(common), []
    for position, key in enumerate(keys):
        if waiting[key]:
            waiting[key] -= 1
        else:
            rest.append(position)
    return rest


def _likeness(item: Any) -> str:
    """What two items share of which each may have become the other: their type and their first field."""
    if not isinstance(item, Node):
        return ""
    return f"{type(item).__name__} {exact(getattr(item, next(iter(type(item).model_fields))))}"


def _name(item: Any, position: int) -> str:
    text = str(item) if isinstance(item, str | int) else ""
    return text if text and len(text) <= 80 and not set(text) & set("[]\n\r") else str(position)


def _in_order(before: list[Any], after: list[Any]) -> Iterator[Pair]:
    """Equal items keep their order; between them, items are paired by their place."""
    one, other = 0, 0
    for start_before, start_after, size in _runs([exact(item) for item in before], [exact(item) for item in after]):
        while one < start_before or other < start_after:
            has_before, has_after = one < start_before, other < start_after
            place = other if has_after else one
            yield Pair(one if has_before else None, other if has_after else None, str(place))
            one, other = one + has_before, other + has_after
        one, other = start_before + size, start_after + size


def _runs(before: list[str], after: list[str]) -> Iterator[_Run]:
    """Runs of equal items, in order; the last one is the empty one at the ends of both."""
    start = new_start = 0
    for one, other in ties(before, after):
        yield from _between(before[start:one], after[new_start:other], start, new_start)
        yield _Run(one, other, 1)
        start, new_start = one + 1, other + 1
    yield from _between(before[start:], after[new_start:], start, new_start)
    yield _Run(len(before), len(after), 0)


def _between(before: list[str], after: list[str], start: int, new_start: int) -> Iterator[_Run]:
    """The runs between two items that tie the lists together; what lies there begins at these places."""
    if len(before) * len(after) <= _MOST_COMPARISONS:
        compared = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        yield from (_Run(start + block.a, new_start + block.b, block.size) for block in compared if block.size)
        return
    alike = list(takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    yield _Run(start, new_start, len(alike))
    shorter = min(len(before), len(after)) - len(alike)
    ends = islice(zip(reversed(before), reversed(after), strict=False), shorter)
    size = len(list(takewhile(lambda pair: pair[0] == pair[1], ends)))
    yield _Run(start + len(before) - size, new_start + len(after) - size, size)
