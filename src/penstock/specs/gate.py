"""Gate: what must be true of a trained model before it may be released, as rules that a test set can decide."""

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
    why: str = note("Why the rule exists.", default="")
    severity: Literal["block", "warn"] = field(
        "Whether a failure stops the release.",
        loosens=Loosens.LATER,
        area=Area.QUALITY,
        order=("block", "warn"),
        default="block",
    )


class MetricRule(Choosing, Rule):
    """A metric on the test rows clears a bound; with `confidence`, the interval's nearer end must clear it."""

    chosen = at_least_one("at_least", "at_most")

    metric: MetricName = field("Metric.", loosens=Loosens.ANY, area=Area.QUALITY)
    at_least: float | None = field("Lower bound.", loosens=Loosens.LOWER, area=Area.QUALITY, default=None)
    at_most: float | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.QUALITY, default=None)
    confidence: Confidence | None = field(
        "Two-sided confidence of the interval whose end must clear the bound; the estimate alone where absent.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=None,
    )


class SliceRule(Choosing, Rule):
    """A metric holds in every group of a column: no gap between groups above `maxGap`, no group beyond a bound."""

    chosen = at_least_one("max_gap", "at_least", "at_most")

    metric: MetricName = field("Metric, computed in each group.", loosens=Loosens.ANY, area=Area.FAIRNESS)
    by: Column = field(
        "Column of the model's `slices` or features that names the group.",
        loosens=Loosens.ANY,
        area=Area.FAIRNESS,
    )
    max_gap: float | None = field(
        "Largest difference between two groups.",
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
        "Groups with fewer rows are named in the report but not judged.",
        loosens=Loosens.HIGHER,
        area=Area.FAIRNESS,
        default=100,
        ge=1,
    )


class Comparison(Node):
    """Against what, in which metric, and how sure one must be."""

    to: Literal["champion", "baseline"] = field(
        "`champion`: the version that the registry calls so, on the same test rows; not judged while there is none, "
        "and not met where it cannot answer for them. "
        "`baseline`: a predictor that knows only the label's distribution.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
    )
    metric: MetricName = field("Metric.", loosens=Loosens.ANY, area=Area.QUALITY)
    margin: float = field(
        "How much better the model must be; below 0, how much worse it may be.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=0.0,
    )
    test: Literal["paired-bootstrap", "delong"] = field(
        "How the interval of the difference is computed; `delong` is for roc_auc.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default="paired-bootstrap",
    )
    confidence: Confidence = field(
        "Two-sided confidence of the interval whose lower end must clear the margin.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=Confidence("0.95"),
    )


class CompareRule(Rule):
    """The model is better than another, by a margin and beyond chance."""

    compare: Comparison = field("The comparison.", loosens=Loosens.ANY, area=Area.QUALITY)


class FairnessRule(Choosing, Rule):
    """A group fairness measure of the model's decisions clears a bound."""

    chosen = at_least_one("at_least", "at_most")

    fairness: Literal[
        "demographic_parity_difference",
        "demographic_parity_ratio",
        "equal_opportunity_difference",
        "equalized_odds_difference",
        "equalized_odds_ratio",
    ] = field("Measure, as Fairlearn defines it.", loosens=Loosens.ANY, area=Area.FAIRNESS)
    by: Column = field(
        "Column of the model's `slices` or features that names the group.",
        loosens=Loosens.ANY,
        area=Area.FAIRNESS,
    )
    at_least: float | None = field("Lower bound, for a ratio.", loosens=Loosens.LOWER, area=Area.FAIRNESS, default=None)
    at_most: float | None = field(
        "Upper bound, for a difference.", loosens=Loosens.HIGHER, area=Area.FAIRNESS, default=None
    )
    min_support: int = field(
        "Groups with fewer rows are named in the report but not judged.",
        loosens=Loosens.HIGHER,
        area=Area.FAIRNESS,
        default=100,
        ge=1,
    )


class Perturbation(Choosing):
    """What is done to the test rows: exactly one of the fields."""

    chosen = exactly_one("noise", "missing")

    noise: float | None = field(
        "Gaussian noise on every number, in standard deviations of the training rows.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=None,
        gt=0,
    )
    missing: PositiveFraction | None = field(
        "Share of the values that are taken away.", loosens=Loosens.LOWER, area=Area.QUALITY, default=None
    )


class PerturbRule(Rule):
    """A metric does not drop by more than a bound when the test rows are perturbed."""

    perturb: Perturbation = field("The perturbation.", loosens=Loosens.ANY, area=Area.QUALITY)
    metric: MetricName = field("Metric.", loosens=Loosens.ANY, area=Area.QUALITY)
    max_drop: float = field(
        "Largest loss, in units of the metric and in its worse direction.",
        loosens=Loosens.HIGHER,
        area=Area.QUALITY,
        ge=0,
    )


class ExplainRule(Choosing, Rule):
    """No feature carries more than its share of the model, and some carry nothing."""

    chosen = at_least_one("max_share", "forbid")

    explain: Literal["permutation"] = field(
        "Importance by permutation on the test rows.", loosens=Loosens.ANY, area=Area.QUALITY
    )
    max_share: Fraction | None = field(
        "Largest share of the total importance that one feature may have.",
        loosens=Loosens.HIGHER,
        area=Area.QUALITY,
        default=None,
    )
    forbid: Distinct[Column] = field(
        "Features that must not be among the model's inputs.",
        loosens=Loosens.REMOVED,
        area=Area.QUALITY,
        default=[],
    )


class Latency(Choosing):
    """Bounds on the time of one prediction call, measured in the evaluation step's own process."""

    chosen = at_least_one("p50", "p95", "p99")

    p50: PositiveDuration | None = field("Median.", loosens=Loosens.HIGHER, area=Area.QUALITY, default=None)
    p95: PositiveDuration | None = field("95th percentile.", loosens=Loosens.HIGHER, area=Area.QUALITY, default=None)
    p99: PositiveDuration | None = field("99th percentile.", loosens=Loosens.HIGHER, area=Area.QUALITY, default=None)
    batch: int = field("Rows in a call.", loosens=Loosens.LOWER, area=Area.QUALITY, default=1, ge=1)


class LatencyRule(Rule):
    """The model answers in time."""

    latency: Latency = field("Bounds.", loosens=Loosens.ANY, area=Area.QUALITY)


class PythonRule(Choosing, Rule):
    """A figure of one's own, such as money saved, clears a bound."""

    chosen = at_least_one("at_least", "at_most")

    python: Function = field(
        "Function `(y_true, y_pred, rows) -> float` of the repository; `y_pred` are scores for binary tasks.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
    )
    at_least: float | None = field("Lower bound.", loosens=Loosens.LOWER, area=Area.QUALITY, default=None)
    at_most: float | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.QUALITY, default=None)
    confidence: Confidence | None = field(
        "Two-sided confidence of the bootstrap interval whose end must clear the bound.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=None,
    )


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
    return "slice" if found == "metric" and "by" in keys else found


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
    """A unit test of the gate: from given figures to the outcome of some rules; `penstock check` runs it."""

    given: dict[Slug | str, float] = field(
        "Figure by rule id, or by metric name for every rule on that metric: the estimate, the nearer end of the "
        "interval where the rule has a confidence.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        min_length=1,
    )
    expect: dict[Slug, Literal["pass", "fail", "warn"]] = field(
        "Outcome by rule id.", loosens=Loosens.ANY, area=Area.GOVERNANCE, min_length=1
    )


FEWEST_CLUSTERS = 20
"""Clusters of equal size from which an interval is given: fewer tell too little of how clusters differ."""


class Clusters(Choosing):
    """What makes test rows belong together: exactly one of the fields."""

    chosen = exactly_one("column", "every")

    column: Column | None = field(
        "Column of the rows' dataset: rows with the same value are a cluster, those without a value one more.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
    )
    every: PositiveDuration | None = field(
        "Length of a period: rows whose event time is in the same one are a cluster. Periods are counted in UTC from a "
        "Monday, so that `1d` is a calendar day and `7d` a week.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=None,
    )


class GateSpec(Node):
    """The model and the rules."""

    model: ModelRef = field("Model that the gate judges.", loosens=Loosens.ANY, area=Area.QUALITY)
    clusters: Clusters | None = field(
        "Which test rows belong together, so that intervals take whole clusters as independent and not single rows; "
        "20 clusters at least must be in the test part. The groups of a split by group are together anyway. Quality "
        "monitors of the model take their intervals over the same.",
        loosens=Loosens.REMOVED,
        area=Area.QUALITY,
        default=None,
    )
    rules: list[AnyRule] = field(
        "Rules; all of them must hold.", loosens=Loosens.REMOVED, area=Area.QUALITY, min_length=1
    )
    evidence_valid: PositiveDuration | None = field(
        "How long evidence counts after it was made; for ever where absent.",
        loosens=Loosens.HIGHER,
        area=Area.GOVERNANCE,
        default=None,
    )
    tests: list[GateTest] = field("Unit tests of the rules.", loosens=Loosens.REMOVED, area=Area.GOVERNANCE, default=[])


class Gate(Resource):
    """What must be true of a trained model before it may be released, as rules that a test set can decide."""

    kind_name = "Gate"
    summary = "what must be true of a trained model before it may be released"

    kind: Literal["Gate"] = note("Kind.", area=Area.GOVERNANCE)
    spec: GateSpec = field("The gate.", loosens=Loosens.ANY, area=Area.QUALITY)
