"""The values that a catalog gives: what a spec is called, what it is, and what an environment makes of it."""

from typing import Any, NamedTuple

from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Document, Pointer
from penstock.specs.base import Resource


class SpecId(NamedTuple):
    """A spec by its kind and name; a tuple, because thousands are compared and looked up."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class LoadedSpec(NamedTuple):
    """A spec that is valid by itself; what it refers to may still be missing."""

    id: SpecId
    resource: Resource
    """Typed, before overrides."""
    document: Document

    @property
    def data(self) -> dict[str, Any]:
        """The document as plain data, `overrides` included."""
        return self.document.value


class Overridden(NamedTuple):
    """A spec as one environment sees it."""

    resource: Resource | None
    """None where the merged spec is invalid."""
    data: dict[str, Any]
    """The document as plain data, merged, without `overrides`."""
    diagnostics: tuple[Diagnostic, ...] = ()


def id_of(resource: Resource) -> SpecId:
    """The id of a typed spec."""
    return SpecId(resource.kind_name, resource.name)


def written_in(value: Any, pointer: Pointer) -> bool:
    """Whether plain data holds a value at `pointer`."""
    for step in pointer:
        if isinstance(value, list):
            if not isinstance(step, int) or not 0 <= step < len(value):
                return False
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return False
    return True


def overriding(patch: Any, pointer: Pointer) -> Pointer | None:
    """Where a merge patch writes what stands at `pointer` after the merge; None where it leaves it as it was.

    A list in a patch replaces the whole list, so that what lies in it is the patch's even where it is not written.
    """
    below: list[str | int] = []
    in_list = False
    for step in pointer:
        if not written_in(patch, (step,)):
            return tuple(below) if in_list else None
        in_list = in_list or isinstance(patch, list)
        patch = patch[step]
        below.append(step)
    return tuple(below) if below else None
