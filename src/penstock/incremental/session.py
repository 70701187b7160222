"""Compiles the specs of a work tree into its ``generated/``, doing only what changes since the last run ask for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.diagnostics.model import Diagnostic, Severity
from penstock.incremental.crew import Crew, processors
from penstock.incremental.memory import Memory, Store, UnreadFile, notable, unchanged
from penstock.incremental.outputs import are_intact, still_intact
from penstock.incremental.timings import Timings
from penstock.source.files import FileStat, scan
from penstock.source.lock import LockedError, held
from penstock.source.output_findings import compile_under_way

if TYPE_CHECKING:
    from penstock.catalog.model import Catalog
    from penstock.compiler import Artifact, Unit
    from penstock.incremental.memory import RememberedUnit
    from penstock.source.model import Document
    from penstock.source.stat_cache import Observed, Stat
    from penstock.source.write_plan import WritePlan

GENERATED = "generated"
LOCK = ".penstock/compile.lock"
MOST_UNREMEMBERED = 20
"""Files that are read anew at each run before the documents are remembered again."""


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
        return _has_errors(self.diagnostics)


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
        memory = store.load() if self.use_memory else Memory()
        with self.timings.stage("scan", "files") as stage:
            stats, problems = scan(self.root)
            stage.count = len(stats)
        if not problems and self._nothing_changed(memory, stats):
            return Outcome(timings=self.timings)
        if problems:
            return Outcome(tuple(problems), timings=self.timings)
        return self._compile_changes(store, memory, stats, check_only)

    def _nothing_changed(self, memory: Memory, stats: list[FileStat]) -> bool:
        """Whether every spec, every other file that was read and every generated file is proved to be as it was."""
        if not memory.quiet or len(stats) != len(memory.files):
            return False
        if not all(unchanged(memory.files.get(stat.path), stat) for stat in stats):
            return False
        generated = str(self.root / GENERATED)
        return are_intact(str(self.root), memory.repository) and are_intact(generated, memory.outputs)

    def _compile_changes(self, store: Store, memory: Memory, stats: list[FileStat], check_only: bool) -> Outcome:
        from penstock.checks.engine import check, check_whole
        from penstock.compiler import environment_artifacts, index, units
        from penstock.incremental.reading import read
        from penstock.incremental.shares import divide, work
        from penstock.source.output import OutputDirectory

        generated = self.root / GENERATED
        with self.timings.stage("read", "files") as stage:
            source = read(self.root, store, memory, stats, self.processes)
            catalog, stage.count = source.catalog, source.fresh
        new = Memory(files=self._noted_files(stats, source.documents))
        with self.timings.stage("compare", "files") as stage:
            changed = _changed_keys(catalog, memory.fingerprints)
            intact = still_intact(str(generated), memory.outputs, time.time_ns())
            new.checked = _still_clean(catalog, memory, changed)
            specs = [spec for spec in catalog.ids() if str(spec) not in new.checked]
            every = list(units(catalog))
            new.units = {str(unit): known for unit in every if (known := _reused(memory, unit, changed, intact))}
            shares = divide(catalog, specs, [unit for unit in every if str(unit) not in new.units], self.processes)
            stage.count = len(memory.outputs)
        with Crew(len(shares), lambda share: work(catalog, shares[share], generated)) as crew:
            with self.timings.stage("check", "specs") as stage:
                stage.count = len(specs)
                diagnostics = list(check_whole(catalog))
                for checked in _together(crew.round()):
                    diagnostics += checked.problems
                    if not checked.problems:
                        new.checked[str(checked.spec)] = checked.keys
                if diagnostics:
                    # Seen whole, one cause that shows at many places is told once.
                    diagnostics = list(check(catalog))
            if _has_errors(diagnostics):
                return Outcome(tuple(sorted(diagnostics)), timings=self.timings)
            kept = {path: intact[path] for _, artifacts, _ in new.units.values() for path, *_ in artifacts}
            artifacts = [_known_artifact(each) for _, known, _ in new.units.values() for each in known]
            unreleased = {unit for unit, (_, _, waiting) in new.units.items() if waiting}
            with self.timings.stage("compile", "units") as stage:
                for compiled in _together(crew.round()):
                    stage.count += 1
                    diagnostics += compiled.diagnostics
                    artifacts += compiled.artifacts
                    name = str(compiled.unit)
                    if compiled.unreleased:
                        unreleased.add(name)
                    if not compiled.diagnostics:
                        plain = [(a.path, a.digest, a.owner, a.applied) for a in compiled.artifacts]
                        new.units[name] = sorted(compiled.reads), plain, compiled.unreleased
            if _has_errors(diagnostics):
                return Outcome(tuple(sorted(diagnostics)), timings=self.timings)
            with self.timings.stage("index", "artifacts") as stage:
                bundles = {each.path: each for each in environment_artifacts(catalog, artifacts)}
                artifacts += bundles.values()
                digests = {a.path: a.digest.removeprefix("sha256:") for a in artifacts if a.path not in kept}
                stage.count = len(artifacts)

            def write(paths: Sequence[str]) -> Mapping[str, Stat]:
                ours = {path: body for path in paths if path in bundles and (body := bundles[path].body) is not None}
                written = output.write(ours)
                for part in crew.round(paths):
                    written.update(part)
                return written

            with self.timings.stage("write", "files") as stage:
                output = OutputDirectory(generated)
                plan = output.plan(digests, index(artifacts), memory.outputs, kept)
                if check_only:
                    diagnostics += output.differences(plan)
                elif plan.conflicts:
                    diagnostics += plan.conflicts
                else:
                    new.outputs = output.apply(plan, write)
                    stage.count = len(plan.create) + len(plan.update) + len(plan.prune)
        if not check_only and not plan.conflicts and self.use_memory:
            with self.timings.stage("remember", "specs"):
                new.quiet = not diagnostics
                self._remember_reads(new, catalog, memory.fingerprints)
                # Files that are not remembered are read again; the many that are need not be written for their sake.
                is_worth = source.fresh > MOST_UNREMEMBERED or not memory.files
                store.save(new, source.documents if is_worth else None)
        waiting = tuple(unit for unit in every if str(unit) in unreleased)
        return Outcome(tuple(sorted(diagnostics)), plan, waiting, self.timings)

    def _noted_files(
        self, stats: list[FileStat], documents: Mapping[str, list[Document]]
    ) -> dict[str, tuple[int, int, int, str]]:
        now = time.time_ns()
        return {
            stat.path: (stat.size, stat.mtime_ns, stat.inode, documents[stat.path][0].file.blob)
            for stat in stats
            if notable(stat, now) and documents.get(stat.path)
        }

    def _remember_reads(self, new: Memory, catalog: Catalog, old: Mapping[str, str]) -> None:
        """What every key that was read stands for now, and the files outside specs/ among them."""
        from penstock.catalog.reads import FILE
        from penstock.source.stat_cache import observed, stat_of

        keys = {key for unit in new.units.values() for key in unit[0]}
        keys.update(key for keys in new.checked.values() for key in keys)
        new.fingerprints = {
            key: old[key] if key in old and _is_of_unchanged_file(catalog, key) else catalog.fingerprint(key)
            for key in keys
        }
        now = time.time_ns()
        for key in keys:
            if key.startswith(FILE):
                path = key.removeprefix(FILE)
                try:
                    status = (self.root / path).stat()
                except OSError:
                    new.repository[path] = None
                else:
                    new.repository[path] = observed(stat_of(status), new.fingerprints[key], now)


def _has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(found.severity is Severity.ERROR for found in diagnostics)


def _together(answers: Iterable[Iterable[Any]]) -> Iterable[Any]:
    """The answers of all shares, one after the other."""
    return (one for answer in answers for one in answer)


def _changed_keys(catalog: Catalog, fingerprints: Mapping[str, str]) -> frozenset[str]:
    """The remembered keys that now stand for something else."""
    return frozenset(
        key
        for key, known in fingerprints.items()
        if not _is_of_unchanged_file(catalog, key) and catalog.fingerprint(key) != known
    )


def _is_of_unchanged_file(catalog: Catalog, key: str) -> bool:
    """Whether a key is of a spec whose file is as it was; then so is the spec, for no two may share a name."""
    from penstock.catalog.model import SpecId
    from penstock.catalog.reads import SPEC

    if not key.startswith(SPEC):
        return False
    document = catalog.document(SpecId(*key.removeprefix(SPEC).split("/", 1)))
    return document is not None and isinstance(document.file, UnreadFile)


def _still_clean(catalog: Catalog, memory: Memory, changed: frozenset[str]) -> dict[str, list[str]]:
    """The specs in which the checks found nothing, and whose checks read nothing that has changed."""
    known = ((str(spec), memory.checked.get(str(spec))) for spec in catalog.ids())
    return {spec: keys for spec, keys in known if keys is not None and changed.isdisjoint(keys)}


def _reused(
    memory: Memory, unit: Unit, changed: frozenset[str], intact: Mapping[str, Observed]
) -> RememberedUnit | None:
    """What is remembered of a unit, where nothing that it read has changed and all of its files lie there."""
    known = memory.units.get(str(unit))
    if known is None:
        return None
    keys, artifacts, _ = known
    is_whole = all(path in intact for path, *_ in artifacts)
    return known if is_whole and changed.isdisjoint(keys) else None


def _known_artifact(remembered: Sequence[Any]) -> Artifact:
    from penstock.compiler import Artifact

    return Artifact(*remembered)
