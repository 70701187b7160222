"""Dashboards: rows of panels, each over a few series, for whatever draws them."""

from typing import Literal, NamedTuple

from penstock.ir.monitoring import Labels

Unit = Literal["number", "share", "seconds", "per second"]

Form = Literal["lines", "figure", "states"]
"""How a panel shows its series: over time, as the newest value alone, or as bars over the times when each is there."""


class Query(NamedTuple):
    """Series of a panel."""

    expr: str
    """PromQL, whole: it holds no variable of the tool that draws it."""
    legend: str
    """What a series is called; ``{{label}}`` stands for the value of a label."""


class Bound(NamedTuple):
    """A value that a figure should not be beyond."""

    value: float
    beyond: Literal["above", "below"]


class Panel(NamedTuple):
    """One picture."""

    title: str
    description: str
    queries: tuple[Query, ...]
    unit: Unit = "number"
    form: Form = "lines"
    bound: Bound | None = None
    normal: str | None = None
    """Of states the one in which nobody has to look."""
    over: str | None = None
    """The time that it looks back, as ``30d``, where that is not the dashboard's."""


class Row(NamedTuple):
    """Panels that belong together, under a heading."""

    title: str
    panels: tuple[Panel, ...]


class Dashboard(NamedTuple):
    """What is watched of a rollout in one environment, as people look at it."""

    uid: str
    """Its address at whatever draws it; at most 40 letters, digits and ``-``."""
    rows: tuple[Row, ...]
    rollout: str
    model: str
    environment: str
    namespace: str
    owner: str
    version: str
    """Version of the tool that draws it."""
    found_by: Labels
    """Labels by which that tool finds it in the cluster."""
    annotations: Labels
    """Annotations for that tool, such as the folder to show it in."""
    labels: Labels
    """The user's labels."""
