"""Measure a trained model on the test rows: every metric with its interval, and the figures of every gate's rules."""

from __future__ import annotations

import argparse
import logging
from typing import TYPE_CHECKING, Any

from penstock.runtime.arguments import directory, output_directory, spec
from penstock.runtime.artifacts import EVENT_TIME, Splits, write_json, write_table
from penstock.runtime.evaluation.champion import AbsentChampion, Champion, find_champion
from penstock.runtime.evaluation.classes import by_class
from penstock.runtime.evaluation.clustering import most_cautious
from penstock.runtime.evaluation.context import SEED, EvaluationContext, evaluation_context, truth_and_decisions
from penstock.runtime.evaluation.figures import (
    FIGURES_FILE,
    PREDICTIONS_FILE,
    REPORT_CONFIDENCE,
    Measured,
    figure_as_json,
)
from penstock.runtime.evaluation.measuring import measured
from penstock.runtime.faults import InputError
from penstock.runtime.learning.model_files import load_model
from penstock.runtime.measures.intervals import Intervals
from penstock.runtime.measures.metrics import compute
from penstock.specs.decision import Figure
from penstock.specs.gate import AnyRule, Clusters, CompareRule
from penstock.specs.metrics import METRICS
from penstock.specs.model import TASKS

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)

Gates = dict[str, list[AnyRule]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--splits", type=directory, required=True, help="output of `split`")
    parser.add_argument("--model-dir", type=directory, required=True, help="output of `train`")
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument(
        "--threshold", type=float, default=0.5, help="binary tasks: the score from which a row is positive"
    )
    parser.add_argument("--gates", type=spec(Gates), required=True, help="rules by gate, as JSON")
    parser.add_argument(
        "--clusters",
        type=spec(dict[str, Clusters]),
        default={},
        help="what rows are clustered by, for each gate, as JSON",
    )
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument("--tracking", default="", help="MLflow tracking server, whose registry names the champion")
    parser.add_argument("--model-store", default="", help="model store of the registered models")
    parser.add_argument("--evaluation", type=output_directory, required=True, help="output directory of the metrics")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    context = evaluation_context(load_model(arguments.model_dir), Splits.read(arguments.splits), arguments.threshold)
    if context.task != arguments.task:
        raise InputError(f"the splits are of a {context.task} task, and --task is {arguments.task}")
    champion = _champion(context, arguments)
    clustered = {gate: context.clustered(arguments.clusters.get(gate)) for gate in arguments.gates}
    reported = _most_cautious([context.clustered(None), *clustered.values()])
    metrics = report(reported)
    for name, figure in metrics.items():
        log.info("%-32s %10.4f  [%.4f, %.4f]", name, figure["estimate"], figure["low"], figure["high"])
    gates = {gate: _measured_rules(gate, rules, clustered[gate], champion) for gate, rules in arguments.gates.items()}
    facts = {
        "model": arguments.model,
        "digest": context.model.digest,
        "task": context.task,
        "threshold": context.threshold if context.task == "binary" else None,
        "rows": len(context.predictions),
        "seed": SEED,
        "confidence": REPORT_CONFIDENCE,
        "metrics": metrics,
        "classes": by_class(reported),
        "clusters": _clusters(reported),
        "gate_clusters": {gate: _clusters(each) for gate, each in clustered.items()},
        "gates": gates,
        "champion": champion.as_json() if champion is not None else None,
    }
    write_json(arguments.evaluation / FIGURES_FILE, facts)
    write_table(arguments.evaluation / PREDICTIONS_FILE, predictions_table(reported))


def _most_cautious(contexts: list[EvaluationContext]) -> EvaluationContext:
    """The one with which no interval of the report is narrower than any gate would have it."""
    wanted = most_cautious(context.clustering for context in contexts)
    return next(context for context in contexts if context.clustering is wanted)


def _clusters(context: EvaluationContext) -> dict[str, Any] | None:
    return context.clustering.as_json() if context.clustering is not None else None


def report(context: EvaluationContext) -> dict[str, dict[str, Any]]:
    """Every metric of the task on the test rows, with its interval and the method of it."""
    names = [name for name, metric in METRICS.items() if context.task in metric.tasks]
    intervals = Intervals(context.predictions, names, SEED, context.clusters)
    found = {}
    for name in names:
        interval = intervals.of(name, REPORT_CONFIDENCE)
        figure = Figure(name, compute(name, context.predictions), interval.low, interval.high)
        found[name] = figure_as_json(figure) | {"method": interval.method}
    return found


def predictions_table(context: EvaluationContext) -> pa.Table:
    """The test rows' entity, time, slices and cluster, the label, and what the model says."""
    import pyarrow as pa

    truth, decision = truth_and_decisions(context.predictions, context.splits.classes)
    columns: dict[str, Any] = {name: context.rows.entity[name] for name in context.rows.entity.column_names}
    if context.rows.event_time is not None:
        columns[EVENT_TIME] = context.rows.event_time
    columns |= {f"@slice.{name}": context.rows.slices[name] for name in context.rows.slices.column_names}
    if context.clusters is not None:
        columns["@cluster"] = context.clusters.of_row
    columns["@label"] = truth
    if context.task == "multiclass":
        for position, name in enumerate(context.splits.classes):
            columns[f"@score.{name}"] = context.predictions.output[:, position]
    elif context.task == "binary":
        columns["@score"] = context.predictions.output
    columns["@prediction"] = decision
    return pa.table(columns)


def _measured_rules(
    gate: str, rules: list[AnyRule], context: EvaluationContext, champion: Champion | AbsentChampion | None
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for rule in rules:
        try:
            result = measured(rule, context, champion or AbsentChampion("no rule compares with the champion"))
        except InputError as fault:
            raise InputError(f"gate `{gate}`, rule `{rule.id}`: {fault}") from fault
        found[rule.id] = result.as_json()
        log.info("%s/%s: %s", gate, rule.id, _said(result))
    return found


def _said(result: Measured) -> str:
    if result.skipped is not None:
        return f"skipped: {result.skipped}"
    return ", ".join(f"{figure.name} = {figure.estimate:.4g}" for figure in result.figures.values()) or "no value"


def _champion(context: EvaluationContext, arguments: argparse.Namespace) -> Champion | AbsentChampion | None:
    """The champion, where a rule asks for it."""
    asked = any(
        isinstance(rule, CompareRule) and rule.compare.to == "champion"
        for rules in arguments.gates.values()
        for rule in rules
    )
    if not asked:
        return None
    found = find_champion(context, arguments.model, arguments.tracking, arguments.model_store)
    if isinstance(found, AbsentChampion):
        log.warning("No comparison with the champion: %s", found.reason)
    return found
