"""Rollouts that are scaled in another way than before while they serve.

From cpu or memory to requests, KEDA's admission webhook refuses a ScaledObject for what a HorizontalPodAutoscaler
scales. KServe in Standard mode makes the new object and leaves the old one (kserve#5196); beside Argo Rollouts both are
generated, and what applies them takes the old one away last. So nothing changes until somebody deletes it. In Knative
mode there is neither.

From a fixed number to any of them, the manifest of an Argo Rollout no longer has `replicas`, which is taken for one:
all other copies go until the autoscaler has seen it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.model import Catalog, SpecId, View
from penstock.diagnostics.model import Diagnostic
from penstock.review.warnings.served import rollouts_before_and_after, served
from penstock.specs.rollout import Rollout


def autoscaler_switches(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> Iterator[Diagnostic]:
    """A warning for each environment in which a Rollout that serves is scaled by another object than before."""
    for spec_id, before, after in rollouts_before_and_after(base, head, touched):
        if _scaled_by(before, spec_id.name) == "hpa" and _scaled_by(after, spec_id.name) == "keda":
            yield _conflict(after, spec_id)
        fixed = _fixed_number(before, spec_id.name)
        if fixed > 1 and _is_argo(after, spec_id.name) and _scaled_by(after, spec_id.name) is not None:
            yield _reset(after, spec_id, fixed)


def _conflict(after: View, spec_id: SpecId) -> Diagnostic:
    return Diagnostic.warning(
        "autoscaler-conflict",
        f"KEDA refuses to scale `{spec_id.name}` in {after.environment_name} while its old autoscaler exists",
        after.span(spec_id, ("serve", "replicas", "metric")),
        "it is scaled as before until then",
        help=(
            "once this is applied, delete the HorizontalPodAutoscaler of the endpoint: "
            f"`kubectl get hpa -n {_namespace(after)}` shows it",
        ),
    )


def _reset(after: View, spec_id: SpecId, fixed: int) -> Diagnostic:
    return Diagnostic.warning(
        "replicas-reset",
        f"`{spec_id.name}` in {after.environment_name} has one replica until its autoscaler raises the number",
        after.span(spec_id, ("serve", "replicas")),
        f"the fixed number of {fixed} goes from its manifest",
        help=(
            "let Argo CD ignore `/spec/replicas` of this Rollout while the change is applied; with `kubectl apply`, "
            "first take the number out of what was applied last: "
            f"`kubectl apply edit-last-applied rollout/{spec_id.name} -n {_namespace(after)}`",
        ),
    )


def _scaled_by(view: View, name: str) -> str | None:
    """The object that scales what serves; None where nothing serves, or no object does."""
    rollout, environment = served(view, name), view.environment
    if rollout is None or environment is None:
        return None
    serve, kserve = rollout.spec.serve, environment.spec.kserve
    is_knative = serve.target == "kserve" and kserve is not None and kserve.mode == "Knative"
    if is_knative or serve.replicas.min == serve.replicas.max:
        return None
    return "hpa" if serve.replicas.metric in ("cpu", "memory") else "keda"


def _fixed_number(view: View, name: str) -> int:
    """How many copies of what serves the manifest of an Argo Rollout asks for; 0 where it does not say."""
    rollout = served(view, name)
    if rollout is None or not _is_argo(view, name):
        return 0
    replicas = rollout.spec.serve.replicas
    return replicas.min if replicas.min == replicas.max else 0


def _is_argo(view: View, name: str) -> bool:
    rollout = view.find(Rollout, name)
    return rollout is not None and rollout.spec.serve.target == "argo-rollouts"


def _namespace(view: View) -> str:
    return view.environment.spec.namespace if view.environment is not None else ""
