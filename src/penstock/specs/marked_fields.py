"""The texts of plain data that the language marks: what refers to other specs, and what is no plain text.

What of a kind can hold such a text is found out once; a spec is then walked along these ways alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from penstock.specs.addresses import Pointer
from penstock.specs.shapes import Choice, Entries, Items, Mapping, Scalar, Shape, Tagged, mapping_of


class Found(NamedTuple):
    """A scalar found in plain data."""

    pointer: Pointer
    text: str
    scalar: Scalar
    is_key: bool
    """Whether it is the key at `pointer`, and not the value."""


def scalars(cls: type[BaseModel], wanted: Literal["refers", "holds"], data: Any) -> list[Found]:
    """The texts in `data` that the language marks as references, or as something that is not plain text.

    `data` may be invalid or a part, such as an override: what has another form than the language says is passed over.
    """
    found: list[Found] = []
    walk = _walker(mapping_of(cls), wanted)
    if walk is not None:
        walk(data, (), found)
    return found


_Walk = Callable[[Any, Pointer, list[Found]], None]


@cache
def _walker(shape: Shape, wanted: str) -> _Walk | None:
    """A function that finds the wanted scalars below data of this shape; None where there can be none."""
    if isinstance(shape, Mapping):
        return _mapping_walker(shape, wanted) if _reaches(shape, wanted) else None
    if isinstance(shape, Scalar):
        return _scalar_walker(shape) if getattr(shape, wanted) is not None else None
    if isinstance(shape, Items):
        return _items_walker(shape, wanted)
    if isinstance(shape, Entries):
        return _entries_walker(shape, wanted)
    if isinstance(shape, Choice):
        return _choice_walker(tuple(shape.members), wanted)
    if isinstance(shape, Tagged):
        return _choice_walker(tuple(member for _, member in shape.members), wanted, shape)
    return None


def _mapping_walker(shape: Mapping, wanted: str) -> _Walk:
    steps: list[tuple[str, _Walk]] = []
    compiled = False

    def walk(data: Any, pointer: Pointer, found: list[Found]) -> None:
        nonlocal compiled
        if not compiled:
            # Only now, because a mapping may hold itself.
            for key, field in shape.fields.items():
                step = _walker(field.shape, wanted)
                if step is not None:
                    steps.append((key, step))
            compiled = True
        if type(data) is dict:
            for key, step in steps:
                value = data.get(key)
                if value is not None:
                    step(value, (*pointer, key), found)

    return walk


def _scalar_walker(scalar: Scalar) -> _Walk:
    def walk(data: Any, pointer: Pointer, found: list[Found]) -> None:
        if type(data) is str:
            found.append(Found(pointer, data, scalar, False))

    return walk


def _items_walker(shape: Items, wanted: str) -> _Walk | None:
    inner = _walker(shape.item, wanted)
    if inner is None:
        return None

    def walk(data: Any, pointer: Pointer, found: list[Found]) -> None:
        if type(data) is list:
            for position, item in enumerate(data):
                inner(item, (*pointer, position), found)

    return walk


def _entries_walker(shape: Entries, wanted: str) -> _Walk | None:
    inner = _walker(shape.value, wanted)
    key = shape.key if isinstance(shape.key, Scalar) and getattr(shape.key, wanted) is not None else None
    if inner is None and key is None:
        return None

    def walk(data: Any, pointer: Pointer, found: list[Found]) -> None:
        if type(data) is dict:
            for name, value in data.items():
                if key is not None:
                    found.append(Found((*pointer, name), name, key, True))
                if inner is not None:
                    inner(value, (*pointer, name), found)

    return walk


def _choice_walker(members: tuple[Shape, ...], wanted: str, tagged: Tagged | None = None) -> _Walk | None:
    inner = [(member, step) for member in members if (step := _walker(member, wanted)) is not None]
    if not inner:
        return None

    def walk(data: Any, pointer: Pointer, found: list[Found]) -> None:
        meant = tagged.of(data) if tagged is not None else None
        for member, step in inner:
            if meant is None or member == meant:
                step(data, pointer, found)

    return walk


def _reaches(shape: Shape, wanted: str, seen: frozenset[type] = frozenset()) -> bool:
    if isinstance(shape, Scalar):
        return getattr(shape, wanted) is not None
    if isinstance(shape, Items):
        return _reaches(shape.item, wanted, seen)
    if isinstance(shape, Entries):
        return _reaches(shape.key, wanted, seen) or _reaches(shape.value, wanted, seen)
    if isinstance(shape, Choice):
        return any(_reaches(member, wanted, seen) for member in shape.members)
    if isinstance(shape, Tagged):
        return any(_reaches(member, wanted, seen) for _, member in shape.members)
    if isinstance(shape, Mapping) and shape.cls not in seen:
        return any(_reaches(field.shape, wanted, seen | {shape.cls}) for field in shape.fields.values())
    return False
