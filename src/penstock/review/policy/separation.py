"""Separation of duties: who contributed to a pull request, and so has no say in it."""

from __future__ import annotations

from typing import NamedTuple

from penstock.forges.protocol import Commit, PullRequestView

_BRINGING = ("push", "force-push")
"""The moves by which commits come."""


class Contributors(NamedTuple):
    """Everyone who had a hand in the pull request."""

    people: frozenset[str]
    """Keys of their logins: author, commit authors, committers, co-authors, and who pushed."""
    problems: tuple[str, ...]
    """A sentence for each contribution that is nobody's: whoever made it could approve it."""


def contributors(view: PullRequestView) -> Contributors:
    """Everyone who contributed, second parents of merges included, as the forge lists the commits."""
    people: set[str] = set()
    problems = []
    if view.author.key is None:
        problems.append(
            "The account that opened the pull request no longer exists, so it is unknown who may not approve: "
            "let somebody else open a new one with the same commits."
        )
    else:
        people.add(view.author.key)
    commits = view.commits()
    if view.head_sha not in {commit.sha for commit in commits}:
        problems.append(
            f"The head commit {view.head_sha[:12]} is not among the commits that the forge lists, so its authors "
            "are unknown: run the review again."
        )
    for commit in commits:
        for what, person in _hands(commit):
            if person is None:
                problems.append(
                    f"The {what} of commit {commit.sha[:12]} belongs to no account, so it is unknown who may not "
                    "approve: add the email address to an account, or create the commit again."
                )
            else:
                people.add(person)
    for push in view.pushes():
        if push.actor.key is not None:
            people.add(push.actor.key)
        elif push.kind in _BRINGING:
            # Names in commits are whatever their maker wrote: who pushed is all that the forge itself has seen.
            problems.append(
                f"The commit {push.head[:12]} was pushed by no account, as with a deploy key, so it is unknown who may "
                "not approve: open a new pull request from a branch that an account has pushed."
            )
    return Contributors(frozenset(people), tuple(dict.fromkeys(problems)))


def _hands(commit: Commit) -> list[tuple[str, str | None]]:
    # What is made on the forge's own pages, the forge commits and signs; its account approves nothing.
    login = commit.committer.login or ""
    is_forge = commit.committer.is_bot and not login.endswith("[bot]")
    return [
        ("author", commit.author.key),
        *([] if is_forge else [("committer", commit.committer.key)]),
        *(("co-author", person.key) for person in commit.co_authors),
    ]
