"""The generated files of a run: which there are, which of them differ from those that lie there, and their writing.

After a small edit that leaves every other file in its place, only the files whose bytes change are looked at. In every
other case all files are listed and compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from penstock.compiler import Artifact, CompiledUnit, environment_artifacts
from penstock.incremental.build_state import BuildState, RememberedArtifact
from penstock.incremental.invalidation import Invalidation
from penstock.incremental.outputs import Look
from penstock.incremental.reading import ReadSpecs
from penstock.incremental.worker_pool import WorkerPool
from penstock.source.keyed_jsonl import FEW, KeyedLines
from penstock.source.plain_file import read_plain_file
from penstock.source.stat_cache import Observed, Stat
from penstock.source.writing.artifact_index import INDEX, amended_index, index
from penstock.source.writing.output import OutputDirectory
from penstock.source.writing.write_plan import WritePlan

_PREFIX = "sha256:"


class Writing:
    """What a run has `compiled` on its way into the directory `generated`."""

    def __init__(
        self,
        generated: Path,
        source: ReadSpecs,
        known: BuildState,
        invalidation: Invalidation,
        look: Look,
        compiled: Sequence[CompiledUnit],
    ) -> None:
        """The other arguments say what stands of an earlier run, and what was found of its files."""
        self.output = OutputDirectory(generated)
        self._index_file = str(generated / INDEX)
        self._source = source
        self._known = known
        self._invalidation = invalidation
        self._look = look
        self._compiled = compiled
        self._amended: WritePlan | None = None
        self._bundles: dict[str, Artifact] = {}
        self._fresh: list[Artifact] = []
        self._kept: dict[str, Observed] = {}
        self._listing = b""
        self._seen: dict[str, Observed] = {}

    def list_artifacts(self, *, may_amend: bool) -> int:
        """Write the index; how many artifacts had to be listed for it."""
        if may_amend:
            self._amended = self._amend()
        return len(self._fresh) if self._amended is not None else self._list_all()

    def plan(self) -> WritePlan:
        """What is to be done to the directory."""
        if self._amended is not None:
            return self._amended
        known = dict(self._known.outputs.decoded())
        fresh = {each.path: _sha256(each) for each in self._fresh}
        return self.output.plan(fresh, self._listing, known, self._kept)

    def apply(self, plan: WritePlan, pool: WorkerPool) -> int:
        """Do it, with the bytes that the pool holds; how many files that were."""

        def write(paths: Sequence[str]) -> Mapping[str, Stat]:
            ours = {path: body for path in paths if path in self._bundles and (body := self._bundles[path].body)}
            written = self.output.write(ours)
            for part in pool.next_round(paths):
                written.update(part)
            return written

        self._seen = self.output.apply(plan, write)
        return len(plan.create) + len(plan.update) + len(plan.prune)

    def outputs(self) -> KeyedLines:
        """What is now known of the files."""
        if self._amended is None:
            return KeyedLines().updated(self._seen)
        return self._known.outputs.updated({**self._look.read, **self._seen})

    def _amend(self) -> WritePlan | None:
        """The plan of a small edit; None where it is not one."""
        compiled = self._compiled
        if not self._known.outputs or self._look.changed or self._invalidation.gone or len(compiled) > FEW:
            return None
        if any(spec_id.kind == "Environment" for spec_id in self._source.touched):
            return None
        before = self._known.units.get_many([str(made.unit) for made in compiled])
        for made in compiled:
            _, artifacts = before.get(str(made.unit), ([], None))
            if artifacts is None or sorted(map(tuple, artifacts)) != sorted(map(remembered, made.artifacts)):
                return None
        made_now = [each for made in compiled for each in made.artifacts]
        outputs = self._known.outputs
        lie_there = outputs.get_many([INDEX, *(each.path for each in made_now)])
        self._fresh = [each for each in made_now if _sha256(each) != lie_there[each.path][3]]
        try:
            listing = amended_index(read_plain_file(self._index_file), self._fresh)
        except (OSError, ValueError):
            return None
        return self.output.amend({each.path: _sha256(each) for each in self._fresh}, listing, lie_there, len(outputs))

    def _list_all(self) -> int:
        self._fresh = [each for made in self._compiled for each in made.artifacts]
        artifacts = list(self._fresh)
        done = {str(made.unit) for made in self._compiled} | self._invalidation.gone
        intact = {**dict(self._known.outputs.decoded()), **self._look.read}
        for name, (_, made) in self._known.units.decoded():
            if name not in done:
                for path, owner, applied in made:
                    artifacts.append(Artifact(path, f"{_PREFIX}{intact[path][3]}", owner, applied))
                    self._kept[path] = intact[path]
        self._bundles = {each.path: each for each in environment_artifacts(self._source.catalog, artifacts)}
        self._fresh += self._bundles.values()
        artifacts += self._bundles.values()
        self._listing = index(artifacts)
        return len(artifacts)


def remembered(artifact: Artifact) -> RememberedArtifact:
    """What of an artifact is remembered; it also decides which other files there are."""
    return artifact.path, artifact.owner, artifact.applied


def _sha256(artifact: Artifact) -> str:
    return artifact.digest.removeprefix(_PREFIX)
