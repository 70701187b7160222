"""Push what a run has to tell to the Pushgateway, and write it beside it.

A monitoring run tells its figures, which replace what the last one pushed for the same environment, model and rollout.
A training run tells that it has registered a version, under environment and model alone.

A push that fails ends the step with an error (exit code 2), and so the run, in which it shows. It costs nothing that
was done before: what other steps have made, a registered version above all, is theirs and stays. To end well instead
would leave an alert that tells in vain of a model that is not retrained, and a run in which nobody sees why.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.runtime.arguments import directory, output_directory
from penstock.runtime.artifacts import read_json
from penstock.runtime.faults import InputError
from penstock.runtime.registry.register import REGISTRATION_FILE
from penstock.specs.series import JOB, LAST_REGISTRATION, LAST_RUN, OBSERVED_ROWS, SERIES, Series

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

METRICS_FILE = "metrics.prom"
TIMEOUT_SECONDS = 10.0

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument("--environment", required=True, help="environment that is monitored or trains")
    told = parser.add_mutually_exclusive_group(required=True)
    told.add_argument("--rollout", help="monitoring: the rollout whose monitors these are")
    told.add_argument("--registration", type=directory, help="training: output of `register`")
    parser.add_argument("--drift", type=directory, help="output of `drift`")
    parser.add_argument("--quality", type=directory, help="output of `quality`")
    parser.add_argument("--pushgateway", default="", help="address of the Pushgateway; only a file if empty")
    parser.add_argument("--metrics", type=output_directory, required=True, help="output directory of the metrics")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    from prometheus_client import generate_latest

    samples = _registered(arguments) if arguments.registration is not None else _watched(arguments)
    group = {"environment": arguments.environment, "model": arguments.model}
    if arguments.rollout is not None:
        group["rollout"] = arguments.rollout
    registry = registry_of(samples, group)
    (arguments.metrics / METRICS_FILE).write_bytes(generate_latest(registry))
    if arguments.pushgateway:
        _push(arguments.pushgateway, registry, group)
        log.info("Metrics pushed to %s: %d.", arguments.pushgateway, len(samples))


def registry_of(samples: Iterable[Mapping[str, Any]], group: Mapping[str, str]) -> CollectorRegistry:
    """The samples as gauges of `penstock.specs.series`, with the labels of the group.

    Raises:
        InputError: a sample of a series that is not in the table.
    """
    from prometheus_client import CollectorRegistry, Gauge

    known = {series.name: series for series in SERIES}
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for sample in samples:
        name = sample["name"]
        if name not in known:
            raise InputError(f"`{name}` is not a series of this version; the metrics were made by another one")
        if name not in gauges:
            gauges[name] = Gauge(name, known[name].help, known[name].labels, registry=registry)
        gauges[name].labels(**group, **sample["labels"]).set(float(sample["value"]))
    return registry


def _watched(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    files = ((arguments.drift, "drift.json"), (arguments.quality, "quality.json"))
    facts = [_facts(path / name, arguments.model) for path, name in files if path is not None]
    found = [sample for each in facts for sample in each["samples"]]
    # Each file has the rows of the longest window of its own monitors; most are in the longest of all.
    observed = [sample for sample in found if sample["name"] == OBSERVED_ROWS.name]
    most = sorted(observed, key=lambda sample: float(sample["value"]))[-1:]
    return [*(sample for sample in found if sample not in observed), *most, _now(LAST_RUN)]


def _registered(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    facts = _facts(arguments.registration / REGISTRATION_FILE, arguments.model)
    log.info("Version %s of `%s` is registered.", facts["version"], arguments.model)
    # A registration that is done again is the same one, and says no time: that this run ends with it is what counts.
    return [_now(LAST_REGISTRATION)]


def _now(series: Series) -> dict[str, Any]:
    return {"name": series.name, "labels": {}, "value": time.time()}


def _facts(path: Path, model: str) -> dict[str, Any]:
    facts: dict[str, Any] = read_json(path)
    if facts["model"] != model:
        raise InputError(f"`{path}` is about the model `{facts['model']}`, but --model is `{model}`")
    return facts


def _push(address: str, registry: CollectorRegistry, group: dict[str, str]) -> None:
    from prometheus_client import push_to_gateway

    try:
        push_to_gateway(address, JOB, registry, grouping_key=group, timeout=TIMEOUT_SECONDS)
    except (OSError, ValueError) as error:
        raise InputError(f"the Pushgateway `{address}` rejected the metrics: {error}") from error
