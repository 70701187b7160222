"""Recorded pull requests judged again under another policy: whose verdict would be another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from penstock.catalog.model import Catalog
from penstock.forges.recorded import RecordedPullRequest
from penstock.review.decision import states_of, understand
from penstock.review.evidence.keys import KeySet
from penstock.review.model import Verdict, VerdictState
from penstock.review.policy.evaluate import evaluate
from penstock.review.policy.governing_files import with_governing_files
from penstock.review.policy.organisation import Organisation, read_owners
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.policy.resolve import resolve_organisation, resolve_policy
from penstock.source.git.call import GitError
from penstock.source.git.repository import GitRepository

_Asked = tuple[str, str, str]
"""A rule, what it needs of some changes, and their state."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A pull request at the moment of its record."""

    name: str
    """As the reader knows it: a file, a number."""
    view: RecordedPullRequest
    memory: PriorDecisions = field(default_factory=PriorDecisions)


class Replayed(NamedTuple):
    """One pull request under the policy of its base, and under the other one."""

    name: str
    number: int
    title: str
    before: Verdict | None
    after: Verdict | None
    problem: str = ""
    """Why it could not be judged again; empty where it was."""

    @property
    def is_altered(self) -> bool:
        """Whether the state differs, or the rules that ask people; what could not be judged counts as altered."""
        if self.before is None or self.after is None:
            return True
        return _gist(self.before) != _gist(self.after)

    @property
    def differences(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What rules ask for under the policy of the base alone, and what under the other one alone, as sentences."""
        if self.before is None or self.after is None:
            return (), ()
        before, after = _asked(self.before), _asked(self.after)
        return tuple(map(_sentence, sorted(before - after))), tuple(map(_sentence, sorted(after - before)))


def replay(repository: GitRepository, records: Iterable[Recorded], policy: Catalog) -> tuple[Replayed, ...]:
    """Each record under its own policy and under the policies and teams of the tree `policy`.

    What was closed or merged since is judged as it would be while it is open and ready: what merging it into its base
    left, with the evidence as it was worth then, by the keys of the policy that judges.
    """
    other = resolve_policy(policy)
    found = []
    for record in records:
        view = RecordedPullRequest(replace(record.view.facts, state="open", is_draft=False))
        try:
            inputs, evidence, (by_other,) = understand(
                repository, view.base_sha, view.head_sha, view.now(), (KeySet.of(other.keys),)
            )
        except GitError as error:
            found.append(Replayed(record.name, view.number, view.title, None, None, str(error)))
            continue
        base = inputs.revisions.base.catalog
        asked = with_governing_files(inputs.plan, other.rules)
        plan = replace(asked, digests={**asked.digests, "policy": other.digest})
        teams = resolve_organisation(policy, plan)
        organisation = Organisation(teams.teams, teams.spelling, read_owners(base, plan))
        states, others, memory = states_of(evidence), states_of(by_other), record.memory
        before = evaluate(inputs.plan, inputs.policy, inputs.organisation, view, evidence=states, memory=memory)
        after = evaluate(plan, other, organisation, view, evidence=others, memory=memory)
        found.append(Replayed(record.name, view.number, view.title, before, after))
    return tuple(found)


def _gist(verdict: Verdict) -> tuple[object, ...]:
    return verdict.state, _asked(verdict)


def _asked(verdict: Verdict) -> frozenset[_Asked]:
    return frozenset(
        (node.name, child.needs, child.state.value)
        for node in verdict.tree.children
        if node.state is not VerdictState.SKIPPED
        for child in node.children
    )


def _sentence(asked: _Asked) -> str:
    rule, needs, state = asked
    return f"{rule}: needs {needs or 'nobody'} ({state})"
