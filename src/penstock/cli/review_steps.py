"""A review in GitHub Actions, from what started it to what is shown: in one job, or step by step in jobs of their own.

Finding writes check runs, deciding writes nothing, recording writes the repository, showing writes to the pull
request: apart, no job holds the rights of another.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from penstock.cli.main import OK, PROBLEMS
from penstock.cli.record import store_of
from penstock.cli.review_choices import Choices
from penstock.cli.review_reading import ReviewReading
from penstock.cli.runner_files import hand_on, summarize
from penstock.forges.github.check_run import OvertakenError
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.event import ActionsRun, Event
from penstock.forges.github.git_access import git_access
from penstock.forges.github.identity import Identity, own_identity
from penstock.forges.github.merge_queue import read_group
from penstock.forges.github.pull_request import default_branch, find_open
from penstock.forges.github.shape import Shape
from penstock.forges.protocol import ForgeError
from penstock.review.annotations import annotations_of
from penstock.review.check_name import check_name, default_check
from penstock.review.decision import Decision, decide, decide_group
from penstock.review.decision_bundle import BundledDecision, BundleError, DecisionBundle, bundled_decision
from penstock.review.publication import (
    Page,
    comment_of,
    is_shown,
    publish,
    publish_group,
    publish_left,
    publish_to_queue,
    publish_unknown,
    summary_of,
)
from penstock.review.record.log import append
from penstock.review.record.stores import RecordError, RecordStore
from penstock.review.rendering.text_safety import log_line
from penstock.source.canonical import bytes_digest
from penstock.source.git.call import GitError
from penstock.source.git.repository import GitRepository

FAILURES = (ForgeError, GitError, RecordError, BundleError)
_ATTEMPTS = 3
_HEAD_MOVED = "The pull request has another head now."


@dataclass(slots=True)
class ReviewRun:
    """One run. Each step returns an exit code, and never leaves green what it could not finish."""

    choices: Choices
    repository: GitRepository
    started: ActionsRun
    client: GitHubClient
    show_decision: Callable[[Decision], None]
    head: str | None = None
    """The commit at which the answer is shown, once it is known."""
    began: datetime | None = None
    check: str = field(init=False)
    """The check run that answers; that of the default branch until it is known which one is to be merged into."""
    default_branch: str = ""
    page: Page = field(init=False)
    reading: ReviewReading = field(init=False)
    store: RecordStore | None = field(init=False)

    def __post_init__(self) -> None:
        server = os.environ.get("GITHUB_SERVER_URL") or "https://github.com"
        self.page = Page(server, self.started.run_url)
        access = git_access(self.started.token, server)
        record, remote = self.choices.record, self.choices.remote
        self.store = store_of(record, self.repository, remote, access) if record else None
        self.reading = ReviewReading(
            self.choices, self.repository, self.started.event.repository, self.client, access, self.store
        )
        self.head, self.began = self.choices.head, self.choices.began
        self.check = default_check(self.repository.folder)

    @property
    def identity(self) -> Identity | None:
        """As whom the token speaks; None until it was asked."""
        return self.reading.identity

    # The steps.

    def all_at_once(self) -> int:
        """Everything in one job."""

        def step() -> int:
            number = self._find()
            if number is None and self.started.event.group is None:
                return OK
            bundle = self._decide(number)
            if bundle is None:
                return OK
            return self._show(bundle, self._record(bundle))

        return self.guarded(step, tells=True)

    def find(self) -> int:
        """What the event is about; what was green there is taken back. Later jobs are told by the outputs."""

        def step() -> int:
            number = self._find()
            if number is None and self.started.event.group is None:
                return OK
            assert self.head is not None
            assert self.began is not None
            key = self.key_of(self.head if number is None else number)
            hand_on(self.started, key=key, number=number or "", head=self.head, began=self.began.isoformat())
            return OK

        return self.guarded(step, tells=True)

    def key_of(self, subject: int | str) -> str:
        """By what the reviews of a pull request, or of a merge group's commit, take turns."""
        return f"{self.repository.folder}/{subject}" if self.repository.folder else str(subject)

    def decide(self) -> int:
        """The decision, into the file that is handed over; none where it says again what is shown."""

        def step() -> int:
            self.reading.identity = own_identity(self.client)
            bundle = self._decide(self.choices.number)
            if bundle is None or self._is_shown(bundle):
                return OK
            data = bundle.dump()
            self._handover_file.parent.mkdir(parents=True, exist_ok=True)
            self._handover_file.write_bytes(data)
            hand_on(self.started, digest=bytes_digest(data))
            return OK

        return self.guarded(step, tells=False)

    def again(self) -> int:
        """Everything in one job, for a pull request that nothing happened to; what is shown stays if it is still so."""

        def step() -> int:
            self.reading.identity = own_identity(self.client)
            self._name_check()
            self.began = self.client.server_time
            bundle = self._decide(self.choices.number)
            if bundle is not None and not self._is_shown(bundle):
                self._show(bundle, self._record(bundle))
            return OK

        return self.guarded(step, tells=True)

    def show(self) -> int:
        """What was handed over, at the pull request; that there is nothing, where a job before this one failed."""

        def step() -> int:
            self.reading.identity = own_identity(self.client)
            self._name_check()
            if not self.choices.digest:
                raise BundleError("an earlier job failed: see the log of the run")
            bundle = DecisionBundle.parse(self._handover_file.read_bytes(), self.choices.digest)
            if any(decided.inputs.plan.folder != self.repository.folder for decided in bundle.decisions):
                raise BundleError("the decision file is about another folder: give each job the same root")
            if self.choices.record and len(self.choices.entries) != len(bundle.decisions):
                raise RecordError("the decision was not recorded: see the log of the run")
            return self._show(bundle, self.choices.entries)

        return self.guarded(step, tells=True)

    def guarded(self, step: Callable[[], int], *, tells: bool) -> int:
        try:
            return step()
        except OvertakenError as error:
            print(log_line(str(error)))
            return OK
        except (*FAILURES, OSError) as error:
            if tells:
                self._tell(str(error), failed=True)
            print(log_line(f"error: {error}"), file=sys.stderr)
            return PROBLEMS
        except BaseException:
            if tells:
                self._tell("Penstock itself failed: see the log of the run.", failed=True)
            raise

    # What they are made of.

    def _find(self) -> int | None:
        """Number of the pull request; None for a merge group, and where nothing is to be reviewed."""
        self.reading.identity = own_identity(self.client)
        self.began = self.client.server_time
        event = self.started.event
        if event.group is not None:
            self.head = event.group.head
            self.check = self._check_of(event.group.branch)
            self._tell("The verdict appears here when the review has finished.", failed=False)
            return None
        numbers = self._numbers(event)
        if not numbers:
            self.head = None
            print("no open pull request belongs to this event, so nothing is reviewed")
            return None
        checks = {number: check for number in numbers if (check := self._take_back(number))}
        if event.former_head and event.former_head != self.head:
            self._leave(event.former_head, self.check, _HEAD_MOVED)
        # One commit may be the head of several; the one that is meant for the default branch is reviewed at once.
        wanted = default_check(self.repository.folder)
        chosen = [each for each, check in checks.items() if len(checks) == 1 or check == wanted]
        if not checks:
            print(f"#{numbers[0]} is closed, so nothing is reviewed")
            return None
        if len(chosen) != 1:
            listed = ", ".join(f"#{each}" for each in checks)
            raise ForgeError(
                f"several pull requests have the head {self.head}: {listed}; close all but one, or review each by its "
                "number."
            )
        self.check = checks[chosen[0]]
        if event.former_base and self.head:
            self._leave(self.head, self._check_of(event.former_base), "The pull request now targets another branch.")
        return chosen[0]

    def _take_back(self, number: int) -> str:
        """What was green goes first: from here on, no fault of the forge can leave it standing.

        The check of a pull request; empty for one that is closed.
        """
        path = f"/repos/{self.started.event.repository}/pulls/{number}"
        pull = Shape(self.client.get(path), "the pull request")
        if pull["state"].text() != "open":
            self.head = None
            if not pull["merged"].truth():
                check = self._check_of(pull["base"]["ref"].text())
                self._leave(pull["head"]["sha"].object_id(), check, "The pull request is closed.")
            return ""
        self.head = pull["head"]["sha"].object_id()
        self.check = self._check_of(pull["base"]["ref"].text())
        self._tell("The verdict appears here when the review has finished.", failed=False)
        return self.check

    def _numbers(self, event: Event) -> tuple[int, ...]:
        if self.choices.number is not None:
            return (self.choices.number,)
        if event.head is not None:
            # Where the forge cannot say whose commit it is, it is not green all the same.
            self.head = event.head.sha
            return find_open(self.client, event.repository, event.head.owner, event.head.branch, event.head.sha)
        return (event.number,) if event.number is not None else ()

    def _decide(self, number: int | None) -> DecisionBundle | None:
        """None where the pull request was closed in the meantime."""
        if self.started.event.group is not None:
            return self._decide_group()
        if number is None:
            raise ForgeError("no pull request given: pass the number that the step `find` reported.")
        view = self.reading.pull_request(number)
        for _ in range(_ATTEMPTS):
            self.head = view.head_sha
            if view.state != "open":
                print(f"#{number} was closed, so nothing is decided")
                return None
            memory, after = self.reading.memory(view)
            decision = decide(self.repository, view, memory)
            again = self.reading.pull_request(number)
            if replace(again.facts, now=view.facts.now) == view.facts:
                self.show_decision(decision)
                if not self.choices.again:
                    summarize(self.started, summary_of(decision, self.page))
                return DecisionBundle((self._bundled(decision, after),))
            view = again
        raise ForgeError("the pull request changes faster than it can be reviewed: run again later.")

    def _decide_group(self) -> DecisionBundle:
        event = self.started.event
        assert event.group is not None
        queued = read_group(self.client, event.repository, event.group.branch, event.group.head)
        views = [self.reading.pull_request(entry.number) for entry in queued]
        for commit in (event.group.base, event.group.head):
            self.reading.fetch(commit)
        known = {view.number: self.reading.memory(view) for view in views}
        memories = {number: memory for number, (memory, _) in known.items()}
        decisions, problem = decide_group(self.repository, views, event.group.base, event.group.head, memories)
        moved = [entry.number for entry, view in zip(queued, views, strict=True) if entry.head != view.head_sha]
        if moved and not problem:
            problem = f"#{moved[0]} has another head than the queued one"
        for decision in decisions:
            self.show_decision(decision)
            summarize(self.started, summary_of(decision, self.page))
        if problem:
            print(log_line(f"error: {problem}"), file=sys.stderr)
        bundled = tuple(self._bundled(each, known[each.inputs.facts.number][1]) for each in decisions)
        return DecisionBundle(bundled, event.group.head, problem)

    def _bundled(self, decision: Decision, after: str) -> BundledDecision:
        with self.repository.reading():
            return bundled_decision(decision, after, comment_of(decision, self.page), annotations_of(decision))

    def _record(self, bundle: DecisionBundle) -> tuple[str, ...]:
        """The digests of the entries; none where nothing is recorded."""
        if self.store is None or self.choices.dry_run:
            return ()
        entries = (append(self.store, each.inputs, each.verdict, each.after) for each in bundle.decisions)
        return tuple(entry.digest for entry in entries)

    def _is_shown(self, bundle: DecisionBundle) -> bool:
        """Whether a review because of the time finds what is shown already; one because of an event is shown anyway."""
        if not self.choices.again or bundle.group:
            return False
        assert self.identity is not None
        [bundled] = bundle.decisions
        check = self._check_of(bundled.inputs.facts.base_ref)
        if not is_shown(self.client, self.identity, bundled, self.page, check):
            return False
        print(f"#{bundled.inputs.facts.number}: the check `{check}` says so already")
        return True

    def _show(self, bundle: DecisionBundle, entries: tuple[str, ...]) -> int:
        passes = bundle.is_approved
        if self.choices.dry_run:
            return OK if passes else PROBLEMS
        assert self.identity is not None
        if bundle.group:
            self.head = bundle.group
            passes = publish_group(self.client, self.identity, self.started.event.repository, bundle, self.check)
        else:
            [bundled] = bundle.decisions
            self.head = bundled.inputs.facts.head_sha
            # Of the branch that was decided about, whatever the pull request was turned to since.
            self.check = self._check_of(bundled.inputs.facts.base_ref)
            self.reading.require_the_same(bundled)
            former = bundled.inputs.known.head
            if former not in ("", self.head):
                # Not every push is told by an event.
                self._leave(former, self.check, _HEAD_MOVED)
            publish(self.client, self.identity, bundled, self.page, entries[0] if entries else "", self.check)
            if not passes:
                self._stop_groups(bundled)
        return OK if passes else PROBLEMS

    def _stop_groups(self, bundled: BundledDecision) -> None:
        """What was said at the pull request stands, whether or not the merge queue can be read."""
        assert self.identity is not None
        try:
            publish_to_queue(self.client, self.identity, bundled, self.check)
        except ForgeError as error:
            print(log_line(f"error: merge groups that hold it may still pass: {error}"), file=sys.stderr)

    # What is told to others.

    def _name_check(self) -> None:
        """By the branch that is merged into; where nobody says what is merged, it stays that of the default branch."""
        event = self.started.event
        if event.group is not None:
            self.check = self._check_of(event.group.branch)
        elif self.choices.number is not None:
            path = f"/repos/{event.repository}/pulls/{self.choices.number}"
            pull = Shape(self.client.get(path), "the pull request")
            self.check = self._check_of(pull["base"]["ref"].text())
            # Where nobody found it because of an event, its head is not known yet.
            self.head = self.head or pull["head"]["sha"].object_id()

    def _check_of(self, branch: str) -> str:
        if not self.default_branch:
            self.default_branch = default_branch(self.client, self.started.event.repository)
        return check_name(branch, self.default_branch, self.repository.folder)

    @property
    def _handover_file(self) -> Path:
        if self.choices.handover is None:
            raise BundleError("no decision file given: pass --handover FILE")
        return self.choices.handover

    def _leave(self, head: str, check: str, why: str) -> None:
        """Take back what was green where nothing is under review any more: it may be so again before anybody looks."""
        if self.identity is not None and not self.choices.dry_run:
            began = self.began or self.client.server_time
            publish_left(self.client, self.identity, self.started.event.repository, head, why, began, check)

    def _tell(self, why: str, *, failed: bool) -> None:
        """Take back what was green at the head; of a failure, as well as can be done."""
        if self.head is None or self.identity is None or self.choices.dry_run:
            return
        repository = self.started.event.repository
        try:
            began = self.began or self.client.server_time
            publish_unknown(self.client, self.identity, repository, self.head, why, began, self.check, failed=failed)
        except ForgeError as error:
            if not failed:
                raise
            print(log_line(f"error: the check run could not be written either: {error}"), file=sys.stderr)
