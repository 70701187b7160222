"""Values for any field of the language, made from its type: two that differ, ordered where the type has an order."""

from __future__ import annotations

import types
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from penstock.specs.shapes import Mapping, mapping_of
from penstock.specs.units import Duration, Fraction, Quantity

ORDERED: dict[Any, tuple[Any, Any]] = {
    Duration: (Duration.parse("1h"), Duration.parse("2h")),
    Fraction: (Fraction("0.05"), Fraction("0.5")),
    Quantity: (Quantity("500m"), Quantity("2")),
    datetime: (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    bool: (False, True),
    int: (3, 7),
    float: (0.25, 0.75),
    str: ("one", "two"),
}
"""A smaller and a larger value of each type."""


def sample(annotation: Any, which: int) -> Any:
    """The smaller (0) or larger (1) value of a type; mappings and lists differ in what they hold."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return sample(get_args(annotation)[0], which)
    if origin in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        lists = [member for member in members if get_origin(member) is list]
        return sample((lists or members)[0], which)
    if origin is Literal:
        return get_args(annotation)[min(which, len(get_args(annotation)) - 1)]
    if origin is list:
        return [sample(get_args(annotation)[0], 0), *([sample(get_args(annotation)[0], 1)] if which else [])]
    if origin is dict:
        value = get_args(annotation)[1]
        return {"a": sample(value, 0), **({"b": sample(value, 1)} if which else {})}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return node(mapping_of(annotation), which)
    if annotation is Any:
        return ("one", "two")[which]
    return next(pair[which] for known, pair in ORDERED.items() if issubclass(annotation, known))


def node(mapping: Mapping, which: int, **given: Any) -> BaseModel:
    """A mapping with a value for each field that it must have; `given` by attribute."""
    cls = mapping.cls
    values = {name: sample(info.annotation, which) for name, info in cls.model_fields.items() if info.is_required()}
    return cls.model_construct(**{**values, **given})
