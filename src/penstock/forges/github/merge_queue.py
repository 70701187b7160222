"""Which pull requests a merge group holds.

A group's commits are made by GitHub, and their messages hold titles that anybody writes; only the queue itself says
what is in it (https://docs.github.com/graphql/reference/objects#mergequeue). Each entry is built on top of those
before it, so that the group of one commit is its entry with everything ahead of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.shape import Shape

_QUEUE = """
query Queue($owner: String!, $name: String!, $branch: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    mergeQueue(branch: $branch) {
      entries(first: 100, after: $after) {
        nodes { position headCommit { oid } pullRequest { number headRefOid } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
_MOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class QueuedPullRequest:
    """A pull request in a merge group; `head` is its own head, which a verdict on it must be of."""

    number: int
    head: str


def read_group(client: GitHubClient, repository: str, branch: str, head: str) -> tuple[QueuedPullRequest, ...]:
    """The pull requests that the merge group with this head commit would merge into a branch, first in line first."""
    entries = _entries(client, repository, branch)
    if entries is None:
        raise GitHubError(f"{branch!a} of {repository} has no merge queue that the token may see: check both.")
    ours = [index for index, entry in enumerate(entries) if _head_of(entry) == head]
    if not ours:
        raise GitHubError(
            f"the merge queue of {branch!a} does not hold the commit {head}: the group was rebuilt in the meantime, "
            "and GitHub starts a new run for the new one."
        )
    return tuple(
        QueuedPullRequest(entry["pullRequest"]["number"].number(), entry["pullRequest"]["headRefOid"].object_id())
        for entry in entries[: ours[-1] + 1]
    )


def groups_with(client: GitHubClient, repository: str, branch: str, number: int) -> tuple[str, ...]:
    """The commits of the merge groups that hold a pull request: its own, and those of all who are behind it.

    None where it is not in the queue of the branch, or that has none.
    """
    entries = _entries(client, repository, branch) or []
    ours = next((index for index, one in enumerate(entries) if one["pullRequest"]["number"].number() == number), None)
    return () if ours is None else tuple(filter(None, map(_head_of, entries[ours:])))


def _head_of(entry: Shape) -> str:
    """The commit that GitHub made for an entry; empty where it has made none yet."""
    commit = entry["headCommit"]
    return "" if commit.is_null else commit["oid"].object_id()


def _entries(client: GitHubClient, repository: str, branch: str) -> list[Shape] | None:
    """What is in the queue, first in line first; None where there is no queue."""
    owner, name = repository.split("/")
    entries: list[Shape] = []
    after: str | None = None
    for _ in range(_MOST_PAGES):
        data = client.graphql(_QUEUE, {"owner": owner, "name": name, "branch": branch, "after": after})
        queue = Shape(data, "the merge queue")["repository"]["mergeQueue"]
        if queue.is_null:
            return None
        entries += queue["entries"]["nodes"].items()
        page = queue["entries"]["pageInfo"]
        if not page["hasNextPage"].truth():
            return sorted(entries, key=lambda entry: entry["position"].number())
        cursor = page["endCursor"].text()
        if cursor == after:
            break
        after = cursor
    raise GitHubError("the merge queue has too many pages: run again later.")
