"""Gate: requirements for the release of a trained model, as rules that a test set can decide."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from penstock.specs.base import (
    Choosing,
    Column,
    Distinct,
    Function,
    MetricName,
    ModelRef,
    Node,
    Resource,
    Slug,
    field,
    note,
)
from penstock.specs.choices import at_least_one, exactly_one
from penstock.specs.review import Area, Loosens
from penstock.specs.units import Confidence, Fraction, PositiveDuration, PositiveFraction


class Rule(Node):
    """What all rules share."""

    id: Slug = field("Name of the rule; evidence and approvals refer to it.", loosens=Loosens.ANY, area=Area.QUALITY)
    why: str = note("Reason for the rule.", default="")
    severity: Literal["block", "warn"] = field(
        "Whether a failure blocks the release.",
        loosens=Loosens.LATER,
        area=Area.QUALITY,
        order=("block", "warn"),
        default="block",
    )


class GroupRule(Rule):
    """What the rules about groups of rows share: whether they block is a question of fairness, as they are."""

    as_whole = Area.FAIRNESS
    severity: Literal["block", "warn"] = field(
        "Whether a failure blocks the release.",
        loosens=Loosens.LATER,
        area=Area.FAIRNESS,
        order=("block", "warn"),
        default="block",
    )


class MetricRule(Choosing, Rule):
    """A metric on the test rows meets a bound; with `confidence`, the conservative end of its interval must meet it."""

    chosen = at_least_one("at_least", "at_most")

    metric: MetricName = field("Metric.", loosens=Loosens.ANY, area=Area.QUALITY)
    at_least: float | None = field("Lower bound.", loosens=Loosens.LOWER, area=Area.QUALITY, default=None)
    at_most: float | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.QUALITY, default=None)
    confidence: Confidence | None = field(
        "Two-sided confidence of the interval whose conservative end must meet the bound; if absent, the "
        "estimate must. If a few very large errors decide `root_mean_squared_error`, `r2` or `mean_poisson_deviance`, "
        "their intervals are too narrow; a bound on `mean_absolute_error` is more reliable.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=None,
    )


class SliceRule(Choosing, GroupRule):
    """A metric in each group of a column (`by`): no gap between groups above `maxGap`, no group beyond a bound."""

    chosen = at_least_one("max_gap", "at_least", "at_most")

    metric: MetricName = field("Metric that is computed in each group.", loosens=Loosens.ANY, area=Area.FAIRNESS)
    by: Column = field(
        "Column of the model's `slices` or features to group by.",
        loosens=Loosens.ANY,
        area=Area.FAIRNESS,
    )
    max_gap: float | None = field(
        "Maximum difference between two groups.",
        loosens=Loosens.HIGHER,
        area=Area.FAIRNESS,
        default=None,
        ge=0,
    )
    at_least: float | None = field(
        "Lower bound in every group.", loosens=Loosens.LOWER, area=Area.FAIRNESS, default=None
    )
    at_most: float | None = field(
        "Upper bound in every group.", loosens=Loosens.HIGHER, area=Area.FAIRNESS, default=None
    )
    min_support: int = field(
        "Minimum number of rows of a group; smaller groups are only reported.",
        loosens=Loosens.HIGHER,
        area=Area.FAIRNESS,
        default=100,
        ge=1,
    )


class Comparison(Node):
    """Reference, metric and margin of a comparison, with its confidence."""

    to: Literal["champion", "baseline"] = field(
        "Reference of the comparison. `champion`: the registry's champion version on the same test rows; the "
        "rule is skipped if there is none, and fails if the champion cannot predict these rows. `baseline`: the "
        "best predictor for the metric that says the same of every row, which is what the labels of the training rows "
        "tell: their median for `mean_absolute_error`, say, or the most frequent class.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
    )
    metric: MetricName = field("Metric.", loosens=Loosens.ANY, area=Area.QUALITY)
    margin: float = field(
        "Minimum improvement in units of the metric; below 0, the maximum loss.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=0.0,
    )
    test: Literal["paired-bootstrap", "delong"] = field(
        "Method for the interval of the difference; `delong` only for roc_auc.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default="paired-bootstrap",
    )
    confidence: Confidence = field(
        "Two-sided confidence of the interval whose lower end must meet the margin.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=Confidence("0.95"),
    )


class CompareRule(Rule):
    """The model is better than another one by a margin, with statistical confidence."""

    compare: Comparison = field("Comparison with another model.", loosens=Loosens.ANY, area=Area.QUALITY)


class FairnessRule(Choosing, GroupRule):
    """A group fairness metric of the model's decisions meets a bound."""

    chosen = at_least_one("at_least", "at_most")

    fairness: Literal[
        "demographic_parity_difference",
        "demographic_parity_ratio",
        "equal_opportunity_difference",
        "equalized_odds_difference",
        "equalized_odds_ratio",
    ] = field("Fairness metric, as defined by Fairlearn.", loosens=Loosens.ANY, area=Area.FAIRNESS)
    by: Column = field(
        "Column of the model's `slices` or features to group by.",
        loosens=Loosens.ANY,
        area=Area.FAIRNESS,
    )
    at_least: float | None = field("Lower bound, for ratios.", loosens=Loosens.LOWER, area=Area.FAIRNESS, default=None)
    at_most: float | None = field(
        "Upper bound, for differences.", loosens=Loosens.HIGHER, area=Area.FAIRNESS, default=None
    )
    min_support: int = field(
        "Minimum number of rows of a group; smaller groups are only reported.",
        loosens=Loosens.HIGHER,
        area=Area.FAIRNESS,
        default=100,
        ge=1,
    )


class Perturbation(Choosing):
    """Perturbation of the test rows: exactly one of the fields."""

    chosen = exactly_one("noise", "missing")

    noise: float | None = field(
        "Gaussian noise on all numeric features, in standard deviations of the training rows.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=None,
        gt=0,
    )
    missing: PositiveFraction | None = field(
        "Share of the values that are removed.", loosens=Loosens.LOWER, area=Area.QUALITY, default=None
    )


class PerturbRule(Rule):
    """A metric does not drop by more than a bound if the test rows are perturbed."""

    perturb: Perturbation = field("Perturbation of the test rows.", loosens=Loosens.ANY, area=Area.QUALITY)
    metric: MetricName = field("Metric.", loosens=Loosens.ANY, area=Area.QUALITY)
    max_drop: float = field(
        "Maximum loss, in units of the metric.",
        loosens=Loosens.HIGHER,
        area=Area.QUALITY,
        ge=0,
    )


class ExplainRule(Choosing, Rule):
    """No feature has more than a share of the importance, and forbidden features are not used."""

    chosen = at_least_one("max_share", "forbid")

    explain: Literal["permutation"] = field(
        "Permutation importance on the test rows.", loosens=Loosens.ANY, area=Area.QUALITY
    )
    max_share: Fraction | None = field(
        "Maximum share of the total importance of one feature.",
        loosens=Loosens.HIGHER,
        area=Area.QUALITY,
        default=None,
    )
    forbid: Distinct[Column] = field(
        "Features that the model must not use.",
        loosens=Loosens.REMOVED,
        area=Area.QUALITY,
        default=[],
    )


class Latency(Choosing):
    """Bounds on the latency of one prediction call, measured in the process of the evaluation step."""

    chosen = at_least_one("p50", "p95", "p99")

    p50: PositiveDuration | None = field("Median.", loosens=Loosens.HIGHER, area=Area.QUALITY, default=None)
    p95: PositiveDuration | None = field(
        "95th percentile of the latency.", loosens=Loosens.HIGHER, area=Area.QUALITY, default=None
    )
    p99: PositiveDuration | None = field(
        "99th percentile of the latency.", loosens=Loosens.HIGHER, area=Area.QUALITY, default=None
    )
    batch: int = field("Number of rows per call.", loosens=Loosens.LOWER, area=Area.QUALITY, default=1, ge=1)


class LatencyRule(Rule):
    """The prediction latency meets its bounds."""

    latency: Latency = field("Bounds.", loosens=Loosens.ANY, area=Area.QUALITY)


class PythonRule(Choosing, Rule):
    """A custom metric, such as money saved, meets a bound."""

    chosen = at_least_one("at_least", "at_most")

    python: Function = field(
        "Function `(y_true, y_pred, rows) -> float` in the repository; for binary tasks `y_pred` are scores.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
    )
    at_least: float | None = field("Lower bound.", loosens=Loosens.LOWER, area=Area.QUALITY, default=None)
    at_most: float | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.QUALITY, default=None)
    confidence: Confidence | None = field(
        "Two-sided confidence of the bootstrap interval whose conservative end must meet the bound.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=None,
    )


_OF_GROUPS = {"by", "maxGap", "minSupport", "slice"}
"""Keys that a metric rule has none of; the last is none of a slice rule either, but says that one is meant."""
RULE_FORMS = ("compare", "fairness", "perturb", "explain", "latency", "python", "metric")


def _form(rule: Any) -> str | None:
    """Which form a rule has: by the key that only this form carries; `by` makes a metric rule a slice rule."""
    if isinstance(rule, dict):
        keys = set(rule)
    elif isinstance(rule, Rule):
        keys = rule.model_fields_set
    else:
        return None
    found = next((form for form in RULE_FORMS if form in keys), None)
    return "slice" if found == "metric" and keys & _OF_GROUPS else found


AnyRule = Annotated[
    Annotated[MetricRule, Tag("metric")]
    | Annotated[SliceRule, Tag("slice")]
    | Annotated[CompareRule, Tag("compare")]
    | Annotated[FairnessRule, Tag("fairness")]
    | Annotated[PerturbRule, Tag("perturb")]
    | Annotated[ExplainRule, Tag("explain")]
    | Annotated[LatencyRule, Tag("latency")]
    | Annotated[PythonRule, Tag("python")],
    Discriminator(
        _form,
        custom_error_type="ambiguous_rule",
        custom_error_message="expected one of `metric`, `compare`, `fairness`, `perturb`, `explain`, `latency`, "
        "`python` in a rule",
    ),
]


class GateTest(Node):
    """A unit test of the gate: given metric values and the expected outcomes of rules; `penstock check` runs it."""

    given: dict[Slug | str, float] = field(
        "Value by rule id, or by metric name for every rule on that metric: the estimate, or the conservative "
        "end of the interval if the rule has a confidence.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        min_length=1,
    )
    expect: dict[Slug, Literal["pass", "fail", "warn"]] = field(
        "Expected outcome by rule id.", loosens=Loosens.ANY, area=Area.GOVERNANCE, min_length=1
    )


FEWEST_CLUSTERS = 20
"""Clusters of equal size from which an interval is given: fewer tell too little of how clusters differ."""


class Clusters(Choosing):
    """Clusters of dependent test rows: exactly one of the fields."""

    chosen = exactly_one("column", "every")

    column: Column | None = field(
        "Column of the rows' dataset: rows with the same value form a cluster, and rows without a value another one.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
    )
    every: PositiveDuration | None = field(
        "Length of a period: rows whose event times are in the same period form a cluster. Periods start on a "
        "Monday in UTC, so `1d` is a calendar day and `7d` a week.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=None,
    )


class GateSpec(Node):
    """The model and the rules."""

    model: ModelRef = field("Model that the gate evaluates.", loosens=Loosens.ANY, area=Area.QUALITY)
    clusters: Clusters | None = field(
        "Clusters of dependent test rows: intervals treat clusters as independent, not rows. The test set needs "
        "at least 20 clusters, and 10 with rows that a metric is about, such as the positive ones for a recall. The "
        "groups of a split by group are always kept together. Quality monitors of the model use the same clusters. "
        "Intervals account for clusters that differ, not for ones worse than any in the test set: if rare clusters "
        "are very bad, the test set must have several of them.",
        loosens=Loosens.REMOVED,
        area=Area.QUALITY,
        default=None,
    )
    rules: list[AnyRule] = field(
        "Rules; all of them must pass.", loosens=Loosens.REMOVED, area=Area.QUALITY, min_length=1
    )
    evidence_valid: PositiveDuration | None = field(
        "Maximum age of evidence; if absent, it never expires.",
        loosens=Loosens.HIGHER,
        area=Area.GOVERNANCE,
        default=None,
    )
    tests: list[GateTest] = field("Unit tests of the rules.", loosens=Loosens.REMOVED, area=Area.GOVERNANCE, default=[])


class Gate(Resource):
    """Requirements for the release of a trained model, as rules that a test set can decide."""

    kind_name = "Gate"
    summary = "requirements for the release of a trained model"

    kind: Literal["Gate"] = note("Kind.", area=Area.GOVERNANCE)
    spec: GateSpec = field("The gate.", loosens=Loosens.ANY, area=Area.QUALITY)
