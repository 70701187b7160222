"""The rules of a repository that wrote none, printed as a policy to edit."""

from __future__ import annotations

import pytest

from penstock.catalog.load import load_work_tree
from penstock.cli.main import main
from penstock.review.policy.defaults import default_rules
from penstock.review.policy.resolve import resolve_policy
from review.repositories import Repository


def test_the_defaults_are_printed_as_a_policy_of_the_same_rules(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "defaults", "--owner", "flight-ml"]) == 0
    repository.write("specs/approvals.yaml", capsys.readouterr().out)
    assert main(["check", "--root", str(repository.root)]) == 0, capsys.readouterr().out
    policy = resolve_policy(load_work_tree(repository.root))
    assert not policy.is_default
    assert policy.rules == default_rules()
