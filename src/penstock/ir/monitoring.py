"""Rules over time series, and the tests that prove them."""

from typing import Literal, NamedTuple

Labels = tuple[tuple[str, str], ...]
Evaluated = Literal["15m", "1h", "1d"]


class Recording(NamedTuple):
    """A series computed from others."""

    record: str
    expr: str
    labels: Labels


class Alert(NamedTuple):
    """A condition over series that tells somebody."""

    alert: str
    expr: str
    hold: str | None
    """How long the condition must hold, as Prometheus writes durations."""
    keep_firing: str | None
    labels: Labels
    annotations: Labels


class RuleGroup(NamedTuple):
    """Rules that are evaluated together, in order."""

    name: str
    interval: str
    rules: tuple[Recording | Alert, ...]


class InputSeries(NamedTuple):
    """A series of a test, in promtool's notation."""

    series: str
    values: str


class ExpectedAlert(NamedTuple):
    """An alert that must be firing at a time, with these labels; no labels means that it must be silent."""

    at: str
    alert: str
    firing: tuple[tuple[Labels, Labels], ...]
    """Labels and annotations of each firing instance."""


class RuleTest(NamedTuple):
    """A unit test of a rule file: given series, which alerts fire and which stay silent."""

    name: str
    interval: str
    series: tuple[InputSeries, ...]
    expect: tuple[ExpectedAlert, ...]
    evaluated: Evaluated = "15m"
    """How often the rules are evaluated in it: less often the longer it goes on. Its times are multiples of that."""


class Scrape(NamedTuple):
    """Pods whose metrics are collected: picked by labels, read at a named port of theirs."""

    pods: Labels
    port: str
    path: str
    interval: str
    adds: Labels
    """Labels that every series of these pods gets."""
    copies: Labels
    """Labels that every series gets from a label of its pod: name of the series' label, name of the pod's."""


class Unobserved(NamedTuple):
    """Something that was asked for and that no series tells."""

    field: str
    """The field that asks for it, below ``spec``."""
    reason: str
    instead: str
    """What could be observed, as words that follow "use"."""


class RuleFile(NamedTuple):
    """All rules of a rollout, or of a model's training, in one environment, with their tests.

    Those of a rollout come with the scraping that feeds them.
    """

    name: str
    namespace: str
    groups: tuple[RuleGroup, ...]
    tests: tuple[RuleTest, ...]
    environment: str
    model: str
    owner: str
    selected_by: Labels
    """Labels by which the Prometheus operator selects its objects."""
    labels: Labels
    scrape: Scrape | None = None
    scrape_seconds: int = 30
    """How often targets are scraped; no rate may look at less than two scrapes."""
    unobserved: tuple[Unobserved, ...] = ()
    of_training: bool = False
    """Whether they are a model's and not a rollout's, which may have the same name and then shares its folder."""
