"""The ConfigMap that brings a dashboard to the cluster, where Grafana's sidecar looks for its labels."""

from __future__ import annotations

from typing import Any

from penstock.ir.dashboard import Dashboard
from penstock.targets import manifests
from penstock.targets.base import emit_json
from penstock.targets.grafana.dashboard import dashboard_model


def config_map(dashboard: Dashboard) -> dict[str, Any]:
    """The ConfigMap of a dashboard.

    The sidecar writes what it finds anywhere into one folder by the keys of the data, so that a key names environment
    and rollout: of two alike one would be shown.
    """
    labels = manifests.labels(
        name=dashboard.rollout,
        component="monitoring",
        part_of=dashboard.model,
        owner=dashboard.owner,
        environment=dashboard.environment,
        extra=(*dashboard.found_by, *dashboard.labels),
    )
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": manifests.metadata(
            f"{dashboard.rollout}-dashboard", dashboard.namespace, labels, dict(dashboard.annotations)
        ),
        "data": {f"{dashboard.environment}-{dashboard.rollout}.json": f"{emit_json(dashboard_model(dashboard))}\n"},
    }
