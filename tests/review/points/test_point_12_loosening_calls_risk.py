"""Loosening a gate, an alert or a rollback calls those who answer for the risk, and never its author alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penstock.review.model import Direction
from review.pull_requests import PENDING, SKIPPED, Change, node, opened, set_at, stricter_gate
from review.repositories import Documents, Repository, directions


def _without(kind: str, name: str, *path: str | int) -> Change:
    def change(documents: Documents) -> None:
        holder = documents[kind, name]["spec"]
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]

    return change


_to_warn = set_at("Gate", "delay-release", "rules", 0, "severity", to="warn")


def _no_gate(documents: Documents) -> None:
    del documents["Gate", "delay-release"]
    del documents["Rollout", "delay-online"]


GATE = ("Gate", "delay-release", "rules")
LOOSER_GATES = {
    "a lower bound": set_at(*GATE, 0, "atLeast", to=0.5),
    "less confidence": set_at(*GATE, 0, "confidence", to="80%"),
    "a wider gap between slices": set_at(*GATE, 1, "maxGap", to=0.5),
    "fewer slices that are judged": set_at(*GATE, 1, "minSupport", to=200),
    "a warning in place of a failure": _to_warn,
    "no bound": set_at(*GATE, to=[{"id": "regions", "metric": "recall", "by": "origin", "maxGap": 0.08}]),
    "a rule that is gone": _without(*GATE, 1),
    "no confidence at all": _without(*GATE, 0, "confidence"),
}
ROLLOUT = ("Rollout", "delay-online")
WEAKER_ALERTS = {
    "a later drift alert": set_at(*ROLLOUT, "monitor", "drift", 0, "above", to=0.5),
    "a lower quality floor": set_at(*ROLLOUT, "monitor", "quality", 0, "below", to=0.5),
    "nobody is paged": set_at(*ROLLOUT, "monitor", "quality", 0, "then", to=["ticket"]),
    "no drift alert": set_at(*ROLLOUT, "monitor", "drift", to=[]),
    "a longer window": set_at(*ROLLOUT, "monitor", "drift", 0, "window", to="30d"),
    "a window so short that it holds too few rows": set_at(*ROLLOUT, "monitor", "drift", 0, "window", to="1h"),
}


@pytest.mark.parametrize("change", LOOSER_GATES.values(), ids=LOOSER_GATES)
def test_a_looser_gate_calls_risk_and_the_modellers(repository: Repository, change: Change) -> None:
    pull_request = opened(repository, change, author="rita")
    pull_request.approve("rita")
    gate = node(pull_request.verdict(), "gate")
    assert gate.state is PENDING
    assert gate.children[0].can_satisfy == ("ada", "bela", "remo")
    assert gate.missing == 2 * len(gate.children)


@pytest.mark.parametrize("change", WEAKER_ALERTS.values(), ids=WEAKER_ALERTS)
def test_a_weaker_alert_calls_who_is_woken(repository: Repository, change: Change) -> None:
    pull_request = opened(repository, change, author="ada")
    pull_request.approve("ada")
    on_call = node(pull_request.verdict(), "on-call")
    assert on_call.state is PENDING
    assert on_call.children[0].can_satisfy == ("bela",)


def test_a_raw_patch_calls_whom_its_fields_would_call(repository: Repository) -> None:
    silenced = {"kind": "PrometheusRule", "name": "delay-online", "merge": {"spec": {"groups": []}}}
    pull_request = opened(repository, set_at(*ROLLOUT, "patches", to=[silenced]), author="ada")
    pull_request.approve("ada")
    assert node(pull_request.verdict(), "on-call").state is PENDING
    assert pull_request.state is PENDING


def test_a_gate_that_is_gone_calls_risk(repository: Repository) -> None:
    assert node(opened(repository, _no_gate).verdict(), "gate").state is PENDING


@pytest.mark.parametrize("reads", [["distance"], ["distance", "origin", "contact"], ["distance", "hour"], None])
def test_whatever_else_a_function_is_said_to_read_is_a_risk(repository: Repository, reads: list[str] | None) -> None:
    """Lineage cannot see into it: a column that is no longer named may still be read, and its label forgotten."""

    def declare(names: list[str] | None) -> Callable[[Documents], None]:
        def change(documents: Documents) -> None:
            feature = {"type": "float", "python": "systems.flights:departures", "reads": names}
            documents["FeatureSet", "conditions"]["spec"]["features"]["reach"] = {
                key: value for key, value in feature.items() if value is not None
            }

        return change

    repository.edit(declare(["distance", "origin"]))
    repository.commit()
    found = directions(repository.changed(declare(reads)))
    told = {address: found[address] for address in found if ".features.reach.reads" in address}
    assert told
    assert set(told.values()) == {Direction.UNKNOWN}


def test_a_stricter_gate_does_not(repository: Repository) -> None:
    assert node(opened(repository, stricter_gate).verdict(), "gate").state is SKIPPED


CODE = "systems.flights:departures"
NAMING_CODE: dict[str, tuple[Change, str]] = {
    "a rule": (set_at(*GATE, to=[{"id": "own", "python": CODE, "atLeast": 0.5}]), "Gate/delay-release.rules[own]"),
    "a check": (
        set_at("Dataset", "weather", "checks", to=[{"id": "own", "python": CODE}]),
        "Dataset/weather.checks[own]",
    ),
}


@pytest.mark.parametrize("case", NAMING_CODE.values(), ids=NAMING_CODE)
def test_what_comes_and_runs_code_is_no_lesser_risk(repository: Repository, case: tuple[Change, str]) -> None:
    """Code that is there already, and that nobody had to look at as long as nothing named it."""
    change, address = case
    assert directions(repository.changed(change))[address] is Direction.UNKNOWN


def test_what_comes_and_runs_none_is(repository: Repository) -> None:
    more = set_at("Dataset", "weather", "checks", to=[{"id": "own", "rows": {"atLeast": 10}}])
    assert directions(repository.changed(more)) == {"Dataset/weather.checks[own]": Direction.TIGHTENED}
