"""Compiles the specs of a work tree into its ``generated/``, doing only what changes since the last run ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.diagnostics.model import Diagnostic, Severity
from penstock.incremental.crew import processors
from penstock.incremental.memory import Seen, Store, unchanged
from penstock.incremental.outputs import are_intact
from penstock.incremental.timings import Timings
from penstock.source.files import FileStat, scan
from penstock.source.lock import LockedError, held
from penstock.source.output_findings import compile_under_way

if TYPE_CHECKING:
    from penstock.compiler import Unit
    from penstock.source.write_plan import WritePlan

GENERATED = "generated"
LOCK = ".penstock/compile.lock"


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    diagnostics: tuple[Diagnostic, ...] = ()
    plan: WritePlan | None = None
    """What was written (or would be); None where errors kept the run from it, or where nothing had changed."""
    unreleased: tuple[Unit, ...] = ()
    """Rollouts to which nothing is released yet, so that their serving manifests are left out."""
    timings: Timings = field(default_factory=Timings)

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


@dataclass(slots=True)
class Session:
    """One run in the repository at `root`, with as many processes as it has work for and `processes` allows."""

    root: Path
    use_memory: bool = True
    processes: int = field(default_factory=processors)
    timings: Timings = field(default_factory=Timings)
    patience: float = 30.0
    """Seconds to wait for another compile of the same checkout."""

    def compile(self, *, check_only: bool = False) -> Outcome:
        """Bring ``generated/`` to what the specs say; with `check_only`, say where it is not, and write nothing.

        Who writes waits for whoever else does, for as long as the session has `patience`.
        """
        if check_only:
            return self._compile(check_only)
        try:
            with held(self.root / LOCK, self.patience):
                return self._compile(check_only)
        except LockedError as error:
            return Outcome((compile_under_way(error.holder, self.patience),), timings=self.timings)

    def _compile(self, check_only: bool) -> Outcome:
        store = Store(self.root)
        seen = store.seen() if self.use_memory else Seen()
        with self.timings.stage("scan", "files") as stage:
            stats, problems = scan(self.root)
            stage.count = len(stats)
        if problems:
            return Outcome(tuple(problems), timings=self.timings)
        if self._nothing_changed(seen, stats):
            return Outcome(timings=self.timings)
        # What a run in which nothing changed does without, it does not load either.
        from penstock.incremental.compilation import Compilation

        run = Compilation(
            self.root, self.root / GENERATED, self.processes, store, seen, store.known(seen), self.timings
        )
        run.run(stats, check_only=check_only, remember=self.use_memory)
        unreleased = tuple(unit for unit in run.units if str(unit) in run.unreleased)
        return Outcome(tuple(sorted(run.diagnostics)), run.plan, unreleased, self.timings)

    def _nothing_changed(self, seen: Seen, stats: list[FileStat]) -> bool:
        """Whether every spec, every other file that was read and every generated file is proved to be as it was."""
        if not seen.quiet or len(stats) != len(seen.files):
            return False
        if not all(unchanged(seen.files.get(stat.path), stat) for stat in stats):
            return False
        generated = str(self.root / GENERATED)
        return are_intact(str(self.root), seen.repository) and are_intact(generated, seen.outputs)
