"""Two environments apply objects with the same names to one namespace.

What it does: compares the Environments that have a cluster and the same `namespace`, unless their `context` says that
the clusters differ. It reports them if both serve the same Rollout, or train or monitor the same Model.

Why: objects are named after models and rollouts, not environments. The environment that is applied last overwrites the
other: production serves the version of staging until the next sync.

Example: `staging` and `production`, both `{namespace: ml}`, and a Rollout with `environments: [staging, production]`.

Use instead: a namespace for each environment; or, if they are different clusters, `context` in both, the name of
kubectl's context.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.environment import Environment, EnvironmentSpec
from penstock.specs.model import Model


@rule("shared-namespace")
def shared_namespace(view: View, environment: Environment) -> Iterator[Diagnostic]:
    """Yields the later by name of two environments that meet, with the first thing that both apply."""
    if view.environment_name is not None:
        return
    own = view.in_environment(environment.name)
    for name in (other.name for other in view.all(Environment) if other.name < environment.name):
        other = view.in_environment(name)
        if not (_meet(own, other) and (shared := sorted(_applied(own) & _applied(other)))):
            continue
        more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
        yield Diagnostic.error(
            "shared-namespace",
            f"`{environment.name}` and `{name}` overwrite each other's objects",
            own.span(environment, ("namespace",)),
            f"both apply the {shared[0]}{more}",
            secondary=(Label(other.span(other.get(Environment, name), ("namespace",)), "may be the same namespace"),),
            help=(
                "give each environment a separate namespace",
                "or set `context` in both, if they are different clusters",
            ),
        )


def _meet(one: View, other: View) -> bool:
    """Whether what is applied in both environments may reach one namespace of one cluster."""
    first, second = _spec(one), _spec(other)
    if first is None or second is None or not (first.cluster and second.cluster):
        return False
    told_apart = None not in (first.context, second.context) and first.context != second.context
    return first.namespace == second.namespace and not told_apart


def _spec(view: View) -> EnvironmentSpec | None:
    return view.environment.spec if view.environment is not None else None


def _applied(view: View) -> set[str]:
    """What objects of an environment are named after, in words: rollouts, and a model's two pipelines."""
    spec = _spec(view)
    found = set()
    for model in view.all(Model):
        rollouts = view.rollouts_of(model.name)
        found |= {f"rollout `{rollout.name}`" for rollout in rollouts}
        monitors = [rollout.spec.monitor for rollout in rollouts if rollout.spec.monitor is not None]
        if any(monitor.drift or monitor.quality for monitor in monitors):
            found.add(f"monitoring of `{model.name}`")
        if spec is not None and spec.training:
            found.add(f"training of `{model.name}`")
    return found
