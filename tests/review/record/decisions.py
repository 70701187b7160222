"""Decisions for the tests of the record."""

from __future__ import annotations

from penstock.review.decision import Decision, decide
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.record.log import RecordSubject, append, read, remembered
from penstock.review.record.stores import RecordStore
from review.pull_requests import PullRequest


def decision_on(pull: PullRequest, store: RecordStore | None = None) -> Decision:
    git, view = pull.repository.seen, pull.forge.view
    subject = RecordSubject(view.repository, view.number, git.folder)
    known = PriorDecisions() if store is None else remembered(read(store.log()), subject)
    return decide(git, view, known)


def recorded(pull: PullRequest, store: RecordStore) -> None:
    """Three decisions: opened, approved by one, approved by both."""
    for person in ("", "ada", "rita"):
        if person:
            pull.forge.approve(person)
        found = decision_on(pull, store)
        append(store, found.inputs, found.verdict)
