"""Point 16: rollout risk. From 5 to 50 % or a removed abort condition is looser; from 50 to 5 % is not."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.review.model import Direction, Operation
from review.repositories import Documents, Repository, at, direct

STEPS = "Rollout/delay-online.strategy.canary.steps"


def with_steps(*weights: str) -> Any:
    def change(documents: Documents) -> None:
        steps = [{"weight": weight} for weight in weights]
        documents["Rollout", "delay-online"]["spec"]["strategy"]["canary"]["steps"] = steps

    return change


def test_a_bigger_first_step_is_loosened_by_its_points(repository: Repository) -> None:
    change = at(repository.changed(with_steps("50%", "75%", "100%")), f"{STEPS}[0].weight")
    assert (change.before, change.after) == ("5%", "50%")
    assert (change.direction, change.grew) == (Direction.LOOSENED, pytest.approx(45))


def test_a_smaller_step_is_tightened(repository: Repository) -> None:
    repository.edit(with_steps("50%", "75%", "100%"))
    repository.commit()
    repository.branch()
    repository.edit(with_steps("5%", "75%", "100%"))
    repository.commit()
    change = at(repository.plan(), f"{STEPS}[0].weight")
    assert (change.direction, change.grew) == (Direction.TIGHTENED, None)


def test_a_removed_step_grows_to_the_next_one(repository: Repository) -> None:
    (change,) = direct(repository.changed(with_steps("5%", "100%")))
    assert (str(change.address), change.operation) == (f"{STEPS}[1]", Operation.REMOVED)
    assert (change.direction, change.grew) == (Direction.LOOSENED, pytest.approx(75))


def test_an_added_step_is_tightened(repository: Repository) -> None:
    (change,) = direct(repository.changed(with_steps("5%", "10%", "25%", "100%")))
    assert (str(change.address), change.direction) == (f"{STEPS}[1]", Direction.TIGHTENED)


def test_a_canary_that_goes_grew_to_everything(repository: Repository) -> None:
    def remove(documents: Documents) -> None:
        del documents["Rollout", "delay-online"]["spec"]["strategy"]

    (change,) = direct(repository.changed(remove))
    assert str(change.address) == "Rollout/delay-online.strategy.canary"
    assert (change.direction, change.grew) == (Direction.LOOSENED, pytest.approx(95))


def test_a_removed_abort_condition_is_loosened(repository: Repository) -> None:
    def guard(documents: Documents) -> None:
        canary = documents["Rollout", "delay-online"]["spec"]["strategy"]["canary"]
        canary["abortOn"] = [{"id": "errors", "errorRate": "1%"}]

    repository.edit(guard)
    repository.commit()
    repository.branch()
    repository.edit(lambda documents: documents["Rollout", "delay-online"]["spec"]["strategy"]["canary"].pop("abortOn"))
    repository.commit()
    change = at(repository.plan(), "Rollout/delay-online.strategy.canary.abortOn[errors]")
    assert (change.operation, change.direction) == (Operation.REMOVED, Direction.LOOSENED)


def test_a_caller_that_may_come_from_any_pod_is_loosened(repository: Repository) -> None:
    def widen(documents: Documents) -> None:
        del documents["Rollout", "delay-online"]["spec"]["access"]["callers"][0]["pods"]

    change = at(repository.changed(widen), "Rollout/delay-online.access.callers[0].pods.app")
    assert change.direction is Direction.LOOSENED
