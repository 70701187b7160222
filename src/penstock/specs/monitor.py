"""Monitoring of a rollout: drift of its features and predictions, the model's metrics, anomalies, custom metrics."""

from typing import Literal

from penstock.specs.base import Choosing, Distinct, MetricName, Node, Promql, Schedule, Slug, field
from penstock.specs.choices import exactly_one
from penstock.specs.review import Area, Loosens
from penstock.specs.series import FEWEST_DRIFT_ROWS
from penstock.specs.units import Duration, Fraction, PositiveDuration

Action = Literal["page", "ticket"]
RequestMetric = Literal["request_rate", "p50_latency", "p90_latency", "p95_latency", "p99_latency"]


class Persistence(Node):
    """How many windows must be beyond the bound before the alert fires."""

    breaches: int = field("Number of windows beyond the bound.", loosens=Loosens.HIGHER, area=Area.MONITORING, ge=1)
    of: int = field("Number of most recent windows to consider.", loosens=Loosens.LOWER, area=Area.MONITORING, ge=1)


class DriftMonitor(Node):
    """Distance between the released model's training data and current data."""

    id: Slug = field("Name of the monitor; it is a label of its alert.", loosens=Loosens.ANY, area=Area.MONITORING)
    of: Literal["features", "prediction"] = field(
        "What is monitored.", loosens=Loosens.ANY, area=Area.MONITORING, default="features"
    )
    except_: Distinct[str] = field(
        "Features to exclude.", loosens=Loosens.ADDED, area=Area.MONITORING, default=[], alias="except"
    )
    test: Literal["psi", "ks", "wasserstein", "jensen_shannon"] = field(
        "Distance metric. `psi` and `jensen_shannon`: the population stability index and the Jensen-Shannon "
        "distance over deciles of the training rows; a value that more than a tenth of them have is a separate bin, "
        "and so is each of fewer than ten values and each category; if there are more categories than one per 20 "
        "rows of the window, rare ones are merged. `ks`: Kolmogorov-Smirnov. `wasserstein`: in standard deviations "
        "of the training rows. If the window or the training data have so few rows that chance alone makes such a "
        "distance in more than one of 1,000 windows of independent rows, it counts as 0, except for `wasserstein` of "
        "numbers. Rows of one day that are alike move a distance further: use a longer window or `persist`.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default="psi",
    )
    above: float = field(
        "Upper bound of the distance. For `wasserstein` of numbers allow for random variation: up to 0.25 with 200 "
        "rows in the window, 0.11 with 1,000, and more if there are as few training rows.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        gt=0,
    )
    window: PositiveDuration = field(
        f"Length of the compared window; with fewer than {FEWEST_DRIFT_ROWS} rows it decides nothing, and a separate "
        "alert fires.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
    )
    persist: Persistence | None = field(
        "Number of breaches before the alert fires; if absent, one.",
        # With one breach of five, any of the last five windows fires; without it, only the newest one does.
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default=None,
    )
    then: Distinct[Action] = field(
        "Action of the alert: a page, a ticket or both.",
        loosens=Loosens.REMOVED,
        area=Area.MONITORING,
        default=["ticket"],
        min_length=1,
    )


class QualityMonitor(Choosing):
    """A metric of the model on rows whose labels have arrived.

    The bound applies to the metric itself, not to its interval, like a gate rule without a confidence: allow for random
    variation. The interval that a run shows uses the clusters that the gates of the model declare.
    """

    chosen = exactly_one("below", "above")

    id: Slug = field("Name of the monitor; it is a label of its alert.", loosens=Loosens.ANY, area=Area.MONITORING)
    metric: MetricName = field("Metric.", loosens=Loosens.ANY, area=Area.MONITORING)
    below: float | None = field("Lower bound.", loosens=Loosens.LOWER, area=Area.MONITORING, default=None)
    above: float | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.MONITORING, default=None)
    window: PositiveDuration = field("Length of the window of rows.", loosens=Loosens.ANY, area=Area.MONITORING)
    min_labels: int = field(
        "Minimum number of labels; with fewer the metric is not evaluated, and a separate alert fires.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        default=100,
        ge=1,
    )
    then: Distinct[Action] = field(
        "Action of the alert: a page, a ticket or both.",
        loosens=Loosens.REMOVED,
        area=Area.MONITORING,
        default=["ticket"],
        min_length=1,
    )


class QueryMonitor(Choosing):
    """A custom metric in Prometheus, such as money saved."""

    chosen = exactly_one("below", "above")

    id: Slug = field("Name of the monitor; it is a label of its alert.", loosens=Loosens.ANY, area=Area.MONITORING)
    promql: Promql = field("PromQL expression without a comparison.", loosens=Loosens.ANY, area=Area.MONITORING)
    below: float | None = field("Lower bound.", loosens=Loosens.LOWER, area=Area.MONITORING, default=None)
    above: float | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.MONITORING, default=None)
    hold: Duration = field(
        "How long the value must be beyond the bound.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        default=Duration.parse("5m"),
    )
    then: Distinct[Action] = field(
        "Action of the alert: a page, a ticket or both.",
        loosens=Loosens.REMOVED,
        area=Area.MONITORING,
        default=["ticket"],
        min_length=1,
    )


class AnomalyMonitor(Choosing):
    """A metric that is compared with itself at the same time of the last three days or weeks.

    The band is around the median of these. Its edges are `bands` deviations away, as differences or as ratios,
    whichever is farther, and at least `minWidth`. It exists after three seasons of samples; a level that lasts becomes
    normal after half a season. Not for a metric that is usually close to zero, such as an error rate.
    """

    chosen = exactly_one("metric", "promql")

    id: Slug = field("Name of the monitor; it is a label of its alert.", loosens=Loosens.ANY, area=Area.MONITORING)
    metric: RequestMetric | None = field(
        "Metric of the endpoint's requests: requests per second, or a percentile of the response time in seconds.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default=None,
    )
    promql: Promql | None = field(
        "PromQL expression without a comparison; if it returns several series, they are added.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default=None,
    )
    season: Literal["1d", "7d"] = field(
        "Length of the pattern that repeats, in UTC. `1d` does not know weekends.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default="7d",
    )
    bands: float = field(
        "Number of standard deviations from the expected value to the edge of the band.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        default=3.0,
        gt=0,
    )
    min_width: Fraction = field(
        "Least distance from the expected value to the edge of the band, as a share of the expected value.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        default=Fraction.parse("20%"),
    )
    beyond: Literal["either", "above", "below"] = field(
        "Which side of the band is an anomaly.", loosens=Loosens.ANY, area=Area.MONITORING, default="either"
    )
    hold: Duration = field(
        "How long the value must be outside of the band.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        default=Duration.parse("30m"),
    )
    then: Distinct[Action] = field(
        "Action of the alert: a page, a ticket or both.",
        loosens=Loosens.REMOVED,
        area=Area.MONITORING,
        default=["ticket"],
        min_length=1,
    )


class Monitor(Node):
    """Monitors of a released model."""

    schedule: Schedule = field(
        "Cron schedule of the monitoring pipeline: five fields, in UTC.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default="0 5 * * *",
    )
    drift: list[DriftMonitor] = field(
        "Drift monitors of features and predictions.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=[]
    )
    quality: list[QualityMonitor] = field(
        "Quality monitors, on rows whose labels have arrived.",
        loosens=Loosens.REMOVED,
        area=Area.MONITORING,
        default=[],
    )
    anomalies: list[AnomalyMonitor] = field(
        "Anomaly monitors, which compare a metric with its own past.",
        loosens=Loosens.REMOVED,
        area=Area.MONITORING,
        default=[],
    )
    business: list[QueryMonitor] = field("Custom metrics.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=[])
