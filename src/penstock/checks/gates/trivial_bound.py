"""A bound always holds, or can never hold.

What it does: compares bounds of gates and monitors with the range of their metric, and with the value of a random model
(a warning); lower bounds with upper ones; those of latency percentiles with each other; and the margin of a comparison
with the largest possible difference, and with none where the comparison is with the baseline (a warning). The baseline
says the same of every row, which settles some metrics, such as `recall`: a comparison in those is a warning, too.

Why: a bound that always holds checks nothing, though it looks like a check in every review. One that can never hold
stops every release.

Example:

    {id: quality, metric: roc_auc, atLeast: 70}      # 0 to 1
    {id: honest, metric: brier_score, atMost: 1}     # always

Use instead:

    {id: quality, metric: roc_auc, atLeast: 0.70}
    {id: honest, metric: brier_score, atMost: 0.2}
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import inf

from penstock.catalog.model import View
from penstock.checks.gates.metrics_named import NamedMetric, metrics_named
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.base import Resource
from penstock.specs.dataset import Dataset
from penstock.specs.gate import CompareRule, ExplainRule, Gate, LatencyRule, PerturbRule, SliceRule
from penstock.specs.metrics import METRICS, Metric
from penstock.specs.model import Model
from penstock.specs.rollout import Rollout

_BY_CHANCE = {"matthews_correlation": 0.0, "r2": 0.0, "roc_auc": 0.5}
"""What chance, or the mean of all labels, reaches. Of a balanced accuracy that hangs on how many classes there are."""
_PERCENT = 2
"""From here on, a bound beyond 1 is rather a percentage than a slip of the decimal point."""
_LOWER = ("atLeast", "below")
"""Keys of lower bounds: a gate's must be reached, a monitor's alert fires beneath."""
_SETTLED = {
    **dict.fromkeys(
        ("recall", "specificity", "false_positive_rate", "false_negative_rate", "selection_rate"), "0 or 1"
    ),
    "expected_calibration_error": "almost 0",
}
"""What metrics a predictor has that says the same of every row, whatever the rows are."""
_DECIDING = "write a bound that some models meet and others do not"


@rule("trivial-bound", severities=MAY_WARN)
def trivial_bound(view: View, resource: Gate | Rollout) -> Iterator[Diagnostic]:
    """Yields each bound that decides nothing."""
    for named in metrics_named(view, resource):
        metric = named.metric
        if metric is None or (named.task is not None and named.task not in metric.tasks):
            continue  # which is reported by itself
        bounds = dict(named.limits)
        for key, bound in named.limits:
            found = _outside(view, resource, named, metric, key, bound)
            if found is not None:
                yield found
            elif key == "atLeast" and bound <= (chance := _by_chance(view, resource, metric)):
                yield Diagnostic.warning(
                    "trivial-bound",
                    f"a random model passes this bound: its `{metric.name}` is {chance:.3g}",
                    view.span(resource, (*named.where, key)),
                    help=(_DECIDING,),
                )
        lower, upper = bounds.get("atLeast"), bounds.get("atMost")
        if lower is not None and upper is not None and lower > upper:
            yield Diagnostic.error(
                "trivial-bound",
                f"no `{metric.name}` is at least {lower:g} and at most {upper:g}",
                view.span(resource, (*named.where, "atMost")),
                secondary=(Label(view.span(resource, (*named.where, "atLeast")), "and this"),),
                help=("write the smaller bound as `atLeast`",),
            )
    if isinstance(resource, Gate):
        yield from _losses(view, resource)


def _by_chance(view: View, resource: Gate | Rollout, metric: Metric) -> float:
    """What a model that knows nothing reaches; minus infinity where nobody can say."""
    if metric.name != "balanced_accuracy":
        return _BY_CHANCE.get(metric.name, -inf)
    model = view.find(Model, resource.spec.model)
    if model is None or model.spec.task == "binary":
        return 0.5
    dataset = view.find(Dataset, model.spec.label.dataset)
    column = dataset.spec.columns.get(model.spec.label.column) if dataset is not None else None
    return 1 / len(column.one_of) if column is not None and column.one_of else -inf


def _outside(
    view: View, resource: Resource, named: NamedMetric, metric: Metric, key: str, bound: float
) -> Diagnostic | None:
    """The bound's diagnostic where the metric's range lies on one side of it."""
    is_lower = key in _LOWER
    if is_lower:
        always, never = bound <= metric.low, bound > metric.high
    else:
        always, never = bound >= metric.high, bound < metric.low
    if not always and not never:
        return None
    if isinstance(resource, Rollout):
        state = "never fires" if always else "always fires"
        headline = f"the alert {state}: {_range(metric)}"
    else:
        state = "always holds" if always else "can never hold"
        headline = f"the bound {state}: {_range(metric)}"
    share = bound / 100
    helps = (_DECIDING,)
    if never and bound >= _PERCENT and metric.low <= share <= metric.high:
        helps = (f"did you mean `{share:g}`?",)
    return Diagnostic.error("trivial-bound", headline, view.span(resource, (*named.where, key)), help=helps)


def _range(metric: Metric) -> str:
    """Between what a metric is, as a sentence."""
    if metric.low == -inf:
        return f"`{metric.name}` is at most {metric.high:g}"
    if metric.high == inf:
        return f"`{metric.name}` is at least {metric.low:g}"
    return f"`{metric.name}` is between {metric.low:g} and {metric.high:g}"


def _losses(view: View, gate: Gate) -> Iterator[Diagnostic]:
    """Bounds on differences: a gap or a drop cannot be larger than the metric's range."""
    for position, one in enumerate(gate.spec.rules):
        key, bound, name = "", 0.0, ""
        if isinstance(one, SliceRule) and one.max_gap is not None:
            key, bound, name = "maxGap", one.max_gap, one.metric
        elif isinstance(one, PerturbRule):
            key, bound, name = "maxDrop", one.max_drop, one.metric
        elif isinstance(one, ExplainRule) and one.max_share is not None and one.max_share >= 1:
            yield Diagnostic.error(
                "trivial-bound",
                "the bound always holds: the share of a feature is at most 1",
                view.span(gate, ("rules", position, "maxShare")),
                help=("write less than 100%",),
            )
        elif isinstance(one, LatencyRule):
            yield from _percentiles(view, gate, position, one)
        elif isinstance(one, CompareRule):
            yield from _margin(view, gate, position, one)
        metric = METRICS.get(name)
        if metric is not None and bound >= metric.high - metric.low:
            yield Diagnostic.error(
                "trivial-bound",
                f"the bound always holds: two values of `{name}` differ by at most {metric.high - metric.low:g}",
                view.span(gate, ("rules", position, key)),
                help=(_DECIDING,),
            )


def _margin(view: View, gate: Gate, position: int, one: CompareRule) -> Iterator[Diagnostic]:
    """A margin beyond the range of the metric: no model is so much better, and none so much worse.

    A loss is no margin over the baseline, which knows nothing of a row.
    """
    metric, margin = METRICS.get(one.compare.metric), one.compare.margin
    if metric is not None and abs(margin) >= metric.high - metric.low:
        state = "can never hold" if margin > 0 else "always holds"
        yield Diagnostic.error(
            "trivial-bound",
            f"the bound {state}: two values of `{metric.name}` differ by at most {metric.high - metric.low:g}",
            view.span(gate, ("rules", position, "compare", "margin")),
            help=(_DECIDING,),
        )
    elif one.compare.to == "baseline" and margin < 0:
        yield Diagnostic.warning(
            "trivial-bound",
            "a model that is worse than the baseline passes this bound",
            view.span(gate, ("rules", position, "compare", "margin")),
            help=("a margin above 0 means better, also for metrics of which less is better",),
        )
    elif one.compare.to == "baseline" and one.compare.metric in _SETTLED:
        yield Diagnostic.warning(
            "trivial-bound",
            f"the baseline says the same of every row: its `{one.compare.metric}` is {_SETTLED[one.compare.metric]}",
            view.span(gate, ("rules", position, "compare", "metric")),
            help=("compare a metric that weighs both kinds of mistakes, such as `f1` or `log_loss`",),
        )


def _percentiles(view: View, gate: Gate, position: int, one: LatencyRule) -> Iterator[Diagnostic]:
    """A percentile is never above a higher one, so a bound on it that is not lower always holds.

    Of two that are the same, the lower one is needless; of two that cross, one is a mistake.
    """
    where = ("rules", position, "latency")
    times = {"p50": one.latency.p50, "p95": one.latency.p95, "p99": one.latency.p99}
    given = [(key, time) for key, time in times.items() if time is not None]
    for (lower, first), (upper, second) in pairwise(given):
        if first >= second:
            found = Diagnostic.warning if first == second else Diagnostic.error
            yield found(
                "trivial-bound",
                f"the bound always holds: `{lower}` is never above `{upper}`",
                view.span(gate, (*where, lower)),
                secondary=(Label(view.span(gate, (*where, upper)), "the bound on the higher percentile"),),
                help=(f"write less than `{second}`, or remove `{lower}`",),
            )
