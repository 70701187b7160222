"""What started this run of GitHub Actions, read from its environment and its event file.

The file holds what people wrote. Only ids, names that fit their form and numbers are taken out of it, and only to say
where to look: all that a decision rests on is read from GitHub.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from penstock.forges.github.errors import GitHubError
from penstock.forges.github.secret import Secret
from penstock.forges.github.shape import Shape

_MOST_BYTES = 64 * 1024 * 1024
_BRANCH = "refs/heads/"
_ON_PULL_REQUESTS = {"pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"}
BY_THE_CLOCK = "schedule"
"""The event that is nobody's doing: every open pull request is looked at again."""
_QUEUE_REF = "refs/heads/gh-readonly-queue/"


@dataclass(frozen=True, slots=True)
class Head:
    """The commit that a run is about, where the event does not name a pull request."""

    sha: str
    owner: str
    """Owner of the repository whose branch it is; empty where that is gone."""
    branch: str


@dataclass(frozen=True, slots=True)
class MergeGroup:
    """Pull requests that a queue is about to merge together."""

    head: str
    base: str
    branch: str
    """The branch that they are merged into."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened. At most one of `number`, `head` and `group` says what is to be reviewed; none: nothing is."""

    name: str
    action: str
    repository: str
    number: int | None = None
    head: Head | None = None
    """Of a `workflow_run` that does not name its pull request, as is so for forks: `find_open` finds it."""
    group: MergeGroup | None = None
    former_base: str = ""
    """The branch that the pull request was turned away from, where that is what happened."""
    former_head: str = ""
    """The head that it had before it was pushed to, where that is what happened."""


@dataclass(frozen=True, slots=True)
class ActionsRun:
    """This run: its event, and where and as whom to speak to GitHub."""

    event: Event
    token: Secret
    api_url: str
    graphql_url: str
    run_url: str
    """The page of this run, for people; empty where it is unknown."""
    summary_path: Path | None
    """The file whose text GitHub shows on that page: append to it (GITHUB_STEP_SUMMARY)."""
    output_path: Path | None
    """The file that hands values to later steps and jobs: append `name=value` lines to it (GITHUB_OUTPUT)."""


def actions_run(environment: Mapping[str, str]) -> ActionsRun:
    """The run that these variables describe (https://docs.github.com/actions/reference/workflows-and-actions/variables).

    GitHubError for one that is missing, and for an event that no review can follow from.
    """
    repository = Shape(_required(environment, "GITHUB_REPOSITORY"), "GITHUB_REPOSITORY").repository()
    event = parse_event(
        _required(environment, "GITHUB_EVENT_NAME"),
        _read(Path(_required(environment, "GITHUB_EVENT_PATH"))),
        repository,
    )
    summary, output = environment.get("GITHUB_STEP_SUMMARY"), environment.get("GITHUB_OUTPUT")
    server, run = environment.get("GITHUB_SERVER_URL"), environment.get("GITHUB_RUN_ID", "")
    return ActionsRun(
        event=event,
        token=Secret(_required(environment, "GITHUB_TOKEN")),
        api_url=environment.get("GITHUB_API_URL") or "https://api.github.com",
        graphql_url=environment.get("GITHUB_GRAPHQL_URL", ""),
        run_url=f"{server}/{repository}/actions/runs/{run}" if server and run.isdecimal() else "",
        summary_path=Path(summary) if summary else None,
        output_path=Path(output) if output else None,
    )


def parse_event(name: str, content: bytes | str, repository: str) -> Event:
    """The event that a payload describes, which must be of this repository (`owner/name`)."""
    try:
        payload = Shape(json.loads(content), f"the event `{name}`")
    except (ValueError, RecursionError):
        raise GitHubError("the file at GITHUB_EVENT_PATH is not JSON: run the workflow again.") from None
    if name == BY_THE_CLOCK:
        # Nobody wrote anything, and some servers do not even name the repository.
        return Event(name, "", repository)
    if payload["repository"]["full_name"].repository().lower() != repository.lower():
        raise GitHubError("the event is of another repository than GITHUB_REPOSITORY: do not change either variable.")
    action = payload["action"].text_or_empty()
    if name in _ON_PULL_REQUESTS:
        number = payload["pull_request"]["number"].number()
        former_base, before = _former_base(payload["changes"]), payload["before"]
        former_head = "" if before.is_null else before.object_id()
        return Event(name, action, repository, number=number, former_base=former_base, former_head=former_head)
    if name == "issue_comment":
        issue = payload["issue"]
        is_pull_request = not issue["pull_request"].is_null
        return Event(name, action, repository, number=issue["number"].number() if is_pull_request else None)
    if name == "merge_group":
        return Event(name, action, repository, group=_group(payload["merge_group"]))
    if name == "workflow_run":
        return _after_workflow(name, action, repository, payload)
    raise GitHubError(
        f"the event {name!a} starts no review: run Penstock on pull_request_target, pull_request_review, "
        "issue_comment, workflow_run, merge_group or schedule."
    )


def _former_base(changes: Shape) -> str:
    if changes.is_null or changes["base"].is_null:
        return ""
    return changes["base"]["ref"]["from"].text()


def _group(group: Shape) -> MergeGroup:
    if not group["head_ref"].text().startswith(_QUEUE_REF):
        raise GitHubError("the merge group is not on a branch of a queue: run the workflow again.")
    return MergeGroup(
        head=group["head_sha"].object_id(),
        base=group["base_sha"].object_id(),
        branch=group["base_ref"].text().removeprefix(_BRANCH),
    )


def _after_workflow(name: str, action: str, repository: str, payload: Shape) -> Event:
    """GitHub lists pull requests of the run's branch in all forks, and for a run in a fork none at all."""
    run = payload["workflow_run"]
    if run["event"].text() not in _ON_PULL_REQUESTS:
        return Event(name, action, repository)
    ours = payload["repository"]["id"].number()
    listed = [] if run["pull_requests"].is_null else run["pull_requests"].items()
    numbers = {pull["number"].number() for pull in listed if pull["base"]["repo"]["id"].number() == ours}
    if len(numbers) == 1:
        return Event(name, action, repository, number=numbers.pop())
    source = run["head_repository"]
    owner = "" if source.is_null else source["owner"]["login"].text()
    head = Head(run["head_sha"].object_id(), owner, run["head_branch"].text_or_empty())
    return Event(name, action, repository, head=head)


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        hint = "run in GitHub Actions, or evaluate a saved pull request with `--recorded FILE`"
        if name == "GITHUB_TOKEN":
            hint = "pass `GITHUB_TOKEN: ${{ github.token }}` in `env`"
        raise GitHubError(f"{name} is not set: {hint}.")
    return value


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise GitHubError("the file at GITHUB_EVENT_PATH is too large for an event: run the workflow again.")
        return path.read_bytes()
    except OSError as error:
        raise GitHubError(f"the file at GITHUB_EVENT_PATH cannot be read ({error.strerror}): run it again.") from None
