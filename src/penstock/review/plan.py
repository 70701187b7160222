"""From two revisions to a plan: what changes in meaning, which way the risk moves, what it reaches and generates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Literal

from penstock.catalog.model import Catalog, SpecId
from penstock.catalog.reads import spec_key
from penstock.checks.engine import check_whole
from penstock.diagnostics.model import Diagnostic, Diagnostics, Severity
from penstock.review.artifacts import Comparison
from penstock.review.changes.behind import edits_behind
from penstock.review.changes.directions import LOOSENED
from penstock.review.changes.indirect import indirect_changes
from penstock.review.changes.privacy import newly_reaching
from penstock.review.changes.rollback import is_rollback
from penstock.review.changes.specs import Edit, direct_changes, orders_of
from penstock.review.changes.stages import with_skipped_stages
from penstock.review.changes.traffic import step_growth
from penstock.review.examination import Beside, examine
from penstock.review.impact import Radius
from penstock.review.misplaced import is_generated, misplaced
from penstock.review.model import ArtifactChange, Change, Impact, Operation, Plan
from penstock.review.policy.resolve import policy_digest
from penstock.review.reach import Reach
from penstock.review.rescaled import rescaled
from penstock.review.sides import Sides, of_sides
from penstock.review.taken_back import taken_back
from penstock.review.uncollected import uncollected
from penstock.review.unexplained import unexplained
from penstock.source.canonical import bytes_digest, digest
from penstock.source.git.repository import GitRepository
from penstock.specs.release import Release, ReleaseSpec
from penstock.specs.rollout import Rollout

_MILLISECONDS_A_SPEC = 2
"""About what it takes to compare a spec that differs, beside what other processes check and compile."""


def make_plan(repository: GitRepository, base: str, head: str) -> Plan:
    """The plan of what `head` (a revision, or `sides.WORK_TREE`) does to `base`. GitError where git fails.

    Only git objects are read; nothing of either revision is checked out, imported or run.
    """
    return of_sides(repository, base, head, lambda sides: plan_of(repository, sides))


@uncollected()
def plan_of(repository: GitRepository, sides: Sides) -> Plan:
    """The plan of two trees that have been read."""
    base, head = Reach(sides.base.catalog), Reach(sides.head.catalog)
    behind = edits_behind(sides)
    edited = {edit.spec for edit in behind} | set(sides.touched)
    comparison = Comparison(sides, base, head, {spec_id for spec_id in edited if _differs(sides, spec_id, behind)})
    compared = cache(lambda: compare(base, head, sides.touched, behind))
    examined = examine(
        sides.head.catalog,
        _concerned(head, edited),
        comparison.units,
        comparison.held,
        beside=Beside(compared, _MILLISECONDS_A_SPEC * len(sides.touched)),
    )
    edits, changes, impacts = compared()
    errors = Diagnostics()
    astray = list(misplaced(repository, sides))
    errors.extend(one for one in astray if not is_generated(one.path or ""))
    errors.extend(check_whole(sides.head.catalog))
    errors.extend(sides.head.catalog.read_since())
    errors.extend(examined.findings)
    generated = comparison.run(examined, has_errors=errors.has_errors)
    errors.extend(astray)
    errors.extend(generated.problems)
    errors.extend(_base_problems(sides))
    errors.extend(taken_back(sides.base.catalog, sides.head.catalog, sides.touched))
    errors.extend(rescaled(sides.base.catalog, sides.head.catalog, sides.touched))
    found = errors.sorted()
    # Of specs with errors not everything is compiled, and nothing is approved.
    if errors.has_errors:
        turned, unseen = [], []
    else:
        turned = _compiled_orders(sides, generated.changes)
        unseen = unexplained(sides, base, head, comparison, [*edits, *behind, *turned])
    radius = Radius.of(base, head, edits)
    also = _told(radius, turned, indirect_changes(base, head, turned))
    changes = [*changes, *also[0], *unseen]
    impacts = impacts | also[1] | {change.fingerprint: radius.of_unexplained(change) for change in unseen}
    return Plan(
        base=sides.base.name,
        head=sides.head.name,
        changes=tuple(changes),
        impacts=impacts,
        artifacts=tuple(generated.changes),
        errors=tuple(one for one in found if one.severity is Severity.ERROR or one.code in _TOLD_OF),
        kind="change" if unseen or turned else _kind(repository, sides, [*edits, *behind], found),
        digests=_digests(sides, changes, found, edits),
        folder=repository.folder,
    )


def _differs(sides: Sides, spec_id: SpecId, behind: Iterable[Edit]) -> bool:
    """Whether what a spec says differs, or what stands behind it; its file may differ in another spec alone."""
    key = spec_key(spec_id.kind, spec_id.name)
    if sides.base.catalog.fingerprint(key) != sides.head.catalog.fingerprint(key):
        return True
    return any(edit.spec == spec_id for edit in behind)


def compare(
    base: Reach, head: Reach, touched: Iterable[SpecId], behind: Sequence[Edit] = ()
) -> tuple[list[Edit], list[Change], dict[str, Impact]]:
    """The direct changes of the specs that `touched` names, all changes with the indirect ones, and their impacts.

    `behind` are edits of the repository's own Python and data that count as changes of specs.
    """
    direct = direct_changes(base.catalog, head.catalog, touched)
    released = (with_skipped_stages(base.catalog, head.catalog, edit) for edit in direct)
    edits = [_with_share(head.catalog, base.catalog, edit) for edit in released]
    effects = _distinct([*indirect_changes(base, head, [*edits, *behind]), *newly_reaching(base, head, edits, behind)])
    return edits, *_told(Radius.of(base, head, edits), [*edits, *behind], effects)


def _told(radius: Radius, edits: Iterable[Edit], effects: Iterable[Change]) -> tuple[list[Change], dict[str, Impact]]:
    """The changes that edits are, and their effects, with their impacts."""
    changes: list[Change] = []
    impacts: dict[str, Impact] = {}
    for edit in edits:
        changes.append(edit.change)
        impacts[edit.change.fingerprint] = radius.of_edit(edit)
    for effect in effects:
        changes.append(effect)
        impacts[effect.fingerprint] = radius.of_indirect(effect)
    return changes, impacts


def _compiled_orders(sides: Sides, artifacts: Iterable[ArtifactChange]) -> list[Edit]:
    """What stands in another order in the specs that are a cause of generated files that differ.

    Where no file follows an order, it means nothing, and is no change.
    """
    causes = {owner for artifact in artifacts for owner in artifact.owners}
    among = {spec_id for spec_id in sides.touched if str(spec_id) in causes}
    return list(orders_of(sides.base.catalog, sides.head.catalog, sides.touched, among))


def _with_share(head: Catalog, base: Catalog, edit: Edit) -> Edit:
    """A release that advances its canary, with the growth of its share of the traffic."""
    difference = edit.difference
    if difference is None or difference.holder is not ReleaseSpec or difference.field != "step":
        return edit
    before, after = (catalog.loaded(edit.spec) for catalog in (base, head))
    known, now = (one.resource if one is not None else None for one in (before, after))
    if not isinstance(known, Release) or not isinstance(now, Release) or edit.change.direction is not LOOSENED:
        return edit
    rollout = head.view(now.spec.environment).find(Rollout, now.spec.rollout)
    if rollout is None:
        return edit
    grew = step_growth(rollout.spec, difference.before, difference.after)
    return edit._replace(change=replace(edit.change, grew=grew))


def _distinct(changes: Iterable[Change]) -> list[Change]:
    """Without those that say the same of the same spec: several ways lead from one edit to one rollout."""
    found: dict[tuple[object, ...], Change] = {}
    for change in changes:
        source = next((step for step in change.through), "")
        found.setdefault((change.address, change.operation, repr(change.before), repr(change.after), source), change)
    return list(found.values())


def _concerned(head: Reach, edited: set[SpecId]) -> set[SpecId]:
    """The specs that were edited, and all of head that depend on them."""
    concerned = set(edited)
    for spec_id in edited:
        concerned |= set(head.specs(spec_id))
        concerned |= set(head.catalog.referring(spec_id))
    for spec_id in tuple(concerned):
        if spec_id.kind == "Rollout":
            concerned |= {other for other in head.catalog.referring(spec_id) if other.kind == "Release"}
    return concerned


_TOLD_OF = frozenset({"autoscaler-handover", "base-unreadable", "canary-taken-back"})
"""Warnings that a plan is about, beside the errors; those of the specs themselves `penstock check` tells."""


def _base_problems(sides: Sides) -> list[Diagnostic]:
    """What keeps base from being compared, as warnings: whoever fixes it must not be kept from it."""
    catalog = sides.base.catalog
    found = [
        *catalog.reading,
        *catalog.read_since(),
        *(one for spec_id in sides.touched for one in catalog.problems(spec_id)),
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
    repository: GitRepository, sides: Sides, edits: list[Edit], errors: tuple[Diagnostic, ...]
) -> Literal["change", "rollback", "none"]:
    has_errors = any(one.severity is Severity.ERROR for one in errors)
    if all(edit.change.operation is Operation.MOVED for edit in edits):
        return "change" if has_errors else "none"
    back = is_rollback(repository, sides.base.name, sides.base.catalog, sides.head.catalog, edits)
    return "rollback" if back else "change"


def _digests(sides: Sides, changes: list[Change], errors: tuple[Diagnostic, ...], edits: list[Edit]) -> dict[str, str]:
    """What a verdict is bound to; any difference asks for a new one."""
    base = sides.base.catalog
    wrong = sorted(
        [one.code, str(one.primary.span.path if one.primary else ""), one.headline]
        for one in errors
        if one.severity is Severity.ERROR
    )
    return {
        "base": sides.base.name,
        "head": sides.head.name,
        "policy": policy_digest(base),
        "semantic": digest([sorted(change.fingerprint for change in changes), wrong]),
        "evidence": digest(_evidence(sides, edits)),
    }


def _evidence(sides: Sides, edits: list[Edit]) -> dict[str, str]:
    """Digests of the statements that changed releases name on head; empty text for a file that is not there."""
    found = {}
    for spec_id in sorted({edit.spec for edit in edits if edit.spec.kind == "Release"}):
        for release in Reach(sides.head.catalog).seen(Release, spec_id.name):
            for named in (release.spec.evidence, release.spec.promotion):
                if named is not None:
                    data = sides.head.files.read(named.path)
                    found[named.path] = bytes_digest(data) if data is not None else ""
    return found
