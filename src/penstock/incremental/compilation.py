"""One compile from reading to remembering, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.catalog.reads import FILE
from penstock.checks.engine import check, check_whole
from penstock.compiler import Artifact, Unit, environment_artifacts, index, units
from penstock.diagnostics.model import Diagnostic, Severity
from penstock.incremental.crew import Crew
from penstock.incremental.memory import Known, Seen, Store, notable
from penstock.incremental.outputs import still_intact
from penstock.incremental.reading import Read, read
from penstock.incremental.shares import Share, divide, work
from penstock.incremental.standing import changed_keys, still_clean, still_made
from penstock.incremental.timings import Timings
from penstock.source.files import FileStat
from penstock.source.output import OutputDirectory
from penstock.source.stat_cache import Observed, Stat, observed, stat_of
from penstock.source.write_plan import WritePlan

MOST_UNREMEMBERED = 20
"""Files that are read anew at each run before the documents are remembered again."""


@dataclass(slots=True)
class Compilation:
    """A compile of the work tree at `root` into `generated`, in at most so many `processes`.

    It begins from what an earlier run has `seen` and `known`, and is over when `run` returns.
    """

    root: Path
    generated: Path
    processes: int
    store: Store
    seen: Seen
    known: Known
    timings: Timings
    diagnostics: list[Diagnostic] = field(default_factory=list)
    plan: WritePlan | None = None
    """What was written, or would be; None where errors kept the run from it."""
    unreleased: set[str] = field(default_factory=set)
    units: list[Unit] = field(default_factory=list)
    _source: Read = field(init=False)
    _changed: frozenset[str] = frozenset()
    _specs: int = 0
    """How many specs are looked at."""
    _kept: dict[str, Observed] = field(default_factory=dict)
    """Generated files that stay as they are."""
    _artifacts: list[Artifact] = field(default_factory=list)
    _new: Known = field(default_factory=Known)
    _outputs: dict[str, Observed] = field(default_factory=dict)

    def run(self, stats: Sequence[FileStat], *, check_only: bool, remember: bool) -> None:
        """Go through the stages; `stats` are of the spec files. With `check_only`, nothing is written."""
        with self.timings.stage("read", "files") as stage:
            self._source = read(self.root, self.store, self.seen, stats, self.processes)
            stage.count = self._source.fresh
        with self.timings.stage("compare", "files") as stage:
            shares = self._compare()
            stage.count = len(self.seen.outputs)
        catalog = self._source.catalog
        with Crew(len(shares), lambda share: work(catalog, shares[share], self.generated)) as crew:
            if not (self._check(crew) and self._compile(crew)):
                return
            self._write(crew, check_only)
        if remember and not check_only and self.plan is not None and not self.plan.conflicts:
            with self.timings.stage("remember", "specs"):
                self._remember(stats)

    def _compare(self) -> list[Share]:
        """Find out what still stands; what does not is divided."""
        catalog = self._source.catalog
        self._changed = changed_keys(catalog, self.known.fingerprints)
        intact = still_intact(str(self.generated), self.seen.outputs, time.time_ns())
        self.units = list(units(catalog))
        new = self._new
        new.checked = still_clean(catalog, self.known, self._changed)
        new.units = still_made(self.units, self.known, self._changed, intact)
        for name, (_, artifacts, waits) in new.units.items():
            for path, digest, owner, applied in artifacts:
                self._kept[path] = intact[path]
                self._artifacts.append(Artifact(path, digest, owner, applied))
            if waits:
                self.unreleased.add(name)
        specs = [spec for spec in catalog.ids() if str(spec) not in new.checked]
        self._specs = len(specs)
        return divide(catalog, specs, [unit for unit in self.units if str(unit) not in new.units], self.processes)

    def _check(self, crew: Crew) -> bool:
        with self.timings.stage("check", "specs") as stage:
            stage.count = self._specs
            catalog = self._source.catalog
            self.diagnostics += check_whole(catalog)
            for checked in _together(crew.round()):
                self.diagnostics += checked.problems
                if not checked.problems:
                    self._new.checked[str(checked.spec)] = checked.keys
            if self.diagnostics:
                # Seen whole, one cause that shows at many places is told once.
                self.diagnostics = list(check(catalog))
        return not has_errors(self.diagnostics)

    def _compile(self, crew: Crew) -> bool:
        with self.timings.stage("compile", "units") as stage:
            for compiled in _together(crew.round()):
                stage.count += 1
                name = str(compiled.unit)
                self.diagnostics += compiled.diagnostics
                self._artifacts += compiled.artifacts
                if compiled.unreleased:
                    self.unreleased.add(name)
                if not compiled.diagnostics:
                    artifacts = [(a.path, a.digest, a.owner, a.applied) for a in compiled.artifacts]
                    self._new.units[name] = sorted(compiled.reads), artifacts, compiled.unreleased
        return not has_errors(self.diagnostics)

    def _write(self, crew: Crew, check_only: bool) -> None:
        with self.timings.stage("index", "artifacts") as stage:
            bundles = {each.path: each for each in environment_artifacts(self._source.catalog, self._artifacts)}
            self._artifacts += bundles.values()
            fresh = {a.path: a.digest.removeprefix("sha256:") for a in self._artifacts if a.path not in self._kept}
            listing = index(self._artifacts)
            stage.count = len(self._artifacts)
        output = OutputDirectory(self.generated)

        def write(paths: Sequence[str]) -> Mapping[str, Stat]:
            ours = {path: body for path in paths if path in bundles and (body := bundles[path].body) is not None}
            written = output.write(ours)
            for part in crew.round(paths):
                written.update(part)
            return written

        with self.timings.stage("write", "files") as stage:
            self.plan = plan = output.plan(fresh, listing, self.seen.outputs, self._kept)
            if check_only:
                self.diagnostics += output.differences(plan)
            elif plan.conflicts:
                self.diagnostics += plan.conflicts
            else:
                self._outputs = output.apply(plan, write)
                stage.count = len(plan.create) + len(plan.update) + len(plan.prune)

    def _remember(self, stats: Sequence[FileStat]) -> None:
        """What the next run need not find out again: what was seen, and what every key that was read stands for now."""
        new, old = self._new, self.known.fingerprints
        keys = {key for reads, _, _ in new.units.values() for key in reads}
        keys.update(key for reads in new.checked.values() for key in reads)
        fingerprint = self._source.catalog.fingerprint
        new.fingerprints = {
            key: old[key] if key in old and key not in self._changed else fingerprint(key) for key in keys
        }
        now, documents = time.time_ns(), self._source.documents
        seen = Seen(
            files={
                stat.path: (stat.size, stat.mtime_ns, stat.inode, documents[stat.path][0].file.blob)
                for stat in stats
                if notable(stat, now) and stat.path in documents
            },
            outputs=self._outputs,
            repository={key.removeprefix(FILE): self._looked_for(key, now) for key in keys if key.startswith(FILE)},
            quiet=not self.diagnostics,
        )
        # Files that are not remembered are read again; the many that are need not be written for their sake.
        is_worth = self._source.fresh > MOST_UNREMEMBERED or not self.seen.files
        self.store.save(seen, new, documents if is_worth else None)

    def _looked_for(self, key: str, now_ns: int) -> Observed | None:
        try:
            status = (self.root / key.removeprefix(FILE)).stat()
        except OSError:
            return None
        return observed(stat_of(status), self._new.fingerprints[key], now_ns)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of the diagnostics is an error."""
    return any(found.severity is Severity.ERROR for found in diagnostics)


def _together(answers: Iterable[Iterable[Any]]) -> Iterable[Any]:
    """The answers of all shares, one after the other."""
    return (one for answer in answers for one in answer)
