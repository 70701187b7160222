"""A metric does not exist, does not fit the task, or is optimized in the wrong direction.

What it does: looks up the metrics of gates, searches and monitors, and compares them with the model's task.

Why: a regression has no ROC curve. The gate would fail after hours of training.

Example:

    task: regression
    ...
    rules: [{id: quality, metric: roc_auc, atLeast: 0.7}]

Use instead: a metric of the task, such as `mean_absolute_error` with `atMost`.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.gates.metrics_named import NamedMetric, metrics_named, model_of
from penstock.checks.label_type import contradicts_task
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.base import Resource
from penstock.specs.gate import CompareRule, Gate, SliceRule
from penstock.specs.metrics import FAIRNESS_METRICS, METRICS, Task

_OTHER_NAMES = {
    "auc": "roc_auc", "auroc": "roc_auc", "gini": "roc_auc", "pr_auc": "average_precision",
    "auprc": "average_precision",
    "ap": "average_precision", "brier": "brier_score", "logloss": "log_loss", "cross_entropy": "log_loss",
    "ece": "expected_calibration_error", "acc": "accuracy", "f1_score": "f1", "mcc": "matthews_correlation",
    "tpr": "recall", "sensitivity": "recall", "true_positive_rate": "recall", "tnr": "specificity",
    "fpr": "false_positive_rate", "fnr": "false_negative_rate", "ppv": "precision", "rmse": "root_mean_squared_error",
    "mae": "mean_absolute_error", "mape": "mean_absolute_percentage_error", "r2_score": "r2", "f1_macro": "macro_f1",
}  # fmt: skip
"""What other systems call the metrics."""


@rule("metric-task", severities=MAY_WARN)
def metric_task(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each metric that cannot be computed, or is sought in its worse direction."""
    all_named = tuple(metrics_named(view, resource))
    yield from _of_other_tasks(view, resource, all_named)
    for named in all_named:
        metric = named.metric
        if metric is None:
            yield _unknown(view, resource, named)
        elif (
            named.task in (None, *metric.tasks)
            and named.sought is not None
            and (named.sought == "maximize") != metric.higher_is_better
        ):
            right = "maximize" if metric.higher_is_better else "minimize"
            yield Diagnostic.error(
                "metric-task",
                f"the search optimizes `{metric.name}` in the wrong direction",
                view.span(resource, (*named.pointer[:-1], named.sought), "key"),
                help=(f"write `{right}: {metric.name}`",),
            )
    if isinstance(resource, Gate):
        yield from _forms(view, resource)


def _of_other_tasks(view: View, resource: Resource, all_named: tuple[NamedMetric, ...]) -> Iterator[Diagnostic]:
    """Metrics that cannot be computed for the model's task; if none can, the task or the whole spec is the mistake."""
    wrong = [
        (named, named.metric, named.task)
        for named in all_named
        if named.metric is not None and named.task is not None and named.task not in named.metric.tasks
    ]
    model = model_of(view, resource)
    if not wrong or model is None or contradicts_task(view, model):
        return
    if len(wrong) == len(all_named) > 1:
        first, _, task = wrong[0]
        yield Diagnostic.error(
            "metric-task",
            f"no metric of this spec is defined for a {task} task",
            view.span(resource, first.pointer),
            "the first of them",
            secondary=(Label(view.span(model, ("task",)), f"the task of `{model.name}`"),),
            help=(_of_task(task),),
        )
        return
    for named, metric, task in wrong:
        yield Diagnostic.error(
            "metric-task",
            f"`{metric.name}` is not defined for a {task} task",
            view.span(resource, named.pointer),
            help=(_for_groups(task) if metric.name in FAIRNESS_METRICS else _of_task(task),),
        )


def _forms(view: View, gate: Gate) -> Iterator[Diagnostic]:
    """Rules that a metric does not fit for another reason than the task."""
    for position, one in enumerate(gate.spec.rules):
        if isinstance(one, CompareRule) and one.compare.test == "delong" and one.compare.metric != "roc_auc":
            yield Diagnostic.error(
                "metric-task",
                f"DeLong's test compares areas under ROC curves, not `{one.compare.metric}`",
                view.span(gate, ("rules", position, "compare", "test")),
                help=("use `paired-bootstrap`",),
            )
        elif isinstance(one, SliceRule) and one.metric == "r2":
            yield Diagnostic.warning(
                "metric-task",
                "`r2` cannot be compared between groups: each is relative to the variance within its group",
                view.span(gate, ("rules", position, "metric")),
                help=("use `mean_absolute_error` or `root_mean_squared_error`",),
            )


def _of_task(task: Task) -> str:
    fitting = [name for name, metric in METRICS.items() if task in metric.tasks]
    return f"its metrics are {listed(fitting)}" if len(fitting) < 8 else f"use one such as {listed(fitting[:4], 'or')}"


def _every_one(task: Task) -> str:
    return f"the metrics of a {task} task are {listed([name for name, one in METRICS.items() if task in one.tasks])}"


def _for_groups(task: Task) -> str:
    """What compares groups where nothing is decided between two classes."""
    metric = "mean_absolute_error" if task == "regression" else "macro_f1"
    return f"compare the groups by a metric of the task: `metric: {metric}` instead of `fairness`, with a `maxGap`"


def _unknown(view: View, resource: Resource, named: NamedMetric) -> Diagnostic:
    span = view.span(resource, named.pointer)
    headline = f"there is no metric `{named.name}`"
    other = _OTHER_NAMES.get(named.name.lower())
    if other is not None:
        helps = [f"it is called `{other}` here"]
        if named.task is not None and named.task not in METRICS[other].tasks:
            helps = [f"it is called `{other}` here, but is not defined for a {named.task} task: {_of_task(named.task)}"]
        return Diagnostic.error("metric-task", headline, span, help=tuple(helps))
    known = METRICS if named.name not in FAIRNESS_METRICS else FAIRNESS_METRICS
    found = unknown_word("metric-task", headline, span, named.name, known)
    if found.help or named.task is None:
        return found
    return Diagnostic.error("metric-task", headline, span, help=(_every_one(named.task),))
