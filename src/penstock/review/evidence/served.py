"""What the base serves where a Release is to serve: what it may replace, and whether its version is there already."""

from __future__ import annotations

from typing import NamedTuple

from penstock.catalog.model import Catalog
from penstock.specs.release import Release


class Served(NamedTuple):
    """The Releases of the base that a Release follows: that of its name, and that of its rollout in its environment."""

    releases: tuple[Release, ...]

    @classmethod
    def before(cls, base: Catalog, release: Release) -> Served:
        """What the base has before the Release is merged."""
        environment, rollout = release.spec.environment, release.spec.rollout
        found = [base.find(Release, release.name)]
        if environment in base.environments():
            view = base.view(environment)
            found += [view.find(Release, release.name), view.release_of(rollout)]
        return cls(tuple(one for one in found if one is not None and one.spec.environment == environment))

    def holds(self, digest: str) -> bool:
        """Whether a version gets traffic, or is named as the one that was replaced."""
        return any(
            digest == one.spec.version.digest or (one.spec.previous is not None and digest == one.spec.previous.digest)
            for one in self.releases
        )

    def goes_on(self, release: Release) -> bool:
        """Whether the version is there already, of the same specs: its canary moves, or its evidence is renewed."""
        return any(
            (one.spec.rollout, one.spec.version.digest, one.spec.specs)
            == (release.spec.rollout, release.spec.version.digest, release.spec.specs)
            for one in self.releases
        )
