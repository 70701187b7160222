"""Start a pipeline by name through the API of Kubeflow Pipelines."""

from __future__ import annotations

import argparse
import logging
from datetime import UTC, datetime

from penstock.runtime.arguments import by_name, named_text
from penstock.runtime.operations.kubeflow import LONGEST_RUN, Pipelines

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--api", required=True, help="address of the API")
    parser.add_argument("--namespace", default="", help="namespace of the pipeline and of its run")
    parser.add_argument("--pipeline", required=True, help="name of the pipeline")
    parser.add_argument("--version", default="", help="name of a version; the newest if empty")
    parser.add_argument(
        "--service-account", default="", help="service account of the run's pods; the API's default if empty"
    )
    parser.add_argument(
        "--unless-running", action="store_true", help="start nothing while the pipeline's newest run has not ended"
    )
    parser.add_argument(
        "--parameter", action="append", type=named_text, default=[], help="NAME=VALUE of a parameter of the pipeline"
    )


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    pipelines = Pipelines(arguments.api, arguments.namespace)
    pipeline = pipelines.pipeline(arguments.pipeline, arguments.version)
    parameters = by_name(arguments.parameter, "--parameter")
    now = datetime.now(UTC)
    if arguments.unless_running:
        newest = pipelines.newest_run(pipeline, now - LONGEST_RUN)
        if newest is not None and newest.goes_on(now):
            log.info("`%s` is not started: its run %s is in progress.", pipeline.name, newest.id)
            return
    title = f"{pipeline.name} {now:%Y-%m-%d %H:%M}"
    run_id = pipelines.start(pipeline, title, parameters, arguments.service_account)
    log.info("Started `%s`, version %s, as the run %s.", pipeline.name, pipeline.version_name, run_id)
