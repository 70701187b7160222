"""What Argo CD supports only under conditions."""

from __future__ import annotations

from penstock.ir.delivery import Delivery
from penstock.targets.base import Capability, version

_OLDEST = "3.1"
"""Server-side diffs are stable since then. Without them Argo CD takes the defaults of CRDs for differences."""


def _too_old(delivery: Delivery) -> str | None:
    is_old = version(delivery.version) < version(_OLDEST)
    return f"Applications are written for {_OLDEST} and newer, this is {delivery.version}" if is_old else None


CAPABILITIES: tuple[Capability, ...] = (Capability("argoCd.version", _too_old, f"Argo CD {_OLDEST} or newer"),)
