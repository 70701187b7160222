"""A rollout is served by something that an environment does not have.

What it does: looks up the Rollout's target in each of its environments, and for Argo Rollouts a server image.

Why: the manifests would be applied to a cluster that does not know their kind.

Example: `serve: {target: argo-rollouts}` and `environments: [staging]`, where `staging` declares only `kserve`.

Use instead: declare `argoRollouts` in the Environment, or override `serve.target` for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.rollout import Rollout


@rule("missing-target", Rollout)
def missing_target(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields a target that this environment lacks."""
    environment = view.environment
    if environment is None or environment.name not in rollout.spec.environments:
        return
    if not environment.spec.cluster:
        yield Diagnostic.error(
            "missing-target",
            f"`{environment.name}` has no cluster, so nothing is served there",
            view.span(rollout, ("environments",)),
            secondary=(Label(view.span(environment, ("cluster",), "key"), "here"),),
            help=(f"leave `{environment.name}` out, or give the environment its cluster",),
        )
        return
    target = rollout.spec.serve.target
    key = {"kserve": "kserve", "argo-rollouts": "argoRollouts"}[target]
    declared = environment.spec.kserve if target == "kserve" else environment.spec.argo_rollouts
    if declared is None:
        yield Diagnostic.error(
            "missing-target",
            f"`{environment.name}` has no {target}",
            view.span(rollout, ("serve", "target")),
            secondary=(Label(view.span(environment, (), "key"), f"no `{key}` here"),),
            help=(f"declare `{key}` in the environment, or override `serve.target` for it",),
        )
    elif target == "argo-rollouts" and rollout.spec.serve.image is None and environment.spec.images.server is None:
        yield Diagnostic.error(
            "missing-target",
            f"nothing says which image serves `{rollout.name}` in `{environment.name}`",
            view.span(rollout, ("serve", "target")),
            secondary=(Label(view.span(environment, ("images",), "key"), "no `server` here"),),
            help=("give `images.server` in the environment, or `serve.image` here; KServe alone brings its own",),
        )
