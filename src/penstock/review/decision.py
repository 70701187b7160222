"""From a pull request to a decision: what merging it would leave, its plan, its evidence, and the verdict on them.

Only git objects are read. The policy, the teams and the keys are those of the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from penstock.diagnostics.model import Diagnostic
from penstock.forges.recorded import RecordedPullRequest
from penstock.review.evidence.keys import KeySet
from penstock.review.evidence.verify import Evidence, evidence_of
from penstock.review.model import Plan, Verdict
from penstock.review.policy.evaluate import MergeGroup
from penstock.review.policy.inputs import Inputs, inputs_of
from penstock.review.policy.memory import Memory
from penstock.review.record.inputs import VerdictInputs
from penstock.review.sides import Sides, of_sides
from penstock.source.git import GitRepository


class Decision(NamedTuple):
    """A verdict, and all that it was made of."""

    plan: Plan
    """With what is in the generated files, which the inputs are without."""
    evidence: Mapping[str, Evidence]
    inputs: VerdictInputs
    verdict: Verdict
    tree: Inputs
    """The base's policy and both sides, for places in their files."""

    @property
    def is_approved(self) -> bool:
        """Whether it may be merged. Whatever is not known to be approved is not."""
        return self.verdict.state.value == "approved"


def decide(repository: GitRepository, view: RecordedPullRequest, known: Memory | None = None) -> Decision:
    """The decision on a pull request. GitError where git fails.

    Compared are the base as it is now and what merging the head into it would leave: what the merge itself adds, or a
    base that moved on, is seen too. Head and base that conflict are an error of the plan.
    """
    base, head = view.base_sha, view.head_sha
    merged = repository.merged(base, head)
    tree, evidence = _read(repository, base, merged or head, view.now())
    plan = tree.plan
    if merged is None:
        conflict = Diagnostic.error(
            "merge-conflict",
            "the head and its base conflict, so nobody can tell what merging would leave",
            help=("merge the base into the branch, and push",),
        )
        plan = replace(plan, errors=(conflict, *plan.errors))
    if merged != head:
        # The verdict is about the head; what was compared is bound to it by its own digest.
        plan = replace(plan, head=head, digests={**plan.digests, "head": head, "merged": merged or "conflict"})
    return _decided(view, plan, tree, evidence, known, None)


def decide_group(
    repository: GitRepository,
    views: list[RecordedPullRequest],
    base: str,
    head: str,
    known: Mapping[int, Memory],
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
        after = repository.merged(tip, view.head_sha)
        if after is None:
            return [*decisions, alone], f"#{view.number} conflicts with what is before it in the queue"
        reviewed = frozenset(change.fingerprint for change in alone.plan.changes)
        group = MergeGroup(tip, after, reviewed)
        tree, evidence = _read(repository, tip, after, view.now())
        decisions.append(_decided(view, tree.plan, tree, evidence, known.get(view.number), group))
        tip = after
    if repository.tree(tip) != repository.tree(head):
        return decisions, "the group holds other files than merging its pull requests gives"
    return decisions, ""


def _read(repository: GitRepository, base: str, head: str, now: datetime) -> tuple[Inputs, dict[str, Evidence]]:
    def understand(sides: Sides) -> tuple[Inputs, dict[str, Evidence]]:
        tree = inputs_of(repository, sides)
        return tree, evidence_of(tree.sides.head.catalog, tree.plan, KeySet.of(tree.policy.keys), now)

    return of_sides(repository, base, head, understand)


def _decided(
    view: RecordedPullRequest,
    plan: Plan,
    tree: Inputs,
    evidence: Mapping[str, Evidence],
    known: Memory | None,
    group: MergeGroup | None,
) -> Decision:
    """The verdict, given on the inputs as they can be written down, so that a replay cannot differ."""
    states = {address: found.state for address, found in evidence.items()}
    inputs = VerdictInputs(
        view.facts, plan, tree.policy, tree.organisation, states, group, known or Memory(), view.now()
    )
    inputs = VerdictInputs.of_parts(inputs.as_parts())
    return Decision(plan, evidence, inputs, inputs.verdict(), tree)
