"""The specs of a model have changed since its released version was trained.

What it does: compares the digest of the specs that the model is trained from with the one in the Release.

Why: the current gate is not the one that the version passed, and the pipeline would train another model.

Example: a pull request raises a bound of the gate and keeps the release.

Use instead: train and promote a new version once the change is merged. This is a warning, since the served version
passed the gate as it was then.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.digests import find_spec_digest
from penstock.catalog.model import SpecId, View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout


@rule("stale-release", severities=WARNS, once=True)
def stale_release(view: View, release: Release) -> Iterator[Diagnostic]:
    """Yields a release whose specs have changed since."""
    if view.environment_name is not None or release.spec.environment not in view.environments():
        return
    # Evidence is made in the environment that the version was trained in; the released one sees the same specs unless
    # it overrides them, and then trains by itself.
    served = view.in_environment(release.spec.environment)
    rollout = served.find(Rollout, release.spec.rollout)
    if rollout is None:
        return
    views = map(view.in_environment, view.environments())
    known = {find_spec_digest(each, rollout.spec.model) for each in views} - {None}
    if known and release.spec.specs not in known:
        model = view.catalog.span(SpecId("Model", rollout.spec.model), ("metadata", "name"))
        yield Diagnostic.warning(
            "stale-release",
            f"the specs of `{rollout.spec.model}` have changed since this version was trained",
            view.span(release, ("specs",)),
            help=(f"train and promote a new version of the model ({model.path}:{model.line})",),
        )
