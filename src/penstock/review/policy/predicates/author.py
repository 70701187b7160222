"""Author of the pull request, and whoever else had a hand in it."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject
from penstock.specs.approval_policy import People


def holds(wanted: People, subject: PolicySubject) -> bool | None:
    """Whether everybody who had a hand in it is one of the people, by the teams of the base; None where only some are.

    Whoever may write can push to the branch of another, whose name alone would then free what was pushed.
    """
    if subject.author is None:
        return None
    people = subject.roles.people(wanted, subject.standing)
    answers = {login in people for login in (subject.author, *subject.contributors)}
    return answers.pop() if len(answers) == 1 else None
