"""A version that goes to a stage while the earlier ones do not serve it: there, nobody sees it answer."""

from __future__ import annotations

from dataclasses import replace

from penstock.catalog.model import Catalog
from penstock.review.changes.specs import SpecEdit
from penstock.specs.environment import STAGES
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout

_RELEASING = ((), ("spec", "version"), ("spec", "version", "digest"))
"""Where an edit brings another version."""


def with_skipped_stages(base: Catalog, head: Catalog, edit: SpecEdit) -> SpecEdit:
    """The edit of a Release that gives an environment another version, with the earlier stages that do not serve it.

    What counts is what base holds, with all of the traffic: a Release of the same pull request has served nothing yet.
    """
    if edit.spec.kind != Release.kind_name or edit.pointer not in _RELEASING:
        return edit
    release, known = (catalog.find(Release, edit.spec.name) for catalog in (head, base))
    if release is None:
        return edit
    digest = release.spec.version.digest
    if known is not None and known.spec.version.digest == digest:
        return edit
    skipped = [name for name in _earlier(head, release) if not _serves(base, name, release.spec.rollout, digest)]
    if not skipped:
        return edit
    said = f"this version is not served in {' and '.join(f'`{name}`' for name in skipped)}"
    why = f"{edit.change.why}; {said}" if edit.change.why else said
    return edit._replace(change=replace(edit.change, why=why))


def _earlier(head: Catalog, release: Release) -> list[str]:
    """The environments of earlier stages in which the same rollout serves."""
    here = head.view(release.spec.environment)
    rollout = here.find(Rollout, release.spec.rollout)
    if rollout is None or here.environment is None:
        return []
    stages = {name: head.view(name).environment for name in head.environments() if name in rollout.spec.environments}
    limit = STAGES.index(here.environment.spec.stage)
    return [name for name, one in stages.items() if one is not None and STAGES.index(one.spec.stage) < limit]


def _serves(base: Catalog, environment: str, rollout: str, digest: str) -> bool:
    """Whether an environment of base serves a version with all of the traffic."""
    if environment not in base.environments():
        return False
    release = base.view(environment).release_of(rollout)
    return release is not None and release.spec.step is None and release.spec.version.digest == digest
