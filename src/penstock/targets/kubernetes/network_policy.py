"""Who may reach the pods, and what they may reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
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
_HTTPS = 443
_ANYWHERE = ("0.0.0.0/0", "::/0")
_METADATA = ("169.254.169.254/32", "100.100.100.200/32", "fd00:ec2::254/128", "fd20:ce::254/128")
"""The metadata services of clouds (all, Alibaba's, over IPv6 Amazon's and Google's), which give out the credentials of
the machine to whoever asks."""
_CREDENTIALS: dict[str, tuple[tuple[tuple[str, ...], int], ...]] = {
    "none": (),
    # https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html
    "eks": ((("169.254.170.23/32", "fd00:ec2::23/128"), 80),),
    # Dataplane V2 sees the address that pods ask, Calico the one it is rewritten to
    # (https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy).
    "gke": ((("169.254.169.254/32",), 80), (("169.254.169.252/32",), 988)),
}
"""Addresses and port at which a pod asks for credentials of its own."""

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
    egress = [_DNS, *_store(rule)] if rule.store == "remote" else [_DNS]
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


def _store(rule: AccessRule) -> Iterator[dict[str, Any]]:
    """To the store, and to what gives out credentials for it."""
    at = rule.egress
    inside = [_namespace(at.namespace)] if at.namespace is not None else []
    cidrs = at.cidrs or (() if inside else _ANYWHERE)
    # Pods of an ambient mesh are reached by its tunnel, whatever port the request is for.
    tunnel = [_TUNNEL] if inside and rule.mesh is not None and rule.mesh.mode == "ambient" else []
    yield {"to": [*inside, *map(_block, cidrs)], "ports": _tcp([at.port, *tunnel])}
    for addresses, port in _CREDENTIALS[at.credentials]:
        yield {"to": [{"ipBlock": {"cidr": address}} for address in addresses], "ports": _tcp([port])}
    if at.tokens and rule.identity is not None and rule.identity.cloud != "gcp":
        yield {"to": [*map(_block, at.tokens)], "ports": _tcp([_HTTPS])}


@cache
def _block(cidr: str) -> dict[str, Any]:
    """A range without what it may not open; endpoints share few of them, and parsing one costs as much as a policy."""
    network = ip_network(cidr)
    shut = [address for address in _METADATA if _is_within(ip_network(address), network)]
    return {"ipBlock": {"cidr": cidr} | ({"except": shut} if shut else {})}


def _is_within(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


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
