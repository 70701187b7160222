"""Everything that one environment applies, as one thing to hand to a cluster."""

from typing import NamedTuple


class Bundle(NamedTuple):
    """The applied files of an environment."""

    environment: str
    namespace: str
    files: tuple[str, ...]
    """Paths below the environment's folder, sorted."""
