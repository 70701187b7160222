"""The open pull requests, reviewed again because time passed: a freeze began or ended, or a waiver did."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace

from penstock.cli.main import OK, PROBLEMS
from penstock.cli.review_choices import Choices
from penstock.cli.review_steps import FAILURES, ReviewRun
from penstock.cli.runner_files import hand_on
from penstock.diagnostics.grammar import counted
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.event import ActionsRun
from penstock.forges.github.pull_request import list_open
from penstock.review.decision import Decision
from penstock.review.rendering.text_safety import log_line
from penstock.source.git.repository import GitRepository

MOST = 256
"""So many jobs can be made of one list in GitHub Actions."""


def open_for_jobs(run: ReviewRun) -> int:
    """Put out the open pull requests, each with the key by which its reviews take turns, and when this began."""

    def step() -> int:
        numbers = _open(run.client, run.started)
        began = run.client.server_time.isoformat()
        again = [{"number": each, "key": run.key_of(each)} for each in numbers]
        hand_on(run.started, began=began, open=json.dumps(again))
        return OK

    return run.guarded(step, tells=False)


def all_open(
    choices: Choices,
    repository: GitRepository,
    started: ActionsRun,
    client: GitHubClient,
    show_decision: Callable[[Decision], None],
) -> int:
    """Review each of them in this job; one that fails keeps nobody else waiting."""
    try:
        numbers = _open(client, started)
    except FAILURES as error:
        print(log_line(f"error: {error}"), file=sys.stderr)
        return PROBLEMS
    codes = [
        ReviewRun(replace(choices, number=number, again=True), repository, started, client, show_decision).again()
        for number in numbers
    ]
    return max(codes, default=OK)


def _open(client: GitHubClient, started: ActionsRun) -> tuple[int, ...]:
    """What changed last comes first. A draft is not among them: time lets none of them pass."""
    numbers = list_open(client, started.event.repository)
    if len(numbers) > MOST:
        total = counted(len(numbers), "open pull request")
        print(f"::warning::only the {MOST} that changed last are reviewed again, of {total}")
    return numbers[:MOST]
