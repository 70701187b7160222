"""Rollouts that go over from scaling by cpu or memory to scaling by requests while they serve.

KEDA's admission webhook refuses a ScaledObject for what a HorizontalPodAutoscaler scales. KServe in Standard mode makes
the new object and leaves the old one (kserve#5196); beside Argo Rollouts both are generated, and what applies them
takes the old one away last. So nothing changes until somebody deletes it. In Knative mode there is neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.model import Catalog, SpecId, View
from penstock.diagnostics.model import Diagnostic
from penstock.specs.rollout import Rollout


def autoscaler_switches(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> Iterator[Diagnostic]:
    """A warning for each environment in which a Rollout that serves is scaled by another object than before."""
    for spec_id in touched:
        if spec_id.kind != "Rollout":
            continue
        for environment in head.environments():
            before, after = base.view(environment), head.view(environment)
            if _scaled_by(before, spec_id.name) == "hpa" and _scaled_by(after, spec_id.name) == "keda":
                yield Diagnostic.warning(
                    "autoscaler-conflict",
                    f"KEDA refuses to scale `{spec_id.name}` in {environment} while its old autoscaler exists",
                    after.span(spec_id, ("serve", "replicas", "metric")),
                    "it is scaled as before until then",
                    help=(
                        "once this is applied, delete the HorizontalPodAutoscaler of the endpoint: "
                        f"`kubectl get hpa -n {_namespace(after)}` shows it",
                    ),
                )


def _scaled_by(view: View, name: str) -> str | None:
    """The object that scales what serves; None where nothing serves, or no object does."""
    rollout, environment = view.find(Rollout, name), view.environment
    if rollout is None or environment is None or environment.name not in rollout.spec.environments:
        return None
    serve, kserve = rollout.spec.serve, environment.spec.kserve
    is_knative = serve.target == "kserve" and kserve is not None and kserve.mode == "Knative"
    if is_knative or serve.replicas.min == serve.replicas.max or view.release_of(name) is None:
        return None
    return "hpa" if serve.replicas.metric in ("cpu", "memory") else "keda"


def _namespace(view: View) -> str:
    return view.environment.spec.namespace if view.environment is not None else ""
