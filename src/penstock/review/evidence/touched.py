"""Releases whose statements a pull request alters or takes away, though it may leave the Releases as they are."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import SpecId
from penstock.review.revisions import Revisions

_FEW = 100
"""Of more statements than this, a file of Releases is not searched for each."""


def releases_of_touched_statements(revisions: Revisions) -> Iterator[SpecId]:
    """The Releases of head in whose files the path of such a statement may stand: they are to be checked again.

    A statement that is new takes nothing from anybody.
    """
    paths = [change.path for change in revisions.paths if change.before is not None and change.path.endswith(".json")]
    if not paths:
        return
    for file in revisions.head.catalog.files:
        text = file.source.text
        if file.hides_names or ("Release" in text and (len(paths) > _FEW or any(path in text for path in paths))):
            yield from (spec_id for spec_id, _, _ in file.targets if spec_id.kind == "Release")
