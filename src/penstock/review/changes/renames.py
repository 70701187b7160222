"""Specs that carry another name and the same content: a rename, which is the business of both names' owners."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, NamedTuple

from penstock.catalog.model import Catalog, SpecId
from penstock.catalog.references import references
from penstock.review.changes.diff import Difference
from penstock.review.changes.directions import NEUTRAL, DirectionJudgement
from penstock.review.model import Operation
from penstock.source.canonical import digest, pointed
from penstock.source.model import Document
from penstock.specs.kinds import KINDS
from penstock.specs.shapes import Items, Scalar, mapping_of


class Rename(NamedTuple):
    """A spec under its former name and under its new one."""

    before: SpecId
    after: SpecId


def find_renames(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> tuple[Rename, ...]:
    """Specs that went and came with the same `spec` and `overrides`, references to other renamed specs apart."""
    ids = tuple(touched)
    renames: list[Rename] = []
    for kind in KINDS:
        removed = [one for one in ids if one.kind == kind and base.document(one) and not head.document(one)]
        added = [one for one in ids if one.kind == kind and head.document(one) and not base.document(one)]
        if not removed or not added:
            continue
        names = {rename.before: rename.after.name for rename in renames}
        contents: dict[str, list[SpecId]] = {}
        for spec_id in removed:
            document = base.document(spec_id)
            if document is not None:
                contents.setdefault(_content(document, {**names}), []).append(spec_id)
        for spec_id in added:
            document = head.document(spec_id)
            same = contents.get(_content(document, {})) if document is not None else None
            if same:
                renames.append(Rename(same.pop(0), spec_id))
    return tuple(renames)


def follows(difference: Difference, renames: tuple[Rename, ...]) -> Difference:
    """The difference, as neutral where it only writes the new name of a renamed spec in the place of the old one."""
    if difference.operation is not Operation.CHANGED or not renames:
        return difference
    kind = _referred(difference)
    for rename in renames:
        if rename.before.kind == kind and (difference.before, difference.after) == (
            rename.before.name,
            rename.after.name,
        ):
            why = f"follows the rename of {kind} {rename.before.name}, whose content is the same"
            return difference._replace(judgement=DirectionJudgement(NEUTRAL, why))
    return difference


def _referred(difference: Difference) -> str | None:
    for field in mapping_of(difference.holder).fields.values():
        if field.name == difference.field:
            shape = field.shape.item if isinstance(field.shape, Items) else field.shape
            return shape.refers if isinstance(shape, Scalar) else None
    return None


def _content(document: Document, names: dict[SpecId, str]) -> str:
    """A digest of what the spec says, with the new names of what it refers to."""
    data = document.value
    if names:
        data = deepcopy(data)
        for reference in references(document):
            if reference.target in names and not reference.is_key:
                _put(data, reference.pointer, names[reference.target])
    try:
        return digest(pointed({"spec": data.get("spec"), "overrides": data.get("overrides", {})}))
    except (TypeError, ValueError):
        return f"no canonical form: {id(document)}"


def _put(data: Any, pointer: tuple[str | int, ...], name: str) -> None:
    *above, last = pointer
    for step in above:
        data = data[step]
    data[last] = name
