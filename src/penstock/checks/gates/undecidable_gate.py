"""A gate's rule has too few rows to decide (low statistical power).

What it does: computes, before anything runs, how much a rule's metric varies by chance alone.

- If a rule has a `confidence`, the end of its interval must meet the bound. From the rows that the Dataset's checks
  guarantee (`rows: {atLeast: ...}`) and the test share, it finds the smallest value that can pass: with Wilson's
  interval for proportions, and for `roc_auc` Hanley and McNeil's standard error and the exact bound of a perfect
  ranking, all in the most favourable case. If even a perfect model fails, that is an error; if passing takes more
  than half of the way from the bound to perfection, a warning.
- A gap between groups is compared with the difference between equally good groups of `minSupport` rows. If some pair
  of them breaks the bound by chance in more than one run of five, that is a warning. The number of groups is that of
  the values in `oneOf` of the column, otherwise two. A proportion is assumed to be about 0.5, where it varies most,
  and `roc_auc` to be 0.75.

- A bound in every group is broken by chance in some group of `minSupport` rows, though each of them is half of the way
  from the bound to perfection. If that happens in more than one run of five, that is a warning as well.
- A rule that allows no difference at all between groups is a warning: equally good groups differ by a little.

With clusters, only what the same number of independent rows could not decide is reported: that no rule is reported does
not mean that the test set can decide them. Clusters of m rows with an intraclass correlation of r are worth as many
independent rows as their number divided by 1 + (m - 1) r (the design effect of Kish 1965), at most 1/r for each
cluster. What r is, only data can tell: 31 days of 850 flights each, with an r of 0.02, are worth about 1,500 flights.
Multiply `minSupport` by the design effect, and look at the intervals of the first run. Clusters without any error are a
case of their own: whether they are worth more than one row each cannot be told from them, so that 31 perfect days prove
an accuracy of 0.888 at 95%, while a single error among 1,240 rows of 31 days leaves 0.994. The number of clusters is
checked by `too-few-clusters`. Nothing is reported if the number of rows is unknown, as for a split by time.

Why: such a gate rejects good models or passes bad ones at random, and people learn to retry it.

Example:

    {id: regions, metric: recall, by: origin, maxGap: 0.05, minSupport: 50}

The recall of two equally good airports with 50 late flights each differs by more than 0.05 in 62% of all runs.

Use instead: a larger `minSupport`, a larger `maxGap`, or a longer test period.

Sources: see `penstock.checks.gates.sampling`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from penstock.catalog.lineage import rows_dataset
from penstock.catalog.model import View
from penstock.checks.gates.sampling import auc_low, chance_of_fewer, chance_of_gap, rows_for_gap, wilson_low
from penstock.checks.gates.too_few_clusters import is_clustered, most_clusters
from penstock.checks.rule import percent, rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.gate import FEWEST_CLUSTERS, FairnessRule, Gate, MetricRule, SliceRule
from penstock.specs.metrics import FAIRNESS_METRICS, METRICS, Metric
from penstock.specs.model import Model, TimeSplit

TOLERATED_CHANCE = 0.2
"""How often equally good groups may break a rule before the rule is called undecided."""
TOLERATED_WAY = 0.5
"""Which part of the way from the bound to perfection a figure may need to pass."""
PRECISION = 0.0001
_MOST_ROWS = 100_000


@rule("undecidable-gate", severities=MAY_WARN)
def undecidable_gate(view: View, gate: Gate) -> Iterator[Diagnostic]:
    """Yields each rule that chance decides."""
    model = view.find(Model, gate.spec.model)
    if model is None:
        return
    rows, test_rows = guaranteed_rows(view, model)
    clustered = is_clustered(model, gate)
    if clustered and (most := most_clusters(view, model, gate)) is not None and most.clusters < FEWEST_CLUSTERS:
        test_rows = None  # there is no interval at all, which is reported by itself
    for position, one in enumerate(gate.spec.rules):
        if isinstance(one, MetricRule) and test_rows is not None:
            yield from _interval(view, gate, position, one, model, test_rows, rows, clustered)
        elif isinstance(one, SliceRule):
            yield from _no_room(view, gate, position, "maxGap", is_nothing=one.max_gap == 0)
            metric = METRICS.get(one.metric)
            if metric is None or model.spec.task not in metric.tasks:
                continue
            if one.max_gap and (metric.rate_of is not None or metric.name == "roc_auc"):
                asked = _Gap(one.by, one.max_gap, one.min_support, metric, "maxGap")
                yield from _gap(view, gate, position, model, asked, clustered)
            yield from _bounds(view, gate, position, one, model, metric)
        elif isinstance(one, FairnessRule):
            is_difference = one.fairness.endswith("_difference")
            yield from _no_room(view, gate, position, "atMost", is_nothing=is_difference and one.at_most == 0)
            yield from _no_room(view, gate, position, "atLeast", is_nothing=not is_difference and one.at_least == 1)
            metric = FAIRNESS_METRICS[one.fairness]
            if model.spec.task in metric.tasks and is_difference and one.at_most:
                asked = _Gap(one.by, one.at_most, one.min_support, metric, "atMost")
                yield from _gap(view, gate, position, model, asked, clustered)


def guaranteed_rows(view: View, model: Model) -> tuple[tuple[Dataset, int] | None, float | None]:
    """The dataset of a model's rows with the number that its checks guarantee, and how many of them test."""
    dataset = rows_dataset(view, model)
    if dataset is None:
        return None, None
    for position, check in enumerate(dataset.spec.checks):
        if check.rows is not None and check.rows.at_least and check.severity == "fail":
            if isinstance(model.spec.split, TimeSplit):
                return (dataset, position), None
            return (dataset, position), check.rows.at_least * float(model.spec.split.test)
    return None, None


def _interval(
    view: View,
    gate: Gate,
    position: int,
    one: MetricRule,
    model: Model,
    rows: float,
    source: tuple[Dataset, int] | None,
    clustered: bool,
) -> Iterator[Diagnostic]:
    """A metric whose interval must clear a lower bound."""
    metric = METRICS.get(one.metric)
    if one.confidence is None or one.at_least is None or metric is None or rows < 1 or source is None:
        return
    if model.spec.task not in metric.tasks:
        return
    low = _lower_end(metric, rows, float(one.confidence), clustered)
    if low is None or not 0 < one.at_least <= 1:
        return
    dataset, check = source
    guarantee = Label(
        view.span(dataset, ("checks", check, "rows")),
        f"{model.spec.split.test!s} of these rows are test rows: {rows:,.0f}",
    )
    span = view.span(gate, ("rules", position, "atLeast"))
    if low(1.0) < one.at_least:
        yield Diagnostic.error(
            "undecidable-gate",
            f"no model can pass the rule `{one.id}`: the test set is too small to prove {one.at_least:g}",
            span,
            f"a perfect model proves {'no more than ' * clustered}{low(1.0):.3f} at {one.confidence!s}",
            secondary=(guarantee,),
            help=("use more test rows, or lower the bound or the confidence",),
        )
        return
    needed = _smallest_passing(low, one.at_least)
    if (needed - one.at_least) / (1 - one.at_least) > TOLERATED_WAY:
        yield Diagnostic.warning(
            "undecidable-gate",
            f"the test set is too small for the rule `{one.id}`: only {needed:.2f}{' or more' * clustered} proves "
            f"{one.at_least:g}",
            span,
            f"at {one.confidence!s}, on {rows:,.0f} rows",
            secondary=(guarantee,),
            help=("use more test rows, or lower the bound or the confidence",),
        )


def _lower_end(metric: Metric, rows: float, confidence: float, clustered: bool) -> Callable[[float], float] | None:
    """The lower end of a metric's interval in the most favourable case; None where no formula is known.

    Of clusters that differ by chance alone: as far as rows reach that are not shown.
    """
    if metric.name == "roc_auc":
        return lambda area: auc_low(area, rows, confidence)
    if metric.rate_of is not None and metric.higher_is_better:
        if clustered:
            return lambda share: share * float(((1 - confidence) / 2) ** (1 / rows))
        return lambda share: wilson_low(share, rows, confidence)
    return None


def _smallest_passing(low: Callable[[float], float], bound: float) -> float:
    """The smallest figure whose lower end reaches `bound`, by halving."""
    least, most = bound, 1.0
    while most - least > PRECISION:
        middle = (least + most) / 2
        if low(middle) < bound:
            least = middle
        else:
            most = middle
    return most


class _Gap(NamedTuple):
    """A difference between groups that a rule allows."""

    by: str
    gap: float
    support: int
    """Rows of each group, at least."""
    metric: Metric
    key: str
    """Where the difference is written."""


def _gap(view: View, gate: Gate, position: int, model: Model, asked: _Gap, clustered: bool) -> Iterator[Diagnostic]:
    """A difference that chance makes between equally good groups, whose rows are independent at best."""
    gap, support, key = asked.gap, asked.support, asked.key
    groups = _groups(view, model, asked.by)
    is_area = asked.metric.name == "roc_auc"
    chance = chance_of_gap(gap, support, groups, is_area=is_area)
    if chance <= TOLERATED_CHANCE:
        return
    kind = {"positives": "positive", "negatives": "negative"}.get(asked.metric.rate_of or "")
    even = f", even if all of them are {kind}" if kind else ", even if half of them are positive" * is_area
    enough = rows_for_gap(gap, TOLERATED_CHANCE, groups, is_area=is_area)
    many = "two equally good groups" if groups == 2 else f"at least two of {groups} equally good groups"
    written = "minSupport" in view.data("Gate", gate.name)["spec"]["rules"][position]
    at = view.span(gate, ("rules", position, "minSupport" if written else key))
    fewer = "; rows of a cluster are worth fewer, so it takes still more of them" * clustered
    yield Diagnostic.warning(
        "undecidable-gate",
        f"the rule `{gate.spec.rules[position].id}` has too few rows per group: {support}",
        at,
        f"{many} of {support} rows differ by more than {gap:g} by chance in {'at least ' * clustered}{percent(chance)} "
        f"of runs{even}",
        help=(f"write `minSupport: {_rounded(enough)}` or more, or a larger `{key}`{fewer}",),
    )


def _no_room(view: View, gate: Gate, position: int, key: str, *, is_nothing: bool) -> Iterator[Diagnostic]:
    """A bound that only groups meet which do not differ at all."""
    if is_nothing:
        yield Diagnostic.warning(
            "undecidable-gate",
            f"the rule `{gate.spec.rules[position].id}` allows no difference between groups",
            view.span(gate, ("rules", position, key)),
            "equally good groups differ by chance",
            help=("write the difference that would still be acceptable",),
        )


def _bounds(
    view: View, gate: Gate, position: int, one: SliceRule, model: Model, metric: Metric
) -> Iterator[Diagnostic]:
    """Bounds in every group that some group of few rows breaks by chance."""
    groups = _groups(view, model, one.by)
    for key, bound in (("atLeast", one.at_least), ("atMost", one.at_most)):
        # Bounds on the other side of the metric are reported by themselves.
        if (
            bound is None
            or metric.rate_of is None
            or not 0 < bound < 1
            or (key == "atLeast") is not metric.higher_is_better
        ):
            continue
        needed = bound if key == "atLeast" else 1 - bound
        share = needed + (1 - needed) * TOLERATED_WAY

        def chance(rows: int, needed: float = needed, share: float = share) -> float:
            return 1 - (1 - chance_of_fewer(needed, rows, share)) ** groups

        if chance(one.min_support) <= TOLERATED_CHANCE:
            continue
        enough = one.min_support
        while chance(enough) > TOLERATED_CHANCE and enough < _MOST_ROWS:
            enough = enough * 5 // 4 + 1
        value = share if key == "atLeast" else 1 - share
        written = "minSupport" in view.data("Gate", gate.name)["spec"]["rules"][position]
        yield Diagnostic.warning(
            "undecidable-gate",
            f"the rule `{one.id}` has too few rows per group: {one.min_support}",
            view.span(gate, ("rules", position, "minSupport" if written else key)),
            f"of {groups} groups with a {metric.name} of {value:.3g}, one breaks the bound by chance in "
            f"{percent(chance(one.min_support))} of runs",
            help=(f"write `minSupport: {_rounded(enough)}` or more",),
        )


def _groups(view: View, model: Model, by: str) -> int:
    """How many groups the contract allows in a column; two where it does not say."""
    rows = rows_dataset(view, model)
    column = rows.spec.columns.get(by) if rows is not None else None
    if column is None:
        for name in model.spec.features:
            feature_set = view.find(FeatureSet, name)
            feature = feature_set.spec.features.get(by) if feature_set is not None else None
            if feature is not None and feature.sql is not None and rows is not None:
                column = rows.spec.columns.get(feature.sql.strip())
    if column is None or column.one_of is None:
        return 2
    return max(len(column.one_of), 2)


def _rounded(rows: int) -> int:
    """A number that people would write: two digits, rounded up."""
    scale = int("1" + "0" * max(len(str(rows)) - 2, 0))
    return (rows + scale - 1) // scale * scale
