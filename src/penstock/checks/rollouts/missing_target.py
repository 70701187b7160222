"""A rollout uses a serving target that its environment does not have.

What it does: looks up the Rollout's target in each of its environments, and for Argo Rollouts also a server image.

Why: the cluster would reject manifests of a kind that is not installed.

Example: `serve: {target: argo-rollouts}` and `environments: [staging]`, where `staging` declares only `kserve`.

Use instead: in the Environment

    argoRollouts: {version: "1.9", gateway: NAMESPACE/NAME, domain: models.example.com}

or in the Rollout `overrides: {staging: {serve: {target: kserve}}}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.environments.unknown_version import NEWEST_KSERVE
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.environment import Environment
from penstock.specs.rollout import Rollout

_KEYS = {"kserve": "kserve", "argo-rollouts": "argoRollouts"}
_NAMES = {"kserve": "KServe", "argo-rollouts": "Argo Rollouts"}
_FORMS = {
    "kserve": f'kserve: {{version: "{NEWEST_KSERVE}"}}',
    "argo-rollouts": 'argoRollouts: {version: "1.9", gateway: NAMESPACE/NAME, domain: models.example.com}',
}
"""What declares a target in an Environment."""
_IMAGE = '"REGISTRY/mlserver@sha256:..."'


@rule("missing-target")
def missing_target(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields a target that this environment lacks."""
    environment = view.environment
    if environment is None or environment.name not in rollout.spec.environments:
        return
    if not environment.spec.cluster:
        yield Diagnostic.error(
            "missing-target",
            f"`{environment.name}` has no cluster, so nothing can be served there",
            view.span(rollout, ("environments",)),
            secondary=(Label(view.span(environment, ("cluster",), "key"), "here"),),
            help=(f"remove `{environment.name}`, or declare its cluster",),
        )
        return
    target = rollout.spec.serve.target
    declared = environment.spec.kserve if target == "kserve" else environment.spec.argo_rollouts
    if declared is None:
        yield Diagnostic.error(
            "missing-target",
            f"`{environment.name}` has no {target}",
            view.span(rollout, ("serve", "target")),
            secondary=(_absent(view, environment, _KEYS[target]),),
            help=tuple(_ways(environment, target)),
        )
    elif target == "argo-rollouts" and rollout.spec.serve.image is None and environment.spec.server_image is None:
        yield Diagnostic.error(
            "missing-target",
            f"no server image for `{rollout.name}` in `{environment.name}`",
            view.span(rollout, ("serve", "target")),
            secondary=(Label(view.span(environment, ("images",), "key"), "no `server` here"),),
            help=(
                f"add its image to the environment: `images: {{runtime: ..., server: {_IMAGE}}}`",
                f"or only to this rollout: `serve: {{target: argo-rollouts, image: {_IMAGE}}}`",
            ),
        )


def _absent(view: View, environment: Environment, key: str) -> Label:
    """Where the environment should declare the target: at the key itself if it is written without a value."""
    spec, own = (view.span(environment, pointer, "key") for pointer in ((), (key,)))
    return Label(own, "has no value" if own != spec else f"no `{key}` here")


def _ways(environment: Environment, target: str) -> Iterator[str]:
    """What would let the environment serve: the target that it lacks, or the one that it has."""
    yield f"if its cluster has {_NAMES[target]}, add `{_FORMS[target]}` to the environment's `spec`"
    spec = environment.spec
    other = "argo-rollouts" if target == "kserve" else "kserve"
    if (spec.kserve if other == "kserve" else spec.argo_rollouts) is not None:
        yield f"or use {_NAMES[other]}: `overrides: {{{environment.name}: {{serve: {{target: {other}}}}}}}`"
