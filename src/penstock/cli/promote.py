"""``penstock promote MODEL --to ENVIRONMENT``: writes the Release and the evidence that a pull request carries."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from penstock.catalog.load import load_work_tree
from penstock.catalog.model import Catalog, View
from penstock.cli.findings import show
from penstock.cli.main import OK, PROBLEMS, WRONG_USE
from penstock.cli.repository import NoRepositoryError, add_root, find_root
from penstock.diagnostics.suggest import did_you_mean
from penstock.specs.rollout import Rollout


class _UsageError(Exception):
    """What was asked for is not there; the message says what is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("model", help="name of the model")
    parser.add_argument("--to", required=True, metavar="E", help="environment that is to serve it")
    parser.add_argument("--rollout", metavar="R", help="rollout that serves it, where the environment has several")
    canary = parser.add_mutually_exclusive_group()
    canary.add_argument("--step", type=_step, metavar="N", help="start a new version at this step, or move its canary")
    canary.add_argument("--advance", action="store_true", help="move the canary that is under way to its next step")
    canary.add_argument("--complete", action="store_true", help="give the version all of the traffic")
    parser.add_argument(
        "--skip-stages", action="store_true", help="release although an earlier stage does not serve this version"
    )
    parser.add_argument("--workspace", type=Path, metavar="DIR", help="folder of local runs (default: .penstock)")
    add_root(parser)


def run(options: argparse.Namespace) -> int:
    """Write the files and say what they do."""
    from penstock.promotion.refusal import RefusalError

    try:
        root = find_root(options)
        catalog = load_work_tree(root)
        if catalog.has_errors:
            show(catalog.diagnostics, root, "text")
            print("error: the specs have errors; nothing is released from them", file=sys.stderr)
            return PROBLEMS
        view = _view(catalog, options.to)
        rollout = _rollout(view, options)
    except (NoRepositoryError, _UsageError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_USE
    try:
        files, summary = _promotion(options, root, view, rollout)
    except RefusalError as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return PROBLEMS
    for path, data in files.items():
        _write(root / path, data)
    print(f"{summary}\n")
    for path in files:
        print(f"  wrote {path}")
    print("\nNext: `penstock compile`, then commit these files and generated/ and open a pull request.")
    return OK


def _promotion(options: argparse.Namespace, root: Path, view: View, rollout: Rollout) -> tuple[dict[str, bytes], str]:
    from penstock.local.workspace import Workspace
    from penstock.promotion.candidate import last_candidate
    from penstock.promotion.release import move_canary, release_version
    from penstock.promotion.requirements import now, refuse_skipped_stages, refuse_stale, refuse_unproven

    if options.advance or options.complete:
        moved = move_canary(view, rollout, None, complete=options.complete)
        return moved.files, moved.summary
    candidate = last_candidate(Workspace((options.workspace or root / ".penstock").resolve()), options.model)
    present = view.release_of(rollout.name)
    if present is not None and options.step is not None and present.spec.version.digest == candidate.digest:
        moved = move_canary(view, rollout, options.step, complete=False)
        return moved.files, moved.summary
    refuse_unproven(view, rollout, candidate, now())
    refuse_stale(view, candidate)
    if not options.skip_stages:
        refuse_skipped_stages(view, rollout, candidate)
    made = release_version(view, rollout, candidate, options.step)
    return made.files, made.summary


def _view(catalog: Catalog, environment: str) -> View:
    known = catalog.environments()
    if environment not in known:
        near = did_you_mean(environment, known) or known
        raise _UsageError(f"there is no environment `{environment}`; there is {', '.join(f'`{n}`' for n in near)}")
    return catalog.view(environment)


def _rollout(view: View, options: argparse.Namespace) -> Rollout:
    """The rollout that serves the model in the environment."""
    models = [spec.name for spec in view.catalog.ids("Model")]
    if options.model not in models:
        near = did_you_mean(options.model, models) or models
        raise _UsageError(f"there is no model `{options.model}`; there is {', '.join(f'`{name}`' for name in near)}")
    found = {rollout.name: rollout for rollout in view.rollouts_of(options.model)}
    names = ", ".join(f"`{name}`" for name in found)
    if options.rollout is not None:
        if options.rollout not in found:
            what = f"it has {names}" if found else "it has none"
            raise _UsageError(f"`{options.model}` has no rollout `{options.rollout}` in `{options.to}`; {what}")
        return found[options.rollout]
    if not found:
        raise _UsageError(f"no rollout serves `{options.model}` in `{options.to}`: add it to its `environments`")
    if len(found) > 1:
        raise _UsageError(f"`{options.model}` has the rollouts {names} in `{options.to}`; choose one by --rollout")
    return next(iter(found.values()))


def _step(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a step from 0, not `{text}`")
    return int(text)


def _write(path: Path, data: bytes) -> None:
    """The file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(data)
    temporary.replace(path)
