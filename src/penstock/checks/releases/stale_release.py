"""The specs of a model have changed since the version that is released was trained.

What it does: compares the digest of what the model is trained from with the one that the Release carries.

Why: the gate that people read now is not the one that the version passed, and the pipeline would make another model.

Example: a bound of the gate is raised in a pull request, and the release stays.

Use instead: train and promote a new version when the change is merged. Until then this is a warning, since the version
that is served has passed the gate of its time.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.digests import spec_digest
from penstock.catalog.model import SpecId, View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout


@rule("stale-release", severities=WARNS)
def stale_release(view: View, release: Release) -> Iterator[Diagnostic]:
    """Yields a release whose specs have changed since."""
    if view.environment_name is not None or release.spec.environment not in view.catalog.environments():
        return
    # Evidence is made in the environment that the version was trained in; the released one sees the same specs unless
    # it overrides them, and then trains by itself.
    served = view.in_environment(release.spec.environment)
    rollout = served.find(Rollout, release.spec.rollout)
    if rollout is None:
        return
    candidates = {
        environment: _digest(view.in_environment(environment), rollout.spec.model)
        for environment in view.catalog.environments()
    }
    known = {digest for digest in candidates.values() if digest is not None}
    if known and release.spec.specs not in known:
        model = view.catalog.span(SpecId("Model", rollout.spec.model), ("metadata", "name"))
        yield Diagnostic.warning(
            "stale-release",
            f"the specs of `{rollout.spec.model}` have changed since this version was trained",
            view.span(release, ("specs",)),
            help=(f"train and promote a new version of the model ({model.path}:{model.line})",),
        )


def _digest(view: View, model: str) -> str | None:
    try:
        return spec_digest(view, model)
    except KeyError:
        return None
