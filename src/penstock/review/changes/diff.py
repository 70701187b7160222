"""Two versions of a spec compared field by field: what differs in meaning, by address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

from penstock.forges.logins import login_key
from penstock.review.changes.alignment import align
from penstock.review.changes.directions import DirectionJudgement, judge, review_of
from penstock.review.changes.values import same
from penstock.review.model import Operation
from penstock.source.model import Pointer
from penstock.specs.addresses import Address
from penstock.specs.approval_policy import People, When
from penstock.specs.base import Node
from penstock.specs.review import Loosens, Review
from penstock.specs.shapes import Choice, Entries, Field, Items, Scalar, Shape, mapping_of
from penstock.specs.team import TeamSpec

S = TypeVar("S", Items, Entries)

_CLAUSE = re.compile(r"\. |[;:,] ")
_LONGEST_SUBJECT = 40
"""Characters."""
UNORDERABLE: frozenset[type[Node]] = frozenset({When})
"""Mappings below which nothing is ordered: a `not` around a predicate turns every one of its fields round."""

_LOGINS: frozenset[tuple[type[Node], str]] = frozenset({(TeamSpec, "members"), (People, "logins")})
"""Lists of logins, by the class and the attribute that hold them."""


class Difference(NamedTuple):
    """One place at which two versions of a spec differ."""

    address: Address
    pointer: Pointer
    """Below ``spec``, in the version that `operation` leaves: of the earlier one for a removal."""
    operation: Operation
    before: Any
    """Typed; None where there was nothing."""
    after: Any
    review: Review
    judgement: DirectionJudgement
    holder: type[Node]
    """The class that declares the field which holds the value, or the list or mapping that it is an item of."""
    field: str
    """The attribute of that class."""
    is_order: bool = False
    """Whether nothing but the order differs; `before` and `after` name what stands in it."""


class FieldPlace(NamedTuple):
    """Where a comparison is, and what is declared there."""

    address: Address
    pointer: Pointer
    review: Review
    holder: type[Node]
    field: str
    subject: str
    """What the field is called where a reader is told about a change of it."""
    declared: Review
    """What the field declares, even where `review` says that nothing below it is ordered."""
    is_item: bool = False

    @classmethod
    def of(cls, address: Address, pointer: Pointer, holder: type[Node], key: str, declared: Field) -> FieldPlace:
        """The field `key` of a mapping of the class `holder`, which stands at `address`."""
        review = review_of(declared.review)
        subject = _subject(key, declared)
        return cls(address.key(key), (*pointer, key), review, holder, declared.name, subject, review)

    def key(self, key: str) -> FieldPlace:
        return self._replace(address=self.address.key(key), pointer=(*self.pointer, key), is_item=True)

    def item(self, name: str, position: int) -> FieldPlace:
        return self._replace(address=self.address.item(name), pointer=(*self.pointer, position), is_item=True)


def _subject(key: str, declared: Field) -> str:
    """The first words of the field's description, which name it; its key, where they are a sentence instead."""
    clause = _CLAUSE.split(declared.description, maxsplit=1)[0].rstrip(".")
    return clause if len(clause) <= _LONGEST_SUBJECT else f"`{key}`"


def differences(address: Address, before: Node, after: Node, pointer: Pointer = ()) -> Iterator[Difference]:
    """What differs between two mappings of one class, in the order of its fields."""
    yield from _of_nodes(address, pointer, before, after, False)


def _of_nodes(address: Address, pointer: Pointer, before: Node, after: Node, unordered: bool) -> Iterator[Difference]:
    cls = type(before)
    unordered = unordered or cls in UNORDERABLE
    for key, field in mapping_of(cls).fields.items():
        one, other = getattr(before, field.name), getattr(after, field.name)
        if one is other:
            continue
        place = FieldPlace.of(address, pointer, cls, key, field)
        if unordered and place.review.loosens is not Loosens.NEVER:
            place = place._replace(review=Review(Loosens.ANY, place.review.area))
        yield from _of_values(place, one, other, field.shape, unordered)


def _of_values(
    place: FieldPlace, before: Any, after: Any, shape: Shape | None, unordered: bool
) -> Iterator[Difference]:
    if same(before, after):
        return
    if before is None or after is None:
        yield _difference(place, before, after)
    elif isinstance(before, Node) and type(before) is type(after):
        yield from _of_nodes(place.address, place.pointer, before, after, unordered)
    elif isinstance(before, Node) and isinstance(after, Node):
        yield _difference(place, before, None)
        yield _difference(place, None, after)
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from _of_mappings(place, before, after, among(shape, Entries), unordered)
    elif isinstance(before, list) and isinstance(after, list) and among(shape, Items) is not None:
        yield from _of_lists(place, before, after, among(shape, Items), unordered)
    else:
        yield _difference(place, before, after)


def _of_mappings(
    place: FieldPlace, before: dict[str, Any], after: dict[str, Any], shape: Entries | None, unordered: bool
) -> Iterator[Difference]:
    for key in (*before, *(key for key in after if key not in before)):
        below = place.key(str(key))
        if key not in after:
            yield _difference(below, before[key], None, Operation.REMOVED)
        elif key not in before:
            yield _difference(below, None, after[key], Operation.ADDED)
        else:
            yield from _of_values(below, before[key], after[key], shape.value if shape else None, unordered)


def _of_lists(
    place: FieldPlace, before: list[Any], after: list[Any], shape: Items | None, unordered: bool
) -> Iterator[Difference]:
    item = shape.item if shape is not None else None
    if (place.holder, place.field) in _LOGINS:
        yield from _of_logins(place, before, after)
        return
    for pair in align(before, after, is_set=is_set(place.declared, item)):
        if pair.after is None:
            below = place.item(pair.name, pair.before or 0)
            yield _difference(below, before[pair.before or 0], None, Operation.REMOVED)
        elif pair.before is None:
            yield _difference(place.item(pair.name, pair.after), None, after[pair.after], Operation.ADDED)
        else:
            below = place.item(pair.name, pair.after)
            yield from _of_values(below, before[pair.before], after[pair.after], item, unordered)


def _of_logins(place: FieldPlace, before: list[str], after: list[str]) -> Iterator[Difference]:
    """Whose login comes or goes; in other letters, capital or small, it is the same one."""
    known, now = set(map(login_key, before)), set(map(login_key, after))
    for position, login in enumerate(after):
        if login_key(login) not in known:
            yield _difference(place.item(login, position), None, login, Operation.ADDED)
    for position, login in enumerate(before):
        if login_key(login) not in now:
            yield _difference(place.item(login, position), login, None, Operation.REMOVED)


def _difference(place: FieldPlace, before: Any, after: Any, operation: Operation | None = None) -> Difference:
    if operation is None:
        operation = Operation.ADDED if before is None else Operation.REMOVED if after is None else Operation.CHANGED
    judgement = judge(place.review, operation, before, after, is_item=place.is_item)
    if place.subject:
        judgement = judgement._replace(why=f"{place.subject}: {judgement.why}")
    whole = before if after is None else after
    own = whole.as_whole if isinstance(whole, Node) else None
    review = place.review if own is None else place.review._replace(area=own)
    return Difference(
        place.address, place.pointer, operation, before, after, review, judgement, place.holder, place.field
    )


def among(shape: Shape | None, wanted: type[S]) -> S | None:
    """The list, or the mapping with free keys, among the shapes that may stand there."""
    members = shape.members if isinstance(shape, Choice) else (shape,)
    return next((member for member in members if isinstance(member, wanted)), None)


def is_set(review: Review, item: Shape | None) -> bool:
    """Whether a list of single values names things, so that their order means nothing."""
    if not isinstance(item, Scalar | Choice):
        return False
    if review.loosens in (Loosens.REMOVED, Loosens.ADDED):
        return True
    return isinstance(item, Scalar) and (item.refers is not None or item.holds in ("column", "feature"))
