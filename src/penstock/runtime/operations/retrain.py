"""Start the training pipeline where drift was found, unless a run of it is under way or was started a while ago."""

from __future__ import annotations

import argparse
import logging
from datetime import UTC, datetime, timedelta

from penstock.runtime.arguments import by_name, named_directory
from penstock.runtime.artifacts import read_json
from penstock.runtime.operations.kubeflow import LONGEST_RUN, Pipeline, Pipelines
from penstock.runtime.operations.observe import duration
from penstock.specs.units import Duration

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument(
        "--drift", action="append", type=named_directory, required=True, help="rollout=PATH, output of `drift`"
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
    measured = by_name(arguments.drift, "--drift")
    drifted = [
        f"{name} of {rollout}"
        for rollout, path in measured.items()
        for name in _drifted(read_json(path / "drift.json"))
    ]
    if not drifted:
        log.info("No drift: `%s` is not retrained.", arguments.model)
        return
    log.info("Drifted: %s.", ", ".join(drifted))
    pipelines = Pipelines(arguments.api, arguments.namespace)
    pipeline = pipelines.pipeline(arguments.pipeline, arguments.version)
    now = datetime.now(UTC)
    if (reason := _hindrance(pipelines, pipeline, arguments.cooldown, now)) is not None:
        log.info("`%s` is not retrained: %s.", arguments.model, reason)
        return
    title = f"{pipeline.name} after drift {now:%Y-%m-%d %H:%M}"
    run_id = pipelines.start(pipeline, title, {}, arguments.service_account)
    log.info("Started `%s`, version %s, as the run %s.", pipeline.name, pipeline.version_name, run_id)


def _drifted(facts: dict[str, list[dict[str, object]]]) -> list[str]:
    return [
        f"{monitor['id']} ({', '.join(str(name) for name in columns)})"
        for monitor in facts["monitors"]
        if isinstance(columns := monitor["drifted"], list) and columns
    ]


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
