"""Pull requests on a real repository with a policy, their lives scripted, and the verdicts on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from forges.fake import FakePullRequest, commit
from penstock.forges.protocol import Commit, PullRequestView
from penstock.forges.recorded import RecordedPullRequest
from penstock.review.model import Result, Verdict, VerdictState
from penstock.review.policy.evaluate import evaluate
from penstock.review.policy.inputs import Inputs, read_inputs
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.record.inputs import VerdictInputs
from review.repositories import Documents, Repository, loosen, set_at

POLICY = Path(__file__).with_name("approval.yaml").read_text(encoding="utf-8")
POLICY_PATH = "specs/approval.yaml"
EVERYBODY = ("ada", "bela", "dora", "rita", "remo", "sam", "sven", "pia", "pavel", "petra", "paul", "eve")
"""Who may write; eve is in no team."""

Change = Callable[[Documents], None]
APPROVED, PENDING = VerdictState.APPROVED, VerdictState.PENDING
DISAPPROVED, ERROR, SKIPPED = VerdictState.DISAPPROVED, VerdictState.ERROR, VerdictState.SKIPPED


@dataclass
class PullRequest:
    """A branch of a repository, the forge's view of it, and what the decision record remembers."""

    repository: Repository
    base: str
    forge: FakePullRequest
    memory: PriorDecisions = field(default_factory=PriorDecisions)
    evidence: dict[str, str] = field(default_factory=dict)

    def inputs(self) -> Inputs:
        git = self.repository.seen
        return read_inputs(git, self.forge.facts.base_sha, self.forge.facts.head_sha)

    def verdict(self, view: PullRequestView | None = None, **more: Any) -> Verdict:
        """The verdict now; the record remembers it."""
        inputs = self.inputs()
        seen = self.forge.view if view is None else view
        verdict = evaluate(
            inputs.plan, inputs.policy, inputs.organisation, seen, evidence=self.evidence, memory=self.memory, **more
        )
        if isinstance(seen, RecordedPullRequest):
            asked = VerdictInputs(
                seen.facts, inputs.plan, inputs.policy, inputs.organisation, {}, None, self.memory, seen.now()
            )
            self.memory = asked.memory()
        return verdict

    @property
    def state(self) -> VerdictState:
        return self.verdict().state

    def push(self, change: Change, path: str = "specs/system.yaml", **how: Any) -> str:
        self.repository.edit(change, path)
        head = self.repository.commit()
        self.forge.push(head, **how)
        return head

    def approve(self, *logins: str) -> None:
        for login in logins:
            self.forge.approve(login)


def with_policy(repository: Repository, text: str = POLICY) -> str:
    """The policy is on the main branch; returns its commit."""
    repository.write(POLICY_PATH, text)
    return repository.commit("policy")


def opened(
    repository: Repository,
    change: Change | None = None,
    *,
    author: str = "eve",
    policy: str | None = POLICY,
    path: str = "specs/system.yaml",
    commits: Callable[[str, str], list[Commit]] | None = None,
    writers: tuple[str, ...] = EVERYBODY,
    labels: tuple[str, ...] = (),
) -> PullRequest:
    """A pull request with one commit; `commits` gives others, from the base and the head."""
    base = repository.commit("base") if policy is None else with_policy(repository, policy)
    repository.branch()
    if change is not None:
        repository.edit(change, path)
    head = repository.commit()
    forge = FakePullRequest.opened(
        author,
        head=head,
        base=base,
        writers=writers,
        labels=labels,
        commits=commits(base, head) if commits is not None else [commit(head, author, parents=[base])],
    )
    return PullRequest(repository, base, forge)


def rules_of(text: str, rules: list[Mapping[str, Any]], **more: Any) -> str:
    """The policy with other rules, and other fields of its spec."""
    documents = list(yaml.safe_load_all(text))
    documents[-1]["spec"] = {**documents[-1]["spec"], **more, "rules": rules}
    return yaml.safe_dump_all(documents, sort_keys=False)


def node(verdict: Verdict, name: str) -> Result:
    """The one node of a name, below the root."""
    found = [one for one in verdict.tree.children if one.name == name]
    assert len(found) == 1, [(one.name, one.state.value, one.why) for one in verdict.tree.children]
    return found[0]


def names(verdict: Verdict, state: VerdictState) -> list[str]:
    return [one.name for one in verdict.tree.children if one.state is state]


def both(*changes: Change) -> Change:
    def change(documents: Documents) -> None:
        for one in changes:
            one(documents)

    return change


looser_gate = loosen
looser_region = set_at("Gate", "delay-release", "rules", 1, "maxGap", to=0.2)
stricter_gate = set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.8)
bigger_step = set_at("Rollout", "delay-online", "strategy", "canary", "steps", 1, "weight", to="60%")
