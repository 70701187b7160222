"""The rules of a repository that wrote none, printed as a policy to edit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penstock.catalog.load import load_work_tree
from penstock.cli.main import main
from penstock.review.policy.defaults import default_rules
from penstock.review.policy.resolve import resolve_policy
from review.pull_requests import Change, PullRequest, both, opened, set_at
from review.repositories import Documents, Repository

FIRST, SECOND = (f"sha256:{letter * 64}" for letter in "ab")


def test_the_defaults_are_printed_as_a_policy_of_the_same_rules(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "defaults", "--owner", "flight-ml"]) == 0
    repository.write("specs/approvals.yaml", capsys.readouterr().out)
    assert main(["check", "--root", str(repository.root)]) == 0, capsys.readouterr().out
    assert resolve_policy(load_work_tree(repository.root)).rules == default_rules()


def _release(environment: str) -> Callable[[Documents], None]:
    def change(documents: Documents) -> None:
        documents["Release", "delay"] = {
            "apiVersion": "penstock/v1",
            "kind": "Release",
            "metadata": {"name": "delay", "owner": "flight-ml"},
            "spec": {
                "rollout": "delay-online",
                "environment": environment,
                "version": {"digest": FIRST},
                "specs": FIRST,
                "datasets": {"flights": FIRST},
                "evidence": {"path": "evidence/first.json", "digest": FIRST},
                "promotion": {"path": "evidence/first-promotion.json", "digest": FIRST},
            },
        }

    return change


_NEXT = both(
    set_at("Release", "delay", "version", to={"digest": SECOND}),
    set_at("Release", "delay", "specs", to=SECOND),
    set_at("Release", "delay", "datasets", to={"flights": SECOND}),
    set_at("Release", "delay", "evidence", to={"path": "evidence/second.json", "digest": SECOND}),
    set_at("Release", "delay", "promotion", to={"path": "evidence/second-promotion.json", "digest": SECOND}),
)


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_next_version_needs_whom_the_first_one_needed(repository: Repository, environment: str) -> None:
    """Its evidence is other evidence, which is no risk of its own: it is valid, or the release fails."""
    first = opened(repository, _release(environment), policy=None)
    wanted = _asked(first)
    assert "default-release" in wanted
    repository.git("branch", "--move", "first")
    again = opened(repository, _NEXT, policy=None)
    assert _asked(again) == wanted


def _asked(pull_request: PullRequest) -> dict[str, list[str]]:
    """What each rule needs, but for the one that whoever approves for another rule satisfies, too."""
    rules = [one for one in pull_request.verdict().tree.children if one.name != "default-rest"]
    return {one.name: [child.needs for child in one.children] for one in rules}


def test_a_release_that_loses_its_promotion_needs_somebody_independent(repository: Repository) -> None:
    repository.edit(_release("staging"))
    loses = opened(repository, set_at("Release", "delay", "promotion", to=None), policy=None)
    assert _asked(loses)["default-risk"] == ["1 of flight-ml (owner), and 1 of a team other than flight-ml"]


@pytest.mark.parametrize(
    "change",
    [
        set_at("Model", "delay", "split", "test", to="1d"),
        set_at("Model", "delay", "threshold", to=0.9),
        set_at("Model", "delay", "label", "positive", to=False),
        set_at("Model", "delay", "label", "horizon", to="1h"),
        set_at("Model", "delay", "label", "column", to="flight_id"),
    ],
    ids=["split", "threshold", "positive", "horizon", "label"],
)
def test_what_a_model_is_examined_by_needs_somebody_independent(repository: Repository, change: Change) -> None:
    """Every bound of every gate stays as it is, and is one for something else."""
    asked = _asked(opened(repository, change, policy=None))
    assert asked["default-risk"] == ["1 of flight-ml (owner), and 1 of a team other than flight-ml"]


def test_another_owner_of_a_release_needs_both_and_no_evidence(repository: Repository) -> None:
    """It serves what it served: a gate that asks for more since must not keep a team from being renamed."""
    repository.edit(_release("staging"))
    handed_on = opened(repository, _handed_on, policy=None)
    wanted = _asked(handed_on)
    assert wanted["default-release"] == []
    assert wanted["ownership"] == ["1 of risk (owner), and 1 of flight-ml (former-owner)"]


def test_a_release_that_is_handed_on_with_another_version_needs_evidence(repository: Repository) -> None:
    repository.edit(_release("staging"))
    handed_on = opened(repository, both(_handed_on, _NEXT), policy=None)
    assert "1 of flight-ml (owner), and valid evidence" in _asked(handed_on)["default-release"]


def _handed_on(documents: Documents) -> None:
    documents["Release", "delay"]["metadata"]["owner"] = "risk"
