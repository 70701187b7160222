"""Compiles the specs of a work tree into its ``generated/``, doing only what changes since the last run ask for."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.diagnostics.model import Diagnostic, Diagnostics, has_errors
from penstock.incremental.build_state import BuildState, FileSnapshot, StateStore
from penstock.incremental.documents import MemoryLostError
from penstock.incremental.first_look import first_look
from penstock.incremental.outputs import Look
from penstock.incremental.timings import Timings
from penstock.incremental.worker_pool import processors
from penstock.source.private_folder import NAME as PRIVATE
from penstock.source.private_folder import make_private
from penstock.source.writing.findings import output_locked
from penstock.source.writing.lock import LockedError, held

if TYPE_CHECKING:
    from penstock.compiler import Nowhere
    from penstock.source.writing.write_plan import WritePlan

GENERATED = "generated"
LOCK = f"{PRIVATE}/compile.lock"


@dataclass(slots=True)
class CompileOutcome:
    """The result of a run."""

    diagnostics: tuple[Diagnostic, ...] = ()
    plan: WritePlan | None = None
    """What was written (or would be); None where errors kept the run from it, or where nothing had changed."""
    unreleased: tuple[str, ...] = ()
    """Rollouts to which nothing is released yet, so that their serving manifests are left out; as names of units."""
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

        # `compile` leaves the files of others alone, `compile --check` warns of them.
        (stats, problems, same, scanning), outputs = first_look(
            self.root, self.root / GENERATED, store, seen, processes=self.processes, for_others=check_only
        )
        self.timings.stages.append(scanning)
        if has_errors(problems) or (same and seen.quiet and outputs is not None and outputs.are_intact):
            return CompileOutcome(tuple(problems), unreleased=tuple(seen.waiting), timings=self.timings)
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
