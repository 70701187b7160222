"""From a pull request to a decision: what merging it would leave, its plan, its evidence, and the verdict on them.

Only git objects are read. The policy, the teams and the keys are those of the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from penstock.forges.recorded import RecordedPullRequest
from penstock.review.evidence.keys import KeySet
from penstock.review.evidence.verify import Evidence, evidence_of
from penstock.review.merge_conflict import merge_conflict
from penstock.review.model import Plan, Verdict
from penstock.review.policy.evaluate import MergeGroup
from penstock.review.policy.inputs import Inputs, inputs_of, read_inputs
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.record.inputs import VerdictInputs
from penstock.review.revisions import Revisions, with_revisions
from penstock.source.git.default_base import WORK_TREE
from penstock.source.git.repository import GitRepository


class Decision(NamedTuple):
    """A verdict, and all that it was made of."""

    plan: Plan
    """With what is in the generated files, which the inputs are without."""
    evidence: Mapping[str, Evidence]
    inputs: VerdictInputs
    verdict: Verdict
    tree: Inputs
    """The base's policy and both sides, for places in their files."""


class Understood(NamedTuple):
    """A pull request as git knows it, before anybody's word on it."""

    tree: Inputs
    """The plan, bound to the head that was asked for, and the policy and the organisation of the base."""
    evidence: Mapping[str, Evidence]
    """Of each changed Release by its address, by the keys of the base's policy."""
    by_others: tuple[Mapping[str, Evidence], ...]
    """The same by other sets of keys, in the order in which they were given."""


def states_of(evidence: Mapping[str, Evidence]) -> dict[str, str]:
    """What rules see of evidence: its state, by the address of the Release."""
    return {address: found.state for address, found in evidence.items()}


def decide(repository: GitRepository, view: RecordedPullRequest, known: PriorDecisions | None = None) -> Decision:
    """The decision on a pull request. GitError where git fails.

    Compared are the base as it is now and what merging the head into it would leave: what the merge itself adds, or a
    base that moved on, is seen too. Head and base that conflict are an error of the plan.
    """
    understood = understand(repository, view.base_sha, view.head_sha, view.now())
    return _decided(view, understood, known, None)


def understand(
    repository: GitRepository, base: str, head: str, now: datetime, others: tuple[KeySet, ...] = ()
) -> Understood:
    """What merging `head` into `base` would leave, and what its evidence is worth at a moment.

    GitError where git fails. A `head` that is `WORK_TREE` is taken as it lies there. Evidence is told by each of
    the key sets in `others` too, for whoever asks what it would be worth under another policy.
    """
    merged = _merged(repository, base, head)
    found = _read(repository, base, merged or head, now, others)
    plan = _of_head(repository, found.tree.plan, base, head, merged)
    return found._replace(tree=found.tree._replace(plan=plan))


def merged_inputs(repository: GitRepository, base: str, head: str) -> Inputs:
    """What merging `head` into `base` would leave, without a look at its evidence. As `understand`."""
    merged = _merged(repository, base, head)
    found = read_inputs(repository, base, merged or head)
    return found._replace(plan=_of_head(repository, found.plan, base, head, merged))


def _merged(repository: GitRepository, base: str, head: str) -> str | None:
    """The commit of the merge; None where there is none."""
    return head if head == WORK_TREE else repository.merged(base, head)


def _of_head(repository: GitRepository, plan: Plan, base: str, head: str, merged: str | None) -> Plan:
    """The plan of what merging left, as one of the head, with the conflict where there is no merge."""
    if merged is None:
        plan = replace(plan, errors=(merge_conflict(repository, base, head), *plan.errors))
    if merged == head:
        return plan
    # The verdict is about the head; what was compared is bound to it by its own digest.
    return replace(plan, head=head, digests={**plan.digests, "head": head, "merged": merged or "conflict"})


def decide_group(
    repository: GitRepository,
    views: list[RecordedPullRequest],
    base: str,
    head: str,
    known: Mapping[int, PriorDecisions],
) -> tuple[list[Decision], str]:
    """The decisions on the pull requests of a merge group, in their order, and why the group itself is not what it
    should be; empty where it is. GitError where git fails.

    Each is judged on top of those before it, as it will be merged. The files of the group's commit must be those that
    merging the heads leaves, so that nothing comes along.
    """
    decisions: list[Decision] = []
    tip = base
    for view in views:
        alone = decide(repository, view, known.get(view.number))
        # What a branch held on its way was never served: it must not become the history of whoever is behind it.
        after = repository.merged(tip, view.head_sha, fast_forward=False)
        if after is None:
            return [*decisions, alone], f"#{view.number} conflicts with what is before it in the queue"
        reviewed = frozenset(change.fingerprint for change in alone.plan.changes)
        group = MergeGroup(tip, after, reviewed)
        decisions.append(_decided(view, _read(repository, tip, after, view.now()), known.get(view.number), group))
        tip = after
    if repository.tree(tip) != repository.tree(head):
        return decisions, "the files of the merge group differ from the result of merging its pull requests"
    return decisions, ""


def _read(
    repository: GitRepository, base: str, head: str, now: datetime, others: tuple[KeySet, ...] = ()
) -> Understood:
    def of(revisions: Revisions) -> Understood:
        tree = inputs_of(repository, revisions)
        evidence, *by_others = (
            evidence_of(revisions.base.catalog, revisions.head.catalog, tree.plan, keys, now)
            for keys in (KeySet.of(tree.policy.keys), *others)
        )
        return Understood(tree, evidence, tuple(by_others))

    return with_revisions(repository, base, head, of)


def _decided(
    view: RecordedPullRequest, understood: Understood, known: PriorDecisions | None, group: MergeGroup | None
) -> Decision:
    """The verdict, given on the inputs as they can be written down, so that a replay cannot differ."""
    tree, evidence = understood.tree, understood.evidence
    inputs = VerdictInputs(
        view.facts,
        tree.plan,
        tree.policy,
        tree.organisation,
        states_of(evidence),
        group,
        known or PriorDecisions(),
        view.now(),
    )
    inputs = VerdictInputs.of_parts(inputs.as_parts())
    return Decision(tree.plan, evidence, inputs, inputs.verdict(), tree)
