"""Compiles the specs of a work tree into its ``generated/``, doing only what changes since the last run ask for."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.diagnostics.model import Diagnostic, Diagnostics, has_errors
from penstock.incremental.build_state import BuildState, FileSnapshot, StateStore, unchanged
from penstock.incremental.documents import MemoryLostError
from penstock.incremental.outputs import Look, look
from penstock.incremental.timings import Timings
from penstock.incremental.worker_pool import processors, run_concurrently
from penstock.source.files import FileStat, scan
from penstock.source.private_folder import NAME as PRIVATE
from penstock.source.private_folder import make_private
from penstock.source.writing.findings import output_locked
from penstock.source.writing.lock import LockedError, held

if TYPE_CHECKING:
    from penstock.compiler import Nowhere, Unit
    from penstock.source.writing.write_plan import WritePlan

GENERATED = "generated"
LOCK = f"{PRIVATE}/compile.lock"


@dataclass(slots=True)
class CompileOutcome:
    """The result of a run."""

    diagnostics: tuple[Diagnostic, ...] = ()
    plan: WritePlan | None = None
    """What was written (or would be); None where errors kept the run from it, or where nothing had changed."""
    unreleased: tuple[Unit, ...] = ()
    """Rollouts to which nothing is released yet, so that their serving manifests are left out."""
    nowhere: Nowhere | None = None
    """The models of which nothing is compiled, since there is no Environment."""
    timings: Timings = field(default_factory=Timings)

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return has_errors(self.diagnostics)


@dataclass(slots=True)
class Session:
    """One run in the repository at `root`, with as many processes as it has work for and `processes` allows."""

    root: Path
    use_memory: bool = True
    processes: int = field(default_factory=processors)
    timings: Timings = field(default_factory=Timings)
    patience: float = 30.0
    """Seconds to wait for another compile of the same checkout."""

    def compile(self, *, check_only: bool = False) -> CompileOutcome:
        """Bring ``generated/`` to what the specs say; with `check_only`, say where it is not, and write nothing.

        Who writes waits for whoever else does, for as long as the session has `patience`.
        """
        if check_only:
            return self._compile(check_only)
        make_private(self.root / PRIVATE)
        try:
            with held(self.root / LOCK, self.patience):
                return self._compile(check_only)
        except LockedError as error:
            return CompileOutcome((output_locked(error.holder, self.patience),), timings=self.timings)

    def _compile(self, check_only: bool) -> CompileOutcome:
        store = StateStore(self.root)
        seen = store.seen() if self.use_memory else FileSnapshot()

        def look_at_specs() -> tuple[list[FileStat], list[Diagnostic], bool]:
            with self.timings.stage("scan", "files") as stage:
                stats, problems = scan(self.root)
                stage.count = len(stats)
            same = not has_errors(problems) and self._same_specs(seen, stats)
            if not same:
                # While the generated files are looked at, what a run in which nothing changed does without is loaded.
                import penstock.incremental.compilation  # noqa: F401
            return stats, problems, same

        def look_at_outputs() -> Look | None:
            remembered = store.outputs(seen)
            if remembered is None:
                return None
            generated = self.root / GENERATED
            found = look(str(generated), remembered.decoded(), time.time_ns())
            if check_only:
                # `compile` leaves the files of others alone, `compile --check` warns of them.
                from penstock.source.writing.output import OutputDirectory

                known = {path for path, _ in remembered.decoded()}
                found.has_others = any(path not in known for path in OutputDirectory(generated).files())
            return found

        (stats, problems, same), outputs = run_concurrently(look_at_specs, look_at_outputs, self.processes)
        if has_errors(problems) or (same and seen.quiet and outputs is not None and outputs.are_intact):
            return CompileOutcome(tuple(problems), timings=self.timings)
        from penstock.incremental.compilation import Compilation

        def run(seen: FileSnapshot, known: BuildState, outputs: Look) -> CompileOutcome:
            timings = self.timings
            run = Compilation(self.root, self.root / GENERATED, self.processes, store, seen, known, timings)
            run.run(stats, outputs, check_only=check_only, keep=self.use_memory)
            found = Diagnostics()
            found.extend([*problems, *run.diagnostics])
            return CompileOutcome(found.sorted(), run.plan, tuple(run.unreleased), run.nowhere, timings)

        known = store.known(seen)
        if known is not None and outputs is not None:
            with contextlib.suppress(MemoryLostError):
                return run(seen, known, outputs)
        return run(FileSnapshot(), BuildState(), Look())

    def _same_specs(self, seen: FileSnapshot, stats: list[FileStat]) -> bool:
        """Whether every spec, and every other file that was read, is proved to be as it was."""
        if len(stats) != len(seen.files):
            return False
        if not all(unchanged(seen.files.get(stat.path), stat) for stat in stats):
            return False
        return look(str(self.root), seen.repository.items(), time.time_ns()).are_intact
