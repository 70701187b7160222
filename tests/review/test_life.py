"""The life of a pull request in a real repository: opened, pushed to, approved, held, waived, and queued."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from forges.fake import FakePullRequest, commit
from penstock.cli.main import main
from penstock.forges.recorded import dump
from penstock.review.decision import Decision, decide, decide_group
from penstock.review.model import VerdictState
from penstock.review.record.log import RecordSubject, append, read, remembered
from penstock.review.record.replay import replay, verify
from penstock.review.record.stores import BranchStore
from penstock.review.rendering.rows import next_command
from review.pull_requests import EVERYBODY, PullRequest, bigger_step, looser_gate, looser_region, opened
from review.repositories import EITHER_FOLDER, Repository

pytestmark = EITHER_FOLDER

APPROVED, PENDING, STOPPED, ERROR = (
    VerdictState.APPROVED,
    VerdictState.PENDING,
    VerdictState.DISAPPROVED,
    VerdictState.ERROR,
)


class Reviewer:
    """What runs on every event: it decides, and adds to the record."""

    def __init__(self, repository: Repository) -> None:
        self.git = repository.seen
        self.store = BranchStore(self.git)

    def look(self, pull: PullRequest | FakePullRequest) -> Decision:
        view = (pull.forge if isinstance(pull, PullRequest) else pull).view
        known = remembered(read(self.store.log()), RecordSubject(view.repository, view.number, self.git.folder))
        decision = decide(self.git, view, known)
        append(self.store, decision.inputs, decision.verdict)
        return decision

    def state(self, pull: PullRequest | FakePullRequest) -> VerdictState:
        return self.look(pull).verdict.state


def test_a_whole_life_and_its_record(repository: Repository) -> None:
    pull = opened(repository, looser_gate)
    reviewer = Reviewer(repository)

    first = reviewer.look(pull)
    assert first.verdict.state is PENDING
    assert len(first.verdict.suggested) == 2

    pull.approve("ada", "rita")
    assert reviewer.state(pull) is APPROVED

    # Another change keeps what was said of the first, and asks for itself.
    pull.push(looser_region)
    second = reviewer.look(pull)
    assert second.verdict.state is PENDING
    missing = {one for leaf in _pending(second) for one in leaf}
    assert missing == {"Gate/delay-release.rules[regions].maxGap"}

    # A force-push that alters the first change voids what was said of it; the other was never approved.
    head = pull.repository.commit("the same, rebased")
    pull.forge.force_push(head, commits=[commit(head, "eve", parents=[pull.base])])
    assert reviewer.state(pull) is PENDING
    pull.approve("ada", "rita")
    assert reviewer.state(pull) is APPROVED

    pull.forge.comment("sam", "/penstock hold the dashboard is red")
    held = reviewer.look(pull)
    assert held.verdict.state is STOPPED
    pull.forge.comment("eve", "/penstock unhold")
    assert reviewer.state(pull) is STOPPED
    pull.forge.comment("sam", "/penstock unhold")
    assert reviewer.state(pull) is APPROVED

    found = verify(reviewer.store)
    assert found.problems == ()
    assert len(found.entries) >= 6
    assert [one.problem for one in replay(reviewer.store, found.entries)] == [""] * len(found.entries)


def test_a_hold_lives_on_in_the_record_until_it_is_released(repository: Repository) -> None:
    pull = opened(repository, looser_gate)
    reviewer = Reviewer(repository)
    pull.approve("ada", "rita")
    assert reviewer.state(pull) is APPROVED
    held = pull.forge.comment("sam", "/penstock hold the dashboard is red")
    assert reviewer.state(pull) is STOPPED
    pull.forge.delete_comment(held)
    assert reviewer.state(pull) is STOPPED
    pull.push(looser_region)
    pull.approve("ada", "rita")
    assert reviewer.state(pull) is STOPPED
    other = reviewer.look(FakePullRequest(replace(pull.forge.facts, number=2)))
    assert other.verdict.state is APPROVED, "another pull request is another matter"
    pull.forge.comment("sam", "/penstock unhold")
    assert reviewer.state(pull) is APPROVED
    found = verify(reviewer.store)
    assert found.problems == ()
    assert [one.problem for one in replay(reviewer.store, found.entries)] == [""] * len(found.entries)


def test_a_waiver_by_two_people_sets_one_rule_aside_until_a_day_and_until_the_next_push(
    repository: Repository,
) -> None:
    pull = opened(repository, bigger_step)
    reviewer = Reviewer(repository)
    pull.approve("ada")
    assert reviewer.state(pull) is PENDING
    address = "Rollout/delay-online.strategy.canary.steps[1].weight"
    where = {str(change.address) for change in reviewer.look(pull).plan.changes if change.grew}
    [address] = where
    words = f"/penstock waive traffic {address} until 2026-03-05: nobody of them is awake; follow-up: ask on Monday"
    pull.forge.comment("petra", words)
    assert reviewer.state(pull) is PENDING
    pull.forge.comment("rita", words)
    assert reviewer.state(pull) is APPROVED
    pull.forge.pass_time(timedelta(days=4))
    assert reviewer.state(pull) is PENDING


def test_what_a_base_that_moved_on_does_to_the_merge_is_judged(repository: Repository) -> None:
    """The head's own generated files were right; what merging leaves is not what the specs compile to."""
    repository.compile()
    pull = opened(repository, looser_gate, policy=None)
    head = repository.git("rev-parse", "HEAD").strip()
    repository.git("checkout", "--quiet", "main")
    repository.replace("id: quality, metric: roc_auc, atLeast: 0.70", "id: quality, metric: roc_auc, atLeast: 0.75")
    moved = repository.commit("meanwhile")
    pull.forge.base_moves_to(moved)
    decision = Reviewer(repository).look(pull)
    assert decision.verdict.state is ERROR
    conflict = decision.plan.errors[0]
    assert conflict.code == "merge-conflict"
    assert conflict.headline == "the head and its base conflict in `specs/system.yaml`"
    assert conflict.help == ("merge the base into the branch, resolve the conflicts, and push",)
    assert next_command(decision.plan) == conflict.help[0]
    assert decision.plan.head == head
    assert decision.verdict.digests["head"] == head


def test_of_a_conflict_in_generated_files_alone_it_is_told_that_compiling_settles_it(repository: Repository) -> None:
    heads = {}
    repository.compile()
    repository.commit()
    for branch, old, new in (("other", "99.9%", "99.8%"), ("change", "below: 0.62", "below: 0.6")):
        repository.git("checkout", "--quiet", "-b", branch, "main")
        repository.replace(old, new)
        repository.compile()
        heads[branch] = repository.commit()
    forge = FakePullRequest.opened("eve", head=heads["change"], base=heads["other"], writers=EVERYBODY)
    conflict = decide(repository.seen, forge.view).plan.errors[0]
    assert "conflict in `generated/index.json`" in conflict.headline
    assert conflict.help == (
        "merge the base into the branch, run `penstock compile`, which writes generated/ anew, and push",
    )


def test_only_what_the_pull_request_changes_counts_when_the_base_moved_on(repository: Repository) -> None:
    pull = opened(repository, looser_gate)
    repository.git("checkout", "--quiet", "main")
    repository.write("specs/more.yaml", TEAM)
    pull.forge.base_moves_to(repository.commit("meanwhile"))
    decision = Reviewer(repository).look(pull)
    assert {change.address.kind for change in decision.plan.changes if change.cause == "direct"} == {"Gate"}
    assert decision.verdict.digests["merged"] != decision.verdict.digests["head"]
    pull.approve("ada", "rita")
    assert Reviewer(repository).state(pull) is APPROVED


TEAM = """\
apiVersion: penstock/v1
kind: Team
metadata: {name: late, owner: platform}
spec: {members: [zoe], contact: {ticket: late-queue}}
"""


def two_pulls(repository: Repository) -> tuple[PullRequest, FakePullRequest, str]:
    """Two approved pull requests that touch different files, and the base of both."""
    one = opened(repository, looser_gate)
    repository.git("checkout", "--quiet", "-b", "other", "main")
    repository.write("specs/more.yaml", TEAM)
    head = repository.commit("a team")
    two = FakePullRequest.opened("eve", head=head, base=one.base, number=2, writers=EVERYBODY)
    one.approve("ada", "rita")
    two.approve("petra")
    return one, two, one.base


def group_commit(repository: Repository, base: str, *heads: str) -> str:
    repository.git("checkout", "--quiet", "-B", "queue", base)
    for head in heads:
        repository.git("merge", "--quiet", "--no-ff", "-m", "queued", head)
    return repository.git("rev-parse", "HEAD").strip()


def test_a_merge_group_passes_when_each_of_its_pull_requests_does_on_top_of_the_one_before(
    repository: Repository,
) -> None:
    one, two, base = two_pulls(repository)
    group = group_commit(repository, base, one.forge.facts.head_sha, two.facts.head_sha)
    decisions, problem = decide_group(repository.seen, [one.forge.view, two.view], base, group, {})
    assert problem == ""
    assert [found.verdict.state for found in decisions] == [APPROVED, APPROVED]
    assert [found.verdict.digests["base"] for found in decisions] == [base, decisions[0].verdict.digests["head"]]


def test_a_merge_group_with_one_that_is_not_approved_does_not_pass(repository: Repository) -> None:
    one, two, base = two_pulls(repository)
    two.request_changes("petra")
    group = group_commit(repository, base, one.forge.facts.head_sha, two.facts.head_sha)
    decisions, problem = decide_group(repository.seen, [one.forge.view, two.view], base, group, {})
    assert (problem, [found.verdict.is_approved for found in decisions]) == ("", [True, False])


def test_a_merge_group_that_brings_anything_else_along_does_not_pass(repository: Repository) -> None:
    one, two, base = two_pulls(repository)
    group_commit(repository, base, one.forge.facts.head_sha, two.facts.head_sha)
    repository.write("systems/flights.py", "import os\n")
    group = repository.commit("and a little more")
    _, problem = decide_group(repository.seen, [one.forge.view, two.view], base, group, {})
    assert problem == "the files of the merge group differ from the result of merging its pull requests"


def test_what_two_pull_requests_do_only_together_was_approved_by_nobody(repository: Repository) -> None:
    """Each loosens what the other leaves alone, at the same address; the second's change is another one by then."""
    one = opened(repository, looser_gate)
    repository.git("checkout", "--quiet", "-b", "other", "main")
    repository.replace("atLeast: 0.70, confidence: 95%", "atLeast: 0.50, confidence: 95%")
    two = FakePullRequest.opened("eve", head=repository.commit(), base=one.base, number=2, writers=EVERYBODY)
    one.approve("ada", "rita")
    two.approve("ada")
    two.approve("rita")
    _, problem = decide_group(repository.seen, [one.forge.view, two.view], one.base, one.base, {})
    assert problem == "#2 conflicts with what is before it in the queue"


def test_a_recorded_pull_request_is_judged_without_a_forge(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pull = opened(repository, looser_gate)
    file = tmp_path / "pull.json"
    command = ["review", "--root", str(repository.root), "--recorded", str(file), "--record", str(tmp_path / "record")]
    file.write_text(dump(pull.forge.facts))
    assert main(command) == 1
    assert "pending" in capsys.readouterr().out
    pull.approve("ada", "rita")
    file.write_text(dump(pull.forge.facts))
    assert main(command) == 0
    assert "recorded as sha256:" in capsys.readouterr().out
    assert main(["record", "replay", "--record", str(tmp_path / "record")]) == 0
    assert main([*command, "--dry-run"]) == 0
    assert "recorded as" not in capsys.readouterr().out
    file.write_text("{}")
    assert main(command) == 2


def _pending(decision: Decision) -> list[set[str]]:
    """Of each row that waits, the addresses that it waits for."""
    changes = {change.fingerprint: str(change.address) for change in decision.plan.changes}
    return [
        {changes[one] for one in leaf.changes}
        for rule in decision.verdict.tree.children
        for leaf in rule.children
        if leaf.state is PENDING
    ]
