"""Who may reach the pods, and what they may reach."""

from __future__ import annotations

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


def network_policy_spec(rule: AccessRule, callers: tuple[Caller, ...]) -> dict[str, Any]:
    """The spec: callers and relays at the ports for requests, Prometheus at the one for metrics, DNS, the store."""
    egress = [_DNS, _MODEL_STORE] if rule.store == "remote" else [_DNS]
    return {
        "podSelector": {"matchLabels": dict(rule.pods)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [*_callers(rule, callers), *(_namespace(relay) for relay in rule.relays)],
                "ports": [{"protocol": "TCP", "port": port} for port in rule.ports],
            },
            {
                "from": [_namespace(rule.monitoring)],
                "ports": [{"protocol": "TCP", "port": rule.metrics_port}],
            },
        ],
        "egress": egress,
    }


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
