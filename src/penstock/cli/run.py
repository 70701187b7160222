"""``penstock run MODEL``: the compiled pipeline of a model on this machine, with no cluster."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from penstock.catalog.load import load_work_tree
from penstock.catalog.model import Catalog
from penstock.cli.findings import show
from penstock.cli.main import OK, PROBLEMS, WRONG_USE
from penstock.cli.repository import NoRepositoryError, add_root, find_root
from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Severity
from penstock.diagnostics.suggest import did_you_mean
from penstock.incremental.session import GENERATED, Session
from penstock.runtime.arguments import moment
from penstock.source.output_findings import MENDED_BY_COMPILING
from penstock.source.private_folder import NAME as PRIVATE
from penstock.source.private_folder import make_private
from penstock.specs.environment import Environment
from penstock.specs.model import Model

STOPPED = 130


class _UsageError(Exception):
    """What was asked for is not there; the message says what is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("model", help="name of the model")
    parser.add_argument(
        "--pipeline", choices=("training", "monitoring"), default="training", help="which pipeline (default: training)"
    )
    parser.add_argument(
        "--environment", metavar="E", help="environment whose compiled pipeline is run (default: the first that trains)"
    )
    parser.add_argument(
        "--as-of", default="", metavar="TIME", help="read data as it was known then, as ISO 8601 (default: now)"
    )
    parser.add_argument(
        "--workspace", type=Path, metavar="DIR", help="folder of everything the run makes (default: .penstock)"
    )
    parser.add_argument("--fresh", action="store_true", help="run every step anew, and reuse none that has finished")
    parser.add_argument("--parallel", type=int, default=2, metavar="N", help="steps that run at a time (default: 2)")
    add_root(parser)


def run(options: argparse.Namespace) -> int:
    """Run the pipeline and show what came of it."""
    from penstock.local.pipeline import PipelineError, read_pipeline
    from penstock.local.runner import Runner
    from penstock.local.workspace import Workspace, WorkspaceBusyError

    try:
        _refuse_wrong(options)
        root = find_root(options)
        catalog = load_work_tree(root)
        environment = _environment(catalog, options)
        workspace = Workspace((options.workspace or root / PRIVATE).resolve())
    except (NoRepositoryError, _UsageError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_USE
    stale = Session(root).compile(check_only=True)
    if stale.failed:
        _show_stale(stale.diagnostics, root)
        return PROBLEMS
    make_private(workspace.root)
    runner = Runner(workspace, root, environment.spec.images.runtime, options.parallel, options.fresh)
    path = root / GENERATED / environment.name / options.model / f"{options.pipeline}.yaml"
    values = {
        "as_of": options.as_of,
        "tracking": workspace.tracking,
        "model_store": workspace.model_store,
        "pushgateway": "",
    }
    try:
        from penstock.cli.run_progress import Progress

        pipeline = read_pipeline(path)
        known = {name: value for name, value in values.items() if name in pipeline.parameters}
        with Progress(f"{options.model} · {options.pipeline} · {environment.name}", pipeline) as progress:
            result = runner.run(pipeline, options.model, options.pipeline, known, progress.observe)
    except (PipelineError, WorkspaceBusyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return PROBLEMS
    from penstock.cli.run_report import report

    report(result, options.model, options.pipeline, workspace, root, where_to_promote(catalog, options.model))
    return {"succeeded": OK, "stopped": STOPPED}.get(result.state, PROBLEMS)


def _show_stale(diagnostics: tuple[Diagnostic, ...], root: Path) -> None:
    """What keeps the compiled pipeline from being run; files that are only out of date have one cause."""
    paths = [one.path for one in diagnostics if one.code in MENDED_BY_COMPILING and one.path]
    others = (one for one in diagnostics if one.code not in MENDED_BY_COMPILING)
    show((one for one in others if one.severity is Severity.ERROR), root, "text")
    which = ""
    if paths:
        more = f" and {counted(len(paths) - 1, 'other file')}" if len(paths) > 1 else ""
        which = f" (`{paths[0]}`{more})"
    print(
        f"error: {GENERATED}/ is not what the specs say{which}; run `penstock compile`, then this again",
        file=sys.stderr,
    )


def _refuse_wrong(options: argparse.Namespace) -> None:
    if options.parallel < 1:
        raise _UsageError(f"--parallel takes a number from 1, not {options.parallel}")
    try:
        # The steps would say so only after they have been started.
        moment(options.as_of)
    except argparse.ArgumentTypeError as error:
        raise _UsageError(f"--as-of: {error}") from None


def where_to_promote(catalog: Catalog, model: str) -> str | None:
    """The words by which `promote` is told where the model is served first; None where no rollout serves it."""
    for view in catalog.views():
        rollouts = view.rollouts_of(model)
        if view.environment is not None and rollouts:
            which = f" --rollout {rollouts[0].name}" if len(rollouts) > 1 else ""
            return f"--to {view.environment.name}{which}"
    return None


def _environment(catalog: Catalog, options: argparse.Namespace) -> Environment:
    """The environment whose pipeline is to be run."""
    names = [spec.name for spec in catalog.ids("Model")]
    if options.model not in names:
        near = did_you_mean(options.model, names) or names
        raise _UsageError(f"there is no model `{options.model}`; there is {', '.join(f'`{name}`' for name in near)}")
    for view in catalog.views():
        environment = view.environment
        if environment is None or (options.environment is not None and environment.name != options.environment):
            continue
        trains = options.pipeline == "training" and environment.spec.training
        watches = options.pipeline == "monitoring" and bool(view.rollouts_of(options.model))
        if view.find(Model, options.model) is not None and (trains or watches):
            return environment
    where = f"in `{options.environment}`" if options.environment else "in any environment"
    raise _UsageError(f"`{options.model}` has no {options.pipeline} pipeline {where}")
