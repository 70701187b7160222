"""From a document to a typed spec, or to what is wrong with it by itself."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from penstock.catalog.model import LoadedSpec, Overridden, written_in
from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Document, Pointer
from penstock.specs.base import Resource
from penstock.specs.kinds import KINDS
from penstock.specs.overlay import merge


def validate(document: Document) -> tuple[Resource | None, list[Diagnostic]]:
    """The typed spec of a document whose kind is known; None with the reasons where it is invalid.

    What the reader has reported as damaged is not reported again.
    """
    kind = KINDS[document.value["kind"]]
    resource, errors = _parse(kind, document.value)
    if resource is not None:
        return resource, []
    # Loaded with the first error: good specs do not pay for the words.
    from penstock.catalog.errors.explanations import Reported, explain

    return None, explain(kind, Reported(document, document.value), errors)


def validate_overridden(loaded: LoadedSpec, environment: str) -> Overridden:
    """The spec with the environment's override merged in, validated again; problems point into the override."""
    data = {key: value for key, value in loaded.data.items() if key != "overrides"}
    patch = loaded.resource.overrides[environment]
    data["spec"] = merge(data["spec"], patch)
    kind = type(loaded.resource)
    resource, errors = _parse(kind, data)
    if resource is not None:
        return Overridden(resource, data)
    from penstock.catalog.errors.explanations import Reported, explain

    reported = Reported(loaded.document, data, lambda pointer: _origin(patch, environment, pointer), environment, patch)
    return Overridden(None, data, tuple(explain(kind, reported, errors)))


def _origin(patch: dict[str, Any], environment: str, pointer: Pointer) -> Pointer:
    """Where the override writes what stands at `pointer` after the merge, or the part of it that decides it."""
    below = pointer[1:]
    while below and not written_in(patch, below):
        below = below[:-1]
    if not below:
        return pointer if pointer[:1] != ("spec",) else ("overrides", environment)
    return ("overrides", environment, *below)


def _parse(kind: type[Resource], data: dict[str, Any]) -> tuple[Resource | None, list[Any]]:
    spec = kind.model_fields["spec"].annotation
    if not kind.__pydantic_complete__ and isinstance(spec, type) and issubclass(spec, BaseModel):
        # Parts of it are written out by themselves later on; what is built for the part serves the whole.
        spec.model_rebuild()
    try:
        return kind.model_validate(data), []
    except ValidationError as error:
        return None, error.errors(include_url=False)
