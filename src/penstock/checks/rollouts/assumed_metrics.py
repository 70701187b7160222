"""Alerts rely on metrics that a ServingRuntime of the user's own may not have.

What it does: looks for Rollouts with `target: kserve` and a `runtime` in Standard mode, where the model server is asked
for its metrics. It cannot see what that server exposes, so it warns where the server may well have them.

Why: the generated rules read the series of the server that KServe brings for the protocol. A server without them counts
no request and no failure: objectives that look met are not measured, and `rps` scales nothing. One that serves no
metrics at all is taken for dead: `ModelNotReady` fires half an hour after the first release.

Example:

    serve: {target: kserve, runtime: own-server}
    slos: {availability: {objective: 99.9%}}

Use instead: a runtime whose server exposes what the warning names, or no `runtime`, for the one that KServe brings.
Where you know that your server has them, accept the warning with your reason (`penstock explain accepted-warning`).
Where Istio carries the requests, `prometheus: {requests: istio}` in the Environment counts them whatever serves.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic
from penstock.specs.rollout import Rollout
from penstock.specs.server_metrics import server_metrics


@rule("assumed-metrics", severities=WARNS)
def assumed_metrics(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields a rollout whose server nobody here knows, in an environment that asks the server itself."""
    environment, serve = view.environment, rollout.spec.serve
    if environment is None or environment.name not in rollout.spec.environments or environment.spec.kserve is None:
        return
    # In Knative mode the queue proxy counts requests, whatever server is behind it.
    if serve.target != "kserve" or serve.runtime is None or environment.spec.kserve.mode == "Knative":
        return
    metrics = server_metrics(serve)
    helps = [f"its server must serve metrics at port {metrics.port} (`/metrics`), or `ModelNotReady` fires"]
    if metrics.counter and environment.spec.prometheus.requests == "server":
        labels = f", with the labels {' and '.join(f'`{name}`' for name in metrics.labels)}" if metrics.labels else ""
        helps.append(
            f"there it must have `{metrics.counter}` and `{metrics.histogram}`{labels}, or requests are not counted"
        )
    yield Diagnostic.warning(
        "assumed-metrics",
        f"alerts about `{rollout.name}` in `{environment.name}` read metrics that its own runtime may not have",
        view.span(rollout, ("serve", "runtime")),
        f"taken for {metrics.server}",
        help=tuple(helps),
    )
