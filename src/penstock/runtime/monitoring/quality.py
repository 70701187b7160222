"""Measure the model on the rows of the newest window whose labels have come in.

A row that the model answered with no finite number has no part in the metric, which would otherwise be unknown for the
sake of one row; it counts as without a label, so that a model which answers few rows is heard of.

A bound is held against the metric itself. Its interval says how far chance alone may have moved it, over the clusters
of rows that the gates of the model declare, those that are worth the fewest where they differ; of too few there is
none.
"""

from __future__ import annotations

import argparse
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from penstock.runtime.arguments import directory, output_directory, spec
from penstock.runtime.artifacts import write_json
from penstock.runtime.evaluation.clustering import Clustering, most_cautious
from penstock.runtime.evaluation.figures import clusters_said
from penstock.runtime.faults import InputError
from penstock.runtime.measures.intervals import Intervals
from penstock.runtime.measures.metrics import compute
from penstock.runtime.monitoring.observation import Observation
from penstock.runtime.monitoring.samples import sample
from penstock.specs.decision import bounds
from penstock.specs.gate import Clusters
from penstock.specs.metrics import METRICS
from penstock.specs.model import TASKS
from penstock.specs.monitor import QualityMonitor
from penstock.specs.series import OBSERVED_ROWS, QUALITY_LABELS, QUALITY_VALUE

if TYPE_CHECKING:
    import pyarrow as pa

QUALITY_FILE = "quality.json"
CONFIDENCE = 0.95
_SEED = 20_260_101

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--observation", type=directory, required=True, help="output of `observe`")
    parser.add_argument("--monitors", type=spec(list[QualityMonitor]), required=True, help="the monitors as JSON")
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument(
        "--threshold", type=float, default=0.5, help="binary tasks: the score from which a row is positive"
    )
    parser.add_argument(
        "--groups", type=spec(list[str]), default=[], help="columns whose groups the split keeps together, as JSON"
    )
    parser.add_argument(
        "--clusters",
        type=spec(dict[str, Clusters]),
        default={},
        help="what rows are clustered by, for each gate, as JSON",
    )
    parser.add_argument("--quality", type=output_directory, required=True, help="output directory of the metrics")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    observation = Observation.read(arguments.observation)
    if observation.task != arguments.task:
        raise InputError(f"the observation is of a {observation.task} task, but --task is {arguments.task}")
    found = [_monitored(monitor, observation, arguments) for monitor in arguments.monitors]
    longest = max((monitor.window.seconds for monitor in arguments.monitors), default=0.0)
    rows = observation.newest(timedelta(seconds=longest)).num_rows
    facts = {
        "model": observation.model,
        "digest": observation.digest,
        "as_of": observation.as_of.isoformat(),
        "rows": rows,
        "monitors": found,
        "samples": [sample(OBSERVED_ROWS, float(rows)), *(each for monitor in found for each in _samples(monitor))],
    }
    write_json(arguments.quality / QUALITY_FILE, facts)
    for monitor in found:
        log.info("%s: %s", monitor["id"], _said(monitor))


def _monitored(monitor: QualityMonitor, observation: Observation, arguments: argparse.Namespace) -> dict[str, Any]:
    import pyarrow as pa

    if monitor.metric not in METRICS or observation.task not in METRICS[monitor.metric].tasks:
        raise InputError(f"monitor `{monitor.id}`: `{monitor.metric}` is not a metric of a {observation.task} task")
    rows = observation.newest(timedelta(seconds=monitor.window.seconds))
    labelled = observation.labelled(rows, arguments.threshold)
    has_answer = labelled.has_answer()
    predictions = labelled.take(has_answer)
    found: dict[str, Any] = {
        "id": monitor.id,
        "metric": monitor.metric,
        "rows": rows.num_rows,
        "labels": len(predictions),
        "unanswered": len(labelled) - len(predictions),
        "min_labels": monitor.min_labels,
        "below": monitor.below,
        "above": monitor.above,
        "clusters": None,
        "value": float("nan"),
        "low": float("nan"),
        "high": float("nan"),
    }
    if len(predictions) >= monitor.min_labels:
        judged = observation.with_label(rows).filter(pa.array(has_answer))
        together = _clustering(observation, judged, arguments)
        clusters = together.clusters if together is not None else None
        interval = Intervals(predictions, [monitor.metric], _SEED, clusters).of(monitor.metric, CONFIDENCE)
        found |= {"value": compute(monitor.metric, predictions), "low": interval.low, "high": interval.high}
        found["clusters"] = together.as_json() if together is not None else None
    value = found["value"]
    found["breached"] = value == value and not all(bound.holds(value) for bound in bounds(monitor.below, monitor.above))
    return found


def _clustering(observation: Observation, rows: pa.Table, arguments: argparse.Namespace) -> Clustering | None:
    """The clusters of a gate that are worth the fewest, so that no interval is narrower than any gate would have it."""
    declared = [*arguments.clusters.values()] or [None]
    return most_cautious(observation.clustered(rows, arguments.groups, each) for each in declared)


def _samples(monitor: dict[str, Any]) -> list[dict[str, Any]]:
    samples = [sample(QUALITY_LABELS, float(monitor["labels"]), monitor=monitor["id"])]
    if monitor["value"] == monitor["value"]:
        samples.append(sample(QUALITY_VALUE, monitor["value"], monitor=monitor["id"], metric=monitor["metric"]))
    return samples


def _said(monitor: dict[str, Any]) -> str:
    unanswered = f"; the model predicts no finite number for {monitor['unanswered']} more"
    also = unanswered if monitor["unanswered"] else ""
    if monitor["labels"] < monitor["min_labels"]:
        return (
            f"{monitor['labels']} of {monitor['rows']} rows have a label, but {monitor['min_labels']} are needed{also}"
        )
    together = f", clustered by {clusters_said(monitor['clusters'])}" if monitor["clusters"] is not None else ""
    interval = f" [{monitor['low']:.4g}, {monitor['high']:.4g}]" if monitor["low"] == monitor["low"] else ""
    return (
        f"{monitor['metric']} = {monitor['value']:.4g}{interval} on "
        f"{monitor['labels']} rows{together}{', beyond its bound' if monitor['breached'] else ''}{also}"
    )
