"""What if these people approved now? The same pull request, with approvals that nobody has given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from penstock.forges.protocol import ForgeError, Person, Review
from penstock.forges.recorded import RecordedPullRequest


def pretend_approved_by(view: RecordedPullRequest, logins: Iterable[str]) -> RecordedPullRequest:
    """The view one second later, when each of these people has approved.

    Nothing else is pretended: who may not write to the repository still may not. ForgeError for
    what can be nobody's login.
    """
    moment = max([view.now(), *(push.at for push in view.pushes())]) + timedelta(seconds=1)
    approvals = tuple(
        Review(f"pretended-{login}", _person(login), "approved", moment, view.head_sha, "") for login in logins
    )
    return RecordedPullRequest(replace(view.facts, reviews=view.facts.reviews + approvals, now=moment))


def _person(login: str) -> Person:
    person = Person(login, is_bot=login.endswith("[bot]"))
    if person.login is None:
        raise ForgeError(f"{login!a} is not a valid login: write it as GitHub shows it, without the @.")
    return person
