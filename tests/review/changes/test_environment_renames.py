"""An environment under another name is a rename; for what runs there it is an end and a beginning, and asks as such."""

from __future__ import annotations

from copy import deepcopy

import pytest

from penstock.review.model import Direction, Operation, Verdict
from penstock.review.rendering import terminal
from review.pull_requests import POLICY, POLICY_PATH, Change, node, opened, rules_of
from review.repositories import Documents, Repository, at, direct

ROLLOUT = "Rollout/delay-online"


def renamed(**fields: str) -> Change:
    """Production is called `prod` from now on, with other values of some fields; everything follows."""

    def change(documents: Documents) -> None:
        environment = documents.pop(("Environment", "production"))
        environment["metadata"]["name"] = "prod"
        environment["spec"] |= fields
        documents["Environment", "prod"] = environment
        documents["Rollout", "delay-online"]["spec"]["environments"] = ["staging", "prod"]

    return change


def test_it_is_a_rename_in_both_environments(repository: Repository) -> None:
    plan = repository.changed(renamed())
    found = at(plan, "Environment/prod")
    assert (found.operation, str(found.renamed_from)) == (Operation.RENAMED, "Environment/production")
    assert found.direction is Direction.UNKNOWN
    assert set(found.environments) == {"prod", "production"}
    assert set(plan.impacts[found.fingerprint].environments) == {"prod", "production"}
    assert "Environment/production" not in {str(change.address) for change in direct(plan)}


def test_with_another_namespace_it_is_a_removal_and_an_addition_that_says_so(repository: Repository) -> None:
    plan = repository.changed(renamed(namespace="elsewhere"))
    assert at(plan, "Environment/production").operation is Operation.REMOVED
    found = at(plan, "Environment/prod")
    assert found.operation is Operation.ADDED
    assert "compared with `production`, which is removed, it changes `namespace`" in found.why


def test_what_runs_there_ends_and_begins(repository: Repository) -> None:
    plan = repository.changed(renamed())
    assert at(plan, f"{ROLLOUT}.environments[production]").operation is Operation.REMOVED
    assert at(plan, f"{ROLLOUT}.environments[prod]").operation is Operation.ADDED
    for ends in ("slos", "monitor", "access"):
        assert at(plan, f"{ROLLOUT}.{ends}").direction is Direction.LOOSENED
        assert at(plan, f"{ROLLOUT}.{ends}").environments == ("production",)


def test_its_files_are_shown_as_renamed(repository: Repository) -> None:
    repository.compile()
    repository.commit()
    repository.branch()
    repository.recompile(renamed())
    plan = repository.plan()
    assert plan.errors == ()
    paths = {one.path for one in plan.artifacts}
    assert {"prod/delay/training.yaml", "production/delay/training.yaml", "prod/kustomization.yaml"} <= paths
    shown = terminal.render(plan, diffs=True)
    for path in (path for path in paths if path.startswith("prod/")):
        assert f"renamed from {path.replace('prod/', 'production/')}" in shown
    written = sum(len(repository.read(f"generated/{path}").splitlines()) for path in paths if path.startswith("prod/"))
    assert len(shown.splitlines()) < written / 2, "what stays the same is not shown"


@pytest.mark.parametrize("policy", [POLICY, None], ids=["a policy", "the default rules"])
def test_every_rule_asks_that_would_ask_of_a_removal_and_an_addition(
    repository: Repository, policy: str | None
) -> None:
    pull_request = opened(repository, renamed(), policy=policy)
    as_rename = _asking(pull_request.verdict())
    repository.git("checkout", "--quiet", "main")
    repository.git("branch", "--delete", "--force", "change")
    as_two = _asking(opened(repository, renamed(namespace="elsewhere"), policy=policy).verdict())
    assert as_two <= as_rename


def _asking(verdict: Verdict) -> set[tuple[str, str]]:
    """Rules that ask for somebody, and for whom."""
    return {(rule.name, one.needs) for rule in verdict.tree.children for one in rule.children if one.needs != "nobody"}


def test_what_was_stricter_under_the_former_name_is_looser_without_it(repository: Repository) -> None:
    """An override goes with its environment, and nothing of the kind comes with the new one."""

    def ask_more(documents: Documents) -> None:
        rules = deepcopy(documents["Gate", "delay-release"]["spec"]["rules"])
        rules[0]["atLeast"] = 0.8
        documents["Gate", "delay-release"]["overrides"] = {"production": {"rules": rules}}

    def rename(documents: Documents) -> None:
        renamed()(documents)
        del documents["Gate", "delay-release"]["overrides"]

    repository.edit(ask_more)
    repository.commit()
    found = at(repository.changed(rename), "Gate/delay-release.rules[quality].atLeast")
    assert (found.before, found.after, found.direction) == (0.8, 0.7, Direction.LOOSENED)
    assert found.environments == ("production",)


def test_a_freeze_of_the_former_name_holds_it_back(repository: Repository) -> None:
    freeze = {
        "id": "holidays",
        "why": "Nobody is there.",
        "environments": ["production"],
        "from": "2026-01-01T00:00:00+00:00",
        "until": "2027-01-01T00:00:00+00:00",
    }
    rule = {"id": "all", "why": "Whatever changes.", "when": {}, "require": "nobody"}
    policy = rules_of(POLICY, [rule], freezes=[freeze])
    pull_request = opened(repository, renamed(), policy=policy)
    repository.write(POLICY_PATH, policy.replace("- production", "- prod"))
    pull_request.forge.push(repository.commit())
    renaming = at(pull_request.inputs().plan, "Environment/prod").fingerprint
    assert renaming in node(pull_request.verdict(), "freeze holidays").changes
