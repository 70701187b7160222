"""The ConfigMap that brings a dashboard to the cluster, where Grafana's sidecar looks for its labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from penstock.ir.dashboard import Dashboard
from penstock.targets import manifests
from penstock.targets.grafana.dashboard import dashboard_model


def config_map(dashboard: Dashboard) -> dict[str, Any]:
    """The ConfigMap of a dashboard.

    The sidecar writes what it finds anywhere into one folder by the keys of the data, so that a key names environment
    and rollout, parted by what neither has: of two alike one would be shown.
    """
    labels = manifests.labels(dashboard, name=dashboard.rollout, component="monitoring", selected_by=dashboard.found_by)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": manifests.metadata(
            f"{dashboard.rollout}-dashboard", dashboard.namespace, labels, dict(dashboard.annotations)
        ),
        "data": {f"{dashboard.environment}.{dashboard.rollout}.json": _text(dashboard_model(dashboard))},
    }


def _text(model: dict[str, Any]) -> str:
    """The JSON of a dashboard for people who review it: a key of a panel a line, and each of its queries."""
    head = (f'  "{key}": {_json(value)},\n' for key, value in model.items() if key != "panels")
    panels = ",\n".join("    {\n" + ",\n".join(_lines(panel)) + "\n    }" for panel in model["panels"])
    return "".join(["{\n", *head, '  "panels": [\n', panels, "\n  ]\n}\n"])


def _lines(panel: dict[str, Any]) -> Iterator[str]:
    for key, value in panel.items():
        if key == "targets":
            queries = ",\n".join(f"        {_json(query)}" for query in value)
            yield f'      "targets": [\n{queries}\n      ]'
        else:
            yield f'      "{key}": {_json(value)}'


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
