"""The commits of a pull request: all of them, with everyone who had a hand in them.

The endpoint for a pull request's commits ends after 250
(https://docs.github.com/rest/pulls/pulls#list-commits-on-a-pull-request), and so does GraphQL; the comparison of
two commits, which lists what `git log base..head` does, goes on page by page to the total that it names
(https://docs.github.com/rest/commits/commits#compare-two-commits).
"""

from __future__ import annotations

from penstock.forges.github.client import PER_PAGE, GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.people import NOBODY, Emails, co_author_emails, rest_person
from penstock.forges.github.shape import Shape
from penstock.forges.protocol import Commit, Person

MOST_COMMITS = 5000
# The account in whose name GitHub commits what people edit or merge on its pages.
_WEB = "web-flow"


def read_commits(client: GitHubClient, repository: str, base: str, head: str) -> tuple[Commit, ...]:
    """Everything reachable from `head` and not from `base`, both full commit ids; oldest first."""
    shapes = _listed(client, repository, base, head)
    emails = {sha: co_author_emails(shape["commit"]["message"].text()) for sha, shape in shapes.items()}
    people = Emails(client, repository).resolve({sha: named for sha, named in emails.items() if named})
    return tuple(
        Commit(
            sha=sha,
            author=rest_person(shape["author"]),
            committer=_committer(shape),
            co_authors=tuple(people[email] for email in emails[sha]),
            parents=tuple(parent["sha"].object_id() for parent in shape["parents"].items()),
            message=shape["commit"]["message"].text(),
        )
        for sha, shape in shapes.items()
    )


def _listed(client: GitHubClient, repository: str, base: str, head: str) -> dict[str, Shape]:
    """The commits by their ids; GitHubError where fewer came than GitHub counts."""
    found: dict[str, Shape] = {}
    page = 0
    while True:
        page += 1
        path = f"/repos/{repository}/compare/{base}...{head}"
        comparison = Shape(client.get(path, {"per_page": PER_PAGE, "page": page}), "the comparison of base and head")
        total = comparison["total_commits"].number()
        if total > MOST_COMMITS:
            raise GitHubError(f"the pull request has {total} commits, more than {MOST_COMMITS}: split it.")
        before = len(found)
        found.update({commit["sha"].object_id(): commit for commit in comparison["commits"].items()})
        if len(found) == total and (head in found or not total):
            return found
        if len(found) == before or len(found) >= total:
            raise GitHubError(
                f"GitHub counts {total} commits between base and head, but lists {len(found)}: run again later."
            )


def _committer(commit: Shape) -> Person:
    """Anyone can write GitHub's email into a commit, but not sign with its key."""
    person = rest_person(commit["committer"])
    if person.key != _WEB:
        return person
    verification = commit["commit"]["verification"]
    is_signed = not verification.is_null and verification["verified"].truth()
    return Person(_WEB, is_bot=True) if is_signed else NOBODY
