"""A policy may ask about files that no spec leads to; one that names none of them decides as it did before."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.catalog.load import load_work_tree
from penstock.cli.main import main
from penstock.review.policy.replay import Recorded, replay
from penstock.review.policy.tests import policy_diagnostics
from penstock.review.record.inputs import VerdictInputs
from review.pull_requests import (
    APPROVED,
    DISAPPROVED,
    PENDING,
    POLICY,
    POLICY_PATH,
    PullRequest,
    node,
    opened,
    rules_of,
    with_policy,
)
from review.repositories import Repository

NOBODY = {"id": "rest", "why": "Nobody minds the rest.", "when": {"not": {"kind": ["File"]}}, "require": "nobody"}
PLATFORM = {
    "id": "machinery",
    "why": "What everything runs on is for those who run it.",
    "when": {"kind": ["File"]},
    "require": {"from": {"teams": ["platform"]}},
}


def _opened(repository: Repository, policy: str | None = POLICY, *paths: str) -> PullRequest:
    """A pull request that writes these files, and nothing else."""
    pull_request = opened(repository, policy=policy)
    for path in paths or ("Dockerfile",):
        repository.write(path, "# new\n")
    pull_request.forge.push(repository.commit())
    return pull_request


def test_a_policy_that_names_no_files_asks_nobody_and_says_that_nobody_looked(repository: Repository) -> None:
    verdict = _opened(repository).verdict()
    assert verdict.state is APPROVED
    assert verdict.headline == "no change in meaning: no approval needed; 1 file not judged"


def test_one_that_does_asks_about_what_builds_and_runs(repository: Repository) -> None:
    pull_request = _opened(repository, rules_of(POLICY, [PLATFORM, NOBODY]), "Dockerfile", "README.md")
    verdict = pull_request.verdict()
    assert verdict.state is PENDING
    assert node(verdict, "machinery").children[0].name == "File/Dockerfile"
    assert [one.path for one in pull_request.inputs().plan.files if one.role] == ["Dockerfile"]
    pull_request.approve("petra")
    assert pull_request.state is APPROVED


def test_one_whose_address_begins_with_files_does_so_too(repository: Repository) -> None:
    rule = PLATFORM | {"when": {"address": "File/*.github/*"}}
    verdict = _opened(repository, rules_of(POLICY, [rule, NOBODY]), ".github/workflows/ci.yml").verdict()
    assert node(verdict, "machinery").children[0].name == "File/.github/workflows/ci.yml"


def test_from_then_on_what_no_rule_matches_blocks(repository: Repository) -> None:
    rule = PLATFORM | {"when": {"kind": ["File"], "address": "*.lock"}}
    verdict = _opened(repository, rules_of(POLICY, [rule]), "Dockerfile").verdict()
    assert verdict.state is DISAPPROVED
    assert "No policy rule matches File/Dockerfile." in verdict.headline


def test_an_approval_counts_for_the_bytes_that_were_there(repository: Repository) -> None:
    pull_request = _opened(repository, rules_of(POLICY, [PLATFORM, NOBODY]))
    pull_request.approve("petra")
    assert pull_request.state is APPROVED
    repository.write("Dockerfile", "USER root\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is PENDING


def test_the_owner_is_whoever_owns_the_policy(repository: Repository) -> None:
    rule = PLATFORM | {"require": {"from": {"roles": ["owner"]}}}
    assert node(_opened(repository, rules_of(POLICY, [rule, NOBODY])).verdict(), "machinery").children[0].needs == (
        "1 of platform (owner)"
    )


def test_the_default_rules_ask_an_owner_and_somebody_independent(repository: Repository) -> None:
    verdict = _opened(repository, None).verdict()
    assert verdict.state is PENDING
    assert "(owner)" in node(verdict, "default-governance").children[0].needs


def test_they_ask_nobody_about_a_text(repository: Repository) -> None:
    assert _opened(repository, None, "README.md").state is APPROVED


def test_a_decision_on_a_file_is_written_down_and_made_again(repository: Repository) -> None:
    pull_request = _opened(repository, rules_of(POLICY, [PLATFORM, NOBODY]))
    inputs, view = pull_request.inputs(), pull_request.forge.view
    asked = VerdictInputs(
        view.facts, inputs.plan, inputs.policy, inputs.organisation, {}, None, pull_request.memory, view.now()
    )
    again = VerdictInputs.of_parts(asked.as_parts())
    assert again.plan.files == inputs.plan.files
    assert again.verdict() == asked.verdict()


@pytest.mark.parametrize("first", [POLICY, rules_of(POLICY, [PLATFORM, NOBODY])], ids=["silent", "asking"])
def test_a_replay_asks_as_the_other_policy_does(repository: Repository, first: str) -> None:
    """Whether files are changes is a matter of the policy that judges, in both directions."""
    other = rules_of(POLICY, [PLATFORM, NOBODY]) if first is POLICY else POLICY
    pull_request = _opened(repository, first)
    repository.write(POLICY_PATH, other)
    (found,) = replay(repository.seen, [Recorded("one", pull_request.forge.view)], load_work_tree(repository.root))
    assert found.before is not None
    assert found.after is not None
    assert {found.before.state, found.after.state} == {APPROVED, PENDING}
    assert found.before.state is (APPROVED if first is POLICY else PENDING)


def _problems(repository: Repository, asked: list[dict[str, Any]], given: dict[str, Any], **expect: Any) -> list[str]:
    tests = [{"name": "files", "given": given, "expect": expect}]
    with_policy(repository, rules_of(POLICY, asked, tests=tests))
    return [found.headline for found in policy_diagnostics(load_work_tree(repository.root))]


def test_a_unit_test_of_a_policy_can_change_a_file(repository: Repository) -> None:
    given = {"address": "File/.github/workflows/ci.yml", "after": "another"}
    assert _problems(repository, [PLATFORM, NOBODY], given, state="pending", rules=["machinery"]) == []
    assert _problems(repository, [PLATFORM, NOBODY], given | {"approvedBy": ["paul"]}, state="approved") == []


def test_a_unit_test_of_a_file_that_nothing_is_known_of_says_so(repository: Repository) -> None:
    (told,) = _problems(repository, [PLATFORM, NOBODY], {"address": "File/README.md", "after": "x"}, state="pending")
    assert "`README.md` is not known to decide" in told


def test_a_unit_test_of_a_file_without_a_rule_says_so(repository: Repository) -> None:
    rules = [{**NOBODY, "when": {}}]
    (told,) = _problems(repository, rules, {"address": "File/Dockerfile", "after": "x"}, state="approved")
    assert "no rule speaks of `kind: [File]`" in told


def test_the_kind_is_known_to_the_check(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write(POLICY_PATH, rules_of(POLICY, [PLATFORM, NOBODY]))
    assert main(["check", "--root", str(repository.root)]) == 0, capsys.readouterr().out
