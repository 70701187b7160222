"""How the generated files of an environment come to its cluster from git."""

from typing import NamedTuple

from penstock.ir.monitoring import Labels


class Automation(NamedTuple):
    """What happens without anybody's doing."""

    self_heal: bool
    """Whether changes by hand are put back."""
    prune: bool
    """Whether objects that are no longer generated are deleted."""


class Delivery(NamedTuple):
    """The files of one environment, from a revision of a repository into a namespace of a cluster."""

    environment: str
    owner: str
    """The team that owns the environment."""
    version: str
    """Of Argo CD."""
    application: str
    project: str | None
    """One that others made; None where it is part of the delivery."""
    control_namespace: str
    """Where Argo CD keeps its own objects."""
    repository: str
    revision: str
    path: str
    """The folder of the environment's files, from the root of the repository."""
    cluster: str
    """By the name that Argo CD knows it by."""
    namespace: str
    """Where the objects are applied."""
    automation: Automation | None
    """None where somebody syncs by hand."""
    weights_move: bool
    """Whether a controller of the cluster moves weights and selectors during canaries."""
    labels: Labels = ()
    model: str = ""
    """None: the delivery is of all models."""
