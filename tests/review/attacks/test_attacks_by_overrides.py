"""Attacks by overrides: what is written for an environment before the spec is in it."""

from __future__ import annotations

import pytest

from penstock.review.model import Direction
from review.pull_requests import ERROR, PENDING, looser_gate, opened, set_at
from review.repositories import Documents, Repository, at, direct

FIRST_STEP = {"strategy": {"canary": {"steps": [{"weight": "100%"}]}}}


@pytest.fixture
def staged(repository: Repository) -> Repository:
    """The rollout is in staging alone."""
    repository.edit(set_at("Rollout", "delay-online", "environments", to=["staging"]))
    return repository


def overriding(environment: str, values: dict[str, object]) -> object:
    def edit(documents: Documents) -> None:
        documents["Rollout", "delay-online"]["overrides"] = {environment: values}

    return edit


def test_what_is_written_for_an_environment_to_come_is_approved_where_it_is_written(staged: Repository) -> None:
    pull_request = opened(staged, overriding("production", FIRST_STEP))  # type: ignore[arg-type]
    found = direct(pull_request.inputs().plan)
    assert {change.environments for change in found} == {("production",)}
    assert Direction.LOOSENED in {change.direction for change in found}
    assert pull_request.state is PENDING


def test_it_asks_whom_the_stage_of_that_environment_asks(staged: Repository) -> None:
    pull_request = opened(staged, overriding("production", FIRST_STEP))  # type: ignore[arg-type]
    plan = pull_request.inputs().plan
    assert {plan.impacts[change.fingerprint].stages for change in direct(plan)} == {("production",)}


@pytest.mark.parametrize("environment", ["nowhere", "Production"])
def test_an_environment_that_nobody_declares_is_an_error(staged: Repository, environment: str) -> None:
    pull_request = opened(staged, overriding(environment, FIRST_STEP))  # type: ignore[arg-type]
    assert pull_request.state is ERROR


def test_an_edit_of_the_spec_itself_is_told_once(staged: Repository) -> None:
    pull_request = opened(staged, set_at("Rollout", "delay-online", "serve", "replicas", "max", to=8))
    found = at(pull_request.inputs().plan, "Rollout/delay-online.serve.replicas.max")
    assert found.environments == ("staging",)


def test_what_every_environment_overrides_is_judged_where_it_is_written(repository: Repository) -> None:
    """Once the overrides go, it is what holds."""
    stricter = {"slos": {"availability": {"objective": "99.95%"}}}

    def override(documents: Documents) -> None:
        documents["Rollout", "delay-online"]["overrides"] = {"staging": stricter, "production": stricter}

    repository.edit(override)
    pull_request = opened(
        repository, set_at("Rollout", "delay-online", "slos", "availability", "objective", to="99.5%")
    )
    found = at(pull_request.inputs().plan, "Rollout/delay-online.slos.availability.objective")
    assert (found.direction, found.environments) == (Direction.LOOSENED, ())
    assert pull_request.state is PENDING


def test_so_is_what_no_environment_sees_yet(repository: Repository) -> None:
    def prepare(documents: Documents) -> None:
        for gone in (("Environment", "staging"), ("Environment", "production"), ("Rollout", "delay-online")):
            del documents[gone]

    repository.edit(prepare)
    pull_request = opened(repository, looser_gate)
    found = at(pull_request.inputs().plan, "Gate/delay-release.rules[quality].atLeast")
    assert found.direction is Direction.LOOSENED


def test_the_owner_of_a_rollout_is_that_of_where_it_is_and_of_where_it_comes(staged: Repository) -> None:
    def move(documents: Documents) -> None:
        documents["Rollout", "delay-online"]["metadata"]["owner"] = "risk"
        documents["Rollout", "delay-online"]["spec"]["environments"] = ["production"]

    pull_request = opened(staged, move)
    found = at(pull_request.inputs().plan, "Rollout/delay-online.metadata.owner")
    assert set(found.environments) == {"staging", "production"}
