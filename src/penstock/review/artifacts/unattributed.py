"""Generated files that differ though no change of the plan says why: somebody has to look at them all the same.

A new version of the compiler writes files anew of specs that nobody touched; and what the review takes for the same,
the compiler may not. Neither may pass unseen, so that each becomes a change of the highest risk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from penstock.catalog.model import SpecId
from penstock.diagnostics.grammar import counted
from penstock.python.import_closure import Python
from penstock.python.paths import module_of, paths_of
from penstock.review.artifacts.comparison import KUSTOMIZATION, Comparison
from penstock.review.changes.directions import NEUTRAL, UNKNOWN
from penstock.review.changes.references.changed_files import shown_path
from penstock.review.changes.specs import SpecEdit, reorderings_of, start_of
from penstock.review.impact.dependency_graph import DependencyGraph
from penstock.review.model import Change, Operation
from penstock.review.revisions import Revisions
from penstock.source.canonical import bytes_digest, digest
from penstock.source.files import GENERATED
from penstock.source.model import Pointer
from penstock.source.writing.artifact_index import INDEX
from penstock.specs.addresses import Address
from penstock.specs.kinds import KINDS
from penstock.specs.review import Area

_SHOWN = 3
_WHOLE = (Operation.ADDED, Operation.REMOVED, Operation.RENAMED)


def unattributed_changes(
    revisions: Revisions, base: DependencyGraph, head: DependencyGraph, compared: Comparison, edits: Iterable[SpecEdit]
) -> list[Change]:
    """A change of each spec that has such files: of the one that may be the cause, else of the one they are made from.

    `edits` are all that the plan knows. To be asked of specs without errors: of others nothing is compiled.
    """
    return list(_Search(revisions, base, head, compared, tuple(edits)).changes())


@dataclass(slots=True)
class _Search:
    revisions: Revisions
    base: DependencyGraph
    head: DependencyGraph
    compared: Comparison
    edits: tuple[SpecEdit, ...]
    changed: set[SpecId] = field(default_factory=set)
    """What the plan has a change of, under both names."""
    environments: set[str] = field(default_factory=set)
    """Environments that come, go or are renamed."""
    modules: set[str] = field(default_factory=set)
    """Python files whose code is told to differ."""
    owners: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What each file is made from, or what of that differs."""
    told: set[str] = field(default_factory=set)
    """Fingerprints of what the plan knows."""
    reached: set[SpecId] | None = None

    def __post_init__(self) -> None:
        self.owners = {**self.compared.owners, **{one.path: one.owners for one in self.compared.result.changes}}
        self.told = {edit.change.fingerprint for edit in self.edits}
        beside = self._only_prose()
        for edit in self.edits:
            change = edit.change
            if change.operation is Operation.MOVED or edit.spec in beside:
                continue
            addresses = [change.address, *([change.renamed_from] if change.renamed_from is not None else [])]
            self.changed |= {SpecId(one.kind, one.name) for one in addresses}
            if change.operation in _WHOLE and not change.address.parts and edit.spec.kind == "Environment":
                self.environments |= {one.name for one in addresses}
            if edit.function:
                self.modules |= set(paths_of(module_of(edit.function)))

    def _only_prose(self) -> set[SpecId]:
        """Specs of which the plan knows neutral edits alone, and that differ in something else.

        Those edits would otherwise stand for whatever that does.
        """
        edits: dict[SpecId, list[SpecEdit]] = {}
        for edit in self.edits:
            edits.setdefault(edit.spec, []).append(edit)
        return {
            spec_id
            for spec_id, known in edits.items()
            if all(edit.change.direction is NEUTRAL and edit.difference is not None for edit in known)
            and not self._same_but_for(spec_id, known)
        }

    def _same_but_for(self, spec_id: SpecId, edits: Iterable[SpecEdit]) -> bool:
        before, after = self.base.catalog.document(spec_id), self.head.catalog.document(spec_id)
        if before is None or after is None:
            return False
        one, other = deepcopy(before.value), deepcopy(after.value)
        # The last first, so that what is taken out of a list moves none of the others.
        for edit in sorted(edits, key=lambda edit: str(edit.pointer), reverse=True):
            if edit.change.operation is not Operation.ADDED:
                _take_out(one, edit.pointer)
            if edit.change.operation is not Operation.REMOVED:
                _take_out(other, edit.pointer)
        return self._says_the_same(spec_id, one, other)

    def _says_the_same(self, spec_id: SpecId, before: Any, after: Any) -> bool:
        """Whether two versions of what a spec says, or of a part of that, differ in orders at most that are told."""
        # As text, since 1 and 1.0 are equal otherwise, and mappings in another order.
        if repr(before) == repr(after):
            return True
        if _unordered(before) != _unordered(after):
            return False
        turned = reorderings_of(self.base.catalog, self.head.catalog, [spec_id], {spec_id})
        return all(edit.change.fingerprint in self.told for edit in turned)

    def changes(self) -> Iterator[Change]:
        contents = self._contents()
        found: dict[SpecId, list[str]] = {}
        for path in sorted(contents):
            for spec_id in self._holders(path, contents):
                found.setdefault(spec_id, []).append(path)
        for spec_id, paths in sorted(found.items()):
            yield self._change(spec_id, {path: contents[path] for path in paths})

    def _contents(self) -> dict[str, tuple[str, str]]:
        """The generated files that differ, each with what tells its two versions from any other."""
        committed = self.compared.committed
        found = {path: (one.before or "", one.after or "") for path, one in committed.items()}
        for one in self.compared.result.changes:
            if one.path not in committed:
                before, after = one.read()
                found[one.path] = bytes_digest(before), bytes_digest(after)
        return {path: both for path, both in found.items() if both[0] != both[1]}

    def _holders(self, path: str, contents: dict[str, tuple[str, str]]) -> list[SpecId]:
        """The specs of which it has to be told that the file differs; none where it is explained."""
        environment, _, below = path.partition("/")
        environments = [one for one in self._environments() if path == INDEX or one.name == environment]
        if path == INDEX or below == KUSTOMIZATION:
            # Both follow the other files: of those that are not explained, it is told.
            others = {one for one in contents if one != path and (path == INDEX or one.startswith(f"{environment}/"))}
            return [] if others - {INDEX} or self.changed & set(environments) else environments
        if environment in self.environments:
            return []
        causes = self.owners.get(path) or tuple(map(str, self._made_from(path)))
        left = [cause for cause in causes if not self._is_explained(cause)]
        if len(left) < len(causes):
            # A change explains the file already, so that a spec which is only written otherwise is not the reason.
            left = [cause for cause in left if not self._is_written_anew(cause)]
        named = [spec_id for cause in left if (spec_id := _spec(cause)) is not None]
        return list(dict.fromkeys([*named, *(self._made_from(path) if len(named) < len(left) else [])]))

    def _is_explained(self, cause: str) -> bool:
        """Whether the plan has a change of the cause, or of what the cause depends on where it stayed as it is."""
        spec_id = _spec(cause)
        if spec_id is None:
            return cause in self.modules
        if spec_id in self.changed:
            return True
        stays = self.base.catalog.fingerprint(f"spec:{cause}") == self.head.catalog.fingerprint(f"spec:{cause}")
        return stays and spec_id in self._reached()

    def _is_written_anew(self, cause: str) -> bool:
        """Whether a spec differs in how it is written alone, such as in the order of keys that have none."""
        spec_id = _spec(cause)
        if spec_id is None:
            return False
        before, after = self.base.catalog.document(spec_id), self.head.catalog.document(spec_id)
        return before is not None and after is not None and self._says_the_same(spec_id, before.value, after.value)

    def _reached(self) -> set[SpecId]:
        if self.reached is None:
            self.reached = set()
            for reach in (self.base, self.head):
                self.reached |= {other for one in self.changed for other in (one, *reach.specs(one))}
                for spec_id in tuple(self.reached):
                    if spec_id.kind == "Rollout":
                        self.reached |= {SpecId("Model", name) for name in reach.models_of(spec_id.name)}
        return self.reached

    def _made_from(self, path: str) -> list[SpecId]:
        """The model and the rollout whose folder it is in."""
        name = path.split("/")[1] if path.count("/") > 1 else ""
        return [one for kind in ("Model", "Rollout") if self._exists(one := SpecId(kind, name))]

    def _environments(self) -> list[SpecId]:
        names = sorted({*self.base.catalog.environments(), *self.head.catalog.environments()})
        return [SpecId("Environment", name) for name in names]

    def _exists(self, spec_id: SpecId) -> bool:
        return any(reach.catalog.document(spec_id) is not None for reach in (self.base, self.head))

    def _may_cause(self) -> str:
        """What the reader may look for. Files hold digests of code by its bytes, and its comments are no change."""
        written_anew = list(_written_anew(self.revisions))
        if not written_anew:
            return "another compiler version, or a reordered or reformatted spec, can cause this"
        more = f" and {counted(len(written_anew) - 1, 'more file')}" if len(written_anew) > 1 else ""
        where = f"`{shown_path(written_anew[0])}`{more}"
        return f"another comment or layout in {where}, whose code is the same, can cause this"

    def _change(self, spec_id: SpecId, files: dict[str, tuple[str, str]]) -> Change:
        shown = [f"{GENERATED}/{path}" for path in list(files)[:_SHOWN]]
        more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
        folders = {path.partition("/")[0] for path in files}
        return Change(
            address=Address(spec_id.kind, spec_id.name),
            operation=Operation.CHANGED,
            before=digest({path: before for path, (before, _) in files.items()}),
            after=digest({path: after for path, (_, after) in files.items()}),
            direction=UNKNOWN,
            area=Area.GOVERNANCE,
            cause="direct",
            why=(
                f"{', '.join(shown)}{more} changed without a matching spec change: review the diff; {self._may_cause()}"
            ),
            environments=tuple(
                one.name for one in self._environments() if one.name in folders or spec_id == one or folders == {INDEX}
            ),
            span=start_of(self.head.catalog, spec_id),
        )


def _written_anew(revisions: Revisions) -> Iterator[str]:
    """The Python files that differ and whose code is the same."""
    before, after = (Python(side.files.read) for side in (revisions.base, revisions.head))
    edited = (one.path for one in revisions.paths if one.before is not None and one.after is not None)
    for path in edited:
        if path.endswith(".py") and before.code(path).digest == after.code(path).digest:
            yield path


def _unordered(value: Any) -> str:
    """A text that plain data has in whatever order its keys and items stand, and other data has not."""
    if isinstance(value, dict):
        return f"{{{', '.join(sorted(f'{key!r}: {_unordered(held)}' for key, held in value.items()))}}}"
    return f"[{', '.join(sorted(map(_unordered, value)))}]" if isinstance(value, list) else repr(value)


def _take_out(value: Any, pointer: Pointer) -> None:
    """Delete what a pointer names, where it is there."""
    *above, last = pointer
    for step in above:
        if not _holds(value, step):
            return
        value = value[step]
    if _holds(value, last):
        del value[last]


def _holds(value: Any, step: str | int) -> bool:
    return step in (value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ())


def _spec(cause: str) -> SpecId | None:
    """The spec that a cause is; None for a file of the repository."""
    kind, _, name = cause.partition("/")
    return SpecId(kind, name) if kind in KINDS else None
