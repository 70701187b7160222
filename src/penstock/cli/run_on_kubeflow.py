"""``penstock run MODEL --on kubeflow``: the compiled pipeline of a model on a cluster, before anything is merged."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from penstock.cli.main import OK, PROBLEMS, WRONG_USE
from penstock.cli.main import lacks as lacking
from penstock.cli.run_progress import Progress
from penstock.cluster_run import Cluster, ClusterError
from penstock.cluster_run import Progress as Reached
from penstock.local.pipeline import LocalPipeline, PipelineError, read_pipeline
from penstock.local.runner import State
from penstock.specs.environment import Environment

STOPPED = 130
_PAUSE_SECONDS = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a run on a cluster."""
    parser.add_argument("--on", choices=("kubeflow",), help="run on Kubeflow Pipelines instead of on this machine")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--host", metavar="URL", help="--on kubeflow: URL of its API or user interface")
    where.add_argument("--context", metavar="NAME", help="--on kubeflow: kubectl context of its cluster")
    parser.add_argument("--detach", action="store_true", help="--on kubeflow: start the run and do not wait for it")


def mistake(options: argparse.Namespace) -> str | None:
    """What is wrong with the options for where it runs; None where nothing is."""
    local = [
        name
        for name, given in (
            ("--workspace", options.workspace is not None),
            ("--fresh", options.fresh),
            ("--parallel", options.parallel is not None),
        )
        if given
    ]
    remote = [name for name in ("host", "context", "detach") if getattr(options, name)]
    if options.on is None:
        return f"--{remote[0]} has no effect without `--on kubeflow`" if remote else None
    if local:
        return f"{local[0]} has no effect with `--on kubeflow`"
    if options.host is None and options.context is None:
        return "`--on kubeflow` needs `--host URL` or `--context NAME`: which cluster it is, is not guessed"
    return None


def run(options: argparse.Namespace, environment: Environment, path: Path, promotion: str | None) -> int:
    """Start the pipeline at `path` on the environment's cluster, and follow it to its end.

    `promotion` are the options of `promote` for where its model goes next; None where no rollout serves it.
    """
    spec = environment.spec
    try:
        pipeline = read_pipeline(path)
        cluster = _cluster(options, environment)
        title = f"{pipeline.name} {datetime.now(UTC):%Y-%m-%d %H:%M} by penstock run"
        parameters = {"as_of": options.as_of} if options.as_of and "as_of" in pipeline.parameters else {}
        run_id = cluster.start(path, title, parameters, spec.kubeflow.service_account)
    except ModuleNotFoundError as error:
        print(lacking(error, "a run on Kubeflow Pipelines needs", "kubeflow"), file=sys.stderr)
        return WRONG_USE
    except (PipelineError, ClusterError) as error:
        print(f"error: {error}", file=sys.stderr)
        return PROBLEMS
    where = f": {options.host.rstrip('/')}/#/runs/details/{run_id}" if options.host else ""
    print(f"started the run {run_id} in {environment.name}{where}")
    if options.detach:
        return OK
    sys.stdout.flush()
    try:
        title = f"{options.model} · {options.pipeline} · {environment.name} on Kubeflow"
        ended = _follow(cluster, run_id, pipeline, title)
    except KeyboardInterrupt:
        print(f"no longer watching: the run {run_id} goes on", file=sys.stderr)
        return STOPPED
    except ClusterError as error:
        print(f"error: {error}: the run {run_id} may still go on", file=sys.stderr)
        return PROBLEMS
    if ended.state != "SUCCEEDED":
        print(f"error: {_failure(run_id, pipeline, ended)}", file=sys.stderr)
        return PROBLEMS
    print(f"the run {run_id} succeeded")
    if options.pipeline == "training" and promotion is not None:
        promote = f"penstock promote {options.model} {promotion} --version N"
        print(f"\nNext: `{promote}` writes the Release of the version that it registered at {spec.tracking}")
    return OK


def _cluster(options: argparse.Namespace, environment: Environment) -> Cluster:
    spec = environment.spec
    if options.host is not None:
        return Cluster.at(options.host, spec.namespace)
    return Cluster.of_context(options.context, spec.kubeflow.api, spec.namespace)


def _follow(cluster: Cluster, run_id: str, pipeline: LocalPipeline, title: str) -> Reached:
    known = {step.name for step in pipeline.steps}
    told: dict[str, State] = {}
    with Progress(title, pipeline) as progress:

        def observe(reached: Reached) -> None:
            # Kubeflow adds tasks of its own, such as drivers.
            for task in reached.tasks:
                if task.name in known and told.get(task.name) is not task.state:
                    told[task.name] = task.state
                    progress.observe(task.name, task.state, task.seconds)

        return cluster.follow(run_id, observe, _PAUSE_SECONDS)


def _failure(run_id: str, pipeline: LocalPipeline, ended: Reached) -> str:
    failed = {task.name for task in ended.tasks if task.state is State.FAILED}
    titles = [f"`{step.title}`" for step in pipeline.steps if step.name in failed]
    which = f" at {', '.join(titles)}: the log of that step says why" if titles else ""
    return f"the run {run_id} ended as {ended.state.lower()}{which}"
