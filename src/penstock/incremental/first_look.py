"""What a run looks at before it knows whether there is anything to do: the spec files, and the generated ones.

Where there may be two processes, the second one looks, and the first loads meanwhile what an edit is going to need.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from penstock.diagnostics.model import Diagnostic, has_errors
from penstock.incremental.build_state import FileSnapshot, StateStore, unchanged
from penstock.incremental.outputs import Look, look
from penstock.incremental.timings import Stage, Timings
from penstock.incremental.worker_pool import WorkerPool
from penstock.source.files import FileStat, scan
from penstock.source.stat_cache import Observed


class SpecFiles(NamedTuple):
    """The spec files of a work tree."""

    stats: list[FileStat]
    problems: list[Diagnostic]
    same: bool
    """Whether each of them, and every other file that the earlier run read, is proved to be as it was."""
    scanning: Stage
    """How long it took to find them."""


class FirstLook(NamedTuple):
    """Everything of a work tree that an earlier run may have made or seen."""

    specs: SpecFiles
    generated: Look | None
    """None where nothing is known of an earlier run."""


def first_look(
    root: Path, generated: Path, store: StateStore, seen: FileSnapshot, *, processes: int, for_others: bool
) -> FirstLook:
    """Look at the work tree of which an earlier run has `seen` this.

    With `for_others`, also at whether files lie among the generated ones that it did not know.
    """

    def look_there() -> Generator[Any, Any, None]:
        specs = _look_at_specs(root, seen)
        remembered = _remembered(store, seen)
        yield specs
        yield _look_at_generated(generated, remembered, for_others=for_others)

    if processes < 2:
        return FirstLook(*look_there())
    with WorkerPool(2, lambda share: look_there() if share else _load()) as pool:
        _, specs = pool.next_round()
        _, outputs = pool.next_round(specs.same)
    return FirstLook(specs, outputs)


def _load() -> Generator[None, bool, None]:
    """Two rounds, each about as long as what is looked at meanwhile.

    The second is told whether the specs are the same, and nothing is to be compiled.
    """
    import pydantic.main  # noqa: F401

    if not (yield):
        import penstock.incremental.compilation  # noqa: F401
    yield


def _look_at_specs(root: Path, seen: FileSnapshot) -> SpecFiles:
    with Timings().stage("scan", "files") as stage:
        stats, problems = scan(root)
        stage.count = len(stats)
    return SpecFiles(stats, problems, not has_errors(problems) and _are_same(root, seen, stats), stage)


def _are_same(root: Path, seen: FileSnapshot, stats: list[FileStat]) -> bool:
    if len(stats) != len(seen.files):
        return False
    if not all(unchanged(seen.files.get(stat.path), stat) for stat in stats):
        return False
    return look(str(root), seen.repository.items(), time.time_ns()).are_intact


def _remembered(store: StateStore, seen: FileSnapshot) -> list[tuple[str, Observed]] | None:
    lines = store.outputs(seen)
    return list(lines.decoded()) if lines is not None else None


def _look_at_generated(
    folder: Path, remembered: Sequence[tuple[str, Observed]] | None, *, for_others: bool
) -> Look | None:
    if remembered is None or folder.is_symlink():
        return None
    found = look(str(folder), remembered, time.time_ns())
    if for_others:
        from penstock.source.writing.output import OutputDirectory

        known = {path for path, _ in remembered}
        found.has_others = any(path not in known for path in OutputDirectory(folder).files())
    return found
