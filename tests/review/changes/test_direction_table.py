"""Every direction that the language declares, with every way in which its field can change."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

import pytest

from penstock.review.changes.alignment import ORDERED, SETS
from penstock.review.changes.diff import UNORDERABLE, differences
from penstock.review.changes.directions import judge
from penstock.review.model import Direction, Operation
from penstock.specs.addresses import IDENTITY_KEYS, Address
from penstock.specs.canary import CanaryStep
from penstock.specs.kinds import KINDS
from penstock.specs.review import Area, Loosens, Review
from penstock.specs.shapes import Entries, Field, Items, Mapping, Scalar, mappings
from review.changes.samples import node, sample

LOOSENED, TIGHTENED = Direction.LOOSENED, Direction.TIGHTENED
NEUTRAL, UNKNOWN = Direction.NEUTRAL, Direction.UNKNOWN
ADDRESS = Address("Gate", "g")

FIELDS: list[tuple[Mapping, Field]] = [
    (mapping, field)
    for mapping in {found.cls: found for kind in KINDS.values() for _, found in mappings(kind)}.values()
    for field in mapping.fields.values()
    if field.name not in ("api_version", "kind") or mapping.cls not in KINDS.values()
]
IN_ANOTHER_WAY = {(CanaryStep, "hold")}
"""Without a time a step waits for a person: to write a short one in is no stricter."""


@dataclass(frozen=True)
class Case:
    """A change of one field, and the direction that follows from its declaration."""

    mapping: Mapping
    field: Field
    operator: str
    before: Any
    after: Any
    expected: Direction

    def __str__(self) -> str:
        return f"{self.mapping.cls.__name__}.{self.field.key}-{self.field.review['loosens']}-{self.operator}"


def cases() -> Iterator[Case]:
    for mapping, field in FIELDS:
        loosens = Loosens(field.review["loosens"])
        for operator, before, after, expected in _operators(mapping, field, loosens):
            if mapping.cls in UNORDERABLE:
                expected = UNKNOWN
            yield Case(mapping, field, operator, before, after, expected)


def _operators(mapping: Mapping, field: Field, loosens: Loosens) -> Iterator[tuple[str, Any, Any, Direction]]:
    annotation = mapping.cls.model_fields[field.name].annotation
    small, large = sample(annotation, 0), sample(annotation, 1)
    gone, come = (UNKNOWN, UNKNOWN) if (mapping.cls, field.name) in IN_ANOTHER_WAY else (LOOSENED, TIGHTENED)
    match loosens:
        case Loosens.LOWER:
            yield "loosen", large, small, LOOSENED
            yield "tighten", small, large, TIGHTENED
            if field.optional:
                yield "remove", small, None, gone
                yield "add", None, small, come
        case Loosens.HIGHER:
            yield "loosen", small, large, LOOSENED
            yield "tighten", large, small, TIGHTENED
            if field.optional:
                yield "remove", large, None, gone
                yield "add", None, large, come
        case Loosens.LATER:
            strict, *_, loose = field.review["order"]
            yield "loosen", strict, loose, LOOSENED
            yield "tighten", loose, strict, TIGHTENED
        case Loosens.REMOVED | Loosens.ADDED:
            yield from _of_presence(field, loosens is Loosens.REMOVED, annotation, small, large)
        case Loosens.ANY | Loosens.NEVER:
            expected = UNKNOWN if loosens is Loosens.ANY else NEUTRAL
            if field.optional:
                yield "remove", small, None, expected
                yield "add", None, small, expected
            if _is_leaf(annotation) and small != large:
                yield "change", small, large, expected
                yield "change back", large, small, expected


def _of_presence(
    field: Field, removed: bool, annotation: Any, small: Any, large: Any
) -> Iterator[tuple[str, Any, Any, Direction]]:
    looser, stricter = (LOOSENED, TIGHTENED) if removed else (TIGHTENED, LOOSENED)
    if isinstance(small, list | dict):
        yield "remove an item", large, small, looser
        yield "add an item", small, large, stricter
        if field.optional and isinstance(small, list):
            yield "remove", small, None, UNKNOWN if removed else LOOSENED
            yield "add", None, small, UNKNOWN if removed else TIGHTENED
    elif field.optional:
        yield "remove", small, None, looser
        yield "add", None, small, stricter
        if isinstance(field.shape, Scalar):
            yield "replace", small, large if large != small else "another", UNKNOWN


def _is_leaf(annotation: Any) -> bool:
    """Whether the value is compared as a whole or item by item, and not by the declarations of its own fields."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _is_leaf(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return all(_is_leaf(member) for member in get_args(annotation))
    return not (isinstance(annotation, type) and hasattr(annotation, "model_fields"))


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_the_direction_follows_from_the_declaration(case: Case) -> None:
    before = node(case.mapping, 0, **{case.field.name: case.before})
    after = before.model_copy(update={case.field.name: case.after})
    found = list(differences(ADDRESS, before, after))
    assert found
    assert {one.judgement.direction for one in found} == {case.expected}
    assert all(one.review.area.value == case.field.review["area"] for one in found)
    assert all(one.judgement.why for one in found)


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_the_same_value_is_no_change(case: Case) -> None:
    before = node(case.mapping, 0, **{case.field.name: case.before})
    again = node(case.mapping, 0, **{case.field.name: case.before})
    assert list(differences(ADDRESS, before, again)) == []


def test_every_direction_and_operator_is_in_the_table() -> None:
    met = {(Loosens(case.field.review["loosens"]), case.operator) for case in cases()}
    for loosens in (Loosens.LOWER, Loosens.HIGHER):
        assert {(loosens, operator) for operator in ("loosen", "tighten", "remove", "add")} <= met
    for loosens in (Loosens.REMOVED, Loosens.ADDED):
        assert {(loosens, operator) for operator in ("remove an item", "add an item", "remove", "add")} <= met
    assert {(Loosens.LATER, "loosen"), (Loosens.LATER, "tighten")} <= met
    assert {(loosens, "change") for loosens in (Loosens.ANY, Loosens.NEVER)} <= met


def test_nearly_every_field_has_a_case() -> None:
    tested = {(case.mapping.cls, case.field.name) for case in cases()}
    untested = {
        f"{mapping.cls.__name__}.{field.name}" for mapping, field in FIELDS if (mapping.cls, field.name) not in tested
    }
    # What holds nothing but fields of its own, or can have one value only, has no direction to test.
    assert all(
        isinstance(field.shape, Mapping | Entries | Items)
        or type(field.shape).__name__ in ("Tagged", "Choice")
        or (isinstance(field.shape, Scalar) and len(field.shape.values) == 1)
        for mapping, field in FIELDS
        if f"{mapping.cls.__name__}.{field.name}" in untested
    ), untested


def test_items_without_an_identity_are_declared_a_set_or_an_order() -> None:
    undeclared = set()
    for mapping, field in FIELDS:
        item = field.shape.item if isinstance(field.shape, Items) else None
        if isinstance(item, Mapping) and not set(IDENTITY_KEYS) & set(item.fields):
            undeclared |= {item.cls} - SETS - ORDERED
        assert item is None or mapping.fields is not None
    assert undeclared == set()


def test_what_comes_and_goes_is_told_as_that() -> None:
    mapping = next(found for found, _ in FIELDS if found.cls.__name__ == "MetricRule")
    before = node(mapping, 0, at_least=0.7)
    after = before.model_copy(update={"at_least": None, "at_most": 0.9})
    assert [(str(one.address), one.operation) for one in differences(ADDRESS, before, after)] == [
        ("Gate/g.atLeast", Operation.REMOVED),
        ("Gate/g.atMost", Operation.ADDED),
    ]


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (False, True, "turning it on increases risk"),
        (True, False, "turning it off reduces risk"),
        (1, 2, "raising it increases risk"),
        (2, 1, "lowering it reduces risk"),
    ],
)
def test_a_switch_is_not_said_to_be_raised(before: object, after: object, why: str) -> None:
    assert judge(Review(Loosens.HIGHER, Area.GOVERNANCE), Operation.CHANGED, before, after).why == why
