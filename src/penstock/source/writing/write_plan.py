"""What would have to be written, and what must not be: artifacts compared with a directory."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.diagnostics.model import Diagnostic
from penstock.source.plain_file import PlainFolders, read_plain_file
from penstock.source.stat_cache import Observed, observed, stat_of, trusted_digest
from penstock.source.writing import findings
from penstock.source.writing.artifact_index import INDEX, parse_index, parse_journal, parse_merged_index

JOURNAL = ".journal.json"
TEMPORARY = ".penstock-tmp"

_BAD_PART = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]|^\.{1,2}$|[. ]$|^$')
"""What no part of a path may be: a way up, or a name that some file system refuses."""


@dataclass(frozen=True, slots=True)
class WritePlan:
    """What `OutputDirectory.apply` would do; paths are relative to the directory, sorted."""

    create: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    prune: tuple[str, ...] = ()
    conflicts: tuple[Diagnostic, ...] = ()
    edited: tuple[str, ...] = ()
    """Those of `update` that somebody changed by hand since they were written."""
    digests: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Path to hexadecimal SHA-256 of every file that is to be there, the index among them, but those that are kept."""
    index: bytes = field(default=b"", repr=False)
    observed: Mapping[str, Observed] = field(default_factory=dict, repr=False)

    others: int = 0
    """How many more files stay as they are, without being named here."""

    @property
    def is_empty(self) -> bool:
        """Whether the directory is already what it should be."""
        return not (self.create or self.update or self.prune or self.conflicts)


@dataclass(frozen=True, slots=True)
class Ownership:
    """Path to hexadecimal SHA-256 of what the index lists, and to those of all that unfinished runs announced."""

    index: Mapping[str, str]
    journal: Mapping[str, frozenset[str]]
    unreadable: Diagnostic | None = None


def read_ownership(root: str, shown_as: str) -> Ownership:
    """What Penstock owns below `root`. A journal that cannot be read announces nothing."""
    data = b""
    try:
        data = read_plain_file(f"{root}/{INDEX}")
        index, why = parse_index(data), "it is not an index that Penstock wrote"
        if index is None:
            index = parse_merged_index(data)
    except FileNotFoundError:
        index, why = {}, ""
    except OSError as error:
        index, why = None, error.strerror or "reading it failed"
    journal = read_journal(root)
    if index is None:
        return Ownership({}, journal, findings.unreadable_index(f"{shown_as}/{INDEX}", shown_as, why))
    return Ownership(index, journal)


def read_journal(root: str) -> dict[str, frozenset[str]]:
    """What unfinished runs below `root` announced."""
    try:
        return parse_journal(read_plain_file(f"{root}/{JOURNAL}"))
    except OSError:
        return {}


def compare(
    root: str,
    shown_as: str,
    digests: Mapping[str, str],
    index: bytes,
    known: Mapping[str, Observed],
    kept: Mapping[str, Observed],
    ownership: Ownership,
) -> WritePlan:
    """The plan that makes the directory `root` hold files of these `digests`, what is `kept`, and nothing else of ours.

    `digests` has that of the `index` too.
    """
    if ownership.unreadable is not None:
        return WritePlan(conflicts=(ownership.unreadable,), digests=digests)
    if not digests.keys() <= ownership.index.keys() | {INDEX}:
        collisions = tuple(findings.collisions(f"{shown_as}/{path}" for path in (*digests, *kept)))
        if collisions:
            return WritePlan(conflicts=collisions, digests=digests)
    comparison = _Comparison(root, shown_as, digests, known, ownership)
    for path in sorted({*ownership.index, *ownership.journal} - set(digests) - set(kept)):
        # An index may come from somebody else, who must not have files deleted by it.
        if is_safe(path):
            comparison.consider_pruning(path)
    for path in sorted(digests):
        comparison.consider(path)
    return WritePlan(
        tuple(comparison.create),
        tuple(comparison.update),
        tuple(sorted([*comparison.unchanged, *kept])),
        tuple(comparison.prune),
        tuple(comparison.conflicts),
        tuple(comparison.edited),
        digests,
        index,
        {**kept, **comparison.observed},
    )


class _Comparison:
    """One comparison, while it grows; what is to be pruned is considered first."""

    def __init__(
        self,
        root: str,
        shown_as: str,
        digests: Mapping[str, str],
        known: Mapping[str, Observed],
        ownership: Ownership,
    ) -> None:
        self._root = root
        self._shown_as = shown_as
        self._digests = digests
        self._known = known
        self._index = ownership.index
        self._now = time.time_ns()
        self._journal = ownership.journal
        self._folders = PlainFolders(root)
        self.observed: dict[str, Observed] = {}
        self.create: list[str] = []
        self.update: list[str] = []
        self.unchanged: list[str] = []
        self.prune: dict[str, None] = {}
        self.edited: list[str] = []
        self.conflicts: list[Diagnostic] = []

    def consider_pruning(self, path: str) -> None:
        """A file that is Penstock's and that no artifact needs; what somebody has written into it must not be lost."""
        if path == INDEX or self._folders.blocking(path) is not None:
            return
        try:
            body = read_plain_file(f"{self._root}/{path}")
        except OSError:
            return
        written = self._written(path)
        # A checkout may have given it other line ends, which is no edit.
        if any(_sha256(each) in written for each in (body, body.replace(b"\r\n", b"\n"))):
            self.prune[path] = None
        elif path in self._index:
            self.conflicts.append(findings.edited_and_orphaned(f"{self._shown_as}/{path}"))

    def consider(self, path: str) -> None:
        """The place of an artifact."""
        blocking = self._folders.blocking(path)
        if blocking is not None and blocking not in self.prune:
            self._conflict(path, f"`{self._shown_as}/{blocking}` is not a directory")
            return
        try:
            status = os.lstat(f"{self._root}/{path}")
        except (FileNotFoundError, NotADirectoryError):
            self.create.append(path)
            return
        if stat.S_ISDIR(status.st_mode) and self._will_be_empty(path):
            self.create.append(path)
        elif not stat.S_ISREG(status.st_mode):
            self._conflict(path, "it is not a regular file")
        else:
            self._consider_file(path, status)

    def _consider_file(self, path: str, status: os.stat_result) -> None:
        digest = trusted_digest(self._known.get(path), status)
        if digest is None:
            try:
                digest = _sha256(read_plain_file(f"{self._root}/{path}"))
            except OSError as error:
                self._conflict(path, error.strerror or "reading it failed")
                return
        if digest == self._digests[path]:
            self.observed[path] = observed(stat_of(status), digest, self._now)
            self.unchanged.append(path)
        elif path == INDEX or path in self._index or digest in self._written(path):
            self.update.append(path)
            if path != INDEX and digest not in self._written(path):
                self.edited.append(path)
        else:
            self._conflict(path, "it was not written by Penstock")

    def _written(self, path: str) -> set[str | None]:
        """The digests of all that Penstock may have written there."""
        return {self._index.get(path), *self._journal.get(path, ())}

    def _will_be_empty(self, path: str) -> bool:
        """Whether pruning takes away all that the directory at `path` holds."""
        for entry in os.scandir(f"{self._root}/{path}"):
            below = f"{path}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if not self._will_be_empty(below):
                    return False
            elif below not in self.prune:
                return False
        return True

    def _conflict(self, path: str, why: str) -> None:
        self.conflicts.append(findings.in_the_way(f"{self._shown_as}/{path}", why))


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def is_safe(path: str) -> bool:
    """Whether a relative path stays below its directory on every file system."""
    return not any(_BAD_PART.search(part) for part in path.split("/"))
