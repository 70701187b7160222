"""Two items of a list have one name.

What it does: compares the `id` or `name` of the items of every list.

Why: items are known by their name in addresses, evidence, alerts and approvals; of two with one name, one is invisible.

Example:

    rules:
      - {id: quality, metric: roc_auc, atLeast: 0.7}
      - {id: quality, metric: recall, atLeast: 0.5}

Use instead: a name of its own for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.addresses import IDENTITY_KEYS
from penstock.specs.base import Resource
from penstock.specs.kinds import KINDS


@rule("duplicate-id", *KINDS.values())
def duplicate_id(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each item whose name an earlier one of its list has."""
    for pointer, items in _lists(view.data(resource.kind_name, resource.name)["spec"], ()):
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
                    f"two items of `{_holder(pointer)}` are called `{item[key]}`",
                    view.span(resource, (*pointer, position, key)),
                    "again here",
                    secondary=(Label(view.span(resource, (*pointer, first, key)), "first here"),),
                    help=("give each a name of its own: addresses and approvals know an item by it",),
                )


def _lists(value: Any, pointer: Pointer) -> Iterator[tuple[Pointer, list[Any]]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _lists(item, (*pointer, key))
    elif isinstance(value, list):
        yield pointer, value
        for position, item in enumerate(value):
            yield from _lists(item, (*pointer, position))


def _is_patch(pointer: Pointer) -> bool:
    """Whether the items are patches, whose `name` is that of a manifest."""
    return "patches" in pointer


def _holder(pointer: Pointer) -> str:
    return next((str(step) for step in reversed(pointer) if isinstance(step, str)), "the list")
