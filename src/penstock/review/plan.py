"""From two revisions to a plan: what changes in meaning, which way the risk moves, what it reaches and generates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Literal

from penstock.catalog.dependencies import spec_key
from penstock.catalog.model import Catalog, SpecId
from penstock.checks.engine import check_documents
from penstock.diagnostics.model import Diagnostic, Diagnostics, Label, Severity
from penstock.review.artifacts.comparison import Comparison
from penstock.review.artifacts.unattributed import unattributed_changes
from penstock.review.changes.bound_authors import bound_as_authors
from penstock.review.changes.code_reads import data_reads
from penstock.review.changes.directions import LOOSENED
from penstock.review.changes.first_release import with_version
from penstock.review.changes.indirect import indirect_changes
from penstock.review.changes.privacy import newly_reaching
from penstock.review.changes.references.changed_files import shown_path
from penstock.review.changes.references.edits import referenced_edits
from penstock.review.changes.rollback import is_rollback
from penstock.review.changes.specs import SpecEdit, direct_changes, reorderings_of
from penstock.review.changes.stages import with_skipped_stages
from penstock.review.changes.traffic import step_growth
from penstock.review.changes.unjudged_files import unjudged_files
from penstock.review.evidence.touched import releases_of_touched_statements
from penstock.review.gc_paused import gc_paused
from penstock.review.head_compilation import SideTask, compile_head
from penstock.review.impact.analysis import ImpactAnalysis
from penstock.review.impact.dependency_graph import DependencyGraph
from penstock.review.model import ArtifactChange, Change, Impact, Operation, Plan
from penstock.review.policy.resolve import policy_digest
from penstock.review.revisions import Revisions
from penstock.review.warnings.irregular_paths import irregular_paths, is_generated
from penstock.review.warnings.registry import warnings_of
from penstock.source.canonical import bytes_digest, digest
from penstock.source.git.repository import GitRepository
from penstock.specs.release import Release, ReleaseSpec
from penstock.specs.rollout import Rollout

_MILLISECONDS_A_SPEC = 2
"""About what it takes to compare a spec that differs, beside what other processes check and compile."""


@gc_paused()
def plan_of(repository: GitRepository, revisions: Revisions) -> Plan:
    """The plan of what the head of two trees that have been read does to their base. GitError where git fails.

    Nothing of either is checked out, imported or run.
    """
    base, head = DependencyGraph(revisions.base.catalog), DependencyGraph(revisions.head.catalog)
    referenced, unfollowed = referenced_edits(revisions)
    edited = {edit.spec for edit in referenced} | set(revisions.touched)
    comparison = Comparison(
        revisions, base, head, {spec_id for spec_id in edited if _differs(revisions, spec_id, referenced)}
    )
    compared = cache(lambda: compare(base, head, revisions.touched, referenced))
    compilation = compile_head(
        revisions.head.catalog,
        {*_concerned(head, edited), *releases_of_touched_statements(revisions)},
        comparison.units,
        comparison.held,
        side_task=SideTask(compared, _MILLISECONDS_A_SPEC * len(revisions.touched)),
    )
    edits, changes, impacts = compared()
    errors = Diagnostics()
    astray = list(irregular_paths(repository, revisions))
    errors.extend(one for one in astray if not is_generated(one.path or ""))
    errors.extend(check_documents(revisions.head.catalog))
    errors.extend(revisions.head.catalog.read_since())
    errors.extend(compilation.findings)
    generated = comparison.run(compilation, has_errors=errors.has_errors)
    errors.extend(astray)
    errors.extend(generated.problems)
    # Of the specs themselves `penstock check` tells the warnings; these are about the change.
    told = [
        *_base_problems(revisions),
        *warnings_of(revisions.base.catalog, revisions.head.catalog, revisions.touched, generated.changes),
    ]
    errors.extend(told)
    told_of = {one.code for one in told}
    found = tuple(map(_with_shown_paths, errors.sorted()))
    # Of specs with errors not everything is compiled, and nothing is approved.
    if errors.has_errors:
        turned, unseen = [], []
    else:
        turned = _compiled_reorderings(revisions, generated.changes)
        unseen = unattributed_changes(revisions, base, head, comparison, [*edits, *referenced, *turned])
    impact = ImpactAnalysis.of(base, head, edits)
    also = _told(impact, turned, indirect_changes(base, head, turned))
    changes = [*changes, *also[0], *unseen]
    impacts = impacts | also[1] | {change.fingerprint: impact.of_unattributed(change) for change in unseen}
    return Plan(
        base=revisions.base.name,
        head=revisions.head.name,
        changes=tuple(changes),
        impacts=impacts,
        artifacts=tuple(generated.changes),
        errors=tuple(one for one in found if one.severity is Severity.ERROR or one.code in told_of),
        kind="change" if unseen or turned else _kind(repository, revisions, [*edits, *referenced], found),
        digests=_digests(revisions, changes, found, edits),
        folder=repository.folder,
        environments=tuple(
            dict.fromkeys((*revisions.head.catalog.environments(), *revisions.base.catalog.environments()))
        ),
        files=unjudged_files(revisions, unfollowed, repository.folder),
    )


def _differs(revisions: Revisions, spec_id: SpecId, referenced: Iterable[SpecEdit]) -> bool:
    """Whether what a spec says differs, or what stands behind it; its file may differ in another spec alone."""
    key = spec_key(spec_id.kind, spec_id.name)
    if revisions.base.catalog.fingerprint(key) != revisions.head.catalog.fingerprint(key):
        return True
    return any(edit.spec == spec_id for edit in referenced)


def compare(
    base: DependencyGraph, head: DependencyGraph, touched: Iterable[SpecId], referenced: Sequence[SpecEdit] = ()
) -> tuple[list[SpecEdit], list[Change], dict[str, Impact]]:
    """The direct changes of the specs that `touched` names, all changes with the indirect ones, and their impacts.

    `referenced` are edits of the repository's own Python and data that count as changes of specs.
    """
    direct = direct_changes(base.catalog, head.catalog, touched)
    told = (bound_as_authors(base.catalog, head.catalog, edit) for edit in direct)
    versions = (with_version(head.catalog, edit) for edit in told)
    released = (with_skipped_stages(base.catalog, head.catalog, edit) for edit in versions)
    edits = [_with_share(head.catalog, base.catalog, edit) for edit in released]
    reads = list(data_reads(base, head, edits, referenced))
    reading = {SpecId(change.address.kind, change.address.name) for change in reads}
    effects = _distinct(
        [
            *indirect_changes(base, head, [*edits, *referenced]),
            *newly_reaching(base, head, edits, referenced, reading),
            *reads,
        ]
    )
    return edits, *_told(ImpactAnalysis.of(base, head, edits), [*edits, *referenced], effects)


def _told(
    impact: ImpactAnalysis, edits: Iterable[SpecEdit], effects: Iterable[Change]
) -> tuple[list[Change], dict[str, Impact]]:
    """The changes that edits are, and their effects, with their impacts."""
    changes: list[Change] = []
    impacts: dict[str, Impact] = {}
    for edit in edits:
        changes.append(edit.change)
        impacts[edit.change.fingerprint] = impact.of_edit(edit)
    for effect in effects:
        changes.append(effect)
        impacts[effect.fingerprint] = impact.of_indirect(effect)
    return changes, impacts


def _compiled_reorderings(revisions: Revisions, artifacts: Iterable[ArtifactChange]) -> list[SpecEdit]:
    """What stands in another order in the specs that are a cause of generated files that differ.

    Where no file follows an order, it means nothing, and is no change.
    """
    causes = {owner for artifact in artifacts for owner in artifact.owners}
    among = {spec_id for spec_id in revisions.touched if str(spec_id) in causes}
    return list(reorderings_of(revisions.base.catalog, revisions.head.catalog, revisions.touched, among))


def _with_share(head: Catalog, base: Catalog, edit: SpecEdit) -> SpecEdit:
    """A release that advances its canary, with the growth of its share of the traffic."""
    difference = edit.difference
    if difference is None or difference.holder is not ReleaseSpec or difference.field != "step":
        return edit
    known, now = (catalog.find(Release, edit.spec.name) for catalog in (base, head))
    if known is None or now is None or edit.change.direction is not LOOSENED:
        return edit
    former, rollout = (
        catalog.view(one.spec.environment).find(Rollout, one.spec.rollout)
        for catalog, one in ((base, known), (head, now))
    )
    if rollout is None:
        return edit
    grew = step_growth((former or rollout).spec, rollout.spec, difference.before, difference.after)
    return edit._replace(change=replace(edit.change, grew=grew))


def _distinct(changes: Iterable[Change]) -> list[Change]:
    """Without those that say the same of the same spec: several ways lead from one edit to one rollout."""
    found: dict[tuple[object, ...], Change] = {}
    for change in changes:
        source = next((step for step in change.through), "")
        said = change.operation, change.direction, repr(change.before), repr(change.after)
        found.setdefault((change.address, *said, source), change)
    return list(found.values())


def _concerned(head: DependencyGraph, edited: set[SpecId]) -> set[SpecId]:
    """The specs that were edited, and all of head that depend on them."""
    concerned = set(edited)
    for spec_id in edited:
        concerned |= set(head.specs(spec_id))
        concerned |= set(head.catalog.referring(spec_id))
    for spec_id in tuple(concerned):
        if spec_id.kind == "Rollout":
            concerned |= {other for other in head.catalog.referring(spec_id) if other.kind == "Release"}
    return concerned


def _with_shown_paths(found: Diagnostic) -> Diagnostic:
    """The diagnostic with all its paths as text, so that a verdict that names them can be written down.

    Nobody applies a fix from a plan, so that none is kept of a file that has another name.
    """

    def shown(label: Label) -> Label:
        return label._replace(span=label.span._replace(path=shown_path(label.span.path)))

    primary = shown(found.primary) if found.primary is not None else None
    secondary = tuple(map(shown, found.secondary))
    is_same = (primary, secondary) == (found.primary, found.secondary)
    return found if is_same else replace(found, primary=primary, secondary=secondary, fix=None)


def _base_problems(revisions: Revisions) -> list[Diagnostic]:
    """What keeps base from being compared, as warnings: whoever fixes it must not be kept from it."""
    catalog = revisions.base.catalog
    found = [
        *catalog.reading,
        *catalog.read_since(),
        *(one for spec_id in revisions.touched for one in catalog.problems(spec_id)),
    ]
    return [
        replace(
            one,
            code="base-unreadable",
            severity=Severity.WARNING,
            headline=f"on base: {one.headline}",
            help=("this part of the base was not compared, and counts as the highest risk",),
            fix=None,
        )
        for one in found
        if one.severity is Severity.ERROR
    ]


def _kind(
    repository: GitRepository, revisions: Revisions, edits: list[SpecEdit], errors: tuple[Diagnostic, ...]
) -> Literal["change", "rollback", "none"]:
    has_errors = any(one.severity is Severity.ERROR for one in errors)
    if all(edit.change.operation is Operation.MOVED for edit in edits):
        return "change" if has_errors else "none"
    back = is_rollback(repository, revisions.base.name, revisions.base.catalog, revisions.head.catalog, edits)
    return "rollback" if back else "change"


def _digests(
    revisions: Revisions, changes: list[Change], errors: tuple[Diagnostic, ...], edits: list[SpecEdit]
) -> dict[str, str]:
    """What a verdict is bound to; any difference asks for a new one."""
    base = revisions.base.catalog
    wrong = sorted(
        [one.code, str(one.primary.span.path if one.primary else ""), one.headline]
        for one in errors
        if one.severity is Severity.ERROR
    )
    return {
        "base": revisions.base.name,
        "head": revisions.head.name,
        "policy": policy_digest(base),
        "semantic": digest([sorted(change.fingerprint for change in changes), wrong]),
        "evidence": digest(_evidence(revisions, edits)),
    }


def _evidence(revisions: Revisions, edits: list[SpecEdit]) -> dict[str, str]:
    """Digests of the statements that changed releases name on head; empty text for a file that is not there."""
    found = {}
    for spec_id in sorted({edit.spec for edit in edits if edit.spec.kind == "Release"}):
        for release in DependencyGraph(revisions.head.catalog).seen(Release, spec_id.name):
            for named in (release.spec.evidence, release.spec.promotion):
                if named is not None:
                    data = revisions.head.files.read(named.path)
                    found[named.path] = bytes_digest(data) if data is not None else ""
    return found
