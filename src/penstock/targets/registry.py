"""Every target that `penstock compile` renders for, in one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.ir.serving import Endpoint
from penstock.targets.alertmanager.target import TARGET as ALERTMANAGER
from penstock.targets.argo_cd.target import TARGET as ARGO_CD
from penstock.targets.argo_rollouts.target import TARGET as ARGO_ROLLOUTS
from penstock.targets.base import Manifest, Target
from penstock.targets.grafana.target import TARGET as GRAFANA
from penstock.targets.kserve.target import TARGET as KSERVE
from penstock.targets.kubeflow.target import TARGET as KUBEFLOW
from penstock.targets.kubernetes.target import TARGET as KUBERNETES
from penstock.targets.kustomize.target import TARGET as KUSTOMIZE
from penstock.targets.prometheus.target import TARGET as PROMETHEUS

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (KUBEFLOW, KSERVE, ARGO_ROLLOUTS, KUBERNETES, PROMETHEUS, ALERTMANAGER, GRAFANA, KUSTOMIZE, ARGO_CD)
}
"""Target by name."""


def is_for(target: Target, plan: Any) -> bool:
    """Whether `target` renders `plan`: an endpoint names its target, any other plan is for all that know its class."""
    if type(plan) not in target.renders:
        return False
    return not isinstance(plan, Endpoint) or plan.target == target.name


def render(plan: Any) -> Iterator[Manifest]:
    """The manifests of a plan, from every target that it is for; none of an endpoint that has no version yet."""
    if isinstance(plan, Endpoint) and not plan.released:
        return
    for target in TARGETS.values():
        if is_for(target, plan):
            yield from target.renders[type(plan)](plan)
