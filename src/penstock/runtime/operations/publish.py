"""Push the figures of a monitoring run to the Pushgateway, and write them beside it.

What is pushed replaces what the last run pushed for the same environment, model and rollout.
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
from penstock.specs.series import GROUPING, JOB, LAST_RUN, SERIES

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

METRICS_FILE = "metrics.prom"
TIMEOUT_SECONDS = 10.0

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument("--environment", required=True, help="environment that is watched")
    parser.add_argument("--rollout", required=True, help="rollout whose monitors these are")
    parser.add_argument("--drift", type=directory, help="output of `drift`")
    parser.add_argument("--quality", type=directory, help="output of `quality`")
    parser.add_argument("--pushgateway", default="", help="address of the Pushgateway; a file alone where empty")
    parser.add_argument("--metrics", type=output_directory, required=True, help="where the figures are written")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    from prometheus_client import generate_latest

    files = ((arguments.drift, "drift.json"), (arguments.quality, "quality.json"))
    samples = [each for path, name in files if path is not None for each in _samples(path, name, arguments.model)]
    samples.append({"name": LAST_RUN.name, "labels": {}, "value": time.time()})
    group = dict(zip(GROUPING, (arguments.environment, arguments.model, arguments.rollout), strict=True))
    registry = registry_of(samples, group)
    (arguments.metrics / METRICS_FILE).write_bytes(generate_latest(registry))
    if arguments.pushgateway:
        _push(arguments.pushgateway, registry, group)
        log.info("Pushed %d figures to %s.", len(samples), arguments.pushgateway)


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
            raise InputError(f"`{name}` is no series of this version; the figures were made by another one")
        if name not in gauges:
            gauges[name] = Gauge(name, known[name].help, known[name].labels, registry=registry)
        gauges[name].labels(**group, **sample["labels"]).set(float(sample["value"]))
    return registry


def _samples(path: Path, name: str, model: str) -> list[dict[str, Any]]:
    facts = read_json(path / name)
    if facts["model"] != model:
        raise InputError(f"`{path / name}` is about the model `{facts['model']}`, and --model is `{model}`")
    found: list[dict[str, Any]] = facts["samples"]
    return found


def _push(address: str, registry: CollectorRegistry, group: dict[str, str]) -> None:
    from prometheus_client import push_to_gateway

    try:
        push_to_gateway(address, JOB, registry, grouping_key=group, timeout=TIMEOUT_SECONDS)
    except (OSError, ValueError) as error:
        raise InputError(f"the Pushgateway `{address}` did not take the figures: {error}") from error
