"""Compiles the specs of a work tree into its ``generated/``, doing only what changes since the last run ask for."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.diagnostics.model import Diagnostic, Severity
from penstock.incremental.memory import (
    Memory,
    Store,
    UnreadFile,
    notable,
    unchanged,
)
from penstock.incremental.timings import Timings
from penstock.source.files import FileStat, scan
from penstock.source.stat_cache import Observed, observed, trusted_digest
from penstock.source.write_plan import INDEX

if TYPE_CHECKING:
    from penstock.catalog.model import Catalog
    from penstock.compiler import Artifact, CompiledUnit, Unit
    from penstock.source.model import Document
    from penstock.source.write_plan import WritePlan

GENERATED = "generated"
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
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


@dataclass(slots=True)
class Session:
    """One run in the repository at `root`."""

    root: Path
    use_memory: bool = True
    timings: Timings = field(default_factory=Timings)

    def compile(self, *, check_only: bool = False) -> Outcome:
        """Bring ``generated/`` to what the specs say; with `check_only`, say where it is not, and write nothing."""
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
        return _intact(self.root, memory.repository) and _intact(self.root / GENERATED, memory.outputs)

    def _compile_changes(self, store: Store, memory: Memory, stats: list[FileStat], check_only: bool) -> Outcome:
        from penstock.compiler import compile_unit, environment_artifacts, index, units
        from penstock.source.output import OutputDirectory

        catalog, documents, fresh = self._read(store, memory, stats)
        new = Memory(files=self._noted_files(stats, documents))
        with self.timings.stage("check", "specs") as stage:
            changed = _changed_keys(catalog, memory.fingerprints)
            diagnostics, new.checked, stage.count = _check(catalog, memory.checked, changed)
        if any(found.severity is Severity.ERROR for found in diagnostics):
            return Outcome(tuple(sorted(diagnostics)), timings=self.timings)
        damaged = _damaged(self.root / GENERATED, memory.outputs)
        artifacts: list[Artifact] = []
        unreleased: list[Unit] = []
        with self.timings.stage("compile", "units") as stage:
            for unit in units(catalog):
                reused = _remembered(memory, str(unit), changed, damaged)
                if reused is None:
                    stage.count += 1
                    compiled = compile_unit(catalog, unit)
                    diagnostics += compiled.diagnostics
                    artifacts += compiled.artifacts
                    unreleased += [unit] if compiled.unreleased else []
                    _remember(new, compiled)
                else:
                    known = memory.units[str(unit)]
                    new.units[str(unit)] = known
                    artifacts += reused
                    unreleased += [unit] if known[2] else []
        if any(found.severity is Severity.ERROR for found in diagnostics):
            return Outcome(tuple(sorted(diagnostics)), timings=self.timings)
        with self.timings.stage("index", "artifacts") as stage:
            artifacts += environment_artifacts(catalog, artifacts)
            bodies = {a.path: a.body for a in artifacts if a.body is not None}
            bodies[INDEX] = index(artifacts)
            stage.count = len(artifacts)
        kept = {a.path: memory.outputs[a.path] for a in artifacts if a.body is None}
        with self.timings.stage("write", "files") as stage:
            output = OutputDirectory(self.root / GENERATED)
            plan = output.plan(bodies, memory.outputs, kept)
            if check_only:
                diagnostics += output.differences(plan)
            elif plan.conflicts:
                diagnostics += plan.conflicts
            else:
                new.outputs = output.apply(plan)
                stage.count = len(plan.create) + len(plan.update) + len(plan.prune)
        if not check_only and not plan.conflicts and self.use_memory:
            new.quiet = not diagnostics and len(new.outputs) == len(artifacts) + 1
            self._remember_reads(new, catalog, memory.fingerprints)
            with self.timings.stage("remember", "specs"):
                # Files that are not remembered are read again; the many that are need not be written for their sake.
                store.save(new, documents if fresh > MOST_UNREMEMBERED or not memory.files else None)
        return Outcome(tuple(sorted(diagnostics)), plan, tuple(unreleased), self.timings)

    def _read(
        self, store: Store, memory: Memory, stats: list[FileStat]
    ) -> tuple[Catalog, dict[str, list[Document]], int]:
        """The catalog, the documents by file, and how many files had to be read."""
        from penstock.catalog.model import Catalog
        from penstock.catalog.repository import WorkTree
        from penstock.source.files import read_file
        from penstock.source.model import Document
        from penstock.source.yaml_reader import read_documents

        with self.timings.stage("read", "files") as stage:
            remembered = store.load_documents() if memory.files else {}
            documents: dict[str, list[Document]] = {}
            diagnostics: list[Diagnostic] = []
            broken = []
            for stat in stats:
                known = memory.files.get(stat.path)
                blob, plain = remembered.get(stat.path, (None, ()))
                if known is not None and unchanged(known, stat) and blob == known[3]:
                    unread = UnreadFile(self.root, stat.path, blob)
                    documents[stat.path] = [Document(unread, index, value, line) for index, line, value in plain]
                    continue
                stage.count += 1
                file, problems = read_file(self.root, stat.path)
                diagnostics += problems
                if file is not None:
                    documents[stat.path], problems = read_documents(file)
                    diagnostics += problems
                    if problems:
                        broken.append(file)
            catalog = Catalog(
                [document for found in documents.values() for document in found],
                WorkTree(self.root),
                diagnostics,
                broken,
            )
        return catalog, documents, stage.count

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

        keys = {key for unit in new.units.values() for key in unit[0]}
        keys.update(key for keys in new.checked.values() for key in keys)
        new.fingerprints = {
            key: old[key] if key in old and _is_of_unchanged_file(catalog, key) else catalog.fingerprint(key)
            for key in keys
        }
        for key in keys:
            if key.startswith(FILE):
                path = key.removeprefix(FILE)
                try:
                    status = (self.root / path).stat()
                except OSError:
                    new.repository[path] = None
                    continue
                if (now := observed(status, new.fingerprints[key])) is not None:
                    new.repository[path] = now
                else:
                    new.quiet = False


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


def _check(
    catalog: Catalog, remembered: Mapping[str, list[str]], changed: frozenset[str]
) -> tuple[list[Diagnostic], dict[str, list[str]], int]:
    """What the checks find, what was read for each spec without findings, and how many specs were looked at."""
    from penstock.catalog.reads import Reads
    from penstock.checks.engine import check, check_spec, check_whole

    found = list(check_whole(catalog))
    clean: dict[str, list[str]] = {}
    looked_at = 0
    for spec in catalog.ids():
        keys = remembered.get(str(spec))
        if keys is None or not changed.isdisjoint(keys):
            looked_at += 1
            reads = Reads()
            problems = check_spec(catalog, spec, reads)
            found += problems
            keys = sorted(reads.keys) if not problems else None
        if keys is not None:
            clean[str(spec)] = keys
    if found:
        # Seen whole, one cause that shows at many places is told once.
        found = list(check(catalog))
    return found, clean, looked_at


def _remembered(memory: Memory, unit: str, changed: frozenset[str], damaged: frozenset[str]) -> list[Artifact] | None:
    """The artifacts of a unit without their bytes, where nothing that it read has changed and all of them lie there."""
    from penstock.compiler import Artifact

    known = memory.units.get(unit)
    if known is None:
        return None
    keys, artifacts, _ = known
    is_intact = all(path in memory.outputs and path not in damaged for path, *_ in artifacts)
    if not is_intact or not changed.isdisjoint(keys):
        return None
    return [Artifact(*artifact) for artifact in artifacts]


def _remember(new: Memory, compiled: CompiledUnit) -> None:
    if not compiled.diagnostics:
        artifacts = [(a.path, a.digest, a.owner, a.applied) for a in compiled.artifacts]
        new.units[str(compiled.unit)] = sorted(compiled.reads), artifacts, compiled.unreleased


def _damaged(folder: Path, outputs: Mapping[str, Observed]) -> frozenset[str]:
    """The generated files that are not proved to be as they were written."""
    return frozenset(path for path, known in outputs.items() if not _is_intact(folder, path, known))


def _intact(folder: Path, files: Mapping[str, Observed | None]) -> bool:
    return all(_is_intact(folder, path, known) for path, known in files.items())


def _is_intact(folder: Path, path: str, known: Observed | None) -> bool:
    try:
        # A string is joined four times as fast as a Path, and there are thousands.
        status = os.lstat(f"{folder}/{path}")
    except OSError:
        return known is None
    return known is not None and trusted_digest(known, status) is not None
