"""What plain Kubernetes takes only under conditions."""

from __future__ import annotations

from penstock.ir.serving import AccessRule
from penstock.targets.base import Capability


def _relay(rule: AccessRule) -> str | None:
    if rule.callers is None or rule.relays or not rule.is_split_by_relay:
        return None
    return (
        "a gateway splits the traffic between the versions, and the network policy would shut its pods out: "
        "the Environment does not say in which namespace they run"
    )


CAPABILITIES = (Capability("access", _relay, "`kserve.gatewayNamespace` in the Environment", AccessRule),)
