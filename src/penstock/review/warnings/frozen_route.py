"""Timeouts of routes that Argo CD does not apply, because it is told to leave their weights alone.

What `RespectIgnoreDifferences` keeps of a list it keeps of the whole list (argo-cd#17694, #25284): the weights that the
traffic plugin writes are in `spec.rules`, and so is the timeout. It goes on showing the difference, and reports that it
has synced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.model import Catalog, SpecId, View
from penstock.diagnostics.model import Diagnostic
from penstock.review.warnings.served import rollouts_before_and_after, served


def frozen_routes(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> Iterator[Diagnostic]:
    """A warning for each environment in which the timeout of a route that is there changes."""
    for spec_id, before, after in rollouts_before_and_after(base, head, touched):
        known, wanted = _timeout(before, spec_id.name), _timeout(after, spec_id.name)
        if known is not None and wanted is not None and known != wanted:
            yield _frozen(after, spec_id, known, wanted)


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
    rollout = served(view, name)
    if rollout is None or rollout.spec.serve.target != "argo-rollouts":
        return None
    return -(-int(rollout.spec.serve.timeout) // 1000)
