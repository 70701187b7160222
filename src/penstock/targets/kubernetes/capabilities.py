"""What plain Kubernetes supports only under conditions."""

from __future__ import annotations

from penstock.ir.serving import AccessRule, Egress
from penstock.targets.base import Capability

_HTTPS = 443


def _relay(rule: AccessRule) -> str | None:
    if rule.callers is None or rule.relays or not rule.is_split_by_relay:
        return None
    return (
        "a gateway splits the traffic, but the network policy would block its pods: the Environment does not "
        "declare their namespace"
    )


def _unused_egress(rule: AccessRule) -> str | None:
    if rule.callers is None or rule.store == "remote" or rule.egress == Egress():
        return None
    return "the pods load models from a disk, so the network policy allows no access to a store"


def _unused_identity(rule: AccessRule) -> str | None:
    if rule.callers is None or rule.store == "remote" or rule.identity is None:
        return None
    return "the pods load models from a disk, so the network policy allows no access to a cloud"


def _identity_of_a_node(rule: AccessRule) -> str | None:
    if rule.callers is None or rule.store == "local" or rule.identity is None or rule.identity.cloud != "gcp":
        return None
    if rule.egress.credentials == "gke":
        return None
    return "GKE's metadata server provides the credentials, but the network policy blocks it"


def _exchange(rule: AccessRule) -> str | None:
    if rule.callers is None or rule.store == "local" or rule.identity is None or rule.identity.cloud == "gcp":
        return None
    at = rule.egress
    if at.tokens or (at.port == _HTTPS and at.namespace is None and not at.cidrs):
        return None
    place = "AWS's STS" if rule.identity.cloud == "aws" else "Microsoft Entra"
    return f"{place} exchanges the pods' token for credentials, but the network policy allows only the store"


CAPABILITIES = (
    Capability("identity", _unused_identity, "a `modelStore` at `s3://` or `gs://`, or remove `identity`", AccessRule),
    Capability(
        "identity",
        _identity_of_a_node,
        "`egress.credentials: gke` in the Environment, once all of its nodes have workload identity",
        AccessRule,
    ),
    Capability(
        "identity",
        _exchange,
        "`egress.tokens` in the Environment, with the addresses of the token service",
        AccessRule,
    ),
    Capability("access", _relay, "`kserve.gatewayNamespace` in the Environment", AccessRule),
    Capability(
        "environment.egress", _unused_egress, "a `modelStore` at `s3://` or `gs://`, or remove `egress`", AccessRule
    ),
)
