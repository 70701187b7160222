"""Where each value of a spec comes from: a line of its file, an environment's override, or the language's default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from penstock.catalog.model import SpecId, View, written_in
from penstock.diagnostics.model import Span
from penstock.source.model import Pointer
from penstock.specs.addresses import Address, resolve, step_of
from penstock.specs.kinds import KINDS
from penstock.specs.shapes import Anything, Choice, Entries, Items, Mapping, Shape, Tagged, mapping_of, settle, shape_at


class Origin(NamedTuple):
    """One value, and where it comes from."""

    address: Address
    value: Any
    """Plain data; None for a value that is not there."""
    by: Literal["spec", "override", "default", "unset", "removed"]
    """Written in the spec or in the override, the language's default, not set at all, or removed by the override."""
    span: Span | None
    """Where it is written; None for a default and for what is not set."""
    description: str
    """What the language says about the field; empty for a value below a field of free form."""


def origins(view: View, address: Address) -> list[Origin] | None:
    """Every single value at and below an address, as this environment sees it, in the order of the language.

    None where the address names no place that the spec has or could have. KeyError where there is no such spec.
    """
    spec_id = SpecId(address.kind, address.name)
    document = view.catalog.document(spec_id)
    if document is None:
        raise KeyError(str(spec_id))
    walk = _Walk(view, spec_id, view.data(spec_id.kind, spec_id.name))
    kind = mapping_of(KINDS[spec_id.kind])
    if not address.parts:
        return [
            *walk.below(kind.fields["metadata"].shape, ("metadata",), ""),
            *walk.below(kind.fields["spec"].shape, ("spec",), ""),
        ]
    pointer = walk.pointer(kind, address)
    if pointer is None:
        return None
    parent = shape_at(kind, walk.data, pointer[:-1])
    field = parent.fields.get(str(pointer[-1])) if isinstance(parent, Mapping) else None
    shape = field.shape if field is not None else shape_at(kind, walk.data, pointer)
    if shape is None:
        return None
    if not written_in(walk.data, pointer):
        if field is None:
            return None
        return list(walk.absent(field.shape, pointer, field.default, field.description))
    return list(walk.below(shape, pointer, field.description if field is not None else ""))


class _Walk(NamedTuple):
    view: View
    spec_id: SpecId
    data: dict[str, Any]

    def pointer(self, kind: Mapping, address: Address) -> Pointer | None:
        """The pointer of an address, which may end in a field that is not written."""
        top, parts = "spec", address.parts
        if parts and parts[0] == ".metadata":
            top, parts = "metadata", parts[1:]
        for cut in range(len(parts), -1, -1):
            found = resolve(Address(address.kind, address.name, parts[:cut]), self.data.get(top))
            if found is not None:
                pointer = (top, *found, *map(step_of, parts[cut:]))
                return pointer if cut == len(parts) or _is_possible(kind, self.data, pointer) else None
        return None

    def below(self, shape: Shape, pointer: Pointer, description: str) -> Iterator[Origin]:
        """The values at and below a place that is written."""
        value = self.value(pointer)
        settled = settle(shape, value) if isinstance(shape, Choice | Tagged) else shape
        if isinstance(settled, Mapping) and isinstance(value, dict):
            for key, field in settled.fields.items():
                inner = (*pointer, key)
                if key in value:
                    yield from self.below(field.shape, inner, field.description)
                elif self.is_removed(inner):
                    yield self.origin(inner, None, "removed", field.description)
                elif not field.optional:
                    yield from self.absent(field.shape, inner, field.default, field.description)
        elif isinstance(value, dict) and value:
            item = settled.value if isinstance(settled, Entries) else None
            for key in value:
                yield from self.below(item or Anything(), (*pointer, key), "")
        elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
            item = settled.item if isinstance(settled, Items) else None
            for position in range(len(value)):
                yield from self.below(item or Anything(), (*pointer, position), "")
        else:
            yield self.origin(pointer, value, "override" if self.is_overridden(pointer) else "spec", description)

    def absent(self, shape: Shape, pointer: Pointer, default: Any, description: str) -> Iterator[Origin]:
        """The defaults at and below a field that is not written."""
        if self.is_removed(pointer):
            yield self.origin(pointer, default, "removed", description)
        elif isinstance(shape, Mapping) and default is not None:
            for key, field in shape.fields.items():
                if not field.optional:
                    yield from self.absent(field.shape, (*pointer, key), field.default, field.description)
        else:
            yield self.origin(pointer, default, "unset" if default is None else "default", description)

    def origin(
        self,
        pointer: Pointer,
        value: Any,
        by: Literal["spec", "override", "default", "unset", "removed"],
        description: str,
    ) -> Origin:
        catalog, environment = self.view.catalog, self.view.environment_name
        span = None
        if by in ("spec", "override", "removed"):
            span = catalog.span(self.spec_id, pointer, environment=environment)
        address = catalog.address(self.spec_id, pointer, environment)
        return Origin(address, value, by, span, description)

    def value(self, pointer: Pointer) -> Any:
        value: Any = self.data
        for step in pointer:
            value = value[step]
        return value

    def is_overridden(self, pointer: Pointer) -> bool:
        """Whether the override writes the value, or replaces the list or mapping that holds it."""
        patch = self._patch()
        below = pointer[1:]
        return pointer[:1] == ("spec",) and bool(below) and written_in(patch, below)

    def is_removed(self, pointer: Pointer) -> bool:
        patch = self._patch()
        if pointer[:1] != ("spec",) or not written_in(patch, pointer[1:]):
            return False
        for step in pointer[1:]:
            patch = patch[step]
        return patch is None

    def _patch(self) -> Any:
        document = self.view.catalog.document(self.spec_id)
        overrides = document.value.get("overrides") if document is not None else None
        return overrides.get(self.view.environment_name) if isinstance(overrides, dict) else None


def _is_possible(kind: Mapping, data: Any, pointer: Pointer) -> bool:
    """Whether the language has a field at `pointer`, written or not."""
    shape: Shape | None = kind
    for step in pointer:
        settled = settle(shape, data) if isinstance(shape, Choice | Tagged) else shape
        if isinstance(settled, Mapping):
            field = settled.fields.get(str(step))
            shape = field.shape if field is not None else None
        else:
            shape = shape_at(settled, data, (step,)) if settled is not None else None
        if shape is None:
            return False
        data = data[step] if written_in(data, (step,)) else None
    return True
