"""``penstock review``: the verdict on a pull request; in GitHub Actions, from what started the run to what is shown."""

from __future__ import annotations

import argparse
import os
import re
import sys
from datetime import datetime
from pathlib import Path

from penstock.cli.main import OK, PROBLEMS, WRONG_USE, lacks
from penstock.cli.record import store_of
from penstock.cli.repository import NoRepositoryError, find_git, find_root
from penstock.cli.review_again import all_open, open_for_jobs
from penstock.cli.review_choices import Choices
from penstock.cli.review_steps import FAILURES, ReviewRun
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.event import BY_THE_CLOCK, actions_run
from penstock.forges.recorded import parse
from penstock.review.decision import Decision, decide
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.record.log import RecordSubject, append, read, remembered
from penstock.review.rendering.text_safety import log_line
from penstock.source.git.call import GitError
from penstock.source.git.repository import GitRepository

STEPS = ("all", "open", "find", "decide", "show")
_PLAIN_FOLDER = re.compile(r"(?:[\w.-]+(?:/[\w.-]+)*)?", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--root",
        type=Path,
        metavar="DIR",
        help="folder to review, which contains specs/ (default: the nearest one upwards)",
    )
    parser.add_argument(
        "--recorded", type=Path, metavar="FILE", help="evaluate a saved pull request, without contacting GitHub"
    )
    parser.add_argument("--number", type=_number, metavar="N", help="pull request, if the event does not name it")
    parser.add_argument("--save", type=Path, metavar="FILE", help="save the pull request as it was read")
    parser.add_argument("--dry-run", action="store_true", help="print the verdict; publish and record nothing")
    parser.add_argument(
        "--record", metavar="PLACE", help="log of decisions: a folder, or branch:NAME of the repository"
    )
    parser.add_argument("--remote", metavar="NAME", help="git remote that holds the log's branch")
    steps = parser.add_argument_group(
        "a review in several jobs", "run `penstock record append` between `decide` and `show`"
    )
    steps.add_argument("--step", choices=STEPS, default="all", help="what this job does (default: all)")
    steps.add_argument(
        "--handover", type=Path, metavar="FILE", help="decision file that `decide` writes and `show` reads"
    )
    steps.add_argument("--digest", default="", help="digest of the decision file; empty if an earlier job failed")
    steps.add_argument("--entries", default="", metavar="DIGESTS", help="digests of the decision's entries in the log")
    steps.add_argument(
        "--again", action="store_true", help="of `decide`: hand nothing over where the check says the same already"
    )
    steps.add_argument("--head", metavar="COMMIT", help="head commit that `find` reported")
    steps.add_argument("--began", type=_moment, metavar="TIME", help="start time that `find` reported")


def run(options: argparse.Namespace) -> int:
    """Judge; 0 for an approval, and for an event from which no review follows."""
    try:
        repository = _repository(options)
        if options.recorded is not None:
            return _recorded(options, repository)
        started = actions_run(os.environ)
        client = GitHubClient(started.token, started.api_url, graphql_url=started.graphql_url or None)
    except FAILURES as error:
        return _refuse(error, WRONG_USE)
    except ModuleNotFoundError as error:
        print(lacks(error, "signatures need", "review"), file=sys.stderr)
        return WRONG_USE
    choices = Choices(
        record=options.record,
        remote=options.remote or "origin",
        number=options.number,
        save=options.save,
        dry_run=options.dry_run,
        handover=options.handover,
        head=options.head or None,
        began=options.began,
        digest=options.digest,
        entries=tuple(options.entries.split()),
        again=options.again,
    )
    with client:
        if options.step == "all" and started.event.name == BY_THE_CLOCK:
            return all_open(choices, repository, started, client, _show)
        steps = ReviewRun(choices, repository, started, client, _show)
        if options.step == "open":
            return open_for_jobs(steps)
        return {"all": steps.all_at_once, "find": steps.find, "decide": steps.decide, "show": steps.show}[
            options.step
        ]()


def _repository(options: argparse.Namespace) -> GitRepository:
    """Seen from the folder that is reviewed. Its name is a part of others' names, so that it has to be a plain one."""
    try:
        repository = find_git(find_root(options) if options.root is None else options.root)
    except NoRepositoryError:
        repository = GitRepository.find(Path())
    if not _PLAIN_FOLDER.fullmatch(repository.folder):
        raise GitError(f"the folder {repository.folder!r} is not a plain path: use letters, digits, `.`, `_` and `-`.")
    return repository


def _recorded(options: argparse.Namespace, repository: GitRepository) -> int:
    try:
        view = parse(options.recorded.read_bytes(), str(options.recorded))
    except OSError as error:
        return _refuse(f"{options.recorded} cannot be read: {error.strerror}", WRONG_USE)
    store = store_of(options.record, repository, options.remote) if options.record else None
    subject = RecordSubject(view.repository, view.number, repository.folder)
    memory = PriorDecisions() if store is None else remembered(read(store.log()), subject)
    decision = decide(repository, view, memory)
    _show(decision)
    if store is not None and not options.dry_run:
        print(f"recorded as {append(store, decision.inputs, decision.verdict).digest}")
    return OK if decision.verdict.is_approved else PROBLEMS


def _number(text: str) -> int | None:
    """A number; None for the empty text of a job that had none to give."""
    if text and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected the number of a pull request, not `{text}`")
    return int(text) if text else None


def _moment(text: str) -> datetime | None:
    """A time with its zone; None for the empty text of a job that had none to give."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"expected a time such as 2026-01-31T06:00:00+00:00, not `{text}`")
    return moment


def _show(decision: Decision) -> None:
    from penstock.review.rendering import terminal, verdict_terminal
    from penstock.review.rendering.notes import notes_of

    facts = decision.inputs.facts
    print(log_line(f"#{facts.number} {facts.title}"))
    sys.stdout.write(verdict_terminal.render(decision.verdict))
    for address, found in sorted(decision.evidence.items()):
        print(log_line(f"  evidence of {address}: {found.state}: {'; '.join(found.reasons)}"))
    print()
    sys.stdout.write(terminal.render(decision.plan, notes=notes_of(decision.verdict)))


def _refuse(error: object, code: int) -> int:
    print(log_line(f"error: {error}"), file=sys.stderr)
    return code
