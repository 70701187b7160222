"""Policy has unit tests and replay: a change of policy shows which past pull requests would be judged otherwise."""

from __future__ import annotations

from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.catalog.load import load_work_tree
from penstock.cli.main import main
from penstock.forges.recorded import RecordedPullRequest, dump
from penstock.review.policy.replay import Recorded, replay
from penstock.review.policy.tests import policy_diagnostics
from review.points.test_point_11_evidence import policy_with, released
from review.pull_requests import (
    APPROVED,
    DISAPPROVED,
    PENDING,
    POLICY,
    POLICY_PATH,
    SKIPPED,
    looser_gate,
    opened,
    rules_of,
    with_policy,
)
from review.releases import NEW, add_release, signer
from review.repositories import Repository

BOUND = "Gate/delay-release.rules[quality].atLeast"


def _with_tests(*tests: dict[str, Any]) -> str:
    documents = list(yaml.safe_load_all(POLICY))
    documents[-1]["spec"]["tests"] = list(tests)
    return yaml.safe_dump_all(documents, sort_keys=False)


def _problems(repository: Repository, *tests: dict[str, Any]) -> list[str]:
    with_policy(repository, _with_tests(*tests))
    return [found.headline for found in policy_diagnostics(load_work_tree(repository.root))]


@pytest.mark.parametrize(
    ("given", "expect"),
    [
        (
            {"address": BOUND, "before": 0.7, "after": 0.6},
            {"state": "pending", "rules": ["owner", "gate", "downstream"]},
        ),
        ({"address": BOUND, "after": 0.9}, {"rules": ["stricter"]}),
        ({"address": BOUND, "after": 0.6, "author": "ada", "approvedBy": ["bela", "rita"]}, {"state": "approved"}),
        ({"address": BOUND, "after": 0.6, "author": "rita", "approvedBy": ["bela", "rita"]}, {"state": "pending"}),
        ({"address": "Gate/delay-release.rules[regions]", "after": None}, {"rules": ["owner", "gate", "downstream"]}),
        (
            {
                "address": "Gate/delay-release.rules[more]",
                "after": {"id": "more", "metric": "accuracy", "atLeast": 0.5},
            },
            {"rules": ["stricter"]},
        ),
        ({"address": "Rollout/delay-online.strategy", "after": None, "approvedBy": ["ada"]}, {"state": "pending"}),
        ({"address": "Model/delay.metadata.owner", "after": "risk", "approvedBy": ["ada"]}, {"state": "pending"}),
    ],
)
def test_a_test_that_holds_is_silent(repository: Repository, given: dict[str, Any], expect: dict[str, Any]) -> None:
    assert _problems(repository, {"name": "it", "given": given, "expect": expect}) == []


@pytest.mark.parametrize(
    ("given", "expect", "headline"),
    [
        ({"address": BOUND, "after": 0.6}, {"state": "approved"}, "expects `approved`, and it gives `pending`"),
        ({"address": BOUND, "after": 0.9}, {"rules": ["gate"]}, "expects `gate` to match, and it does not"),
        ({"address": BOUND, "after": 0.6}, {"rules": ["owner"]}, "the rule `gate` also matches"),
        ({"address": BOUND, "after": 0.6}, {"rules": ["gatte"]}, "did you mean `gate`"),
        ({"address": BOUND, "after": 0.6}, {"state": "fine"}, "`state` is one of"),
        ({"address": "Gate/none.rules[x].atLeast", "after": 0.6}, {"state": "pending"}, "there is no Gate/none"),
        ({"address": BOUND, "after": "high"}, {"state": "pending"}, "is not valid"),
        ({"address": BOUND, "after": 0.7}, {"state": "pending"}, "mean the same"),
        ({"address": BOUND, "aftre": 0.7}, {"state": "pending"}, "did you mean `after`"),
        (
            {"address": "Gate/delay-release.rules[none].atLeast", "after": 0.6},
            {"state": "pending"},
            "Gate/delay-release.rules[none] does not exist in this repository",
        ),
        (
            {"address": f"{BOUND}.more", "after": 0.6},
            {"state": "pending"},
            f"{BOUND}.more leads into a value that has no parts",
        ),
        ({"address": "File/Dockerfile", "before": None, "after": None}, {"state": "pending"}, "mean the same"),
        ({"address": "nonsense", "after": 0.7}, {"state": "pending"}, "is not a valid address"),
        ({"address": "Gate/delay-release", "after": 3}, {"state": "pending"}, "give its `metadata` and `spec`"),
        ({"address": "Gate/delay-release", "after": []}, {"state": "pending"}, "give its `metadata` and `spec`"),
        ({"address": "Gate/new", "after": {"spec": {}}}, {"state": "pending"}, "does not belong at Gate/new"),
        ({"address": "Gate/delay-release.metadata.name", "after": 3}, {"state": "pending"}, "does not belong at"),
        ({"address": "Gate/delay-release.metadata.name", "after": "x"}, {"state": "pending"}, "does not belong at"),
    ],
)
def test_a_test_that_does_not_hold_says_why(
    repository: Repository, given: dict[str, Any], expect: dict[str, Any], headline: str
) -> None:
    assert any(headline in one for one in _problems(repository, {"name": "it", "given": given, "expect": expect}))


@pytest.mark.parametrize(
    ("given", "when", "is_heard"),
    [
        ({"labels": ["risky"]}, {"labels": ["risky"]}, True),
        ({"labels": ["other"]}, {"labels": ["risky"]}, False),
        ({"stage": "development"}, {"stage": ["development"]}, True),
        ({"stage": "development"}, {"stage": ["production"]}, False),
        ({"riskTier": "high"}, {"riskTier": ["high"]}, True),
        ({"riskTier": "high"}, {"riskTier": ["medium"]}, False),
    ],
)
def test_what_a_test_gives_is_what_rules_see(
    repository: Repository, given: dict[str, Any], when: dict[str, Any], is_heard: bool
) -> None:
    """The model of the system is of the tier `medium`, and runs in `staging` and `production`."""
    rules = [{**_asking(["risk"], rule="asked"), "when": when}, {**_asking(["risk"], rule="rest"), "require": "nobody"}]
    expect = {"rules": ["asked", "rest"] if is_heard else ["rest"]}
    test = {"name": "it", "given": {"address": BOUND, "after": 0.6} | given, "expect": expect}
    with_policy(repository, rules_of(POLICY, rules, tests=[test]))
    assert [found.headline for found in policy_diagnostics(load_work_tree(repository.root))] == []


@pytest.mark.parametrize("evidence", ["valid", "unsigned"])
def test_the_evidence_that_a_test_gives_is_that_of_its_release(repository: Repository, evidence: str) -> None:
    rules = [
        {**_asking(["risk"], rule="unsigned"), "when": {"evidence": ["unsigned"]}},
        {**_asking(["risk"], rule="valid"), "when": {"evidence": ["valid"]}},
        {**_asking(["risk"], rule="rest"), "require": "nobody"},
    ]
    release = yaml.safe_load(add_release(NEW))
    given = {"address": "Release/delay-online-production", "before": None, "evidence": evidence}
    after = {"metadata": release["metadata"], "spec": release["spec"]}
    test = _like("it", given | {"after": after}, rules=[evidence, "rest"])
    with_policy(repository, rules_of(POLICY, rules, tests=[test]))
    assert [found.headline for found in policy_diagnostics(load_work_tree(repository.root))] == []


def test_what_a_test_says_holds_beside_freezes_and_waivers(repository: Repository) -> None:
    """Both are of a time: once they are over, the test would say something else."""
    waiver = {
        "id": "w",
        "rule": "all",
        "address": "Gate/delay-release",
        "reason": "The data is late this month.",
        "expires": "2999-01-01T00:00:00+00:00",
        "followUp": "Raise the bound again.",
    }
    freeze = {
        "id": "always",
        "why": "Nobody is there.",
        "from": "2000-01-01T00:00:00+00:00",
        "until": "2999-01-01T00:00:00+00:00",
        "environments": ["staging", "production"],
    }
    direct, rest = _asking(["risk"], count=1), {**_asking(["risk"], rule="rest"), "require": "nobody"}
    rules = [direct | {"when": {"cause": "direct"}}, rest | {"when": {"cause": "indirect"}}]
    lower, steps = {"address": BOUND, "after": 0.6}, {"address": "Rollout/delay-online.strategy", "after": None}
    tests = [
        _like("waived", lower, state="pending"),
        _like("frozen", steps | {"approvedBy": ["rita"]}, state="approved"),
    ]
    with_policy(repository, rules_of(POLICY, rules, waivers=[waiver], freezes=[freeze], tests=tests))
    assert [found.headline for found in policy_diagnostics(load_work_tree(repository.root))] == []


def _like(name: str, given: dict[str, Any], **expect: Any) -> dict[str, Any]:
    return {"name": name, "given": given, "expect": expect}


def test_tests_that_fail_for_one_cause_are_told_once(repository: Repository) -> None:
    lower = {"address": BOUND, "after": 0.6}
    gone = {"address": "Gate/none.rules[x].atLeast", "after": 0.6}
    tests = [
        _like("a", lower, rules=["owner", "gate"], state="approved"),
        _like("b", lower, rules=["owner", "gate", "traffic", "downstream"]),
        _like("c", {**lower, "after": 0.5}, rules=["owner", "gate", "traffic", "downstream"]),
        _like("d", gone, state="pending"),
        _like("e", gone, state="approved"),
        _like("f", lower, rules=["gatte"]),
        _like("g", lower, rules=["gatte"]),
    ]
    with_policy(repository, _with_tests(*tests))
    found = list(policy_diagnostics(load_work_tree(repository.root)))
    assert [one.headline for one in found] == [
        "in the test `a` the rule `downstream` also matches, which is not expected",
        "2 tests expect `traffic` to match, and it does not",
        "there is no Gate/none in this repository",
        "there is no rule `gatte`; did you mean `gate`?",
    ], "that `a` gives another state follows from the rules that match"
    assert [len(one.secondary) for one in found] == [0, 1, 1, 1]
    assert found[1].help == ("the tests are `b`, `c`",)


def test_tests_that_one_rule_keeps_from_what_they_expect_are_told_once(repository: Repository) -> None:
    by_owners = ["rita"]
    tests = [
        _like("a", {"address": BOUND, "after": 0.6, "approvedBy": by_owners}, state="approved"),
        _like("b", {"address": BOUND, "after": 0.5, "approvedBy": by_owners}, state="approved"),
        _like("c", {"address": BOUND, "after": 0.6, "approvedBy": by_owners}, state="error"),
    ]
    with_policy(repository, _with_tests(*tests))
    found = list(policy_diagnostics(load_work_tree(repository.root)))
    assert [one.headline for one in found] == [
        "2 tests expect `approved`, and give `pending` because of the rule `gate`",
        "the test `c` expects `error`, and it gives `pending` because of the rule `gate`",
    ]


def test_tests_of_policies_that_are_none_together_are_not_run(repository: Repository) -> None:
    with_policy(repository, _with_tests(_like("a", {"address": BOUND, "after": 0.6}, state="approved")))
    other = POLICY.replace("{name: policy, owner: platform}", "{name: other, owner: platform}")
    repository.write("specs/other.yaml", other[other.rindex("---") + 4 :])
    headlines = [one.headline for one in policy_diagnostics(load_work_tree(repository.root))]
    assert headlines
    assert not [one for one in headlines if "the test" in one], "each would fail for what is told already"


def test_check_runs_them(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    failing = {"name": "it", "given": {"address": BOUND, "after": 0.6}, "expect": {"state": "approved"}}
    with_policy(repository, _with_tests(failing))
    assert main(["check", "--root", str(repository.root)]) == 1
    assert "policy-test" in capsys.readouterr().err
    assert main(["policy", "test", "--root", str(repository.root)]) == 1


def test_replay_shows_whose_verdict_another_policy_alters(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    record = tmp_path / "records" / "1.json"
    record.parent.mkdir()
    record.write_text(dump(pull_request.forge.facts), encoding="utf-8")
    view = pull_request.forge.view
    git = repository.seen

    (same,) = replay(git, [Recorded("1", view)], load_work_tree(repository.root))
    assert not same.is_altered

    rule = {
        "id": "all",
        "why": "Two of risk for all.",
        "when": {},
        "require": {"count": 2, "from": {"teams": ["risk"]}},
    }
    repository.write(POLICY_PATH, rules_of(POLICY, [rule]))
    (other,) = replay(git, [Recorded("1", view)], load_work_tree(repository.root))
    assert other.before is not None
    assert other.after is not None
    assert (other.before.state, other.after.state) == (APPROVED, PENDING)

    assert main(["policy", "replay", "--root", str(repository.root), str(record.parent)]) == 0
    shown = capsys.readouterr().out
    assert "approved -> pending" in shown
    assert "the verdict would change for 1 of 1 saved pull request" in shown


@pytest.mark.parametrize("facts", [{"state": "merged"}, {"state": "closed"}, {"is_draft": True}], ids=str)
def test_replay_judges_what_is_merged_or_a_draft_as_if_it_were_open(
    repository: Repository, facts: dict[str, Any]
) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    pull_request.forge.facts = replaced(pull_request.forge.facts, **facts)
    [row] = replay(repository.seen, [Recorded("1", pull_request.forge.view)], load_work_tree(repository.root))
    assert row.before is not None
    assert (row.before.state, row.is_altered) == (APPROVED, False)


def test_replay_remembers_what_was_approved_before_the_last_push(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED
    repository.write("README.md", "Words.")
    pull_request.forge.push(repository.commit())
    record = Recorded("1", pull_request.forge.view, pull_request.memory)
    [row] = replay(repository.seen, [record], load_work_tree(repository.root))
    assert row.before is not None
    assert row.after is not None
    assert (row.before.state, row.after.state) == (APPROVED, APPROVED)


def test_replay_asks_those_who_owned_it_then(repository: Repository) -> None:
    """A gate that belongs to another team by now has not altered what was asked of its former owners."""
    pull_request = opened(repository, looser_gate)
    repository.edit(lambda documents: documents["Gate", "delay-release"]["metadata"].update(owner="flight-data"))
    [row] = replay(repository.seen, [Recorded("1", pull_request.forge.view)], load_work_tree(repository.root))
    assert row.differences == ((), ())
    assert not row.is_altered


def test_a_rule_that_matches_nothing_of_a_pull_request_alters_nothing_of_it(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, policy=rules_of(POLICY, [_asking(["risk"])]))
    other = _asking(["sre"], rule="routes") | {"when": {"address": "Team/*"}}
    repository.write(POLICY_PATH, rules_of(POLICY, [_asking(["risk"]), other]))
    [row] = replay(repository.seen, [Recorded("1", pull_request.forge.view)], load_work_tree(repository.root))
    assert row.after is not None
    assert [one.state for one in row.after.tree.children if one.name == "routes"] == [SKIPPED]
    assert not row.is_altered
    assert row.differences == ((), ())


def test_replay_tells_verdicts_of_one_sentence_apart(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pull_request = opened(repository, looser_gate, policy=rules_of(POLICY, [_asking(["risk"])]))
    record = tmp_path / "1.json"
    record.write_text(dump(pull_request.forge.facts), encoding="utf-8")
    repository.write(POLICY_PATH, rules_of(POLICY, [_asking(["risk"]), _asking(["risk"], count=1, rule="again")]))
    assert main(["policy", "replay", "--root", str(repository.root), str(record)]) == 0
    shown = capsys.readouterr().out
    assert "pending -> pending" in shown
    assert "       + again: needs 1 of risk (pending)\n" in shown
    assert "       - " not in shown


def test_records_that_are_not_there_are_told_by_their_place(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = tmp_path / "nowhere"
    assert main(["policy", "replay", "--root", str(repository.root), str(nowhere)]) == 2
    assert capsys.readouterr().err == f"error: {nowhere}: No such file or directory\n"
    nowhere.mkdir()
    assert main(["policy", "replay", "--root", str(repository.root), str(nowhere)]) == 2
    assert capsys.readouterr().err == f"error: there is no saved pull request (*.json) in {nowhere}\n"


def _asking(teams: list[str], count: int = 2, rule: str = "all") -> dict[str, Any]:
    people = {"count": count, "from": {"teams": teams}}
    return {"id": rule, "why": "Whatever it is that changes.", "when": {}, "require": people}


def test_a_record_whose_commits_are_gone_is_told_and_not_passed_over(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.facts = replaced(pull_request.forge.facts, head_sha="0" * 40)
    record = Recorded("1", pull_request.forge.view)
    (row,) = replay(repository.seen, [record], load_work_tree(repository.root))
    assert row.is_altered
    assert row.problem


def test_replay_judges_a_release_by_its_evidence(repository: Repository) -> None:
    key = signer()
    view = RecordedPullRequest(released(repository, key, by=key).inputs.facts)
    git = repository.seen
    [same] = replay(git, [Recorded("1", view)], load_work_tree(repository.root))
    assert same.before is not None
    assert same.before.state is APPROVED
    assert not same.is_altered

    repository.write(POLICY_PATH, policy_with(signer("other")))
    [other] = replay(git, [Recorded("1", view)], load_work_tree(repository.root))
    assert other.before is not None
    assert other.after is not None
    assert (other.before.state, other.after.state) == (APPROVED, DISAPPROVED), "the other policy has other keys"


def test_replay_judges_what_merging_would_have_left(repository: Repository) -> None:
    """What the base got after the branch had left it is no change of the pull request."""
    pull_request = opened(repository, looser_gate)
    branch = repository.git("rev-parse", "--abbrev-ref", "HEAD").strip()
    repository.git("checkout", "--quiet", "main")
    repository.edit(lambda documents: documents["Team", "sre"]["spec"]["members"].append("sue"), POLICY_PATH)
    base = repository.commit("sue comes")
    repository.git("checkout", "--quiet", branch)
    view = RecordedPullRequest(replaced(pull_request.forge.facts, base_sha=base))
    [row] = replay(repository.seen, [Recorded("1", view)], load_work_tree(repository.root))
    assert row.before is not None
    assert not [one for one in row.before.tree.children if one.name == "governance" and one.state is not SKIPPED]


def test_the_policy_of_this_repository_passes_its_tests(root: Path) -> None:
    assert list(policy_diagnostics(load_work_tree(root))) == []
