"""From where pydantic saw an error to the place in the document, and what the language expects there."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import BaseModel

from penstock.source.model import Pointer
from penstock.specs.shapes import Anything, Choice, Entries, Items, Mapping, Scalar, Shape, Tagged, mapping_of


class Place(NamedTuple):
    """Where an error is."""

    pointer: Pointer
    """In the document. For a key that is missing, where it would be."""
    shape: Shape
    """What the language expects there."""
    parent: Mapping | None
    """The mapping that holds it, where it is one of the language's own."""
    is_key: bool = False
    """Whether the key itself is at fault."""
    rejected: bool = False
    """Whether the error speaks of a form that the value is not meant as; another error says what is wrong."""
    is_choice: bool = False
    """Whether the value has none of the several forms that may stand there."""
    siblings: Tagged | None = None
    """The forms of which `parent` is the one chosen, if it is one of several."""


def place_of(cls: type[BaseModel], data: Any, location: tuple[str | int, ...]) -> Place:
    """The place that pydantic's `location` names, without the names of the union members on the way."""
    shape: Shape = mapping_of(cls)
    parent: Mapping | None = None
    siblings: Tagged | None = None
    pointer: list[str | int] = []
    rest = list(location)
    while rest:
        if isinstance(shape, Choice):
            label = rest.pop(0)
            member = shape.of(data)
            if member is None:
                return Place(tuple(pointer), shape, parent, is_choice=True)
            if not _is_named(member, str(label)):
                return Place(tuple(pointer), shape, parent, rejected=True)
            shape = member
            continue
        if isinstance(shape, Tagged):
            rest.pop(0)
            following = shape.of(data)
            siblings, shape = shape, following or Anything()
            if not rest:
                parent = following
            continue
        step = rest.pop(0)
        if rest == ["[key]"]:
            return Place((*pointer, step), shape.key if isinstance(shape, Entries) else shape, None, is_key=True)
        parent = shape if isinstance(shape, Mapping) else None
        shape = _following(shape, step)
        pointer.append(step)
        if rest:
            siblings = None
        data = data.get(step) if isinstance(data, dict) else _item(data, step)
    if isinstance(shape, Choice) and shape.of(data) is None:
        return Place(tuple(pointer), shape, parent, is_choice=True)
    return Place(tuple(pointer), shape, parent, siblings=siblings)


def _following(shape: Shape, step: str | int) -> Shape:
    if isinstance(shape, Mapping):
        field = shape.fields.get(str(step))
        return field.shape if field is not None else Anything()
    if isinstance(shape, Items):
        return shape.item
    if isinstance(shape, Entries):
        return shape.value
    return Anything()


def _item(data: Any, step: str | int) -> Any:
    return data[step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else None


def _is_named(member: Shape, label: str) -> bool:
    """Whether pydantic's label of a union member is that of this shape: a class's name, `list[...]`, `dict[...]`.

    A list that is looked at as a whole is called `function-after[..., list[...]]`.
    """
    if isinstance(member, Mapping):
        return member.cls.__name__ in label
    if isinstance(member, Items):
        return "list[" in label.partition("dict[")[0]
    if isinstance(member, Entries):
        return label.startswith("dict[")
    return not isinstance(member, Scalar)
