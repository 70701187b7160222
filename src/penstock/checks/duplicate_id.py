"""Two items of a list have the same name.

What it does: compares the `id` or `name` of the items of every list.

Why: addresses, evidence, alerts and approvals identify items by name; of two with the same name, one is invisible.

Example:

    rules:
      - {id: quality, metric: roc_auc, atLeast: 0.7}
      - {id: quality, metric: recall, atLeast: 0.5}

Use instead: a different name for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.addresses import IDENTITY_KEYS
from penstock.specs.base import Resource
from penstock.specs.shapes import Choice, Entries, Items, Mapping, Scalar, Shape, Tagged, mapping_of


@rule("duplicate-id")
def duplicate_id(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each item whose name an earlier one of its list has."""
    shape = mapping_of(type(resource)).fields["spec"].shape
    for pointer, items in _lists(shape, view.data(resource.kind_name, resource.name)["spec"], ()):
        seen: dict[str, int] = {}
        for position, item in enumerate(items):
            key = next(
                (key for key in IDENTITY_KEYS if isinstance(item, dict) and isinstance(item.get(key), str)), None
            )
            if key is None:
                continue
            first = seen.setdefault(item[key], position)
            if first != position and not _is_patch(pointer):
                yield Diagnostic.error(
                    "duplicate-id",
                    f"duplicate name `{item[key]}` in `{_holder(pointer)}`",
                    view.span(resource, (*pointer, position, key)),
                    "again here",
                    secondary=(Label(view.span(resource, (*pointer, first, key)), "first here"),),
                    help=("rename one: addresses and approvals identify items by name",),
                )


def _lists(shape: Shape, value: Any, pointer: Pointer) -> Iterator[tuple[Pointer, list[Any]]]:
    """The lists of mappings at and below a value of the language, whose shape is one that holds some."""
    if isinstance(shape, Mapping) and isinstance(value, dict):
        for key, below in _fields_with_lists(shape):
            if key in value:
                yield from _lists(below, value[key], (*pointer, key))
    elif isinstance(shape, Entries) and isinstance(value, dict):
        for key, item in value.items():
            yield from _lists(shape.value, item, (*pointer, key))
    elif isinstance(shape, Items) and isinstance(value, list):
        yield pointer, value
        if _holds_lists(shape.item):
            for position, item in enumerate(value):
                yield from _lists(shape.item, item, (*pointer, position))
    elif isinstance(shape, Choice | Tagged):
        chosen = shape.of(value)
        if chosen is not None and _holds_lists(chosen):
            yield from _lists(chosen, value, pointer)


@cache
def _fields_with_lists(shape: Mapping) -> tuple[tuple[str, Shape], ...]:
    return tuple((key, field.shape) for key, field in shape.fields.items() if _holds_lists(field.shape))


@cache
def _holds_lists(shape: Shape, above: frozenset[type] = frozenset()) -> bool:
    """Whether a list whose items are mappings can stand at or below the shape."""
    if isinstance(shape, Items):
        return not isinstance(shape.item, Scalar)
    if isinstance(shape, Entries):
        return _holds_lists(shape.value, above)
    if isinstance(shape, Choice):
        return any(_holds_lists(member, above) for member in shape.members)
    if isinstance(shape, Tagged):
        return any(_holds_lists(member, above) for _, member in shape.members)
    if isinstance(shape, Mapping) and shape.cls not in above:
        return any(_holds_lists(field.shape, above | {shape.cls}) for field in shape.fields.values())
    return False


def _is_patch(pointer: Pointer) -> bool:
    """Whether the items are patches, whose `name` is that of a manifest."""
    return "patches" in pointer


def _holder(pointer: Pointer) -> str:
    return next((str(step) for step in reversed(pointer) if isinstance(step, str)), "the list")
