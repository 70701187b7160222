"""Saves the state of a finished run for the next one: what it found out, and the fingerprints that this rests on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from penstock.catalog.dependencies import FILE, file_key
from penstock.catalog.facts import id_in
from penstock.catalog.repository import file_digest
from penstock.incremental.build_state import BuildState, FileSnapshot, Overview, RememberedUnit, SnapshotFile
from penstock.incremental.documents import Documents
from penstock.incremental.writing import Writing, remembered
from penstock.source.files import FileStat
from penstock.source.plain_file import PlainFolders
from penstock.source.stat_cache import UNPROVED, Observed, is_settled, observed, stat_of

if TYPE_CHECKING:
    from penstock.incremental.compilation import Compilation

MOST_UNREMEMBERED = 20
"""Files that are read anew at each run before the documents are remembered again."""


def save_state(run: Compilation, stats: Sequence[FileStat], writing: Writing) -> None:
    """Remember a run that found no errors, of a tree whose spec files have these `stats`."""
    known, invalidation = run.known, run.invalidation
    fingerprints = _fingerprints(run)
    new = BuildState(
        documents=known.documents,
        fingerprints=known.fingerprints.updated(fingerprints),
        checked=known.checked.updated({**_vanished(run), **run.checked}),
        units=known.units.updated({**dict.fromkeys(invalidation.gone), **_units(run)}),
        sql=known.sql.updated(run.learned),
        outputs=writing.outputs(),
        overview=_overview(run),
    )
    is_worth = len(run.source.texts) > MOST_UNREMEMBERED or not known.documents
    if is_worth:
        new.documents = _documents(run)
    now = time.time_ns()
    files = _files(run, stats, now)
    seen = FileSnapshot(
        files=files,
        repository=_repository(run, fingerprints, now),
        quiet=not run.diagnostics and run.nowhere is None,
        waiting=run.unreleased,
        unread=_unread(run, files, are_remembered=is_worth),
        parts=run.seen.parts,
    )
    run.store.save(seen, new, known)


def _fingerprints(run: Compilation) -> dict[str, str]:
    """What has changed or was read for the first time, and what it stood for when it was read."""
    keys = {key for reads in run.checked.values() for key in reads or ()}
    keys.update(key for made in run.compiled for key in made.reads)
    files = {file_key(path): digest for path, digest in run.files.items()}
    # A file may change while the run reads: what it stands for by now says nothing of what was made of it.
    known = run.known.fingerprints.get_many(keys)
    keys = {key for key in keys if key not in known or files.get(key, known[key]) != known[key]}
    catalog = run.source.catalog
    return {key: files[key] if key in files else catalog.fingerprint(key) for key in keys | run.invalidation.changed}


def _vanished(run: Compilation) -> dict[str, None]:
    return {str(spec_id): None for spec_id in run.source.former - run.source.came}


def _units(run: Compilation) -> dict[str, RememberedUnit]:
    """The units that were compiled: none of them has findings."""
    return {str(one.unit): (sorted(one.reads), [remembered(each) for each in one.artifacts]) for one in run.compiled}


def _overview(run: Compilation) -> Overview:
    return Overview(
        facts=run.source.facts.plain(),
        units_of=run.invalidation.units_of,
        dirty_specs=[spec for spec, keys in run.checked.items() if keys is None],
    )


def _documents(run: Compilation) -> Documents:
    catalog = run.source.whole()
    documents = ((spec_id, catalog.document(spec_id)) for spec_id in catalog.ids())
    return Documents.of({str(i): [d.file.path, d.index, d.line, d.value] for i, d in documents if d is not None})


def _unread(run: Compilation, files: Mapping[str, SnapshotFile], *, are_remembered: bool) -> list[str]:
    """The files with findings, and those whose documents are remembered in another form.

    `are_remembered` says that they are as they stand now. A new time of change alone is no other form.
    """
    before, unread = run.seen.files, set(run.seen.unread)

    def is_other(path: str) -> bool:
        return path in unread or path not in before or before[path][4] != files[path][4]

    return [
        path for path, text in run.source.texts.items() if text.diagnostics or (not are_remembered and is_other(path))
    ]


def _files(run: Compilation, stats: Sequence[FileStat], now_ns: int) -> dict[str, SnapshotFile]:
    found = {}
    for stat in stats:
        text = run.source.texts.get(stat.path)
        if text is None:
            found[stat.path] = run.seen.files[stat.path]
        else:
            ids = [str(spec_id) for document in text.documents if (spec_id := id_in(document)) is not None]
            blob = text.documents[0].file.blob if text.documents else ""
            changed = stat.mtime_ns if is_settled(stat.mtime_ns, now_ns) else UNPROVED
            found[stat.path] = stat.size, changed, stat.ctime_ns, stat.inode, blob, ids
    return found


def _repository(run: Compilation, fingerprints: Mapping[str, str], now_ns: int) -> dict[str, Observed | None]:
    """What is known of each file that was looked for; those that are new to it, or have changed, are looked at.

    One that has changed may stand for the same as before: of Python, the line ends do not count. One that is by now
    another than the run has read is left with a time that proves nothing.
    """
    found, folders = {**run.seen.repository, **run.repository.read}, PlainFolders(str(run.root))
    paths = {key.removeprefix(FILE) for key in fingerprints if key.startswith(FILE)}
    for path in paths.union(run.repository.changed):
        digest, status = run.files[path], folders.status(path)
        is_same = file_digest(path, run.source.catalog.repository.read(path)) == digest
        if status is not None and is_same:
            found[path] = observed(stat_of(status), digest, now_ns)
        else:
            found[path] = (0, UNPROVED, 0, digest) if digest else None
    return found
