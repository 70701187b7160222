"""``penstock promote MODEL --to ENVIRONMENT``: writes the Release and the evidence that a pull request carries."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.catalog.load import load_work_tree
from penstock.catalog.model import Catalog, View
from penstock.catalog.values import id_of
from penstock.cli.main import OK, PROBLEMS, WRONG_USE, lacks
from penstock.cli.output import show
from penstock.cli.private_key import NoKeyError, add_key, private_key
from penstock.cli.repository import NoRepositoryError, add_root, find_root
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.suggest import did_you_mean, meant_or_known
from penstock.source.model import blob_id
from penstock.source.private_folder import NAME as PRIVATE
from penstock.specs.rollout import Rollout

if TYPE_CHECKING:
    from penstock.local.workspace import Workspace
    from penstock.promotion.attested import Promoter
    from penstock.promotion.candidate import Candidate
    from penstock.promotion.release import Promotion


class _UsageError(Exception):
    """What was asked for is not there; the message says what is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("model", metavar="MODEL", help="name of the model")
    parser.add_argument("--to", required=True, metavar="E", help="environment to serve it in")
    parser.add_argument("--rollout", metavar="R", help="rollout to use, if several serve the model in the environment")
    canary = parser.add_mutually_exclusive_group()
    canary.add_argument(
        "--step", type=_step, metavar="N", help="start a new version at canary step N, or move its canary there"
    )
    canary.add_argument("--advance", action="store_true", help="move the running canary to its next step")
    canary.add_argument("--complete", action="store_true", help="send all traffic to the version")
    parser.add_argument(
        "--skip-stages", action="store_true", help="skip the check that earlier stages serve this version"
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--workspace", type=Path, metavar="DIR", help="folder of local runs (default: .penstock)")
    source.add_argument(
        "--evidence", type=Path, metavar="PATH", help="promote the model that this evidence statement describes"
    )
    source.add_argument(
        "--version", type=_version, metavar="N", help="promote this version from the environment's MLflow registry"
    )
    parser.add_argument(
        "--tracking", metavar="URI", help="with --version: MLflow address to use from here (default: the environment's)"
    )
    parser.add_argument(
        "--upload", action="store_true", help="copy a locally trained model into the environment's model store"
    )
    parser.add_argument("--key-id", metavar="ID", help="sign the statements with this key of the approval policy")
    add_key(parser)
    add_root(parser)


def run(options: argparse.Namespace) -> int:
    """Write the files and say what they do."""
    from penstock.promotion.refusal import RefusalError

    try:
        root = find_root(options)
        catalog = load_work_tree(root)
        if catalog.has_errors:
            show(catalog.diagnostics, root, "text")
            print("error: fix the errors above, then promote again", file=sys.stderr)
            return PROBLEMS
        view = _view(catalog, options.to)
        rollout = _rollout(view, options)
    except (NoRepositoryError, _UsageError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_USE
    try:
        made = _promotion(options, root, view, rollout)
    except RefusalError as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return PROBLEMS
    except (NoKeyError, _UsageError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_USE
    except ModuleNotFoundError as error:
        what, extra = ("signatures need", "review") if error.name == "cryptography" else ("it is in", "runtime")
        print(lacks(error, what, extra), file=sys.stderr)
        return WRONG_USE
    for path, data in made.files.items():
        _write(root / path, data)
    print(made.summary)
    if not made.files:
        return OK
    print()
    for path in made.files:
        print(f"  wrote {path}")
    if made.note:
        print(f"\n{made.note}")
    for name in _not_merged(root, view, rollout) if _takes_a_version(options) else ():
        what = f"the Release of `{rollout.name}` in `{name}` is not on the main branch yet"
        print(
            f"warning: {what}; a pull request with both skips the stage `{name}`, and its plan will say so",
            file=sys.stderr,
        )
    print("\nNext: run `penstock compile`, commit these files and generated/, and open a pull request.")
    return OK


def _promotion(options: argparse.Namespace, root: Path, view: View, rollout: Rollout) -> Promotion:
    from penstock.promotion.refusal import AlreadyServedError
    from penstock.promotion.release import Promotion, move_canary, release_version
    from penstock.promotion.requirements import (
        goes_back,
        refuse_failed,
        refuse_skipped_stages,
        refuse_stale,
        refuse_unproven,
    )

    by = _promoter(options, view.catalog)
    if options.upload and (options.advance or options.complete or options.evidence or options.version is not None):
        raise _UsageError(
            "--upload copies what a local run registered; it takes no --advance, --complete, --evidence or --version"
        )
    if options.advance or options.complete:
        if options.evidence is not None or options.version is not None:
            raise _UsageError("--advance and --complete move the released version, and take no --evidence or --version")
        return move_canary(view, rollout, None, by, complete=options.complete)
    candidate = _candidate(options, root, view)
    present = view.release_of(rollout.name)
    moves = present is not None and options.step is not None and present.spec.version.digest == candidate.digest
    if not moves:
        refuse_failed(candidate)
    if not moves and not goes_back(present, candidate):
        refuse_unproven(view, rollout, candidate, by.now)
        refuse_stale(view, candidate)
        _refuse_judged_by_less(view, candidate)
        if not options.skip_stages:
            refuse_skipped_stages(view, rollout, candidate)
    if options.upload:
        # First, so that no Release is written of what cannot be loaded, and one that is there already can be put right.
        print(f"The model is at {_uploaded(options, root, view, candidate)}.\n")
    if moves:
        return move_canary(view, rollout, options.step, by, complete=False)
    try:
        made = release_version(view, rollout, candidate, options.step, by)
    except AlreadyServedError:
        if not options.upload:
            raise
        return Promotion({}, f"{rollout.name} in {options.to} already serves this version: its Release stays as it is")
    return replace(made, note="") if options.upload else made


def _refuse_judged_by_less(view: View, candidate: Candidate) -> None:
    """RefusalError where the environment that trained the version asks less of it, as the review would find."""
    from penstock.promotion.refusal import RefusalError
    from penstock.review.evidence.exam import asked_less, trained_as

    trained = trained_as(view, candidate.model, candidate.statement.predicate.specs)
    if less := asked_less(view, trained, candidate.model):
        raise RefusalError(less)


def _takes_a_version(options: argparse.Namespace) -> bool:
    """Whether a version comes from where the earlier stages are to have served it."""
    return not (options.advance or options.complete or options.skip_stages)


def _not_merged(root: Path, view: View, rollout: Rollout) -> list[str]:
    """The environments of earlier stages whose Release the main branch does not have as it is here.

    Outside of a git repository, and where no main branch is known, nothing can be said.
    """
    from penstock.promotion.requirements import earlier_releases
    from penstock.source.git.call import GitError
    from penstock.source.git.default_base import WORK_TREE, default_base
    from penstock.source.git.repository import GitRepository

    paths = {
        name: root / loaded.document.file.path
        for name, release in earlier_releases(view, rollout).items()
        if release is not None and (loaded := view.catalog.loaded(id_of(release))) is not None
    }
    if not paths:
        return []
    try:
        repository = GitRepository.find(root)
        base = default_base(repository, WORK_TREE)
        merged = repository.files(base)
    except GitError:
        return []

    def is_merged(path: Path) -> bool:
        blob = blob_id(path.read_bytes(), len(base))
        return merged.get(path.resolve().relative_to(repository.root).as_posix()) == blob

    return [name for name, path in paths.items() if not is_merged(path)]


def _uploaded(options: argparse.Namespace, root: Path, view: View, candidate: Candidate) -> str:
    """Put the version where the environment loads it from; its address there."""
    from penstock.promotion.upload import upload

    environment = view.environment
    if environment is None:
        raise ValueError("a promotion goes to an environment")
    return upload(candidate, _workspace(options, root).model_store, environment.spec.model_store)


def _workspace(options: argparse.Namespace, root: Path) -> Workspace:
    from penstock.local.workspace import Workspace

    return Workspace((options.workspace or root / PRIVATE).resolve())


def _candidate(options: argparse.Namespace, root: Path, view: View) -> Candidate:
    """The version that is to be released, from where the options say."""
    from penstock.promotion.cluster_run import candidate_of_file, registered_candidate
    from penstock.promotion.local_run import last_candidate, refused_since

    if options.tracking is not None and options.version is None:
        raise _UsageError("--tracking says where --version is looked up: give --version too")
    if options.evidence is not None:
        return candidate_of_file(options.model, options.evidence, root)
    if options.version is not None:
        environment = view.environment
        if environment is None:
            raise ValueError("a promotion goes to an environment")
        return registered_candidate(
            options.model,
            options.version,
            tracking=options.tracking or environment.spec.tracking,
            model_store=environment.spec.model_store,
        )
    workspace = _workspace(options, root)
    found = last_candidate(workspace, options.model)
    if refused := refused_since(workspace, options.model):
        print(f"warning: {refused}; this is about {found.origin.name}, the last one that passed", file=sys.stderr)
    return found


def _promoter(options: argparse.Namespace, catalog: Catalog) -> Promoter:
    from penstock import __version__
    from penstock.promotion.attested import Promoter

    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC).replace(microsecond=0)
    except (ValueError, OverflowError, OSError):
        raise _UsageError(f"SOURCE_DATE_EPOCH is `{epoch}`; expected seconds since 1970") from None
    if options.key_id is None:
        if options.key is not None:
            raise _UsageError("--key needs --key-id, the name of the key in the approval policy")
        return Promoter(moment, __version__)
    from penstock.review.evidence.dsse import KeyFileError, public_key_of, sign
    from penstock.review.evidence.keys import KeySet
    from penstock.review.evidence.signing import WorthlessSignatureError, doubt
    from penstock.review.policy.resolve import resolve_policy

    private = private_key(options)
    try:
        public_key_of(private)
    except KeyFileError as error:
        raise _UsageError(str(error)) from None
    keys = KeySet.of(resolve_policy(catalog).keys)

    def signed(payload: bytes) -> bytes:
        try:
            doubt(keys, payload, private, options.key_id)
        except WorthlessSignatureError as error:
            raise _UsageError(f"a statement of this promotion is {error}") from None
        return sign(payload, private, options.key_id).as_bytes()

    return Promoter(moment, __version__, signed)


def _view(catalog: Catalog, environment: str) -> View:
    known = catalog.environments()
    if environment not in known:
        hint = meant_or_known(did_you_mean(environment, known), known)
        raise _UsageError(f"there is no environment `{environment}`{hint}")
    return catalog.view(environment)


def _served_how(view: View, options: argparse.Namespace) -> str:
    """What would let an environment serve a model that no rollout serves there."""
    if view.environment is not None and not view.environment.spec.cluster:
        return "it has no cluster; promote to an environment that serves models"
    names = [one.name for one in view.catalog.view(None).all(Rollout) if one.spec.model == options.model]
    if not names:
        return f"add a Rollout of `{options.model}` whose `environments` name `{options.to}`"
    return f"add `{options.to}` to the `environments` of {listed(names, 'or')}"


def _rollout(view: View, options: argparse.Namespace) -> Rollout:
    """The rollout that serves the model in the environment."""
    models = [spec.name for spec in view.catalog.ids("Model")]
    if options.model not in models:
        hint = meant_or_known(did_you_mean(options.model, models), models)
        raise _UsageError(f"there is no model `{options.model}`{hint}")
    found = {rollout.name: rollout for rollout in view.rollouts_of(options.model)}
    names = ", ".join(f"`{name}`" for name in found)
    if options.rollout is not None:
        if options.rollout not in found:
            what = f"it has {names}" if found else "it has none"
            raise _UsageError(f"`{options.model}` has no rollout `{options.rollout}` in `{options.to}`; {what}")
        return found[options.rollout]
    if not found:
        raise _UsageError(f"no rollout serves `{options.model}` in `{options.to}`: {_served_how(view, options)}")
    if len(found) > 1:
        raise _UsageError(f"`{options.model}` has the rollouts {names} in `{options.to}`; choose one with --rollout")
    return next(iter(found.values()))


def _step(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a step number from 0, not `{text}`")
    return int(text)


def _version(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a version number from 1, not `{text}`")
    return int(text)


def _write(path: Path, data: bytes) -> None:
    """The file whole or not at all, and nothing beside it: what lies there is committed with it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        error.filename, error.filename2 = str(path), None
        raise
