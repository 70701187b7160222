"""Canaries that are taken back where that gives them more traffic, and not less.

In Knative mode traffic goes to the newest revision that is ready and to the last one that had all of it. A Release that
names another version amid a canary makes one more revision; until that is ready, the canary is the newest, and no share
says how much it gets (seen with KServe 0.20 and Knative 1.21).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.model import Catalog, SpecId
from penstock.diagnostics.model import Diagnostic
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout


def canary_rollbacks(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> Iterator[Diagnostic]:
    """A warning for each Release that replaces the version of a canary that is under way in Knative mode."""
    for spec_id in touched:
        if spec_id.kind != Release.kind_name:
            continue
        before, after = (catalog.find(Release, spec_id.name) for catalog in (base, head))
        if before is None or after is None or before.spec.step is None:
            continue
        if before.spec.version.digest != after.spec.version.digest and _by_knative(head, after):
            yield Diagnostic.warning(
                "canary-rollback-surge",
                f"the canary of `{after.spec.rollout}` gets all traffic while it is rolled back",
                head.view(after.spec.environment).span(after, ("version", "digest")),
                "until the pods of this version are ready",
                help=(
                    "first patch `spec.predictor.canaryTrafficPercent` of the InferenceService to 0, which removes its "
                    "share at once; roll back with that patch, and remove it when the pods are ready",
                ),
            )


def _by_knative(catalog: Catalog, release: Release) -> bool:
    view = catalog.view(release.spec.environment)
    environment, rollout = view.environment, view.find(Rollout, release.spec.rollout)
    if environment is None or rollout is None or environment.spec.kserve is None:
        return False
    return environment.spec.kserve.mode == "Knative" and rollout.spec.serve.target == "kserve"
