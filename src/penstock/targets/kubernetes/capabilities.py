"""What plain Kubernetes takes only under conditions."""

from __future__ import annotations

from penstock.ir.serving import AccessRule, Egress
from penstock.targets.base import Capability


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


CAPABILITIES = (
    Capability("access", _relay, "`kserve.gatewayNamespace` in the Environment", AccessRule),
    Capability(
        "environment.egress", _unused_egress, "a `modelStore` at `s3://` or `gs://`, or leave `egress` out", AccessRule
    ),
)
