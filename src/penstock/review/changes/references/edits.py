"""Edits for what specs refer to: code, rows and commands of the repository that differ in files of their own.

Such a difference is a changed field of the spec that names it. Which way the risk moves is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from penstock.catalog.lazy import LazyCatalog
from penstock.catalog.marked_texts import CODE, declared_id, marked_texts
from penstock.catalog.model import SpecId
from penstock.review.changes.directions import UNKNOWN
from penstock.review.changes.references.changed_files import Changed, ReferenceDifference
from penstock.review.changes.references.code import CodeReferences
from penstock.review.changes.references.commands import CommandReferences
from penstock.review.changes.references.data import DataReferences
from penstock.review.changes.specs import SpecEdit
from penstock.review.model import Change, Operation
from penstock.review.revisions import Revisions
from penstock.source.files import GENERATED, SPECS, SUFFIXES
from penstock.source.git.values import TreeChange
from penstock.source.model import Document, Pointer
from penstock.specs.kinds import KINDS
from penstock.specs.review import Area
from penstock.specs.shapes import Field, Mapping, mapping_of, settle, shape_at


class _Named(NamedTuple):
    """The texts of one field that name something outside."""

    spec: SpecId
    pointer: Pointer
    what: str
    """See `Holds`."""
    texts: tuple[str, ...]


class Referenced(NamedTuple):
    """What specs lead to among the files that differ."""

    edits: list[SpecEdit]
    """The fields of specs of head, and of their overrides, behind which a file of the repository differs."""
    unfollowed: tuple[TreeChange, ...]
    """The files that differ and are neither specs nor generated, and that no field was found to lead to."""


def referenced_edits(revisions: Revisions) -> Referenced:
    """What specs lead to among the files that differ."""
    differing = [one for one in revisions.paths if not _is_compared(one.path)]
    if not differing:
        return Referenced([], ())
    changed = Changed(differing, (*revisions.base.files.links(), *revisions.head.files.links()))
    code, rows = CodeReferences(revisions, changed), DataReferences(changed)
    commands = CommandReferences(revisions, changed, code)
    looks: dict[str, CodeReferences | DataReferences | CommandReferences] = {
        "function": code,
        "class": code,
        "path": rows,
        "command": commands,
    }
    catalog = revisions.head.catalog
    edits = []
    for file in catalog.files:
        text = file.source.text
        # What cannot name anything that differs is not read.
        if not file.hides_names and not any(look.may_differ(text) for look in (code, rows, commands)):
            continue
        for document in file.content[0]:
            for named in _named(document, set(looks)):
                difference = looks[named.what].difference(named.texts)
                if difference is not None:
                    edits.append(_edit(revisions, named, difference))
    return Referenced(edits, tuple(one for one in differing if one.path not in changed.followed))


def _is_compared(path: str) -> bool:
    """Whether the review looks at what a file says, or at that it is there at all."""
    return path.startswith(f"{GENERATED}/") or (path.startswith(f"{SPECS}/") and path.endswith(SUFFIXES))


def _named(document: Document, wanted: set[str]) -> Iterator[_Named]:
    spec_id = declared_id(document)
    if spec_id is None:
        return
    fields: dict[tuple[Pointer, str], list[str]] = {}
    for found in marked_texts(document, "holds"):
        what = found.scalar.holds
        if what in wanted:
            # The paths of a source are told as one, and so are the words of a command.
            is_item = what not in CODE and isinstance(found.pointer[-1], int)
            field = found.pointer[:-1] if is_item else found.pointer
            fields.setdefault((field, what), []).append(found.text)
    for (field, what), texts in fields.items():
        yield _Named(spec_id, field, what, tuple(texts))


def _edit(revisions: Revisions, named: _Named, difference: ReferenceDifference) -> SpecEdit:
    catalog = revisions.head.catalog
    environment, place = _place(named.pointer)
    everywhere = dict.fromkeys((*catalog.environments(), *revisions.base.catalog.environments()))
    change = Change(
        address=catalog.address(named.spec, place, environment),
        operation=Operation.CHANGED,
        before=difference.before,
        after=difference.after,
        direction=UNKNOWN,
        area=_area(catalog, named.spec, named.pointer),
        cause="indirect",
        why=difference.why,
        environments=tuple(everywhere) if environment is None else (environment,),
        span=catalog.span(named.spec, named.pointer),
        through=(difference.path,),
    )
    return SpecEdit(change, named.spec, pointer=place, function=difference.function)


def _place(pointer: Pointer) -> tuple[str | None, Pointer]:
    """The environment whose overrides a pointer leads into, and where that is for it; None for the spec itself."""
    return (str(pointer[1]), ("spec", *pointer[2:])) if pointer[0] == "overrides" else (None, pointer)


def _area(catalog: LazyCatalog, spec_id: SpecId, pointer: Pointer) -> Area:
    """The area of the nearest field above `pointer` that declares one."""
    document = catalog.document(spec_id)
    data = document.value if document is not None else {}
    environment, place = _place(pointer)
    if environment is not None:
        data = {"spec": data["overrides"][environment]}
    declared: Field | None = None
    for depth in range(len(place)):
        shape = shape_at(mapping_of(KINDS[spec_id.kind]), data, place[:depth])
        held = data
        for step in place[:depth]:
            held = held[step]  # type: ignore[index]  # the pointer was found in this very data
        mapping = settle(shape, held) if shape is not None else None
        if isinstance(mapping, Mapping):
            declared = mapping.fields.get(str(place[depth]), declared)
    return Area(declared.review["area"]) if declared is not None and declared.review else Area.GOVERNANCE
