"""What a pull request changes in the generated files, and whether those it commits are what its specs say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import yaml

from penstock.catalog.model import SpecId
from penstock.catalog.reads import FILE, SPEC
from penstock.compiler import Artifact, CompiledUnit, Unit, compile_unit, environment_artifacts, index, units_in
from penstock.diagnostics.model import Diagnostic, Severity
from penstock.review.model import ArtifactChange
from penstock.review.reach import Reach
from penstock.review.sides import GENERATED, Side, Sides
from penstock.source import output_findings as findings
from penstock.source.canonical import bytes_digest
from penstock.source.write_plan import INDEX
from penstock.specs.rollout import Rollout

KUSTOMIZATION = "kustomization.yaml"


@dataclass(slots=True)
class Generated:
    """What comparing the generated files gave."""

    changes: list[ArtifactChange] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)


def compare_generated(
    sides: Sides, base: Reach, head: Reach, edited: Iterable[SpecId], *, has_errors: bool
) -> Generated:
    """Compile in memory what the `edited` specs reach, on both sides.

    Committed files are compared byte by byte with what the specs of head compile to: those of the same units, and all
    that the pull request touches. Files that neither reach are as they are on base. With errors in the specs of head,
    a unit that does not compile has its cause among them; without, that is an error of its own.
    """
    return _Comparison(sides, base, head).run(tuple(edited), has_errors)


class _Comparison:
    def __init__(self, sides: Sides, base: Reach, head: Reach) -> None:
        self.sides = sides
        self.reaches = base, head
        self.result = Generated()
        self.committed = {
            change.path.removeprefix(f"{GENERATED}/"): change
            for change in sides.paths
            if change.path.startswith(f"{GENERATED}/")
        }
        self.owners: dict[str, tuple[str, ...]] = {}
        self._fingerprints: dict[str, bool] = {}

    def run(self, edited: tuple[SpecId, ...], has_errors: bool) -> Generated:
        is_committed = self.sides.head.files.read(f"{GENERATED}/{INDEX}") is not None
        was_committed = self.sides.base.files.read(f"{GENERATED}/{INDEX}") is not None
        if not edited and not self.committed and is_committed == was_committed:
            return self.result
        known = _read_index(self.sides.base.files.read(f"{GENERATED}/{INDEX}")) if was_committed else None
        everything = is_committed and known is None
        specs = self._all_specs() if everything else self._affected(edited)
        written = self._written_on_base(known, specs) if known is not None else None
        before, after = self._compile(specs, written, has_errors)
        complete_before = ({}, []) if known is not None else self._whole(self.sides.base, {}, specs, before)
        complete_after = self._whole(self.sides.head, known or {}, specs, after)
        self._note_changes({**before, **complete_before[0]}, {**after, **complete_after[0]})
        if is_committed or was_committed:
            bodies = {path: one.body for path, one in {**after, **complete_after[0]}.items() if one.body is not None}
            if not has_errors:
                bodies[INDEX] = index([*after.values(), *complete_after[1]])
            self._hold_against_head(bodies, {**before, **complete_before[0]}, has_errors)
        self.result.changes.sort(key=lambda change: change.path)
        return self.result

    def _all_specs(self) -> set[SpecId]:
        return {
            spec_id for reach in self.reaches for kind in ("Model", "Rollout") for spec_id in reach.catalog.ids(kind)
        }

    def _affected(self, edited: tuple[SpecId, ...]) -> set[SpecId]:
        """The models and rollouts whose units may read an edited spec, or own a committed file that differs."""
        found: set[SpecId] = set()
        for reach in self.reaches:
            reached = {other for spec_id in edited for other in (spec_id, *reach.specs(spec_id))}
            # A model's monitoring depends on the rollouts that serve it, a rollout's endpoint on its model.
            for spec_id in tuple(reached):
                if spec_id.kind == "Rollout":
                    reached |= _model_of(reach, spec_id)
            found |= {spec_id for spec_id in reached if spec_id.kind in ("Model", "Rollout")}
        names = {path.split("/")[1] for path in self.committed if path.count("/") >= 2}
        for reach in self.reaches:
            for name in names:
                for kind in ("Model", "Rollout"):
                    if reach.catalog.document(SpecId(kind, name)) is not None:
                        found.add(SpecId(kind, name))
        return found

    def _written_on_base(self, known: dict[str, str], specs: set[SpecId]) -> dict[str, Artifact]:
        """The generated files of the specs that base holds; they were held against its specs when they came there."""
        names = {spec_id.name for spec_id in specs}
        paths = [path for path in known if path.endswith(f"/{KUSTOMIZATION}") or path.split("/")[1] in names]
        entries = _index_entries(self.sides.base.files.read(f"{GENERATED}/{INDEX}"))
        bodies = self.sides.base.files.read_many(f"{GENERATED}/{path}" for path in paths)
        found = {}
        for path in paths:
            body = bodies.get(f"{GENERATED}/{path}")
            if body is not None:
                owner = str(entries[path].get("owner", ""))
                found[path] = Artifact(path, bytes_digest(body), owner, False, body)
        return found

    def _compile(
        self, specs: set[SpecId], written: dict[str, Artifact] | None, has_errors: bool
    ) -> tuple[dict[str, Artifact], dict[str, Artifact]]:
        """The artifacts of both sides by path.

        Those of base are what it holds, if it holds generated files at all. Else its units are compiled where they
        read something that differs.
        """
        ordered = sorted(specs)
        heads = {unit: self._compiled(self.sides.head, unit, has_errors) for unit in _units(self.sides.head, ordered)}
        after = {one.path: one for unit in heads.values() if unit is not None for one in unit.artifacts}
        before: dict[str, Artifact] = dict(written or {})
        for unit in _units(self.sides.base, ordered) if written is None else ():
            now = heads.get(unit)
            if now is not None and not any(self._differs(key) for key in now.reads):
                before |= {one.path: one for one in now.artifacts}
                continue
            known = self._compiled(self.sides.base, unit, True)
            if known is not None:
                before |= {one.path: one for one in known.artifacts}
            self._note_owners(unit, known, now)
        for unit, now in heads.items():
            self._note_owners(unit, None, now)
        return before, after

    def _compiled(self, side: Side, unit: Unit, has_errors: bool) -> CompiledUnit | None:
        try:
            compiled = compile_unit(side.catalog, unit)
        except Exception as error:
            # Specs with errors may fail to compile in any way; that they do is known. Of sound ones it is a fault.
            if side is self.sides.head and not has_errors:
                self.result.problems.append(_uncompiled(unit, error))
            return None
        if side is self.sides.head:
            self.result.problems += compiled.diagnostics
        return compiled

    def _differs(self, key: str) -> bool:
        if key not in self._fingerprints:
            sides = self.sides.base.catalog, self.sides.head.catalog
            self._fingerprints[key] = len({catalog.fingerprint(key) for catalog in sides}) > 1
        return self._fingerprints[key]

    def _note_owners(self, unit: Unit, before: CompiledUnit | None, after: CompiledUnit | None) -> None:
        """Whatever a unit read that differs is the cause of what differs in its artifacts."""
        sides = [side for side in (before, after) if side is not None]
        keys = sorted({key for side in sides for key in side.reads if key.startswith((SPEC, FILE))})
        causes = tuple(key.partition(":")[2] for key in keys if self._differs(key)) or (f"{unit.kind}/{unit.name}",)
        for side in sides:
            for artifact in side.artifacts:
                self.owners[artifact.path] = tuple(sorted({*self.owners.get(artifact.path, ()), *causes}))

    def _whole(
        self, side: Side, known: dict[str, str], specs: set[SpecId], compiled: dict[str, Artifact]
    ) -> tuple[dict[str, Artifact], list[Artifact]]:
        """The kustomizations of one side, and all artifacts that its index lists beside those of `compiled`.

        What is not compiled stands in the index of base.
        """
        names = {spec_id.name for spec_id in specs}
        applied: dict[str, set[str]] = {}
        rest = []
        for path, digest in known.items():
            environment, _, below = path.partition("/")
            if below == KUSTOMIZATION or below.split("/")[0] in names or path in compiled:
                continue
            if environment not in applied:
                applied[environment] = _applied(
                    self.sides.base.files.read(f"{GENERATED}/{environment}/{KUSTOMIZATION}")
                )
            rest.append(Artifact(path, digest, "", below in applied[environment]))
        rest = [one for one in rest if one.path.partition("/")[0] in side.catalog.environments()]
        kustomizations = {one.path: one for one in environment_artifacts(side.catalog, [*rest, *compiled.values()])}
        return kustomizations, [*self._with_owners(rest), *kustomizations.values()]

    def _with_owners(self, artifacts: list[Artifact]) -> Iterator[Artifact]:
        entries = _index_entries(self.sides.base.files.read(f"{GENERATED}/{INDEX}"))
        for artifact in artifacts:
            yield replace(artifact, owner=str(entries.get(artifact.path, {}).get("owner", "")))

    def _note_changes(self, before: dict[str, Artifact], after: dict[str, Artifact]) -> None:
        for path in sorted({*before, *after}):
            old, new = before.get(path), after.get(path)
            if old is not None and new is not None and old.digest == new.digest:
                continue
            owner = (new or old).owner  # type: ignore[union-attr]  # one of the two is there
            self.result.changes.append(
                ArtifactChange(
                    path=path,
                    operation="added" if old is None else "removed" if new is None else "changed",
                    owners=self.owners.get(path, (owner,)),
                    before=(old.body or b"") if old is not None else b"",
                    after=(new.body or b"") if new is not None else b"",
                )
            )

    def _hold_against_head(self, bodies: dict[str, bytes], before: dict[str, Artifact], has_errors: bool) -> None:
        """Errors for the committed files of head that are not, byte for byte, what its specs compile to."""
        others = {*before, *self.committed} - set(bodies)
        prefix = f"{GENERATED}/"
        found = self.sides.head.files.read_many(prefix + path for path in (*bodies, *others))
        for path, body in sorted(bodies.items()):
            data = found.get(prefix + path)
            if data is None:
                self.result.problems.append(findings.missing(f"{GENERATED}/{path}"))
            elif data != body:
                is_old = path in before and before[path].digest == bytes_digest(data)
                is_touched = path in self.committed
                wrong = findings.stale if is_old or not is_touched or path == INDEX else findings.edited
                self.result.problems.append(wrong(f"{GENERATED}/{path}"))
        if has_errors:
            return
        for path in sorted(others):
            if prefix + path in found:
                wrong = findings.surplus if path in before else findings.unowned
                problem = replace(wrong(f"{GENERATED}/{path}"), severity=Severity.ERROR)
                self.result.problems.append(problem)


def _units(side: Side, specs: list[SpecId]) -> Iterator[Unit]:
    for view in side.catalog.views():
        yield from units_in(view, specs)


def _model_of(reach: Reach, rollout: SpecId) -> set[SpecId]:
    found = reach.catalog.view(None).find(Rollout, rollout.name)
    return {SpecId("Model", found.spec.model)} if found is not None else set()


def _index_entries(data: bytes | None) -> dict[str, dict[str, Any]]:
    try:
        found = orjson.loads(data or b"")
    except orjson.JSONDecodeError:
        return {}
    entries = found.get("artifacts") if isinstance(found, dict) else None
    if not isinstance(entries, dict):
        return {}
    return {path: entry for path, entry in entries.items() if isinstance(entry, dict)}


def _read_index(data: bytes | None) -> dict[str, str] | None:
    """Path to digest of what an index lists; None where it cannot be read."""
    entries = _index_entries(data)
    return {path: f"sha256:{entry.get('sha256', '')}" for path, entry in entries.items()} or None


def _applied(data: bytes | None) -> set[str]:
    """The files that a kustomization applies."""
    try:
        found = yaml.load(data or b"", Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return set()
    resources = found.get("resources") if isinstance(found, dict) else None
    return {str(one) for one in resources} if isinstance(resources, list) else set()


def _uncompiled(unit: Unit, error: Exception) -> Diagnostic:
    return Diagnostic.error(
        "not-compiled",
        f"{unit.kind} {unit.name} does not compile for {unit.environment}",
        None,
        help=(f"`penstock compile` says more; the compiler stopped with {type(error).__name__}",),
    )
