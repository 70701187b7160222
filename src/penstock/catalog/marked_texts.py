"""The texts of a document that refer to specs or hold code, in its spec and in each of its overrides."""

from __future__ import annotations

from typing import Literal

from penstock.catalog.values import SpecId
from penstock.source.model import Document
from penstock.specs.kinds import KINDS
from penstock.specs.marked_fields import Found, scalars
from penstock.specs.shapes import mapping_of

CODE = ("function", "class")
"""What a text may be that names code (see `Holds`)."""


def declared_id(document: Document) -> SpecId | None:
    """The id that a document of a known kind declares, whatever its name looks like; None where it declares none."""
    kind, metadata = document.value.get("kind"), document.value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return SpecId(kind, name) if isinstance(kind, str) and kind in KINDS and isinstance(name, str) else None


def marked_texts(document: Document, wanted: Literal["refers", "holds"]) -> list[Found]:
    """The texts that the language marks so, in a document of a known kind, which may be invalid.

    Whoever looks at ``spec`` alone misses what an environment sees in its place.
    """
    kind, data = KINDS[document.value["kind"]], document.value
    found = scalars(kind, wanted, data)
    overrides = data.get("overrides")
    if isinstance(overrides, dict):
        spec_class = mapping_of(kind).fields["spec"].shape
        for environment, patch in overrides.items():
            below = scalars(spec_class.cls, wanted, patch)  # type: ignore[union-attr]  # every kind's spec is a Node
            found += [one._replace(pointer=("overrides", environment, *one.pointer)) for one in below]
    return found
