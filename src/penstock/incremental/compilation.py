"""One compile from reading to remembering, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.catalog.dependencies import CHANGING
from penstock.catalog.sql import analysis
from penstock.checks.engine import check, check_documents
from penstock.compiler import CompiledUnit, Nowhere, nowhere
from penstock.diagnostics.model import Diagnostic, has_errors
from penstock.incremental.build_state import BuildState, FileSnapshot, StateStore
from penstock.incremental.invalidation import Invalidation, invalidation
from penstock.incremental.outputs import Look, look
from penstock.incremental.reading import ReadSpecs
from penstock.incremental.save_state import save_state
from penstock.incremental.shares import divide, work
from penstock.incremental.timings import Timings
from penstock.incremental.worker_pool import WorkerPool
from penstock.incremental.writing import Writing
from penstock.source.files import FileStat
from penstock.source.writing.write_plan import WritePlan


@dataclass(slots=True)
class Compilation:
    """A compile of the work tree at `root` into `generated`, in at most so many `processes`.

    It begins from what an earlier run has `seen` and `known`, and is over when `run` returns.
    """

    root: Path
    generated: Path
    processes: int
    store: StateStore
    seen: FileSnapshot
    known: BuildState
    timings: Timings
    diagnostics: list[Diagnostic] = field(default_factory=list)
    plan: WritePlan | None = None
    """What was written, or would be; None where errors kept the run from it."""
    unreleased: list[str] = field(default_factory=list)
    """The rollouts to which nothing is released yet, as names of units."""
    nowhere: Nowhere | None = None
    """The models of which nothing is compiled, since there is no Environment."""
    source: ReadSpecs = field(init=False)
    repository: Look = field(init=False)
    """What was found of the files, other than specs, that the earlier run has looked for."""
    invalidation: Invalidation = field(init=False)
    checked: dict[str, list[str] | None] = field(default_factory=dict)
    """Each spec that was checked, with the keys that its checks read; None where they found something."""
    compiled: list[CompiledUnit] = field(default_factory=list)
    learned: dict[str, Any] = field(default_factory=dict)
    """What was found out about SQL (see `penstock.catalog.sql.analysis`)."""
    files: dict[str, str] = field(default_factory=dict)
    """Each file of the repository that was read: its fingerprint, or `CHANGING` where processes differ in it."""

    def run(self, stats: Sequence[FileStat], outputs: Look, *, check_only: bool, keep: bool) -> None:
        """Go through the stages; `stats` are of the spec files, `outputs` what was found of the generated ones.

        With `check_only`, nothing is written; without `keep`, nothing is remembered. MemoryLostError where
        what the earlier run knew is not there any more, and all has to be done without it.
        """
        with self.timings.stage("read", "files") as stage:
            self.source = ReadSpecs(self.root, stats, self.seen, self.known, self.processes)
            stage.count = len(self.source.texts)
        catalog = self.source.catalog
        analysis.recall(self.known.sql)
        with self.timings.stage("compare", "keys") as stage:
            self.repository = look(str(self.root), self.seen.repository.items(), time.time_ns())
            self.invalidation = invalidation(self.source, self.known, self.repository.changed, outputs.changed)
            stage.count = len(self.invalidation.changed)
            shares = divide(catalog, self.invalidation.specs, self.invalidation.units, self.processes)
            if len(shares) > 1:
                # A copy of this process could not begin again if something were lost.
                self.known.documents.load_all()
        # By now this process has read what it compares, and each copy of it goes on from there.
        self.files = catalog.files_read
        with WorkerPool(len(shares), lambda share: work(catalog, shares[share], self.generated)) as pool:
            if not (self._check(pool) and self._compile(pool)):
                return
            writing = Writing(self.generated, self.source, self.known, self.invalidation, outputs, self.compiled)
            with self.timings.stage("index", "artifacts") as stage:
                stage.count = writing.list_artifacts(may_amend=not check_only)
            with self.timings.stage("write", "files") as stage:
                self.plan = writing.plan()
                if check_only:
                    self.diagnostics += writing.output.differences(self.plan)
                elif self.plan.conflicts:
                    self.diagnostics += self.plan.conflicts
                else:
                    stage.count = writing.apply(self.plan, pool)
        if keep and not check_only and not self.plan.conflicts:
            with self.timings.stage("remember", "specs"):
                save_state(self, stats, writing)

    def _check(self, pool: WorkerPool) -> bool:
        with self.timings.stage("check", "specs") as stage:
            stage.count = len(self.invalidation.specs)
            self.diagnostics += check_documents(self.source.catalog)
            for checked in (one for share in pool.next_round() for one in share):
                self.diagnostics += checked.problems
                self.checked[str(checked.spec)] = None if checked.problems else checked.keys
            if self.diagnostics:
                # Over the whole catalog, one cause that shows at many places gives one diagnostic.
                self.diagnostics = list(check(self.source.whole()))
        return not has_errors(self.diagnostics)

    def _compile(self, pool: WorkerPool) -> bool:
        with self.timings.stage("compile", "units") as stage:
            for made in pool.next_round():
                self.compiled += made.units
                self.learned.update(made.learned)
                for path, digest in made.files.items():
                    self.files[path] = digest if self.files.get(path, digest) == digest else CHANGING
            stage.count = len(self.compiled)
            self.diagnostics += [found for unit in self.compiled for found in unit.diagnostics]
            self.unreleased = self._waiting()
            self.nowhere = nowhere(self.source.catalog)
        return not has_errors(self.diagnostics)

    def _waiting(self) -> list[str]:
        waiting = set(self.seen.waiting) - self.invalidation.gone
        for made in self.compiled:
            (waiting.add if made.unreleased else waiting.discard)(str(made.unit))
        order = (name for names in self.invalidation.units_of.values() for name in names)
        return [name for name in order if name in waiting]
