"""What Kustomize supports only under conditions: nothing so far."""

from __future__ import annotations

from penstock.targets.base import Capability

CAPABILITIES: tuple[Capability, ...] = ()
