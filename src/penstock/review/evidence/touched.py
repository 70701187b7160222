"""Releases whose statements a pull request alters or takes away, though it may leave the Releases as they are."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import SpecId
from penstock.review.revisions import Revisions

_FEW = 100
"""Of more statements than this, a file of Releases is not searched for each."""


def releases_of_touched_statements(revisions: Revisions) -> Iterator[SpecId]:
    """The Releases of head in whose files the path of such a statement may stand: they are to be checked again.

    Its folders may be written in several ways (`evidence/./a.json`), the name of its file in one. A statement that is
    new takes nothing from anybody.
    """
    gone = (change.path for change in revisions.paths if change.before is not None and change.path.endswith(".json"))
    names = {path.rpartition("/")[2] for path in gone}
    if not names:
        return
    for file in revisions.head.catalog.files:
        text = file.source.text
        if file.hides_names or ("Release" in text and (len(names) > _FEW or any(name in text for name in names))):
            yield from (spec_id for spec_id, _, _ in file.targets if spec_id.kind == "Release")
