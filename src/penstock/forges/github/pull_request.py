"""A pull request on GitHub, read whole: a record of one moment, or an error."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal
from urllib.parse import quote

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.comments import read_comments, read_line_comments
from penstock.forges.github.commits import read_commits
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.history import TextHistory, is_of_a_person, read_histories
from penstock.forges.github.people import rest_person
from penstock.forges.github.permissions import read_writers
from penstock.forges.github.pushes import UnsettledError, joined, read_moves
from penstock.forges.github.shape import Shape, is_repository
from penstock.forges.github.timeline import Event, read_timeline
from penstock.forges.protocol import Dismissal, Push, Review, State
from penstock.forges.recorded import PullRequestFacts, RecordedPullRequest

_REVIEW_STATES: dict[str, Literal["approved", "changes_requested", "commented", "dismissed"]] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "COMMENTED": "commented",
    "DISMISSED": "dismissed",
}
_UNSUBMITTED = "PENDING"
_ATTEMPTS = 4


def read_pull_request(
    client: GitHubClient, repository: str, number: int, people: Iterable[str] = (), *, own: str = ""
) -> RecordedPullRequest:
    """Everything that a review needs to know of a pull request.

    `people` are logins to ask about besides those who reviewed or commented: who might be asked to
    approve; `own` is the login of the token. A pull request that changes while it is read is read again,
    and so is one of which GitHub does not show all yet, as happens right after a push. GitHubError where
    it does not settle, and for everything that cannot be read to its end.
    """
    if not is_repository(repository):
        raise GitHubError(f"{repository!a} is not a repository name: write it as owner/name.")
    asked = tuple(people)
    reason = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            client.wait(2.0**attempt)
        try:
            return RecordedPullRequest(_read_once(client, repository, number, asked, own))
        except UnsettledError as error:
            reason = str(error)
    raise GitHubError(f"{reason}: run again in a minute; if it persists, push again.")


def _read_once(
    client: GitHubClient, repository: str, number: int, people: tuple[str, ...], own: str
) -> PullRequestFacts:
    path = f"/repos/{repository}/pulls/{number}"
    pull = Shape(client.get(path), "the pull request")
    base_ref = pull["base"]["ref"].text()
    base = _tip(client, repository, base_ref)
    head = pull["head"]["sha"].object_id()
    timeline = read_timeline(client, repository, number)
    reviews = _reviews(client, repository, number, timeline.dismissals, own)
    comments = read_comments(client, repository, number, own)
    submitted = {review.id: review.submitted for review in reviews}
    line_comments = read_line_comments(client, repository, number, submitted, own)
    speakers = [
        *(review.person for review in reviews),
        *(review.dismissal.by for review in reviews if review.dismissal is not None),
        *(comment.person for comment in (*comments, *line_comments)),
        *(deletion.author for deletion in timeline.deletions),
    ]
    seen = {person.login for person in speakers if person.login}
    commits = read_commits(client, repository, base, head)
    facts = PullRequestFacts(
        repository=repository,
        number=pull["number"].number(),
        title=pull["title"].text(),
        author=rest_person(pull["user"]),
        state=_state(pull),
        is_draft=not pull["draft"].is_null and pull["draft"].truth(),
        base_sha=base,
        base_ref=base_ref,
        head_sha=head,
        is_fork=_is_fork(pull),
        labels=tuple(sorted(label["name"].text() for label in pull["labels"].items())),
        commits=commits,
        pushes=_pushes(client, pull, timeline.events, {commit.sha for commit in commits}),
        reviews=reviews,
        comments=comments,
        writers=read_writers(client, repository, {*seen, *people}),
        now=client.server_time,
        deletions=timeline.deletions,
        line_comments=line_comments,
    )
    again = Shape(client.get(path), "the pull request")
    if _changing(again) != _changing(pull) or _tip(client, repository, base_ref) != base:
        raise UnsettledError("the pull request or its base changed while it was read")
    return facts


def _changing(pull: Shape) -> list[object]:
    """What tells whether somebody touched the pull request; its other values change by being looked at."""
    return [pull["updated_at"].value, pull["state"].value, pull["head"]["sha"].value, pull["base"]["ref"].value]


def _tip(client: GitHubClient, repository: str, branch: str) -> str:
    """Where a branch is now. The `base.sha` of a pull request is where it was when somebody last pushed."""
    name = quote(f"heads/{branch}", safe="")
    ref = client.get(f"/repos/{repository}/git/ref/{name}")
    return Shape(ref, "the base branch")["object"]["sha"].object_id()


def _state(pull: Shape) -> State:
    if pull["merged"].truth():
        return "merged"
    return "open" if pull["state"].text() == "open" else "closed"


def _is_fork(pull: Shape) -> bool:
    theirs = pull["head"]["repo"]
    return theirs.is_null or theirs["id"].number() != pull["base"]["repo"]["id"].number()


def _pushes(client: GitHubClient, pull: Shape, events: tuple[Event, ...], commits: Collection[str]) -> tuple[Push, ...]:
    source = pull["head"]["repo"]
    if source.is_null:
        raise GitHubError(
            "the repository that the pull request comes from was deleted, so it is unknown when its head was pushed: "
            "open a new pull request with the same commits."
        )
    opened = pull["created_at"].instant()
    moves = read_moves(client, source["full_name"].repository(), pull["head"]["ref"].text(), opened, commits)
    return joined(moves, events, opened, rest_person(pull["user"]), pull["head"]["sha"].object_id(), commits)


def _reviews(
    client: GitHubClient, repository: str, number: int, dismissals: Mapping[str, Dismissal], own: str
) -> tuple[Review, ...]:
    listed = [Shape(item, "the reviews") for item in client.items(f"/repos/{repository}/pulls/{number}/reviews")]
    shapes = [shape for shape in listed if shape["state"].text() != _UNSUBMITTED]
    # Of reviews, REST does not even tell whether they were edited.
    asked = [shape["node_id"].text() for shape in shapes if is_of_a_person(shape, own)]
    histories = read_histories(client, asked)
    if missing := set(asked) - histories.keys():
        raise GitHubError(f"GitHub does not tell what the review {min(missing)} said before: run again later.")
    found = []
    for shape in shapes:
        state = shape["state"].text()
        if state not in _REVIEW_STATES:
            raise GitHubError("a review is in a state that GitHub does not document: update Penstock.")
        review = str(shape["id"].number())
        history = histories.get(shape["node_id"].text_or_empty(), TextHistory(None, ()))
        found.append(
            Review(
                id=review,
                person=rest_person(shape["user"]),
                state=_REVIEW_STATES[state],
                submitted=shape["submitted_at"].instant(),
                commit=shape["commit_id"].text_or_empty(),
                body=shape["body"].text_or_empty(),
                dismissal=dismissals.get(review) if state == "DISMISSED" else None,
                edited_at=history.edited_at,
                earlier=history.earlier,
            )
        )
    return tuple(sorted(found, key=lambda review: (review.submitted, int(review.id))))


def default_branch(client: GitHubClient, repository: str) -> str:
    """The branch whose workflows run, and that a ruleset guards first."""
    return Shape(client.get(f"/repos/{repository}"), "the repository")["default_branch"].text()


def list_open(client: GitHubClient, repository: str) -> tuple[int, ...]:
    """Numbers of the open pull requests that are no drafts; what changed last comes first."""
    listed = client.items(f"/repos/{repository}/pulls", {"state": "open", "sort": "updated", "direction": "desc"})
    shapes = [Shape(item, "the pull requests") for item in listed]
    ready = [shape for shape in shapes if shape["draft"].is_null or not shape["draft"].truth()]
    # A pull request that changes meanwhile may be on two pages.
    return tuple(dict.fromkeys(shape["number"].number() for shape in ready))


def find_open(client: GitHubClient, repository: str, head_owner: str, head_branch: str, head: str) -> tuple[int, ...]:
    """Numbers of the open pull requests whose head is this commit of this branch: one, unless they differ in the base.

    A `workflow_run` for a fork does not name its pull request.
    """
    listed = client.items(f"/repos/{repository}/pulls", {"state": "open", "head": f"{head_owner}:{head_branch}"})
    shapes = [Shape(item, "the pull requests") for item in listed]
    return tuple(shape["number"].number() for shape in shapes if shape["head"]["sha"].object_id() == head)
