"""The language as data: which keys a mapping has, what each holds, and what refers to other specs.

Read off the typed kinds, so that errors, references, origins and schemas speak of one and the same language.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, cached_property
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, Union, get_args, get_origin

from annotated_types import Ge
from pydantic import BaseModel, Discriminator, Tag
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from penstock.diagnostics.grammar import joined, with_article
from penstock.specs.addresses import Pointer
from penstock.specs.base import Holds, Refers
from penstock.specs.units import Duration, Fraction, Quantity


class Scalar(NamedTuple):
    """One value that is no collection."""

    words: str
    """What is expected, in the words of somebody who writes YAML: ``a whole number``."""
    values: tuple[str, ...] = ()
    """The only values allowed, where the language lists them."""
    refers: str | None = None
    """The kind whose specs it names."""
    holds: str | None = None
    """What its text is, where it is not plain: see `Holds`."""


class Anything(NamedTuple):
    """Whatever YAML can say."""

    words: str = "a value"


class Items(NamedTuple):
    """A list."""

    item: Shape

    @property
    def words(self) -> str:
        """What is expected."""
        return "a list"


class Entries(NamedTuple):
    """A mapping with keys that the author chooses."""

    key: Shape
    value: Shape

    @property
    def words(self) -> str:
        """What is expected."""
        return "a mapping"


class Choice(NamedTuple):
    """One of several shapes, known by looking at the value."""

    members: tuple[Shape, ...]

    @property
    def words(self) -> str:
        """What is expected."""
        *most, last = dict.fromkeys(_words_of_member(member) for member in self.members)
        most = [word.replace("` or `", "`, `") for word in most]
        return joined([*most, last], "or")

    def of(self, value: Any) -> Shape | None:
        """The member that a value of this outer form is meant as; None for a scalar, which may be any of them."""
        wanted: tuple[type, ...] = ()
        if isinstance(value, dict):
            wanted = (Mapping, Entries, Tagged)
        elif isinstance(value, list):
            wanted = (Items,)
        return next((member for member in self.members if isinstance(member, wanted)), None)


def values_of(shape: Shape) -> tuple[str, ...]:
    """The values that a shape lists; of a choice, those of all its members."""
    if isinstance(shape, Choice):
        return tuple(value for member in shape.members for value in values_of(member))
    return shape.values if isinstance(shape, Scalar) else ()


def _words_of_member(member: Shape) -> str:
    """What a member of a choice expects; the values that it lists have nowhere else to stand."""
    if isinstance(member, Scalar) and len(member.values) > 2:
        return ", ".join(f"`{value}`" for value in member.values)
    return member.words


class Tagged(NamedTuple):
    """One of several mappings, known by a key or by the value of one."""

    tag_of: Callable[[Any], str | None]
    members: tuple[tuple[str, Mapping], ...]
    key: str | None
    """The key whose value decides; None where the keys themselves do."""

    @property
    def words(self) -> str:
        """What is expected."""
        return "a mapping"

    def of(self, value: Any) -> Mapping | None:
        """The mapping that the value is meant as."""
        tag = self.tag_of(value) if isinstance(value, dict) else None
        return dict(self.members).get(tag) if tag is not None else None


@dataclass(frozen=True)
class Mapping:
    """A mapping with the keys of one class of the language."""

    cls: type[BaseModel]

    @property
    def words(self) -> str:
        """What is expected."""
        return "a mapping"

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The fields by the key that is written for them, in the order of declaration."""
        if not self.cls.__pydantic_fields_complete__:
            self.cls.model_rebuild()
        return {info.alias or name: _field(name, info) for name, info in self.cls.model_fields.items()}


Shape: TypeAlias = Scalar | Anything | Items | Entries | Choice | Tagged | Mapping


class Field(NamedTuple):
    """One key of a mapping."""

    key: str
    name: str
    """The attribute of the class."""
    shape: Shape
    required: bool
    optional: bool
    """Whether it may be absent and then has no value at all."""
    description: str
    default: Any
    """The value where it is absent, as plain data; None where there is none."""
    review: dict[str, Any] | None
    """Direction and area, as declared."""


@cache
def mapping_of(cls: type[BaseModel]) -> Mapping:
    """The mapping that a class of the language describes."""
    return Mapping(cls)


def shape_at(shape: Shape, data: Any, pointer: Pointer) -> Shape | None:
    """The shape of the place that `pointer` names below `data`; None where the language has no such place."""
    for step in pointer:
        resolved = settle(shape, data)
        following: Shape | None = None
        if isinstance(resolved, Mapping) and isinstance(step, str):
            field = resolved.fields.get(step)
            following = field.shape if field is not None else None
        elif isinstance(resolved, Items) and isinstance(step, int):
            following = resolved.item
        elif isinstance(resolved, Entries):
            following = resolved.value
        elif isinstance(resolved, Anything):
            following = resolved
        if following is None:
            return None
        shape = following
        data = _below(data, step)
    return settle(shape, data) or shape


def settle(shape: Shape, data: Any) -> Shape | None:
    """The shape itself, or of a choice the one that the data is meant as."""
    while isinstance(shape, Choice | Tagged):
        chosen = shape.of(data)
        if chosen is None:
            return None
        shape = chosen
    return shape


def mappings(cls: type[BaseModel]) -> Iterator[tuple[str, Mapping]]:
    """Every mapping that the class reaches, once each, with a path such as ``spec.rules[]`` to where it was met."""
    seen: set[type] = set()
    waiting: list[tuple[str, Shape]] = [("", mapping_of(cls))]
    while waiting:
        path, shape = waiting.pop(0)
        if isinstance(shape, Mapping):
            if shape.cls in seen:
                continue
            seen.add(shape.cls)
            yield path, shape
            waiting += [(f"{path}.{key}".lstrip("."), field.shape) for key, field in shape.fields.items()]
        elif isinstance(shape, Items):
            waiting.append((f"{path}[]", shape.item))
        elif isinstance(shape, Entries):
            waiting.append((f"{path}.*", shape.value))
        elif isinstance(shape, Choice):
            waiting += [(path, member) for member in shape.members]
        elif isinstance(shape, Tagged):
            waiting += [(path, member) for _, member in shape.members]


def _below(data: Any, step: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(step)
    if isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
        return data[step]
    return None


def _field(name: str, info: FieldInfo) -> Field:
    annotation: Any = info.annotation
    shape = _shape(annotation, tuple(info.metadata), info.discriminator)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    review = extra.get("x-penstock")
    default = info.get_default(call_default_factory=True) if not info.is_required() else None
    return Field(
        key=info.alias or name,
        name=name,
        shape=shape,
        required=info.is_required(),
        optional=not info.is_required() and default is None,
        description=info.description or "",
        default=None if default is PydanticUndefined else _plain(default),
        review=review if isinstance(review, dict) else None,
    )


def _plain(value: Any) -> Any:
    """A default as it would be written."""
    if isinstance(value, Duration | Fraction | Quantity):
        return str(value)
    return value


_WORDS: dict[Any, str] = {
    str: "text",
    bool: "`true` or `false`",
    int: "a whole number",
    float: "a number",
    datetime: 'a quoted timestamp with a time zone, such as "2026-12-24T18:00:00+01:00"',
    Decimal: "a number",
}


_HELD: dict[str, str] = {
    "sql": "SQL",
    "promql": "a PromQL expression",
    "function": "a Python function as `module:function`",
    "class": "a Python class as `module.Class`",
    "column": "the name of a column",
    "feature": "the name of a feature",
    "metric": "the name of a metric such as `roc_auc`",
    "vector": "a vector of 2 to 1024 numbers such as `float[8]`",
    "schedule": "five cron fields such as `0 6 * * *`",
}
"""What text is that `Holds` marks, where a person would not call it text."""


def _shape(annotation: Any, metadata: tuple[Any, ...] = (), discriminator: Any = None) -> Shape:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        return _shape(inner, (*marks, *metadata), discriminator)
    if origin in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        if len(members) == 1:
            return _shape(members[0], metadata, discriminator)
        decides = discriminator or next((mark for mark in metadata if isinstance(mark, Discriminator)), None)
        if decides is not None:
            return _tagged(members, decides)
        return Choice(tuple(map(_form, members)))
    if origin is Literal:
        values = tuple(str(value) for value in get_args(annotation))
        return Scalar(" or ".join(f"`{value}`" for value in values) if len(values) < 3 else "one of a list", values)
    if origin in (list, tuple):
        return Items(_shape(get_args(annotation)[0]))
    if origin is dict:
        key, value = get_args(annotation)
        return Entries(_shape(key), _shape(value))
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            return mapping_of(annotation)
        if issubclass(annotation, Duration | Fraction | Quantity):
            return Scalar(annotation.expected)
        if annotation in (list, dict):
            return Anything("a list" if annotation is list else "a mapping")
    if annotation is Any:
        return Anything()
    refers = next((mark.kind for mark in metadata if isinstance(mark, Refers)), None)
    holds = next((mark.what for mark in metadata if isinstance(mark, Holds)), None)
    words = f"the name of {with_article(refers)}" if refers else _HELD.get(holds or "", _WORDS.get(annotation, "text"))
    return Scalar(words, refers=refers, holds=holds)


def _form(annotation: Any) -> Shape:
    """One of several forms; of a bounded number the bound is part of what is expected."""
    shape = _shape(annotation)
    marks = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    least = next((mark.ge for mark in marks if isinstance(mark, Ge)), None)
    return (
        shape._replace(words=f"{shape.words} of at least {least}")
        if isinstance(shape, Scalar) and least is not None
        else shape
    )


def _tagged(members: list[Any], decides: Any) -> Tagged:
    shapes: list[tuple[str, Mapping]] = []
    if isinstance(decides, str):
        for member in members:
            mapping = mapping_of(member)
            value = mapping.fields[decides].shape
            shapes += [(tag, mapping) for tag in (value.values if isinstance(value, Scalar) else ())]
        return Tagged(lambda data: data.get(decides), tuple(shapes), decides)
    for member in members:
        cls, *marks = get_args(member)
        tag = next(mark.tag for mark in marks if isinstance(mark, Tag))
        shapes.append((tag, mapping_of(cls)))
    return Tagged(decides.discriminator, tuple(shapes), None)
