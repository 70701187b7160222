"""A Release that is new, or gets another version or step: what it serves then, and with how much of the traffic."""

from __future__ import annotations

from dataclasses import replace

from penstock.catalog.model import Catalog
from penstock.review.changes.specs import SpecEdit
from penstock.review.model import Operation
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout

_SERVING = (("spec", "version", "digest"), ("spec", "step"))
"""The fields of a Release that say what is served."""


def with_version(head: Catalog, edit: SpecEdit) -> SpecEdit:
    """The edit that brings a Release, its version or its step, with what it serves: one field alone does not tell."""
    if edit.pointer not in _SERVING and (edit.pointer or edit.change.operation is not Operation.ADDED):
        return edit
    release = head.find(Release, edit.spec.name) if edit.spec.kind == Release.kind_name else None
    if release is None:
        return edit
    said = f"it serves {release.spec.version.digest[:19]}… with {_share(head, release)}"
    return edit._replace(change=replace(edit.change, why=f"{edit.change.why}; {said}"))


def _share(head: Catalog, release: Release) -> str:
    step, previous = release.spec.step, release.spec.previous
    if step is None:
        return "all of the traffic"
    rollout = head.view(release.spec.environment).find(Rollout, release.spec.rollout)
    canary = rollout.spec.strategy.canary if rollout is not None else None
    weight = canary.steps[step].weight if canary is not None and step < len(canary.steps) else None
    is_all = weight == 1
    share = "all" if is_all else f"step {step}" if weight is None else str(weight)
    keeps = "stays ready beside it" if is_all else "keeps the rest"
    beside = f", and {previous.digest[:19]}… {keeps}" if previous is not None else ""
    return f"{share} of the traffic{beside}"
