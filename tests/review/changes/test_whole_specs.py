"""The direction of a spec that comes as a whole: what takes effect as soon as it is merged is of the highest risk."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from penstock.review.changes.directions import judge_spec
from penstock.review.model import Direction, Operation
from penstock.specs.kinds import KINDS
from review.pull_requests import PENDING, node, opened
from review.repositories import Documents, Repository, at, directions


def _copy(documents: Documents, kind: str, name: str) -> Any:
    documents[kind, "another"] = deepcopy(documents[kind, name])
    documents[kind, "another"]["metadata"]["name"] = "another"
    return documents[kind, "another"]["spec"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Model", "delay"),
        ("Gate", "delay-release"),
        ("Rollout", "delay-online"),
        ("Environment", "staging"),
        ("Team", "risk"),
        ("Dataset", "flights"),
    ],
)
def test_what_takes_effect_at_once_is_unknown(repository: Repository, kind: str, name: str) -> None:
    plan = repository.changed(lambda documents: _copy(documents, kind, name) and None)
    assert directions(plan)[f"{kind}/another"] is Direction.UNKNOWN


@pytest.mark.parametrize(("kind", "name"), [("Dataset", "weather"), ("FeatureSet", "conditions")])
def test_what_is_read_by_nobody_yet_is_neutral(repository: Repository, kind: str, name: str) -> None:
    plan = repository.changed(lambda documents: _copy(documents, kind, name) and None)
    assert directions(plan)[f"{kind}/another"] is Direction.NEUTRAL


def test_a_bound_that_moves_with_a_new_name_is_told(repository: Repository) -> None:
    def rename_and_loosen(documents: Documents) -> None:
        _copy(documents, "Gate", "delay-release")["rules"][0]["atLeast"] = 0.5
        documents["Rollout", "delay-online"]["spec"]["gate"] = "another"
        del documents["Gate", "delay-release"]

    found = at(repository.changed(rename_and_loosen), "Gate/another")
    assert found.direction is Direction.UNKNOWN
    told = "compared with `delay-release`, which is removed, it changes `rules[quality].atLeast` 0.7 -> 0.5 (loosened)"
    assert found.why.endswith(told)


def test_what_is_another_spec_through_and_through_is_compared_with_none(repository: Repository) -> None:
    def replace(documents: Documents) -> None:
        rules = _copy(documents, "Gate", "delay-release")["rules"]
        rules[:] = [{"id": f"r{number}", "metric": "recall", "atLeast": 0.5} for number in range(12)]
        documents["Rollout", "delay-online"]["spec"]["gate"] = "another"
        del documents["Gate", "delay-release"]

    assert "compared with" not in at(repository.changed(replace), "Gate/another").why


def test_code_in_an_override_of_a_new_dataset_is_code(repository: Repository) -> None:
    def add(documents: Documents) -> None:
        _copy(documents, "Dataset", "weather")
        documents["Dataset", "another"]["overrides"] = {
            "production": {"source": {"python": "systems.flights:departures"}}
        }

    assert directions(repository.changed(add))["Dataset/another"] is Direction.UNKNOWN


def test_features_that_are_computed_by_code_are_code(repository: Repository) -> None:
    def add(documents: Documents) -> None:
        features = _copy(documents, "FeatureSet", "conditions")["features"]
        features["hour"] = {"type": "int", "python": "systems.flights:departures"}

    assert directions(repository.changed(add))["FeatureSet/another"] is Direction.UNKNOWN


def test_a_gate_that_takes_the_place_of_another_is_the_business_of_risk(repository: Repository) -> None:
    def replace(documents: Documents) -> None:
        _copy(documents, "Gate", "delay-release")["rules"] = [{"id": "any", "metric": "roc_auc", "atLeast": 0.01}]
        documents["Rollout", "delay-online"]["spec"]["gate"] = "another"

    verdict = opened(repository, replace).verdict()
    assert node(verdict, "gate").state is PENDING


def test_nothing_that_comes_is_said_to_tighten() -> None:
    assert {judge_spec(kind, Operation.ADDED).direction for kind in KINDS} <= {Direction.UNKNOWN, Direction.NEUTRAL}


def _another_in_its_place(documents: Documents) -> None:
    _copy(documents, "Dataset", "weather")["onViolation"] = "warn"
    del documents["Dataset", "weather"]
    documents["FeatureSet", "conditions"]["spec"]["features"]["wind_speed"]["latest"]["of"] = "another"


def test_what_takes_the_place_of_another_is_not_said_to_touch_nothing(repository: Repository) -> None:
    found = at(repository.changed(_another_in_its_place), "Dataset/another")
    assert found.direction is Direction.UNKNOWN
    assert found.why.endswith("it changes `onViolation` fail -> warn (loosened)")


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["pii", "sensitive"], "pii"),
        (["public", "sensitive"], "sensitive"),
        (["public", "internal"], "internal"),
        (["public", "public"], None),
    ],
)
def test_a_dataset_that_goes_takes_its_labels_along(
    repository: Repository, labels: list[str], told: str | None
) -> None:
    """As each column would: declared again, it could have any label, with nothing left to compare it with."""
    source = {"csv": "data/notes.csv"}

    def declare(documents: Documents) -> None:
        columns = {f"c{place}": {"type": "string", "sensitivity": label} for place, label in enumerate(labels)}
        _copy(documents, "Dataset", "weather")
        documents["Dataset", "another"]["spec"] = {"source": source, "columns": columns}

    repository.edit(declare)
    pull_request = opened(repository, lambda documents: documents.pop(("Dataset", "another")) and None)
    assert at(pull_request.inputs().plan, "Dataset/another").sensitivity == told
    asks = node(pull_request.verdict(), "privacy").state is PENDING
    assert asks is (told in ("sensitive", "pii"))


def test_a_label_of_one_environment_goes_along(repository: Repository) -> None:
    def declare(documents: Documents) -> None:
        _copy(documents, "Dataset", "weather")
        labelled = {"columns": {"origin": {"sensitivity": "pii"}}}
        documents["Dataset", "another"]["overrides"] = {"production": labelled}

    repository.edit(declare)
    repository.commit()
    plan = repository.changed(lambda documents: documents.pop(("Dataset", "another")) and None)
    assert at(plan, "Dataset/another").sensitivity == "pii"
