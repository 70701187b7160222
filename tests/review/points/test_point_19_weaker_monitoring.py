"""Monitoring that weakens calls the team that is woken by it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penstock.review.model import Direction, VerdictState
from penstock.specs.review import Area
from review.pull_requests import PENDING, POLICY, SKIPPED, node, opened, rules_of, set_at
from review.repositories import Documents, Repository, direct

FLOOR = ("Rollout", "delay-online", "monitor", "quality", 0, "below")
PERSIST = ("Rollout", "delay-online", "monitor", "drift", 0, "persist")


def test_a_later_alert_calls_the_team_of_the_rollout(repository: Repository) -> None:
    on_call = node(opened(repository, set_at(*FLOOR, to=0.5)).verdict(), "on-call")
    assert on_call.state is PENDING
    assert on_call.children[0].needs == "1 of flight-ml (on-call)"


def test_an_earlier_alert_does_not(repository: Repository) -> None:
    assert node(opened(repository, set_at(*FLOOR, to=0.66)).verdict(), "on-call").state is SKIPPED


def test_a_team_that_gives_up_its_pager_is_called_for_what_it_watches(repository: Repository) -> None:
    def no_pager(documents: Documents) -> None:
        del documents["Team", "flight-ml"]["spec"]["contact"]["page"]
        documents["Rollout", "delay-online"]["spec"]["monitor"]["quality"][0]["then"] = ["ticket"]

    rule = {
        "id": "on-call",
        "why": "Whoever is woken agrees.",
        "when": {"area": ["monitoring"], "direction": ["loosened"]},
        "require": {"from": {"roles": ["on-call"]}},
    }
    rest = {"id": "rest", "why": "All else that changes.", "when": {}, "require": "nobody"}
    verdict = opened(repository, no_pager, policy=rules_of(POLICY, [rule, rest])).verdict()
    waiting = node(verdict, "on-call").children
    assert {one.needs for one in waiting} == {"1 of flight-ml (on-call)"}


@pytest.mark.parametrize(
    ("receiver", "retrain", "reached"),
    [
        ("ticket", {"schedule": "0 3 * * 1"}, {"Rollout/delay-online", "Model/delay"}),
        ("ticket", {"onDrift": True, "cooldown": "1d"}, {"Rollout/delay-online"}),
        ("page", {"schedule": "0 3 * * 1"}, {"Rollout/delay-online"}),
    ],
)
def test_a_team_that_gives_up_a_receiver_is_no_longer_told_of_what_has_alerts(
    repository: Repository, receiver: str, retrain: dict[str, object], reached: set[str]
) -> None:
    def unheard(documents: Documents) -> None:
        set_at("Model", "delay", "retrain", to=retrain)(documents)
        del documents["Team", "flight-ml"]["spec"]["contact"][receiver]

    changes = repository.changed(unheard).changes
    told = {str(change.address) for change in changes if change.why and "who receives its alerts" in change.why}
    assert told == reached


def test_a_model_that_one_environment_alone_trains_by_a_clock_has_alerts(repository: Repository) -> None:
    def unheard(documents: Documents) -> None:
        set_at("Model", "delay", "retrain", to={"onDrift": True, "cooldown": "1d"})(documents)
        own = {"retrain": {"schedule": "0 3 * * 1"}}
        documents["Model", "delay"]["overrides"] = {"production": own}
        del documents["Team", "flight-ml"]["spec"]["contact"]["ticket"]

    changes = repository.changed(unheard).changes
    told = {str(change.address) for change in changes if change.why and "who receives its alerts" in change.why}
    assert told == {"Rollout/delay-online", "Model/delay"}


_withdraw = set_at("Rollout", "delay-online", "environments", to=["staging"])


def _close(documents: Documents) -> None:
    del documents["Rollout", "delay-online"]


@pytest.mark.parametrize("edit", [_withdraw, _close])
def test_an_environment_that_is_taken_out_takes_its_alerts_along(
    repository: Repository, edit: Callable[[Documents], None]
) -> None:
    plan = repository.changed(edit)
    lost = {
        str(change.address): change
        for change in plan.changes
        if change.cause == "indirect" and "production" in change.environments
    }
    assert {"Rollout/delay-online.monitor", "Rollout/delay-online.slos"} <= lost.keys()
    assert {change.area for change in lost.values()} >= {Area.MONITORING}
    assert {change.direction for change in lost.values()} == {Direction.LOOSENED}


def test_an_environment_that_is_taken_out_calls_the_team_of_the_rollout(repository: Repository) -> None:
    on_call = node(opened(repository, _withdraw).verdict(), "on-call")
    assert on_call.state is PENDING


def test_an_environment_that_comes_or_goes_is_ordered_by_nothing(repository: Repository) -> None:
    changes = [change for change in direct(repository.changed(_withdraw)) if "environments" in str(change.address)]
    assert [change.direction for change in changes] == [Direction.UNKNOWN]
    assert "production" in changes[0].environments


def test_a_monitor_that_forgets_its_earlier_windows_calls_the_team_of_the_rollout(repository: Repository) -> None:
    """One breach of the last five fires for five windows; without it, only where the newest is beyond the bound."""
    repository.edit(set_at(*PERSIST, to={"breaches": 1, "of": 5}))
    on_call = node(opened(repository, set_at(*PERSIST, to=None)).verdict(), "on-call")
    assert on_call.state is PENDING


@pytest.mark.parametrize(("windows", "state"), [(8, SKIPPED), (3, PENDING)])
def test_the_same_breaches_among_more_windows_are_found_no_later(
    repository: Repository, windows: int, state: VerdictState
) -> None:
    repository.edit(set_at(*PERSIST, to={"breaches": 2, "of": 5}))
    on_call = node(opened(repository, set_at(*PERSIST, "of", to=windows)).verdict(), "on-call")
    assert on_call.state is state
