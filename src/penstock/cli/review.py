"""``penstock review``: the verdict on a pull request; in GitHub Actions, from what started the run to what is shown."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from penstock.cli.main import OK, PROBLEMS, WRONG_USE
from penstock.cli.record import place_of
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.event import ActionsRun, Event, actions_run
from penstock.forges.github.identity import Identity, own_identity
from penstock.forges.github.merge_queue import read_group
from penstock.forges.github.permissions import read_writers
from penstock.forges.github.pull_request import find_open, read_pull_request
from penstock.forges.github.shape import Shape
from penstock.forges.protocol import ForgeError
from penstock.forges.recorded import RecordedPullRequest, dump, parse
from penstock.review.decision import Decision, decide, decide_group
from penstock.review.policy.memory import Memory
from penstock.review.publication import Page, publish, publish_group, publish_unknown, summary_of
from penstock.review.record.log import append, read, remembered
from penstock.review.record.places import Place, RecordError
from penstock.review.rendering.text_safety import log_line
from penstock.source.git import Authorization, GitError, GitRepository

_ATTEMPTS = 3
_FAILURES = (ForgeError, GitError, RecordError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="a folder of the repository")
    parser.add_argument(
        "--recorded", type=Path, metavar="FILE", help="judge a pull request as it was recorded, without a forge"
    )
    parser.add_argument("--number", type=int, metavar="N", help="pull request, where the event does not name it")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write down the pull request as it was read")
    parser.add_argument("--dry-run", action="store_true", help="show the verdict, and publish and record nothing")
    parser.add_argument(
        "--record", metavar="PLACE", help="where decisions are recorded: a folder, or branch:NAME of the repository"
    )
    parser.add_argument("--remote", metavar="NAME", help="remote repository that holds the branch of the record")


def run(options: argparse.Namespace) -> int:
    """Judge; 0 for an approval, and for an event from which no review follows."""
    try:
        repository = GitRepository.find(options.root)
        if options.recorded is not None:
            return _recorded(options, repository)
        started = actions_run(os.environ)
    except _FAILURES as error:
        return _refuse(error, WRONG_USE)
    with GitHubClient(started.token, started.api_url, graphql_url=started.graphql_url or None) as client:
        return _Actions(options, repository, started, client).run()


def _recorded(options: argparse.Namespace, repository: GitRepository) -> int:
    try:
        view = parse(options.recorded.read_bytes(), str(options.recorded))
    except OSError as error:
        return _refuse(f"{options.recorded} cannot be read: {error.strerror}", WRONG_USE)
    place = place_of(options.record, repository, options.remote) if options.record else None
    decision = decide(repository, view, _known(place, view))
    _show(decision)
    if place is not None and not options.dry_run:
        print(f"recorded as {append(place, decision.inputs, decision.verdict).digest}")
    return OK if decision.is_approved else PROBLEMS


class _Actions:
    """One run in GitHub Actions."""

    def __init__(
        self, options: argparse.Namespace, repository: GitRepository, started: ActionsRun, client: GitHubClient
    ) -> None:
        self.options, self.repository, self.started, self.client = options, repository, started, client
        server = os.environ.get("GITHUB_SERVER_URL") or "https://github.com"
        self.page = Page(server, started.run_url)
        self.authorization = _authorization(started, server)
        self.remote = options.remote or "origin"
        self.place: Place | None = (
            place_of(options.record, repository, self.remote, self.authorization) if options.record else None
        )
        self.head: str | None = None
        """The commit at which the answer is shown, once it is known."""
        self.identity: Identity | None = None

    def run(self) -> int:
        """Review what the event is about."""
        try:
            self.identity = own_identity(self.client)
            if self.started.event.group is not None:
                return self._group()
            number = self._number(self.started.event)
            if number is None:
                print("no open pull request belongs to this event, so nothing is reviewed")
                return OK
            return self._pull_request(number)
        except _FAILURES as error:
            self._tell(str(error), failed=True)
            return _refuse(error, PROBLEMS)
        except BaseException:
            self._tell("Penstock itself failed: the log of the run says how.", failed=True)
            raise

    def _number(self, event: Event) -> int | None:
        if self.options.number is not None:
            return int(self.options.number)
        if event.head is not None:
            return find_open(self.client, event.repository, event.head.owner, event.head.branch, event.head.sha)
        return event.number

    def _pull_request(self, number: int) -> int:
        # What was green goes first: from here on, no fault of the forge can leave it standing.
        pull = Shape(self.client.get(f"/repos/{self.started.event.repository}/pulls/{number}"), "the pull request")
        if pull["state"].text() != "open":
            print(f"#{number} is closed, so nothing is reviewed")
            return OK
        self.head = pull["head"]["sha"].object_id()
        self._tell("Until the review is done, nobody knows.", failed=False)
        view = self._read(number)
        self.head = view.head_sha
        decision, entry = self._decide(view)
        self._summarize(summary_of(decision, self.page, entry))
        if not self.options.dry_run:
            assert self.identity is not None
            publish(self.client, self.identity, decision, self.page, entry)
        return OK if decision.is_approved else PROBLEMS

    def _decide(self, view: RecordedPullRequest) -> tuple[Decision, str]:
        """The decision, and the digest of its entry. What changes while it is made is decided on anew."""
        for _ in range(_ATTEMPTS):
            decision = decide(self.repository, view, _known(self.place, view))
            entry = self._append(decision)
            again = self._read(view.number)
            if replace(again.facts, now=view.facts.now) == view.facts:
                _show(decision)
                return decision, entry
            view = again
            self.head = view.head_sha
        raise ForgeError("the pull request changes faster than it can be reviewed: run again when it is quiet.")

    def _group(self) -> int:
        event = self.started.event
        assert event.group is not None
        self.head = event.group.head
        self._tell("Until the review is done, nobody knows.", failed=False)
        queued = read_group(self.client, event.repository, event.group.branch, event.group.head)
        views = [self._read(one.number) for one in queued]
        for commit in (event.group.base, event.group.head):
            self._fetch(commit)
        known = {view.number: _known(self.place, view) for view in views}
        decisions, problem = decide_group(self.repository, views, event.group.base, event.group.head, known)
        moved = [one.number for one, view in zip(queued, views, strict=True) if one.head != view.head_sha]
        if moved and not problem:
            problem = f"#{moved[0]} has another head than the one that is queued"
        for decision in decisions:
            _show(decision)
            self._summarize(summary_of(decision, self.page, self._append(decision)))
        if self.options.dry_run:
            return OK if not problem and all(one.is_approved for one in decisions) else PROBLEMS
        assert self.identity is not None
        passes = publish_group(self.client, self.identity, event.repository, event.group.head, decisions, problem)
        if problem:
            print(log_line(f"error: {problem}"), file=sys.stderr)
        return OK if passes else PROBLEMS

    def _read(self, number: int) -> RecordedPullRequest:
        """The pull request with its commits in this clone, and with who of the base's teams may write."""
        repository = self.started.event.repository
        view = read_pull_request(self.client, repository, number)
        for commit in (view.base_sha, view.head_sha):
            self._fetch(commit)
        writers = read_writers(self.client, repository, _team_members(self.repository, view.base_sha))
        facts = replace(view.facts, writers=tuple(sorted({*view.facts.writers, *writers})))
        if self.options.save is not None:
            self.options.save.write_text(dump(facts), encoding="utf-8")
        return RecordedPullRequest(facts)

    def _fetch(self, commit: str) -> None:
        self.repository.fetch(self.remote, commit, f"refs/penstock/{commit}", self.authorization)

    def _append(self, decision: Decision) -> str:
        if self.place is None or self.options.dry_run:
            return ""
        return append(self.place, decision.inputs, decision.verdict).digest

    def _summarize(self, text: str) -> None:
        if self.started.summary_path is not None:
            with self.started.summary_path.open("a", encoding="utf-8") as file:
                file.write(text)

    def _tell(self, why: str, *, failed: bool) -> None:
        """Take back what was green at the head; of a failure, as well as can be done."""
        if self.head is None or self.identity is None or self.options.dry_run:
            return
        repository = self.started.event.repository
        try:
            publish_unknown(self.client, self.identity, repository, self.head, why, failed=failed)
        except ForgeError as error:
            if not failed:
                raise
            print(log_line(f"error: the check run could not be written either: {error}"), file=sys.stderr)


def _known(place: Place | None, view: RecordedPullRequest) -> Memory:
    return Memory() if place is None else remembered(read(place.log()), view.repository, view.number)


def _team_members(repository: GitRepository, base: str) -> set[str]:
    from penstock.catalog.load import load_commit
    from penstock.specs.team import Team

    teams = load_commit(repository, base).view(None).all(Team)
    return {member for team in teams for member in team.spec.members}


def _authorization(started: ActionsRun, server: str) -> Authorization:
    """As https://docs.github.com/rest/authentication has it for git over HTTPS."""
    import base64

    pair = base64.b64encode(f"x-access-token:{started.token.reveal()}".encode()).decode()
    return Authorization(server, f"AUTHORIZATION: basic {pair}")


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
