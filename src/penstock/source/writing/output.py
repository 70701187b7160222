"""Writes artifacts below one directory: only what changed, each file in one step, nothing that others wrote.

What Penstock owns is what `index.json` of that directory lists: `{"version": 1, "artifacts": {path:
{"sha256": ...}}}`, where entries may hold more. A run goes: journal, prune, write, index, journal
away. A run that is killed leaves, at every instant, an index and a journal from which the next one
knows all files that are Penstock's: those that the index lists, and those whose bytes are the ones
that the journal announced. Only journal and index are flushed to the disk: everything else can be
compiled again.
"""

# pathlib would double the time for thousands of files, and has no flags for opening.
# ruff: noqa: PTH103, PTH105, PTH106, PTH108, PTH118, PTH208

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic
from penstock.source.plain_file import read_plain_file
from penstock.source.stat_cache import Observed, Stat, observed, stat_of
from penstock.source.writing import findings
from penstock.source.writing.artifact_index import INDEX, journal, parse_index
from penstock.source.writing.durable import flush_directory
from penstock.source.writing.write_plan import (
    JOURNAL,
    TEMPORARY,
    Ownership,
    WritePlan,
    compare,
    is_safe,
    read_journal,
    read_ownership,
)


class OutputConflictError(Exception):
    """A plan with conflicts was to be applied; `conflicts` says which."""

    def __init__(self, conflicts: tuple[Diagnostic, ...]) -> None:
        super().__init__(f"{counted(len(conflicts), 'file')} in the way")
        self.conflicts = conflicts


class OutputDirectory:
    """The directory that holds generated files; `shown_as` is its path in diagnostics."""

    def __init__(self, root: Path, shown_as: str = "generated") -> None:
        self._root = os.fspath(root)
        self._shown_as = shown_as.rstrip("/")

    def plan(
        self,
        digests: Mapping[str, str],
        index: bytes,
        known: Mapping[str, Observed] | None = None,
        kept: Mapping[str, Observed] | None = None,
    ) -> WritePlan:
        """Compare what is to be there with the directory; nothing is written.

        `digests` has the hexadecimal SHA-256 of each artifact by its path, `index` the bytes of the index that lists
        them. `known` is what an earlier `apply` returned: files of that size and those times are not read again.
        `kept` are files that stay as they are; the caller has looked at them.
        ValueError where a path leaves the directory, or where the index does not list the artifacts.
        """
        kept = kept or {}
        for path in digests:
            if not is_safe(path) or path == JOURNAL or path.endswith(TEMPORARY):
                raise ValueError(f"not the path of an artifact: {path!r}")
        if parse_index(index) != {**digests, **{path: digest for path, (*_, digest) in kept.items()}}:
            raise ValueError(f"{INDEX} has to list exactly the other artifacts")
        digests = {**digests, INDEX: hashlib.sha256(index).hexdigest()}
        conflicts = tuple(self._root_conflicts())
        if conflicts:
            return WritePlan(conflicts=conflicts, digests=digests)
        owned = read_ownership(self._root, self._shown_as)
        return compare(self._root, self._shown_as, digests, index, known or {}, kept, owned)

    def amend(
        self, digests: Mapping[str, str], index: bytes, known: Mapping[str, Observed], files: int
    ) -> WritePlan | None:
        """As `plan`, where all that the directory's index lists is proved to be there, and keeps its place and name.

        `digests` are of those artifacts whose bytes change; `known` is what is known of these and of the index,
        and there are so many `files`.
        None where that is not all that there is to do, and only `plan` finds out what is.
        """
        if next(self._root_conflicts(), None) is not None or not digests.keys() | {INDEX} <= known.keys():
            return None
        if os.path.lexists(f"{self._root}/{JOURNAL}"):
            return None
        digests = {**digests, INDEX: hashlib.sha256(index).hexdigest()}
        # What is owned and not asked for would be pruned.
        owned = Ownership({path: known[path][3] for path in digests}, {})
        plan = compare(self._root, self._shown_as, digests, index, known, {}, owned)
        return replace(plan, others=files - len(digests))

    def apply(self, plan: WritePlan, write: Callable[[tuple[str, ...]], Mapping[str, Stat]]) -> dict[str, Observed]:
        """Do what the plan says and return what is now known of the files.

        `write` is called once, with the paths to write, and brings each about by `write` below: whoever has the bytes
        does it, which may be several processes. OutputConflictError, before anything is touched, where the plan has
        conflicts; OSError where the disk refuses.
        """
        if plan.conflicts:
            raise OutputConflictError(plan.conflicts)
        self._sweep()
        seen = dict(plan.observed)
        if plan.is_empty:
            self._unlink(JOURNAL)
            return seen
        paths = tuple(sorted({*plan.create, *plan.update} - {INDEX}))
        self._announce({path: plan.digests[path] for path in paths})
        for path in plan.prune:
            self._remove(path)
        written = dict(write(paths))
        if missing := set(paths) - set(written):
            raise OSError(f"{min(missing)} was not written")
        if INDEX not in plan.unchanged:
            written[INDEX] = self._replace(INDEX, plan.index, flush=True)
        self._unlink(JOURNAL)
        now = time.time_ns()
        for path, status in written.items():
            seen[path] = observed(status, plan.digests[path], now)
        return seen

    def write(self, bodies: Mapping[str, bytes]) -> dict[str, Stat]:
        """Write files that a plan has announced; gives the `Stat` of each."""
        return {path: self._replace(path, body) for path, body in bodies.items()}

    def differences(self, plan: WritePlan) -> tuple[Diagnostic, ...]:
        """How the directory differs from what `plan` would make it: errors, and warnings for foreign files."""
        found = list(plan.conflicts)
        found += [findings.missing(self._shown(path)) for path in plan.create]
        for path in plan.update:
            tell = findings.edited if path in plan.edited else findings.stale
            if self._has_other_line_ends(path):
                tell = findings.checked_out_otherwise
            found.append(tell(self._shown(path)))
        found += [findings.surplus(self._shown(path)) for path in plan.prune]
        accounted = {self._shown(path) for path in (*plan.digests, *plan.unchanged, *plan.prune)}
        accounted |= {conflict.path for conflict in plan.conflicts if conflict.path}
        if any(conflict.code == "unreadable-index" for conflict in plan.conflicts):
            # Whose the files are is what nobody knows.
            return tuple(sorted(found))
        found += [findings.unowned(self._shown(path)) for path in self.files() if self._shown(path) not in accounted]
        return tuple(sorted(found))

    def _has_other_line_ends(self, path: str) -> bool:
        try:
            data = read_plain_file(f"{self._root}/{path}")
        except OSError:
            return False
        return 0 < data.count(b"\n") == data.count(b"\r\n")

    def _shown(self, path: str) -> str:
        return f"{self._shown_as}/{path}"

    def _root_conflicts(self) -> Iterator[Diagnostic]:
        try:
            mode = os.lstat(self._root).st_mode
        except FileNotFoundError:
            return
        if not stat.S_ISDIR(mode):
            yield findings.not_a_directory(self._shown_as, stat.S_ISLNK(mode))

    def files(self, below: str = "") -> Iterator[str]:
        """All files in and below a folder of the directory (``staging/``), links among them, folder by folder.

        Those of an unfinished run are left out.
        """
        try:
            entries = sorted(os.scandir(f"{self._root}/{below}"), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            path = below + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from self.files(path + "/")
            elif path != JOURNAL and not path.endswith(TEMPORARY):
                yield path

    def _sweep(self) -> None:
        """Delete the half-written files of a run that was killed.

        One that had come to its artifacts left its journal; without one only the journal itself,
        beside the index, can be half written.
        """
        try:
            names = os.listdir(self._root)
        except FileNotFoundError:
            return
        for name in names:
            if name.endswith(TEMPORARY):
                self._unlink(name)
        if JOURNAL not in names:
            return
        for directory, _, files in os.walk(self._root):
            for name in files:
                if name.endswith(TEMPORARY):
                    os.unlink(os.path.join(directory, name))

    def _announce(self, digests: Mapping[str, str]) -> None:
        """Write the journal; what an earlier one announced and wrote stays announced."""
        earlier = {path: (self._digest(path), announced) for path, announced in read_journal(self._root).items()}
        written = {path: digest for path, (digest, announced) in earlier.items() if digest in announced}
        self._replace(JOURNAL, journal(digests, written), flush=True)

    def _digest(self, path: str) -> str:
        """The hexadecimal SHA-256 of a file; empty where there is none."""
        try:
            return hashlib.sha256(read_plain_file(f"{self._root}/{path}")).hexdigest()
        except OSError:
            return ""

    def _replace(self, path: str, body: bytes, *, flush: bool = False) -> Stat:
        """Write a file beside its place, then move it there; gives its `Stat`."""
        target = f"{self._root}/{path}"
        temporary = f"{target}.{os.getpid()}{TEMPORARY}"
        try:
            handle = _create(temporary)
        except FileNotFoundError:
            os.makedirs(target.rpartition("/")[0], exist_ok=True)
            handle = _create(temporary)
        try:
            with os.fdopen(handle, "wb", buffering=0) as file:
                remaining = memoryview(body)
                while remaining:
                    remaining = remaining[file.write(remaining) :]
                if flush:
                    os.fsync(handle)
            _move(temporary, target)
            status = os.lstat(target)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            # What fails while it is written, a full disk for one, does not know its name.
            error.filename = target
            raise
        if flush:
            flush_directory(self._root)
        return stat_of(status)

    def _remove(self, path: str) -> None:
        """Delete a file and the directories that this leaves empty."""
        self._unlink(path)
        while "/" in path:
            path = path.rpartition("/")[0]
            try:
                os.rmdir(f"{self._root}/{path}")
            except OSError:
                return

    def _unlink(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self._root}/{path}")


def _create(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _move(temporary: str, target: str) -> None:
    """Put a file in its place, where pruning may have left directories without files."""
    try:
        os.replace(temporary, target)
    except IsADirectoryError:
        for directory, _, _ in os.walk(target, topdown=False):
            os.rmdir(directory)
        os.replace(temporary, target)
