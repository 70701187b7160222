"""The figures of each form of rule, measured on the test rows."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.diagnostics.grammar import counted
from penstock.runtime.evaluation.champion import AbsentChampion, Champion
from penstock.runtime.evaluation.context import SEED, EvaluationContext, predictions_of
from penstock.runtime.evaluation.figures import Measured
from penstock.runtime.evaluation.python_rules import own_figure
from penstock.runtime.faults import OF_THE_MACHINE, InputError
from penstock.runtime.measures.comparisons import delong_difference, mcnemar, paired_bootstrap, without_features
from penstock.runtime.measures.fairness import fairness
from penstock.runtime.measures.importance import ROWS, permutation_shares
from penstock.runtime.measures.latency import call_percentiles
from penstock.runtime.measures.metrics import compute
from penstock.runtime.measures.perturb import with_missing, with_noise
from penstock.runtime.measures.slices import Groups, extremes, metric_by_group
from penstock.specs.decision import Figure
from penstock.specs.gate import (
    AnyRule,
    CompareRule,
    ExplainRule,
    FairnessRule,
    LatencyRule,
    MetricRule,
    PerturbRule,
    PythonRule,
    SliceRule,
)
from penstock.specs.metrics import METRICS

if TYPE_CHECKING:
    import pandas as pd

    from penstock.runtime.measures.predictions import Predictions

PERTURBATIONS = 3
"""How often rows are perturbed anew; the figure is the mean."""
_ROUNDING = 1e-12
"""A difference between two metrics that sums in another order make, and no change of the rows."""
_SKILL = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "root_mean_squared_error"}
"""What importance is a loss of."""

log = logging.getLogger(__name__)


def measured(rule: AnyRule, context: EvaluationContext, champion: Champion | AbsentChampion) -> Measured:
    """What is measured for a rule; an `InputError` for one that the task or the rows do not allow."""
    match rule:
        case MetricRule():
            return _metric(rule, context)
        case SliceRule():
            return _slices(rule, context)
        case CompareRule():
            return _comparison(rule, context, champion)
        case FairnessRule():
            return _fairness(rule, context)
        case PerturbRule():
            return _perturbed(rule, context)
        case ExplainRule():
            return _explained(rule, context)
        case LatencyRule():
            return _latency(rule, context)
        case PythonRule():
            own = own_figure(rule, context)
            return Measured({"value": own}, notes=_undecided(own, context))


def _metric(rule: MetricRule, context: EvaluationContext) -> Measured:
    estimate = context.metric(rule.metric)
    if rule.confidence is None:
        return Measured({"value": Figure(rule.metric, estimate)})
    interval = context.interval(rule.metric, float(rule.confidence))
    figure = Figure(rule.metric, estimate, interval.low, interval.high)
    return Measured(
        {"value": figure},
        notes=_undecided(figure, context, rule.metric),
        details={"method": interval.method},
    )


def _slices(rule: SliceRule, context: EvaluationContext) -> Measured:
    context.refuse_metric(rule.metric)
    groups = context.groups(rule.by, rule.min_support)
    values = metric_by_group(rule.metric, context.predictions, groups)
    details = {"by": rule.by, "groups": values, "rows": {name: len(rows) for name, rows in groups.rows.items()}}
    ends = extremes(values)
    if ends is None:
        return Measured({}, notes=_small(rule.by, rule.min_support, groups), details=details)
    lowest, highest = f"{rule.metric}[{ends.lowest}]", f"{rule.metric}[{ends.highest}]"
    # One group has no gap to any other: whether groups are alike is not known then.
    gap = Figure(f"{highest} - {lowest}", ends.high - ends.low)
    if len(values) == 1:
        gap = Figure(f"gap of {rule.metric}", float("nan"))
    return Measured(
        {
            "gap": gap,
            "lowest": Figure(lowest, ends.low),
            "highest": Figure(highest, ends.high),
        },
        notes=_small(rule.by, rule.min_support, groups),
        details=details,
    )


def _fairness(rule: FairnessRule, context: EvaluationContext) -> Measured:
    if context.task != "binary":
        raise InputError(f"`{rule.fairness}` is for binary decisions, but this is a {context.task} task")
    groups = context.groups(rule.by, rule.min_support)
    figure = Figure(rule.fairness, fairness(rule.fairness, context.predictions, groups))
    rates = {
        each: metric_by_group(each, context.predictions, groups)
        for each in ("selection_rate", "recall", "false_positive_rate")
    }
    rows = {name: len(members) for name, members in groups.rows.items()}
    return Measured(
        {"value": figure},
        notes=_small(rule.by, rule.min_support, groups),
        details={"by": rule.by, "groups": rates, "rows": rows},
    )


def _undecided(
    figure: Figure, context: EvaluationContext, metric: str | None = None, *others: Predictions
) -> tuple[str, ...]:
    """Why a figure has no interval, where one was asked for: of a metric of the model, and of what it is held to."""
    if figure.low is None or not np.isnan(figure.low) or np.isnan(figure.estimate):
        return ()
    refusal = None
    if context.clustering is not None and metric is None:
        refusal = context.clustering.refusal()
    elif context.clustering is not None and metric is not None:
        refusal = context.clustering.refusal_of(metric, context.splits.classes, context.predictions, *others)
    few = "too few test rows decide this figure: resamples of them leave it undefined, or are all alike"
    return (refusal or few,)


def _small(column: str, min_support: int, groups: Groups) -> tuple[str, ...]:
    if not groups.small:
        return ()
    named = ", ".join(f"{name} ({rows})" for name, rows in groups.small.items())
    return (f"groups of `{column}` with fewer than {min_support} rows, not evaluated: {named}",)


def _comparison(rule: CompareRule, context: EvaluationContext, champion: Champion | AbsentChampion) -> Measured:
    compare = rule.compare
    context.refuse_metric(compare.metric)
    if compare.to == "champion":
        if isinstance(champion, AbsentChampion):
            if champion.digest is None:
                return Measured({}, skipped=champion.reason)
            # It is there: whether this model is as good as it, nobody knows, and so the rule does not hold.
            way_on = "if this is intended, leave this rule out of the gate until this model is the champion"
            return Measured({}, notes=(f"{champion.reason}; {way_on}",))
        other = champion.predictions
    else:
        other = without_features(compare.metric, context.predictions, context.train_labels())
    confidence = float(compare.confidence)
    if compare.test == "delong":
        if compare.metric != "roc_auc":
            raise InputError(f"`delong` compares roc_auc, not `{compare.metric}`")
        advantage = delong_difference(context.predictions, other, confidence, context.clusters)
    else:
        advantage = paired_bootstrap(compare.metric, context.predictions, other, confidence, SEED, context.clusters)
    name = f"{compare.metric} better than {compare.to}"
    figure = Figure(name, advantage.estimate, advantage.low, advantage.high)
    return Measured(
        {"advantage": figure},
        notes=_undecided(figure, context, compare.metric, other),
        details={compare.to: compute(compare.metric, other), "decisions": _decisions(context, other)},
    )


def _decisions(context: EvaluationContext, theirs: Predictions) -> dict[str, Any]:
    """On how many rows the two differ, and McNemar's test of that, which holds for independent rows alone."""
    if context.task == "regression":
        return {}
    test = mcnemar(context.predictions, theirs)
    counts = {"only_this_right": test.only_ours, "only_other_right": test.only_theirs}
    if context.clusters is not None:
        return counts
    return {**counts, "mcnemar_chi2": test.chi2, "mcnemar_p": test.p_value}


def _perturbed(rule: PerturbRule, context: EvaluationContext) -> Measured:
    whole = context.metric(rule.metric)
    sign = 1 if METRICS[rule.metric].higher_is_better else -1
    name, drops = f"{rule.metric} drop", []
    deviations = _deviations(context) if rule.perturb.missing is None else {}
    for number in range(PERTURBATIONS):
        frame = _perturbation(rule, context, deviations, SEED + number)
        try:
            predictions = context.predict(context.model, frame)
        except OF_THE_MACHINE:
            raise
        except Exception as error:  # a learner that knows no missing values, say, may fail in any way
            said = ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
            note = f"the model fails on such rows: {said}"
            return Measured({"drop": Figure(name, float("nan"))}, notes=(note,))
        drop = sign * (whole - compute(rule.metric, predictions))
        # What is not a number stays that: nobody knows of no drop.
        drops.append(0.0 if abs(drop) <= _ROUNDING else drop)
    return Measured({"drop": Figure(name, float(np.mean(drops)))}, details={"drops": drops})


def _deviations(context: EvaluationContext) -> dict[str, float]:
    """The standard deviation of each number among the training rows."""
    numeric = [feature for feature in context.splits.features if feature.numeric]
    columns = context.splits.columns("train", numeric)
    return {name: float(np.nanstd(column.to_numpy())) for name, column in columns}


def _perturbation(
    rule: PerturbRule, context: EvaluationContext, deviations: dict[str, float], seed: int
) -> pd.DataFrame:
    if rule.perturb.missing is not None:
        return with_missing(context.rows.features, float(rule.perturb.missing), seed)
    return with_noise(context.rows.features, deviations, float(rule.perturb.noise or 0), seed)


def _explained(rule: ExplainRule, context: EvaluationContext) -> Measured:
    inputs: dict[str, list[str]] = {}
    for column in context.model.features:
        inputs.setdefault(column.feature, []).append(column.name)
    forbidden = [name for name in rule.forbid if name in inputs]
    figures = {"forbidden": Figure(", ".join(forbidden) or "forbidden inputs", float(len(forbidden)))}
    if rule.max_share is None:
        return Measured(figures)
    shares = _shares(context, inputs)
    greatest = max(shares, key=lambda name: (shares[name], name))
    figures["share"] = Figure(f"share of {greatest}", shares[greatest])
    return Measured(figures, details={"shares": shares})


def _shares(context: EvaluationContext, inputs: Mapping[str, Sequence[str]]) -> dict[str, float]:
    metric = _SKILL[context.task]
    sign = 1 if METRICS[metric].higher_is_better else -1
    chosen = np.arange(len(context.predictions))
    if len(chosen) > ROWS:
        chosen = np.sort(np.random.default_rng(SEED).choice(chosen, ROWS, replace=False))
    frame, truth = context.rows.features.iloc[chosen], context.rows.label[chosen]

    def skill(changed: pd.DataFrame) -> float:
        return sign * compute(
            metric, predictions_of(context.model, changed, truth, context.splits.classes, context.threshold)
        )

    return permutation_shares(skill, frame, inputs, SEED)


def _latency(rule: LatencyRule, context: EvaluationContext) -> Measured:
    batch, rows = rule.latency.batch, context.rows.features
    starts = range(0, max(1, len(rows) - batch + 1), batch)[:200]
    # Fewer test rows than a batch holds are in it more than once.
    slices = [rows.iloc[np.arange(start, start + batch) % len(rows)] for start in starts]
    times = call_percentiles(lambda number: context.model.scores(slices[number % len(slices)]))
    return Measured({name: Figure(f"{name} of {counted(batch, 'row')}", time) for name, time in times.items()})
