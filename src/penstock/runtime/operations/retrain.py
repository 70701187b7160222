"""Start the training pipeline where drift or a loss of quality was found, unless it was started a while ago."""

from __future__ import annotations

import argparse
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from penstock.runtime.arguments import by_name, named_directory
from penstock.runtime.artifacts import read_json
from penstock.runtime.faults import InputError
from penstock.runtime.operations.kubeflow import LONGEST_RUN, Pipeline, Pipelines
from penstock.runtime.operations.observe import duration
from penstock.specs.units import Duration

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument(
        "--drift", action="append", type=named_directory, default=[], help="rollout=PATH, output of `drift`"
    )
    parser.add_argument(
        "--quality", action="append", type=named_directory, default=[], help="rollout=PATH, output of `quality`"
    )
    parser.add_argument("--api", required=True, help="address of the API")
    parser.add_argument("--namespace", default="", help="namespace of the pipeline and of its run")
    parser.add_argument(
        "--service-account", default="", help="service account of the run's pods; the API's default if empty"
    )
    parser.add_argument("--pipeline", required=True, help="name of the training pipeline")
    parser.add_argument("--version", default="", help="name of a version of it; the newest if empty")
    parser.add_argument("--cooldown", type=duration, default=Duration(0), help="shortest time between two runs")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    if not arguments.drift and not arguments.quality:
        raise InputError("nothing to judge by: give --drift, --quality or both")
    drifts, qualities = by_name(arguments.drift, "--drift"), by_name(arguments.quality, "--quality")
    found = {
        "drift": [f"{one} of {name}" for name, path in drifts.items() for one in _drifted(path)],
        "a loss of quality": [f"{one} of {name}" for name, path in qualities.items() for one in _beyond(path)],
    }
    causes = [cause for cause, findings in found.items() if findings]
    if not causes:
        log.info("No monitor is beyond its bound: `%s` is not retrained.", arguments.model)
        return
    log.info("Found %s.", "; ".join(f"{cause}: {', '.join(found[cause])}" for cause in causes))
    pipelines = Pipelines(arguments.api, arguments.namespace)
    pipeline = pipelines.pipeline(arguments.pipeline, arguments.version)
    now = datetime.now(UTC)
    if (reason := _hindrance(pipelines, pipeline, arguments.cooldown, now)) is not None:
        log.info("`%s` is not retrained: %s.", arguments.model, reason)
        return
    title = f"{pipeline.name} after {' and '.join(causes)} {now:%Y-%m-%d %H:%M}"
    run_id = pipelines.start(pipeline, title, {}, arguments.service_account)
    log.info("Started `%s`, version %s, as the run %s.", pipeline.name, pipeline.version_name, run_id)


def _drifted(step: Path) -> list[str]:
    """The monitors that found drift, from the output of `drift`."""
    monitors = read_json(step / "drift.json")["monitors"]
    return [f"{one['id']} ({', '.join(one['drifted'])})" for one in monitors if one["drifted"]]


def _beyond(step: Path) -> list[str]:
    """The monitors whose metric is beyond its bound, from the output of `quality`."""
    monitors = read_json(step / "quality.json")["monitors"]
    return [f"{one['id']} ({one['metric']} = {one['value']:.4g})" for one in monitors if one["breached"]]


def _hindrance(pipelines: Pipelines, pipeline: Pipeline, cooldown: Duration, now: datetime) -> str | None:
    """Why no run may start now: one is under way, or one was created within the cooldown, however it ended."""
    shortest = timedelta(milliseconds=int(cooldown))
    newest = pipelines.newest_run(pipeline, now - max(LONGEST_RUN, shortest))
    if newest is None:
        return None
    age = now - newest.created
    if newest.goes_on(now):
        return f"the run {newest.id} of `{pipeline.name}` is in progress"
    if age < shortest:
        return (
            f"the run {newest.id} of `{pipeline.name}` was created {_words(age)} ago, within the cooldown of {cooldown}"
        )
    return None


def _words(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    return f"{minutes // 60} h {minutes % 60} min"
