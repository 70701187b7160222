"""How a rollout is watched: drift of its rows and scores, the model's metric, and figures of one's own."""

from typing import Literal

from penstock.specs.base import Choosing, Distinct, MetricName, Node, Promql, Schedule, Slug, field
from penstock.specs.choices import exactly_one
from penstock.specs.review import Area, Loosens
from penstock.specs.units import Duration, PositiveDuration

Action = Literal["page", "ticket"]


class Persistence(Node):
    """How often a figure must be beyond its bound before somebody is told."""

    breaches: int = field("Windows beyond the bound.", loosens=Loosens.HIGHER, area=Area.MONITORING, ge=1)
    of: int = field("Windows looked at.", loosens=Loosens.ANY, area=Area.MONITORING, ge=1)


class DriftMonitor(Node):
    """Distance between the released model's training data and what it meets now."""

    id: Slug = field("Name of the monitor; its alert carries it.", loosens=Loosens.ANY, area=Area.MONITORING)
    of: Literal["features", "prediction"] = field(
        "What is watched.", loosens=Loosens.ANY, area=Area.MONITORING, default="features"
    )
    except_: Distinct[str] = field(
        "Features not watched.", loosens=Loosens.ADDED, area=Area.MONITORING, default=[], alias="except"
    )
    test: Literal["psi", "ks", "wasserstein", "jensen_shannon"] = field(
        "Distance. `psi` and `jensen_shannon`: the population stability index and the Jensen-Shannon distance over "
        "tenths of the training rows; a value that more than a tenth of them have is an interval of its own, and so is "
        "each of fewer than ten values and each category; of more categories than one for each 20 rows of the window, "
        "the rare ones are put together. `ks`: Kolmogorov-Smirnov. `wasserstein`: in standard deviations of the "
        "training rows.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default="psi",
    )
    above: float = field("Bound on the distance.", loosens=Loosens.HIGHER, area=Area.MONITORING, gt=0)
    window: PositiveDuration = field(
        "Length of the window that is compared.", loosens=Loosens.HIGHER, area=Area.MONITORING
    )
    persist: Persistence | None = field(
        "How often in a row of windows; once where absent.",
        loosens=Loosens.ADDED,
        area=Area.MONITORING,
        default=None,
    )
    then: Distinct[Action] = field(
        "Who is told.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=["ticket"], min_length=1
    )


class QualityMonitor(Choosing):
    """The model's metric on rows whose labels have come in.

    Its bound is held against the metric itself, as a gate does without a confidence, and not against its interval:
    leave as much room as chance takes. The interval that a run shows is over the clusters that the gates of the model
    declare.
    """

    chosen = exactly_one("below", "above")

    id: Slug = field("Name of the monitor; its alert carries it.", loosens=Loosens.ANY, area=Area.MONITORING)
    metric: MetricName = field("Metric.", loosens=Loosens.ANY, area=Area.MONITORING)
    below: float | None = field("Lower bound.", loosens=Loosens.LOWER, area=Area.MONITORING, default=None)
    above: float | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.MONITORING, default=None)
    window: PositiveDuration = field(
        "Length of the window of rows; a shorter one has fewer labels.", loosens=Loosens.ANY, area=Area.MONITORING
    )
    min_labels: int = field(
        "Fewer labels than this decide nothing; the absence is an alert of its own.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        default=100,
        ge=1,
    )
    then: Distinct[Action] = field(
        "Who is told.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=["ticket"], min_length=1
    )


class QueryMonitor(Choosing):
    """A figure of one's own in Prometheus, such as money saved."""

    chosen = exactly_one("below", "above")

    id: Slug = field("Name of the monitor; its alert carries it.", loosens=Loosens.ANY, area=Area.MONITORING)
    promql: Promql = field("Expression without a comparison.", loosens=Loosens.ANY, area=Area.MONITORING)
    below: float | None = field("Lower bound.", loosens=Loosens.LOWER, area=Area.MONITORING, default=None)
    above: float | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.MONITORING, default=None)
    hold: Duration = field(
        "How long it must be beyond the bound.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        default=Duration.parse("5m"),
    )
    then: Distinct[Action] = field(
        "Who is told.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=["ticket"], min_length=1
    )


class Monitor(Node):
    """What is watched after release."""

    schedule: Schedule = field(
        "When the monitoring pipeline runs: five cron fields in UTC.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default="0 5 * * *",
    )
    drift: list[DriftMonitor] = field(
        "Drift of features and predictions.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=[]
    )
    quality: list[QualityMonitor] = field(
        "Quality on labels that came in.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=[]
    )
    business: list[QueryMonitor] = field(
        "Figures of one's own.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=[]
    )
