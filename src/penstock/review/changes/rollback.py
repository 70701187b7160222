"""Releases that go back to a version they served before."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.catalog.load import load_files
from penstock.catalog.model import Catalog, SpecId
from penstock.review.changes.specs import SpecEdit
from penstock.review.model import Operation
from penstock.source.git.repository import GitRepository
from penstock.source.reading.characters import decode
from penstock.specs.release import PreviousVersion, Release, Version

_Place = tuple[str | None, str]
"""A model, None for that of the rollout, and the digest of a version."""
_DEPTH = 50
"""How many commits of a Release's file are looked at."""


def is_rollback(
    repository: GitRepository, base_commit: str, base: Catalog, head: Catalog, edits: list[SpecEdit]
) -> bool:
    """Whether every release that changes goes back to a version that base names as replaced, or served earlier.

    And nothing else changes: a rollback that carries another edit along is none. GitError where git fails.
    """
    meant = [edit for edit in edits if edit.change.operation is not Operation.MOVED]
    releases = {edit.spec for edit in meant}
    if not meant or any(spec_id.kind != "Release" for spec_id in releases):
        return False
    return all(_goes_back(repository, base_commit, base, head, spec_id) for spec_id in sorted(releases))


def _goes_back(repository: GitRepository, commit: str, base: Catalog, head: Catalog, spec_id: SpecId) -> bool:
    before, after = _release(base, spec_id), _release(head, spec_id)
    if before is None or after is None:
        return False
    stays = before.spec.rollout == after.spec.rollout and before.spec.environment == after.spec.environment
    version = after.spec.version
    if not stays or before.metadata.owner != after.metadata.owner or version.digest == before.spec.version.digest:
        return False
    # While a canary is under way, the version that is replaced is served too; later it may be gone back to.
    wanted = {_place(version), *_replaced(after)}
    known = _settled(before) | _replaced(before)
    document = base.document(spec_id)
    if wanted <= known or document is None:
        return wanted <= known
    return wanted <= known | _served(repository.versions(commit, document.file.path, _DEPTH), spec_id, before)


def _served(versions: Iterable[bytes], spec_id: SpecId, current: Release) -> set[_Place]:
    """What earlier versions of the file let the same rollout and environment serve to all."""
    served: set[_Place] = set()
    for data in versions:
        source, _ = decode("earlier.yaml", data)
        release = _release(load_files([source]), spec_id) if source is not None else None
        if release is not None and (release.spec.rollout, release.spec.environment) == (
            current.spec.rollout,
            current.spec.environment,
        ):
            served |= _settled(release)
    return served


def _settled(release: Release) -> set[_Place]:
    """What had all the traffic: the version, or while it is a canary the one that it would replace.

    A canary may have been withdrawn for what it did, so that it is nothing to go back to.
    """
    return {_place(release.spec.version)} if release.spec.step is None else _replaced(release)


def _replaced(release: Release) -> set[_Place]:
    """The version that a release replaces, where it names one."""
    previous = release.spec.previous
    return {_place(previous)} if previous is not None else set()


def _place(version: Version) -> _Place:
    """Where the version lies in the store."""
    return (version.model if isinstance(version, PreviousVersion) else None), version.digest


def _release(catalog: Catalog, spec_id: SpecId) -> Release | None:
    """The release, if it says the same in every environment: of another, nobody could tell what it goes back to."""
    release = catalog.find(Release, spec_id.name)
    return release if release is not None and not release.overrides else None
