"""``penstock run MODEL``: the compiled pipeline of a model, on this machine or on a cluster."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from penstock.catalog.load import load_work_tree
from penstock.catalog.model import Catalog, View
from penstock.cli.main import OK, PROBLEMS, WRONG_USE, lacks
from penstock.cli.output import show
from penstock.cli.repository import NoRepositoryError, add_root, find_root
from penstock.diagnostics.columns import neutral
from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Severity
from penstock.diagnostics.suggest import did_you_mean, meant_or_known
from penstock.incremental.session import GENERATED, Session
from penstock.runtime.arguments import moment
from penstock.source.private_folder import NAME as PRIVATE
from penstock.source.private_folder import make_private
from penstock.source.reading.codes import READING
from penstock.source.writing.codes import WRITING
from penstock.source.writing.findings import MENDED_BY_COMPILING
from penstock.specs.environment import Environment
from penstock.specs.model import Model

STOPPED = 130
_PARALLEL = 2
_LIBRARIES = ("duckdb", "sklearn", "mlflow")
"""Of the extra `runtime`; where one of them is missing, no step would start."""
_FIX_FIRST = "fix the errors above, run `penstock compile`, then run this again"


class _UsageError(Exception):
    """What was asked for is not there; the message says what is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("model", metavar="MODEL", help="name of the model")
    parser.add_argument(
        "--pipeline", choices=("training", "monitoring"), default="training", help="which pipeline (default: training)"
    )
    parser.add_argument(
        "--environment",
        metavar="E",
        help="environment whose pipeline is run (default: the first that trains the model)",
    )
    parser.add_argument(
        "--as-of", default="", metavar="TIME", help="read data as it was known at this time, in ISO 8601 (default: now)"
    )
    parser.add_argument(
        "--workspace", type=Path, metavar="DIR", help="folder for everything the run writes (default: .penstock)"
    )
    parser.add_argument("--fresh", action="store_true", help="run every step, and reuse no earlier results")
    parser.add_argument("--parallel", type=int, metavar="N", help="number of steps to run in parallel (default: 2)")
    _add_cluster(parser)
    add_root(parser)


def _add_cluster(parser: argparse.ArgumentParser) -> None:
    """The options of a run on a cluster."""
    parser.add_argument("--on", choices=("kubeflow",), help="run on Kubeflow Pipelines instead of on this machine")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--host", metavar="URL", help="--on kubeflow: URL of its API or user interface")
    where.add_argument("--context", metavar="NAME", help="--on kubeflow: kubectl context of its cluster")
    parser.add_argument("--detach", action="store_true", help="--on kubeflow: start the run and do not wait for it")


def run(options: argparse.Namespace) -> int:
    """Run the pipeline and show what came of it."""
    try:
        _refuse_wrong(options)
        root = find_root(options)
        if options.workspace is None and options.on is None:
            _refuse_file(root / PRIVATE, "the workspace")
        catalog = load_work_tree(root)
        if unread := _unread(catalog):
            # What stands in such a file would be told to be declared nowhere.
            show(unread, root, "text")
            print(f"error: {_FIX_FIRST}", file=sys.stderr)
            return PROBLEMS
        _refuse_unknown(catalog, options)
        stale = Session(root).compile(check_only=True)
        if stale.failed:
            _show_stale(stale.diagnostics, root)
            return PROBLEMS
        environment = _environment(catalog, options)
    except (NoRepositoryError, _UsageError) as error:
        print(neutral(f"error: {error}"), file=sys.stderr)
        return WRONG_USE
    path = root / GENERATED / environment.name / options.model / f"{options.pipeline}.yaml"
    promotion = where_to_promote(catalog, options.model)
    if options.on is not None:
        from penstock.cli import run_on_kubeflow

        return run_on_kubeflow.run(options, environment, path, promotion)
    return _run_here(options, root, environment, path, promotion, is_watched(catalog, options.model))


def _run_here(
    options: argparse.Namespace, root: Path, environment: Environment, path: Path, promotion: str | None, watched: bool
) -> int:
    """Run the pipeline at `path` on this machine; the last two are of the report's last lines."""
    missing = next((name for name in _LIBRARIES if find_spec(name) is None), None)
    if missing is not None:
        print(lacks(ModuleNotFoundError(name=missing), "running a pipeline here needs", "runtime"), file=sys.stderr)
        return WRONG_USE
    from penstock.cli.run_progress import Progress
    from penstock.cli.run_report import report
    from penstock.local.pipeline import PipelineError, read_pipeline
    from penstock.local.runner import Runner
    from penstock.local.workspace import Workspace, WorkspaceBusyError

    workspace = Workspace((options.workspace or root / PRIVATE).resolve())
    make_private(workspace.root)
    parallel = options.parallel if options.parallel is not None else _PARALLEL
    runner = Runner(workspace, root, environment.spec.runtime_image, parallel, options.fresh)
    values = {
        "as_of": options.as_of,
        "tracking": workspace.tracking,
        "model_store": workspace.model_store,
        "pushgateway": "",
    }
    try:
        pipeline = read_pipeline(path)
        known = {name: value for name, value in values.items() if name in pipeline.parameters}
        with Progress(f"{options.model} · {options.pipeline} · {environment.name}", pipeline) as progress:
            result = runner.run(
                pipeline,
                options.model,
                options.pipeline,
                known,
                lambda step: progress.observe(step.step.name, step.state, step.seconds, step.tail),
            )
    except (PipelineError, WorkspaceBusyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return PROBLEMS
    report(result, options.model, options.pipeline, workspace, root, promotion, watched)
    return {"succeeded": OK, "stopped": STOPPED}.get(result.state, PROBLEMS)


def _unread(catalog: Catalog) -> list[Diagnostic]:
    """The errors by which files of specs could not be read."""
    codes = {code.name for code in READING}
    return [found for found in catalog.diagnostics if found.severity is Severity.ERROR and found.code in codes]


def _show_stale(diagnostics: tuple[Diagnostic, ...], root: Path) -> None:
    """What keeps the compiled pipeline from being run; files that are only out of date have one cause."""
    paths = [found.path for found in diagnostics if found.code in MENDED_BY_COMPILING and found.path]
    others = [found for found in diagnostics if found.code not in MENDED_BY_COMPILING]
    errors = [found for found in others if found.severity is Severity.ERROR]
    show(errors, root, "text")
    if {error.code for error in errors} - {code.name for code in WRITING}:
        print(f"error: {_FIX_FIRST}", file=sys.stderr)
        return
    which = ""
    if paths:
        more = f" and {counted(len(paths) - 1, 'other file')}" if len(paths) > 1 else ""
        which = f" (`{paths[0]}`{more})"
    print(
        f"error: {GENERATED}/ is out of date{which}: run `penstock compile`, then run this again",
        file=sys.stderr,
    )


def _refuse_wrong(options: argparse.Namespace) -> None:
    wrong = _misplaced(options)
    if wrong is not None:
        raise _UsageError(wrong)
    if options.parallel is not None and options.parallel < 1:
        raise _UsageError(f"--parallel must be at least 1, not {options.parallel}")
    try:
        # The steps would say so only after they have been started.
        moment(options.as_of)
    except argparse.ArgumentTypeError as error:
        raise _UsageError(f"--as-of: {error}") from None
    if options.workspace is not None:
        _refuse_file(options.workspace, f"--workspace {options.workspace}")


def _misplaced(options: argparse.Namespace) -> str | None:
    """What is wrong with the options for where the pipeline runs; None where nothing is."""
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


def _refuse_file(folder: Path, what: str) -> None:
    """Stop where a file is in the way of a folder."""
    in_the_way = next((each for each in (folder, *folder.parents) if each.exists()), None)
    if in_the_way is not None and not in_the_way.is_dir():
        raise _UsageError(f"{what}: {in_the_way} is a file; expected a folder, which need not exist yet")


def where_to_promote(catalog: Catalog, model: str) -> str | None:
    """Options of `promote` for where the model is served first; None where no rollout serves it."""
    for view in catalog.views():
        rollouts = view.rollouts_of(model)
        if view.environment is not None and rollouts:
            which = f" --rollout {rollouts[0].name}" if len(rollouts) > 1 else ""
            return f"--to {view.environment.name}{which}"
    return None


def is_watched(catalog: Catalog, model: str) -> bool:
    """Whether some environment has a monitoring pipeline of the model."""
    from penstock.lowering.pipelines.monitoring import monitored

    return any(monitored(view, model) for view in catalog.views())


def _refuse_unknown(catalog: Catalog, options: argparse.Namespace) -> None:
    """Stop where the model or the environment that was named is declared nowhere."""
    for kind, name in (("Model", options.model), ("Environment", options.environment)):
        names = [spec.name for spec in catalog.ids(kind)]
        if name is None or name in names:
            continue
        hint = meant_or_known(did_you_mean(name, names), names) if names else f"; {_none_yet(kind)}"
        raise _UsageError(f"there is no {kind.lower()} `{name}`{hint}")


def _none_yet(kind: str) -> str:
    return f"no {kind} is declared yet; add a document with `kind: {kind}`"


def _environment(catalog: Catalog, options: argparse.Namespace) -> Environment:
    """The environment whose pipeline is to be run."""
    from penstock.lowering.pipelines.monitoring import monitored

    views = [view for view in catalog.views() if options.environment in (None, view.environment_name)]
    for view in views:
        environment = view.environment
        if environment is None or view.find(Model, options.model) is None:
            continue
        if options.on is not None and not environment.spec.cluster:
            continue
        if environment.spec.training if options.pipeline == "training" else monitored(view, options.model):
            return environment
    where = f"in `{options.environment}`" if options.environment else "in any environment"
    raise _UsageError(f"`{options.model}` has no {options.pipeline} pipeline {where}: {_why_none(views, options)}")


def _why_none(views: Sequence[View], options: argparse.Namespace) -> str:
    """What keeps these environments from having the pipeline."""
    if not any(view.environment for view in views):
        return f"{_none_yet('Environment')}, with `cluster: false` if it is for local runs only"
    if options.on is not None and not any(view.environment and view.environment.spec.cluster for view in views):
        return f"`cluster: false` is set in {'it' if options.environment else 'each'}"
    if options.pipeline == "training":
        return f"`training: false` is set in {'it' if options.environment else 'each'}"
    if any(view.rollouts_of(options.model) for view in views):
        return "none of its rollouts declares `monitor.drift` or `monitor.quality`"
    return "no rollout serves it"
