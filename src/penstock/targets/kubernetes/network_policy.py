"""Who may reach the pods, and what they may reach."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from penstock.ir.serving import AccessRule, Caller

_NAMESPACE = "kubernetes.io/metadata.name"
_DNS: dict[str, Any] = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {_NAMESPACE: "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
}
# The metadata services of clouds give out the credentials of the machine to whoever asks.
_MODEL_STORE: dict[str, Any] = {
    "to": [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}},
        {"ipBlock": {"cidr": "::/0", "except": ["fd00:ec2::254/128"]}},
    ],
    "ports": [{"protocol": "TCP", "port": 443}],
}

# Of Istio (https://istio.io/latest/docs/ops/deployment/application-requirements and .../ambient/usage/networkpolicy).
_TUNNEL = 15008
"""Where traffic of the mesh arrives from pods without a sidecar, whatever port it is for."""
_MERGED_METRICS = 15020
_CONTROL_PLANE = 15012
_PROBES = "169.254.7.127/32"
"""Whom an ambient node makes the kubelet's probes come from."""


def network_policy_spec(rule: AccessRule, callers: tuple[Caller, ...]) -> dict[str, Any]:
    """The spec: callers and relays at the ports for requests, Prometheus at the one for metrics, DNS, the store."""
    mesh = rule.mesh
    egress = [_DNS, _MODEL_STORE] if rule.store == "remote" else [_DNS]
    ports, metrics = list(rule.ports), [rule.metrics_port]
    probes: list[dict[str, Any]] = []
    if mesh is not None:
        # To whom may call, and to nobody else: what comes by it may be for any port.
        ports.append(_TUNNEL)
    if mesh is not None and mesh.mode == "sidecar":
        metrics.append(_MERGED_METRICS)
        egress = [*egress, {"to": [_namespace(mesh.namespace)], "ports": _tcp([_CONTROL_PLANE])}]
    if mesh is not None and mesh.mode == "ambient":
        probes = [{"from": [{"ipBlock": {"cidr": _PROBES}}]}]
    return {
        "podSelector": {"matchLabels": dict(rule.pods)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [*_callers(rule, callers), *(_namespace(relay) for relay in rule.relays)],
                "ports": _tcp(ports),
            },
            {
                "from": [_namespace(rule.monitoring)],
                "ports": _tcp(metrics),
            },
            *probes,
        ],
        "egress": egress,
    }


def _tcp(ports: Iterable[int]) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def _callers(rule: AccessRule, callers: tuple[Caller, ...]) -> list[dict[str, Any]]:
    """Where nobody is named, the pods of the endpoint's own namespace may call: an empty list would mean everybody."""
    if not callers:
        return [_namespace(rule.namespace)]
    return [
        _namespace(caller.namespace) | ({"podSelector": {"matchLabels": dict(caller.pods)}} if caller.pods else {})
        for caller in callers
    ]


def _namespace(name: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {_NAMESPACE: name}}}
