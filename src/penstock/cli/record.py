"""``penstock record``: appends to the log of decisions, verifies it, and recomputes its decisions."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from penstock.cli.main import OK, PROBLEMS, WRONG_USE, add_command
from penstock.diagnostics.grammar import counted
from penstock.forges.protocol import ForgeError
from penstock.review.record.stores import BRANCH, BranchStore, DirectoryStore, RecordError, RecordStore
from penstock.review.rendering.text_safety import json_text, log_line
from penstock.source.git.call import GitError
from penstock.source.git.repository import GitRepository
from penstock.source.git.values import Authorization

_ON_BRANCH = "branch:"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the commands below this one."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = add_command(commands, "verify", "check that no entry was removed, altered or moved")
    verify.add_argument("--newest", metavar="DIGEST", help="a decision that must be in the log, as a comment shows it")
    replay = add_command(commands, "replay", "recompute the decisions offline, and compare them byte for byte")
    replay.add_argument("--number", type=int, metavar="N", help="only those of this pull request")
    show = add_command(commands, "show", "list the decisions, or show one with its inputs")
    show.add_argument("entry", nargs="?", type=int, metavar="ENTRY", help="entry number")
    add = add_command(commands, "append", "append what a review decided in another job")
    add.add_argument(
        "handover", type=Path, metavar="FILE", help="decision file that `penstock review --step decide` wrote"
    )
    add.add_argument("--digest", required=True, help="digest of the file, as that job reported it")
    add.add_argument("--remote", metavar="NAME", help="git remote that holds the log's branch")
    for command in (verify, replay, show, add):
        command.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="a folder inside the repository")
        command.add_argument(
            "--record",
            default=f"{_ON_BRANCH}{BRANCH}",
            metavar="PLACE",
            help=f"the log: a folder, or branch:NAME of the repository (default: {_ON_BRANCH}{BRANCH})",
        )


def run(options: argparse.Namespace) -> int:
    """Run the chosen command."""
    actions = {"verify": _verify, "replay": _replay, "show": _show, "append": _append}
    try:
        repository = None if not options.record.startswith(_ON_BRANCH) else GitRepository.find(options.root)
        remote = getattr(options, "remote", None)
        store = store_of(options.record, repository, remote, _access(remote))
        if options.action != "append":
            _refuse_none(store)
        return actions[options.action](options, store)
    except (RecordError, GitError, ForgeError) as error:
        print(log_line(f"error: {error}"), file=sys.stderr)
        return WRONG_USE


def _refuse_none(store: RecordStore) -> None:
    """Stop where no record is: of none it would be true that nothing was removed."""
    if isinstance(store, BranchStore) and store.tip() is None:
        fetch = f"git fetch origin {store.branch}:{store.branch}"
        raise RecordError(f"there is no branch `{store.branch}` here: run `{fetch}`, or pass a folder with --record")
    if isinstance(store, DirectoryStore) and not store.folder.is_dir():
        raise RecordError(f"there is no folder {store.folder}: `penstock review --record FOLDER` creates it")


def store_of(
    text: str, repository: GitRepository | None, remote: str | None, authorization: Authorization | None = None
) -> RecordStore:
    """The store that an option names. With a remote, its branch is the record, and the one here only a copy."""
    if repository is not None and text.startswith(_ON_BRANCH):
        return BranchStore(repository, text.removeprefix(_ON_BRANCH), remote, authorization)
    return DirectoryStore(Path(text))


def _access(remote: str | None) -> Authorization | None:
    """The rights of a run of GitHub Actions; None where there is no token, or no remote repository to use it on."""
    from penstock.forges.github.git_access import git_access
    from penstock.forges.github.secret import Secret

    token = os.environ.get("GITHUB_TOKEN", "")
    server = os.environ.get("GITHUB_SERVER_URL") or "https://github.com"
    return git_access(Secret(token), server) if remote is not None and token else None


def _append(options: argparse.Namespace, store: RecordStore) -> int:
    from penstock.review.decision_bundle import BundleError, DecisionBundle
    from penstock.review.record.log import append

    try:
        bundle = DecisionBundle.parse(options.handover.read_bytes(), options.digest)
    except BundleError as error:
        print(log_line(f"error: {error}"), file=sys.stderr)
        return PROBLEMS
    except OSError as error:
        print(log_line(f"error: {options.handover} cannot be read: {error.strerror}"), file=sys.stderr)
        return WRONG_USE
    entries = [append(store, decided.inputs, decided.verdict, decided.after) for decided in bundle.decisions]
    for entry in entries:
        print(f"recorded as {entry.digest}")
    output = os.environ.get("GITHUB_OUTPUT")
    if output:
        with Path(output).open("a", encoding="utf-8") as file:
            file.write(f"entries={' '.join(entry.digest for entry in entries)}\n")
    return OK


def _verify(options: argparse.Namespace, store: RecordStore) -> int:
    from penstock.review.record.replay import verify

    found = verify(store, options.newest)
    for problem in found.problems:
        print(log_line(f"error: {problem}"), file=sys.stderr)
    count = len(found.entries)
    if found.problems:
        return PROBLEMS
    print(f"{counted(count, 'decision')}, none removed, altered or moved")
    if found.entries:
        print(f"newest: {found.entries[-1].digest}")
    return OK


def _replay(options: argparse.Namespace, store: RecordStore) -> int:
    from penstock.review.record.replay import replay, verify

    found = verify(store)
    for problem in found.problems:
        print(log_line(f"error: {problem}"), file=sys.stderr)
    chosen = tuple(entry for entry in found.entries if options.number in (None, entry.about.number))
    if options.number is not None and not chosen:
        raise RecordError(f"the log has no decision about #{options.number}")
    differing = [result for result in replay(store, chosen) if result.problem]
    for result in differing:
        word = "unconfirmed" if result.is_of_another_build else "error"
        print(log_line(f"{word}: entry {result.entry.number}: {result.problem}"), file=sys.stderr)
    same = len(chosen) - len(differing)
    others = sum(result.is_of_another_build for result in differing)
    verb = "is" if same == 1 else "are"
    print(f"{same} of {counted(len(chosen), 'decision')} {verb} the same, byte for byte")
    if others:
        # Not a success: whoever forges an entry can name a build that nobody has.
        print(f"{others} by other builds of Penstock {'is' if others == 1 else 'are'} unconfirmed")
    return PROBLEMS if differing or found.problems else OK


def _show(options: argparse.Namespace, store: RecordStore) -> int:
    from penstock.review.record.log import read
    from penstock.review.record.replay import inputs_of

    entries = read(store.log())
    if options.entry is None:
        for entry in entries:
            value = entry.value
            where = f"{entry.about.folder}: " if entry.about.folder else ""
            line = f"{entry.number:>5}  {value['at'][:16]}  #{value['pullRequest']:<6} {value['state']:<12}"
            print(log_line(f"{line} {where}{value['headline']}"))
        return OK
    chosen = next((entry for entry in entries if entry.number == options.entry), None)
    if chosen is None:
        print(f"error: the log has no entry {options.entry}; its last is {len(entries)}", file=sys.stderr)
        return WRONG_USE
    import orjson

    from penstock.review.record.inputs import UnreadableInputsError

    print(json_text(orjson.dumps(chosen.value, option=orjson.OPT_INDENT_2).decode()))
    try:
        inputs = inputs_of(store, chosen)
    except UnreadableInputsError as error:
        print(log_line(f"error: {error}"), file=sys.stderr)
        return PROBLEMS
    from penstock.review.rendering import verdict_terminal

    sys.stdout.write(verdict_terminal.render(inputs.verdict()))
    return OK
