"""What a pull request changes in the generated files, and whether those it commits are what its specs say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from penstock.catalog.dependencies import FILE, SPEC
from penstock.catalog.lazy import OutlineError
from penstock.catalog.model import SpecId, View
from penstock.compiler import Artifact, CompiledUnit, Unit, compile_unit, environment_artifacts
from penstock.diagnostics.model import Diagnostic, Severity
from penstock.review.artifacts.affected_units import AffectedUnits, affected, everything
from penstock.review.artifacts.committed_index import applied, digest_of, index_with, owner_of, read_index
from penstock.review.head_compilation import HeadCompilation
from penstock.review.impact.dependency_graph import DependencyGraph
from penstock.review.model import ArtifactChange, Body
from penstock.review.revisions import Revision, Revisions
from penstock.review.trees import Unread
from penstock.source.files import GENERATED
from penstock.source.git.call import GitError
from penstock.source.model import blob_id
from penstock.source.writing import findings
from penstock.source.writing.artifact_index import INDEX

KUSTOMIZATION = "kustomization.yaml"


@dataclass(frozen=True, slots=True)
class _File:
    """A generated file of one side. Files of one blob are the same, byte for byte."""

    blob: str
    owner: str
    body: Body


@dataclass(slots=True)
class Generated:
    """What comparing the generated files gave."""

    changes: list[ArtifactChange] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)


class Comparison:
    """Committed files are compared with what the specs of head compile to, by the blobs of their bytes.

    That is done with those of the units that the `edited` specs reach, and all that the pull request touches. Files
    that neither reach are as they are on base.
    """

    def __init__(
        self, revisions: Revisions, base: DependencyGraph, head: DependencyGraph, edited: Iterable[SpecId]
    ) -> None:
        """`edited` are specs that differ, or whose functions do."""
        self.revisions = revisions
        self.edited = frozenset(edited)
        self.result = Generated()
        self.committed = {
            change.path.removeprefix(f"{GENERATED}/"): change
            for change in revisions.paths
            if change.path.startswith(f"{GENERATED}/")
        }
        self.owners: dict[str, tuple[str, ...]] = {}
        self._causes: dict[tuple[str, str], tuple[str, ...]] = {}
        """Of the units of head, by environment and spec: a file that is gone is none of their artifacts any more."""
        self._fingerprints: dict[str, bool] = {}
        self._touched = {str(spec_id) for spec_id in revisions.touched}
        self._applied_on_base: dict[str, frozenset[str]] = {}
        self._told_on_head: dict[str, str] | None = None
        index = f"{GENERATED}/{INDEX}"
        self.was_committed = bool(revisions.base.files.blobs([index]))
        self.is_committed = bool(revisions.head.files.blobs([index]))
        self.is_idle = not self.edited and not self.committed
        """Whether there is nothing to compare."""
        self.known = None if self.is_idle else read_index(revisions.base.files.read(index))
        """What base holds; None where it holds nothing, or not what this compiler writes."""
        self.affected = AffectedUnits()
        if self.is_committed and self.known is None and not self.is_idle:
            self.affected = everything(base, head)
        elif not self.is_idle:
            self.affected = affected(base, head, self.edited, self.committed)
        self.taken = self.affected.among(list(self.known or ()))
        """The paths that base lists of the units that are concerned."""
        self.units = self.affected.units(revisions.head.catalog)
        """The units that have to be compiled on head."""
        folders = {f"{GENERATED}/{unit.folder}" for unit in self.units}
        self.held = revisions.head.files.blobs_in(folders)
        """The files that head holds in their place, by path in the repository."""

    def run(self, compilation: HeadCompilation, *, has_errors: bool) -> Generated:
        """Compare; `compilation` holds what became of the `units`.

        With errors in the specs of head, or in what a target makes of them, nobody can tell what should be generated:
        nothing is compared then, and what is wrong with the files shows once they are fixed. That a unit of sound
        specs does not compile is an error.
        """
        told = [one for made in compilation.compiled.values() for one in made.diagnostics]
        if has_errors or any(one.severity is Severity.ERROR for one in told):
            self.result.problems += told
            return self.result
        if self.is_idle:
            return self.result
        before, after = self._artifacts(compilation)
        rest = self._beside(after)
        staying = self._staying_bundles(before, after)
        after |= self._bundles(rest, after, staying)
        before = {path: one for path, one in before.items() if path not in staying}
        now = {path: self._file_of(one) for path, one in after.items()}
        self._note_changes(before, now)
        if not self.is_committed and not self.was_committed:
            self._refuse_strays()
        else:
            blobs = {path: one.blob for path, one in now.items()}
            kept = {path: (self.known or {})[path] for path in staying}
            blobs[INDEX] = self._blob_id(index_with({**rest, **kept}, after.values()))
            self._hold_against_head(blobs, before)
        self.result.changes.sort(key=lambda change: change.path)
        return self.result

    def _refuse_strays(self) -> None:
        """Errors for what head brings where nothing generated is committed: no compile would take it away."""
        for path, change in sorted(self.committed.items()):
            if change.after is not None:
                self._refuse(findings.unowned(f"{GENERATED}/{path}"))

    def _refuse(self, found: Diagnostic) -> None:
        self.result.problems.append(replace(found, severity=Severity.ERROR))

    def _blob_id(self, body: bytes) -> str:
        return blob_id(body, len(self.revisions.base.name))

    def _file_of(self, artifact: Artifact) -> _File:
        """An artifact as a file of head. Of one without bytes, head holds what it compiles to."""
        if artifact.body is not None:
            return _File(self._blob_id(artifact.body), artifact.owner, artifact.body)
        path = f"{GENERATED}/{artifact.path}"
        blob = self.held[path]
        return _File(blob, artifact.owner, Unread(blob, path, self.revisions.head.files))

    def _written_on_base(self, known: dict[str, str]) -> dict[str, _File]:
        """The generated files of the specs that base holds; they were held against its specs when they came there."""
        files = self.revisions.base.files
        bundles = {path for path in self._bundle_paths() if path in known}
        blobs = files.blobs(f"{GENERATED}/{path}" for path in (*self.taken, *bundles))
        found = {}
        for place, blob in blobs.items():
            path = place.removeprefix(f"{GENERATED}/")
            found[path] = _File(blob, owner_of(known[path]), Unread(blob, place, files))
        return found

    def _bundle_paths(self) -> set[str]:
        """Where the kustomizations of both sides stand."""
        catalogs = self.revisions.base.catalog, self.revisions.head.catalog
        return {f"{name}/{KUSTOMIZATION}" for catalog in catalogs for name in catalog.environments()}

    def _artifacts(self, compilation: HeadCompilation) -> tuple[dict[str, _File], dict[str, Artifact]]:
        """The files of base and the artifacts of head by path.

        Those of base are what it holds, if it holds generated files at all. Else its units are compiled where they
        read something that differs.
        """
        heads = compilation.compiled
        self.result.problems += [_uncompiled(unit, name) for unit, name in compilation.failed.items()]
        for now in heads.values():
            self.result.problems += now.diagnostics
        after = {one.path: one for now in heads.values() for one in now.artifacts}
        for unit, now in heads.items():
            self._note_owners(unit, None, now)
        if self.known is not None:
            return self._written_on_base(self.known), after
        before: dict[str, Artifact] = {}
        for unit in self.affected.units(self.revisions.base.catalog):
            found = heads.get(unit)
            if found is None or any(self._differs(key) for key in found.reads):
                known = _compiled(self.revisions.base, unit)
                self._note_owners(unit, known, found)
            else:
                known = found
            if known is not None:
                before |= {one.path: one for one in known.artifacts}
        before |= {one.path: one for one in environment_artifacts(self.revisions.base.catalog, before.values())}
        return {path: self._file_of(one) for path, one in before.items()}, after

    def _differs(self, key: str) -> bool:
        if key.startswith(SPEC) and key.removeprefix(SPEC) not in self._touched:
            # Both sides have it from the same file.
            return False
        if key not in self._fingerprints:
            catalogs = self.revisions.base.catalog, self.revisions.head.catalog
            self._fingerprints[key] = len({catalog.fingerprint(key) for catalog in catalogs}) > 1
        return self._fingerprints[key]

    def _note_owners(self, unit: Unit, before: CompiledUnit | None, after: CompiledUnit | None) -> None:
        """Whatever a unit read that differs is the cause of what differs in its artifacts."""
        compiled = [unit for unit in (before, after) if unit is not None]
        keys = sorted({key for side in compiled for key in side.reads if key.startswith((SPEC, FILE))})
        causes = tuple(key.partition(":")[2] for key in keys if self._differs(key)) or (f"{unit.kind}/{unit.name}",)
        self._causes[unit.environment, f"{unit.kind}/{unit.name}"] = causes
        for side in compiled:
            for artifact in side.artifacts:
                self.owners[artifact.path] = tuple(sorted({*self.owners.get(artifact.path, ()), *causes}))

    def _beside(self, compiled: dict[str, Artifact]) -> dict[str, str]:
        """What the index of base lists beside the specs' own artifacts and the kustomizations."""
        environments = set(self.revisions.head.catalog.environments())
        others = self.taken | self._bundle_paths() | compiled.keys()
        return {
            path: entry
            for path, entry in (self.known or {}).items()
            if path not in others and path.partition("/")[0] in environments
        }

    def _staying_bundles(self, before: dict[str, _File], after: dict[str, Artifact]) -> set[str]:
        """The kustomizations of base that nobody touched, and of which nothing that they are made from differs."""
        known = self.known or {}
        staying = set()
        for environment in self.revisions.head.catalog.environments():
            path = f"{environment}/{KUSTOMIZATION}"
            is_held = path in known and path in before
            if not is_held or path in self.committed or SpecId("Environment", environment) in self.edited:
                continue
            files = self._applied(environment)
            own = {path.partition("/")[2] for path in self.taken if path.startswith(f"{environment}/")} & files
            now = {one.path.partition("/")[2] for one in after.values() if one.applied and _is_of(one, environment)}
            if own == now and all(f"{environment}/{file}" in known for file in files):
                staying.add(path)
        return staying

    def _bundles(self, rest: dict[str, str], compiled: dict[str, Artifact], staying: set[str]) -> dict[str, Artifact]:
        """The kustomizations of head, but for those that stay."""
        catalog = self.revisions.head.catalog
        anew = {view.environment_name for view in catalog.views() if _has_cluster(view)}
        anew -= {path.partition("/")[0] for path in staying}
        if not anew:
            return {}
        files = (Artifact(path, "", "", self._is_applied(path)) for path in rest)
        affected = [one for one in (*files, *compiled.values()) if one.path.partition("/")[0] in anew]
        return {one.path: one for one in environment_artifacts(catalog, affected) if one.path not in staying}

    def _is_applied(self, path: str) -> bool:
        environment, _, below = path.partition("/")
        return below in self._applied(environment)

    def _applied(self, environment: str) -> frozenset[str]:
        """The files that the kustomization of an environment applies on base."""
        if environment not in self._applied_on_base:
            data = self.revisions.base.files.read(f"{GENERATED}/{environment}/{KUSTOMIZATION}")
            self._applied_on_base[environment] = applied(data)
        return self._applied_on_base[environment]

    def _note_changes(self, before: dict[str, _File], after: dict[str, _File]) -> None:
        for path in sorted({*before, *after}):
            old, new = before.get(path), after.get(path)
            if old is not None and new is not None and old.blob == new.blob:
                continue
            owner = (new or old).owner  # type: ignore[union-attr]  # one of the two is there
            self.result.changes.append(
                ArtifactChange(
                    path=path,
                    operation="added" if old is None else "removed" if new is None else "changed",
                    owners=self.owners.get(path) or self._that_moved(path, owner, before, after),
                    before=old.body if old is not None else b"",
                    after=new.body if new is not None else b"",
                )
            )

    def _that_moved(self, path: str, owner: str, before: dict[str, _File], after: dict[str, _File]) -> tuple[str, ...]:
        """The specs whose files came or went, where those are all that a kustomization differs by; else its owner."""
        folder, _, name = path.rpartition("/")
        edited = set(map(str, self.edited))
        if name != KUSTOMIZATION or owner in edited:
            return self._causes.get((path.partition("/")[0], owner), (owner,))
        moved = {
            one: (before | after)[one].owner for one in before.keys() ^ after.keys() if one.startswith(f"{folder}/")
        }
        causes = {cause for one, of in moved.items() for cause in self.owners.get(one, (of,))}
        return tuple(sorted(causes & edited or causes)) or (owner,)

    def _hold_against_head(self, blobs: dict[str, str], before: dict[str, _File]) -> None:
        """Errors for the committed files of head that are not, byte for byte, what its specs compile to."""
        others = {*before, *self.committed} - set(blobs)
        prefix = f"{GENERATED}/"
        found = self.revisions.head.files.blobs(prefix + path for path in (*blobs, *others))
        for path, blob in sorted(blobs.items()):
            held = found.get(prefix + path)
            if held is None:
                self.result.problems.append(findings.missing(f"{GENERATED}/{path}"))
            elif held != blob:
                is_old = path in before and before[path].blob == held
                is_untouched = is_old or path not in self.committed or path == INDEX
                wrong = findings.stale if is_untouched or self._was_compiled(path) else findings.edited
                self.result.problems.append(wrong(f"{GENERATED}/{path}"))
        for path in sorted(others):
            if prefix + path in found:
                wrong = findings.surplus if path in before or self._was_compiled(path) else findings.unowned
                self._refuse(wrong(f"{GENERATED}/{path}"))

    def _was_compiled(self, path: str) -> bool:
        """Whether a file of head is as the index beside it says: of an earlier state of the specs, and not of a hand.

        It is an error either way; this decides which remedy is told.
        """
        if self._told_on_head is None:
            self._told_on_head = read_index(self.revisions.head.files.read(f"{GENERATED}/{INDEX}")) or {}
        entry = self._told_on_head.get(path)
        body = self.revisions.head.files.read(f"{GENERATED}/{path}") if entry is not None else None
        return body is not None and entry is not None and digest_of(entry) == hashlib.sha256(body).hexdigest()


def _compiled(revision: Revision, unit: Unit) -> CompiledUnit | None:
    try:
        return compile_unit(revision.catalog, unit)
    except (GitError, OutlineError):
        raise
    except Exception:
        # What is wrong with base is told as a warning of its own.
        return None


def _has_cluster(view: View) -> bool:
    environment = view.environment
    return environment is not None and environment.spec.cluster


def _is_of(artifact: Artifact, environment: str) -> bool:
    return artifact.path.partition("/")[0] == environment


def _uncompiled(unit: Unit, error: str) -> Diagnostic:
    return Diagnostic.error(
        "not-compiled",
        f"{unit.kind} {unit.name} does not compile for {unit.environment}",
        None,
        help=(f"run `penstock compile` for details; the compiler stopped with {error}",),
    )
