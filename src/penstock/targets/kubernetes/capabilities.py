"""What plain Kubernetes takes only under conditions."""

from __future__ import annotations

from penstock.ir.serving import AccessRule, Egress
from penstock.targets.base import Capability

_HTTPS = 443


def _relay(rule: AccessRule) -> str | None:
    if rule.callers is None or rule.relays or not rule.is_split_by_relay:
        return None
    return (
        "a gateway splits the traffic between the versions, and the network policy would shut its pods out: "
        "the Environment does not say in which namespace they run"
    )


def _unused_egress(rule: AccessRule) -> str | None:
    if rule.callers is None or rule.store == "remote" or rule.egress == Egress():
        return None
    return "the pods load models from a disk, so that the network policy lets them reach no store"


def _unused_identity(rule: AccessRule) -> str | None:
    if rule.callers is None or rule.store == "remote" or rule.identity is None:
        return None
    return "the pods load models from a disk, and the network policy lets them reach no cloud"


def _identity_of_a_node(rule: AccessRule) -> str | None:
    if rule.callers is None or rule.store == "local" or rule.identity is None or rule.identity.cloud != "gcp":
        return None
    if rule.egress.credentials == "gke":
        return None
    return "GKE's metadata server gives out the credentials, and the network policy shuts it"


def _exchange(rule: AccessRule) -> str | None:
    if rule.callers is None or rule.store == "local" or rule.identity is None or rule.identity.cloud == "gcp":
        return None
    at = rule.egress
    if at.tokens or (at.port == _HTTPS and at.namespace is None and not at.cidrs):
        return None
    place = "AWS's STS" if rule.identity.cloud == "aws" else "Microsoft Entra"
    return f"{place} exchanges the pods' token for credentials, and the network policy opens the store alone"


CAPABILITIES = (
    Capability(
        "identity", _unused_identity, "a `modelStore` at `s3://` or `gs://`, or leave `identity` out", AccessRule
    ),
    Capability(
        "identity",
        _identity_of_a_node,
        "`egress.credentials: gke` in the Environment, once every node of it has workload identity",
        AccessRule,
    ),
    Capability(
        "identity",
        _exchange,
        "`egress.tokens` in the Environment, with the addresses where tokens are exchanged",
        AccessRule,
    ),
    Capability("access", _relay, "`kserve.gatewayNamespace` in the Environment", AccessRule),
    Capability(
        "environment.egress", _unused_egress, "a `modelStore` at `s3://` or `gs://`, or leave `egress` out", AccessRule
    ),
)
