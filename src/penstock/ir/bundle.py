"""Everything that one environment applies, as one thing to hand to a cluster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bundle:
    """The applied files of an environment."""

    environment: str
    namespace: str
    files: tuple[str, ...]
    """Paths below the environment's folder, sorted."""
