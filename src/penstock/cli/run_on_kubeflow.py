"""``penstock run MODEL --on kubeflow``: the compiled pipeline of a model on a cluster, before anything is merged."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from penstock.cli.main import OK, PROBLEMS, WRONG_USE
from penstock.cli.main import lacks as lacking
from penstock.cli.run import STOPPED
from penstock.cli.run_progress import Progress
from penstock.cluster_run import Cluster, ClusterError
from penstock.cluster_run import Progress as Reached
from penstock.local.pipeline import LocalPipeline, PipelineError, read_pipeline
from penstock.local.runner import State
from penstock.specs.environment import Environment

_PAUSE_SECONDS = 5.0


def run(options: argparse.Namespace, environment: Environment, path: Path, promotion: str | None) -> int:
    """Start the pipeline at `path` on the environment's cluster, and follow it to its end.

    `promotion` are the options of `promote` for where its model goes next; None where no rollout serves it.
    """
    spec = environment.spec
    try:
        pipeline = read_pipeline(path)
        cluster = _cluster(options, environment)
        now = datetime.now(UTC)
        title = f"{pipeline.name} {now:%Y-%m-%d %H:%M} by penstock run"
        as_of = options.as_of or now.isoformat(timespec="seconds")
        parameters = {"as_of": as_of} if "as_of" in pipeline.parameters else {}
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
