"""A release contradicts its rollout, or another release.

What it does: checks that the Rollout is served in the Release's environment, that no other Release is for the same
Rollout and environment, and that `step` is a step of the canary.

Why: with two releases for one rollout, the order of files would decide which is served.

Example: a release for `production` of a rollout with `environments: [staging]`.

Use instead: one Release for each rollout and environment; `penstock promote` updates it in place.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout


@rule("release-conflict")
def release_conflict(view: View, release: Release) -> Iterator[Diagnostic]:
    """Yields each contradiction."""
    spec = release.spec
    # An override may take a release to another environment, or its canary to another step, in its own one.
    is_seen = view.environment_name in (None, spec.environment)
    if not is_seen or spec.environment not in view.environments():
        return
    served = view.in_environment(spec.environment)
    rollout = served.find(Rollout, spec.rollout)
    if rollout is None:
        return
    if spec.environment not in rollout.spec.environments:
        yield Diagnostic.error(
            "release-conflict",
            f"the rollout `{rollout.name}` is not served in `{spec.environment}`",
            view.span(release, ("environment",)),
            secondary=(Label(served.span(rollout, ("environments",)), f"only in {listed(rollout.spec.environments)}"),),
            help=(f"add `{spec.environment}` to the `environments` of the rollout, or delete the release",),
        )
    for other in served.releases_of(rollout.name):
        if other.name < release.name:
            yield Diagnostic.error(
                "release-conflict",
                f"two releases set the version of `{spec.rollout}` in `{spec.environment}`",
                view.span(release, ("rollout",)),
                secondary=(Label(served.span(other, ("rollout",)), f"`{other.name}` does too"),),
                help=("keep one of them",),
            )
    yield from _canary(view, release, rollout)


def _canary(view: View, release: Release, rollout: Rollout) -> Iterator[Diagnostic]:
    step, canary = release.spec.step, rollout.spec.strategy.canary
    if step is not None and (canary is None or step >= len(canary.steps)):
        last = len(canary.steps) - 1 if canary is not None else 0
        yield Diagnostic.error(
            "release-conflict",
            f"the rollout `{rollout.name}` has no step {step}",
            view.span(release, ("step",)),
            "it has no canary" if canary is None else f"its steps are 0 to {last}",
            help=("delete `step`: the version gets all of the traffic",),
        )
    if release.spec.previous is not None and release.spec.previous.digest == release.spec.version.digest:
        yield Diagnostic.error(
            "release-conflict",
            "`previous` is the released version itself",
            view.span(release, ("previous", "digest")),
            secondary=(Label(view.span(release, ("version", "digest")), "the same digest"),),
            help=("write the version that this one replaces, or delete `previous`",),
        )
