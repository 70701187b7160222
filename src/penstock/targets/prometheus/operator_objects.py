"""What the Prometheus operator reads: the rules as an object, and which pods are scraped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from penstock.ir.monitoring import RuleFile, Scrape
from penstock.targets import manifests

# What a scrape may bring at most; a server that labels by request would otherwise take the database with it.
SAMPLE_LIMIT = 5000
LABEL_LIMIT = 40


def prometheus_rule(rules: RuleFile, groups: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The PrometheusRule that holds the same groups as the plain rule file."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": _metadata(rules),
        "spec": {"groups": list(groups)},
    }


def pod_monitor(rules: RuleFile, scrape: Scrape) -> dict[str, Any]:
    """The PodMonitor that makes Prometheus scrape the endpoint's pods and name them as the rules do."""
    relabelings: list[dict[str, Any]] = [
        {"action": "replace", "targetLabel": label, "replacement": value} for label, value in scrape.adds
    ]
    relabelings += [
        {"action": "replace", "sourceLabels": [_discovered(pod_label)], "targetLabel": label}
        for label, pod_label in scrape.copies
    ]
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": _metadata(rules),
        "spec": {
            "selector": {"matchLabels": dict(scrape.pods)},
            "namespaceSelector": {"matchNames": [rules.namespace]},
            "sampleLimit": SAMPLE_LIMIT,
            "labelLimit": LABEL_LIMIT,
            "podMetricsEndpoints": [
                {
                    "port": scrape.port,
                    "path": scrape.path,
                    "interval": scrape.interval,
                    "relabelings": relabelings,
                }
            ],
        },
    }


def _metadata(rules: RuleFile) -> dict[str, Any]:
    labels = manifests.labels(rules, name=rules.name, component="monitoring", selected_by=rules.selected_by)
    return manifests.metadata(rules.name, rules.namespace, labels)


def _discovered(label: str) -> str:
    """The name under which Prometheus' service discovery has a pod's label."""
    return "__meta_kubernetes_pod_label_" + "".join(c if c.isalnum() else "_" for c in label)
