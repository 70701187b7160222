"""Timeouts of routes that Argo CD does not apply, because it is told to leave their weights alone.

What `RespectIgnoreDifferences` keeps of a list it keeps of the whole list (argo-cd#17694, #25284): the weights that the
traffic plugin writes are in `spec.rules`, and so is the timeout. It goes on showing the difference, and reports that it
has synced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.model import Catalog, SpecId, View
from penstock.diagnostics.model import Diagnostic
from penstock.specs.rollout import Rollout


def frozen_routes(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> Iterator[Diagnostic]:
    """A warning for each environment in which the timeout of a route that is there changes."""
    for spec_id in touched:
        if spec_id.kind != "Rollout":
            continue
        for environment in head.environments():
            after = head.view(environment)
            before, wanted = _timeout(base.view(environment), spec_id.name), _timeout(after, spec_id.name)
            if before is not None and wanted is not None and before != wanted:
                yield _frozen(after, spec_id, before, wanted)


def _frozen(after: View, spec_id: SpecId, before: int, wanted: int) -> Diagnostic:
    namespace = after.environment.spec.namespace if after.environment is not None else ""
    change = f'[{{"op":"replace","path":"/spec/rules/0/timeouts/request","value":"{wanted}s"}}]'
    return Diagnostic.warning(
        "frozen-route",
        f"Argo CD leaves the route of `{spec_id.name}` in {after.environment_name} at a timeout of {before} seconds",
        after.span(spec_id, ("serve", "timeout")),
        "if it ignores the weights, it ignores all changes of the rules that they are in",
        help=(
            "change the route as well once this is applied: "
            f"`kubectl patch httproute {spec_id.name} -n {namespace} --type=json -p '{change}'`",
        ),
    )


def _timeout(view: View, name: str) -> int | None:
    """The seconds that the route of a rollout allows a request; None where nothing serves, or KServe has the routes."""
    rollout, environment = view.find(Rollout, name), view.environment
    if rollout is None or environment is None or environment.name not in rollout.spec.environments:
        return None
    if rollout.spec.serve.target != "argo-rollouts" or view.release_of(name) is None:
        return None
    return -(-int(rollout.spec.serve.timeout) // 1000)
