"""Members who leave a team that a policy names as authors: what it asks of them for that, it asks no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from penstock.catalog.model import Catalog
from penstock.review.changes.directions import TIGHTENED, UNKNOWN
from penstock.review.changes.rule_coverage import parts
from penstock.review.changes.specs import SpecEdit
from penstock.specs.approval_policy import ApprovalPolicy, People

_MEMBERS = ("spec", "members")


def bound_as_authors(base: Catalog, head: Catalog, edit: SpecEdit) -> SpecEdit:
    """The edit, unknown where somebody leaves a team by which a policy tells authors apart.

    Whoever may not approve any more reduces risk; whose own changes are asked less of may increase it.
    """
    if edit.spec.kind != "Team" or edit.pointer[:2] != _MEMBERS or edit.change.direction is not TIGHTENED:
        return edit
    # A role may be any team's.
    if not any(people.roles or edit.spec.name in people.teams for side in (base, head) for people in _authors(side)):
        return edit
    why = "Logins of the members: a rule of the policy speaks of this team's own changes, and no longer of theirs"
    return edit._replace(change=replace(edit.change, direction=UNKNOWN, why=why))


def _authors(catalog: Catalog) -> Iterator[People]:
    """The authors of whom the rules of a tree speak."""
    for spec_id in catalog.ids(ApprovalPolicy.kind_name):
        policy = catalog.find(ApprovalPolicy, spec_id.name)
        conditions = [rule.when for rule in policy.spec.rules] if policy is not None else []
        yield from (part.author for when in conditions for part in parts(when) if part.author is not None)
