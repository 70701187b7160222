"""Where rows that violate a contract are quarantined, a narrower contract takes them out of every test."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.review.model import Change, Direction
from review.pull_requests import set_at
from review.repositories import Repository, at, indirect

FLIGHTS = ("Dataset", "flights")
TAIL = {"type": "string", "oneOf": ["N1", "N2"]}
"""The contract of a column that nothing reads."""
NARROWER: dict[str, tuple[tuple[str, ...], Any, str]] = {
    "a higher minimum": (("columns", "distance", "min"), 2000, ".columns.distance.min"),
    "a lower maximum": (("columns", "distance", "max"), 900, ".columns.distance.max"),
    "an allowed value less": (("columns", "origin", "oneOf"), ["EWR", "LGA"], ".columns.origin.oneOf[JFK]"),
    "fewer missing values": (("columns", "carrier", "nullable"), False, ".columns.carrier.nullable"),
    "a pattern": (("columns", "carrier", "matches"), "[A-Z0-9]{2}", ".columns.carrier.matches"),
    "no repetition": (("columns", "carrier", "unique"), True, ".columns.carrier.unique"),
    "another column": (("columns", "plane"), {"type": "string"}, ".columns.plane"),
    "of a column that nothing reads": (("columns", "tail", "oneOf"), ["N1"], ".columns.tail.oneOf[N2]"),
}


def _change(repository: Repository, violation: str, path: tuple[str, ...], value: Any, address: str) -> Change:
    repository.edit(set_at(*FLIGHTS, "columns", "carrier", to={"type": "string", "nullable": True}))
    repository.edit(set_at(*FLIGHTS, "columns", "tail", to=TAIL))
    repository.edit(set_at(*FLIGHTS, "onViolation", to=violation))
    repository.commit()
    return at(repository.changed(set_at(*FLIGHTS, *path, to=value)), f"Dataset/flights{address}")


@pytest.mark.parametrize("case", NARROWER.values(), ids=NARROWER)
def test_a_narrower_contract_takes_rows_away(repository: Repository, case: tuple[tuple[str, ...], Any, str]) -> None:
    change = _change(repository, "quarantine", *case)
    assert change.direction is Direction.UNKNOWN
    assert change.why == "it quarantines more rows, and the model is trained and tested without them"
    plan = repository.plan()
    assert plan.impacts[change.fingerprint].models == ("delay",)
    assert indirect(plan, "Model/delay")
    assert indirect(plan, "Rollout/delay-online")


@pytest.mark.parametrize("violation", ["fail", "warn"])
@pytest.mark.parametrize("case", NARROWER.values(), ids=NARROWER)
def test_or_reduces_risk_where_they_are_kept(
    repository: Repository, case: tuple[tuple[str, ...], Any, str], violation: str
) -> None:
    assert _change(repository, violation, *case).direction is Direction.TIGHTENED


def test_rows_that_were_only_warned_of_are_taken_away(repository: Repository) -> None:
    change = _change(repository, "warn", ("onViolation",), "quarantine", ".onViolation")
    assert change.direction is Direction.UNKNOWN


def test_rows_that_were_taken_away_stop_the_pipeline(repository: Repository) -> None:
    change = _change(repository, "quarantine", ("onViolation",), "fail", ".onViolation")
    assert change.direction is Direction.TIGHTENED


def test_what_is_said_of_a_column_takes_no_row_away(repository: Repository) -> None:
    change = _change(repository, "quarantine", ("columns", "tail", "sensitivity"), "pii", ".columns.tail.sensitivity")
    assert change.direction is Direction.TIGHTENED
    assert repository.plan().impacts[change.fingerprint].models == ()


def test_an_environment_that_quarantines_is_told_apart(repository: Repository) -> None:
    repository.edit(lambda documents: documents[FLIGHTS].update(overrides={"staging": {"onViolation": "quarantine"}}))
    repository.commit()
    plan = repository.changed(set_at(*FLIGHTS, "columns", "distance", "min", to=2000))
    found = {change.environments: change.direction for change in plan.changes if change.cause == "direct"}
    assert found == {("staging",): Direction.UNKNOWN, ("production",): Direction.TIGHTENED}
