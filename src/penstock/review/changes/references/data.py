"""References to rows: the paths and patterns of data in specs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.python.written_paths import in_repository
from penstock.review.changes.references.changed_files import (
    Changed,
    ReferenceDifference,
    blobs_of,
    is_pattern,
    shown_path,
)
from penstock.source.git.values import TreeChange


@dataclass(frozen=True, slots=True)
class DataReferences:
    """Paths and patterns of data. A pattern is taken to match rather more than it may."""

    changed: Changed

    def may_differ(self, text: str) -> bool:
        """Whether a file with this text may name rows that differ."""
        return "csv" in text or "parquet" in text

    def difference(self, texts: Sequence[str]) -> ReferenceDifference | None:
        """Of the paths of a field."""
        paths = map(in_repository, texts)
        named = (one for path in paths if "://" not in path for one in self._named(path))
        found = list(dict.fromkeys(named))
        self.changed.followed.update(one.path for one in found)
        if not found:
            return None
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        why = f"the data in `{shown_path(found[0].path)}`{more} {self._said(found)}"
        return ReferenceDifference(*blobs_of(found), why, shown_path(found[0].path))

    def _said(self, found: Sequence[TreeChange]) -> str:
        """What is known of files: where all of them are new, whether they are what others held."""
        if any(one.before is not None for one in found):
            return "changed, with unknown effect"
        removed = {one.before: path for path, one in self.changed.files.items() if one.after is None}
        if len(found) == 1 and found[0].after in removed:
            return f"is what `{shown_path(removed[found[0].after])}` held"
        return "is new, and may differ from other data"

    def _named(self, path: str) -> list[TreeChange]:
        return self.changed.matching(path) if is_pattern(path) else self.changed.at(path)
