"""The schemas that editors get: sound by themselves, and true of the specs that exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from penstock.source.files import read_file
from penstock.source.reading.yaml_reader import read_documents
from penstock.specs.kinds import KINDS
from penstock.specs.schema import combined_schema, kind_schema

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("specs/**/*.yaml"), *ROOT.glob("tests/golden/bases/*/specs/*.yaml")])
VALIDATOR = Draft202012Validator(combined_schema())


def documents(path: Path) -> list[dict[str, Any]]:
    file, problems = read_file(ROOT, path.relative_to(ROOT).as_posix())
    assert file is not None
    assert problems == []
    return [document.value for document in read_documents(file)[0]]


def wrong(document: dict[str, Any]) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(document)]


@pytest.mark.parametrize("schema", [combined_schema(), *map(kind_schema, KINDS)], ids=["combined", *KINDS])
def test_a_schema_is_sound(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_specs_that_exist_fit(path: Path) -> None:
    for document in documents(path):
        assert wrong(document) == []
        assert Draft202012Validator(kind_schema(document["kind"])).is_valid(document)


def test_every_key_says_what_it_is_and_what_a_change_of_it_means() -> None:
    for name, definition in combined_schema()["$defs"].items():
        for key, described in definition.get("properties", {}).items():
            assert described.get("description"), f"{name}.{key}"
            assert described.get("x-penstock"), f"{name}.{key}"


def test_a_whole_spec_is_strict() -> None:
    gate = {
        "apiVersion": "penstock/v1",
        "kind": "Gate",
        "metadata": {"name": "g", "owner": "o"},
        "spec": {"model": "m"},
    }
    assert wrong(gate) == ["$.spec"]
    assert wrong({**gate, "spec": {"model": "m", "rules": [{"id": "q", "metric": "f1", "atLesst": 1}]}}) != []
    assert wrong({**gate, "spec": {"model": "m", "rules": [{"id": "q", "metric": "f1", "atLeast": 1}]}}) == []


def test_an_override_may_say_a_part_or_take_something_away_and_nothing_unknown() -> None:
    (rollout,) = documents(ROOT / "tests/golden/bases/small/specs/rollout.yaml")
    assert wrong({**rollout, "overrides": {"staging": {"serve": {"replicas": {"min": 1}}, "slos": None}}}) == []
    assert wrong({**rollout, "overrides": {"staging": {"serve": {"replicas": {"mini": 1}}}}}) != []
    assert wrong({**rollout, "overrides": {"staging": {"serve": {"replicas": {"min": 0}}}}}) != []


def test_a_list_in_an_override_replaces_the_whole_and_stays_strict() -> None:
    (gate,) = documents(ROOT / "tests/golden/bases/small/specs/gate.yaml")
    assert wrong({**gate, "overrides": {"staging": {"rules": [{"id": "q", "metric": "f1", "atLeast": 0.5}]}}}) == []
    assert wrong({**gate, "overrides": {"staging": {"rules": [{"metric": "f1", "atLeast": 0.5}]}}}) != []


def test_an_editor_shows_which_change_increases_risk_and_no_title_that_is_the_key_again() -> None:
    bound = kind_schema("Gate")["$defs"]["MetricRule"]["properties"]["atLeast"]
    assert bound["description"] == "Lower bound.\n\nReview: lowering it increases risk (quality)."
    severity = kind_schema("Gate")["$defs"]["MetricRule"]["properties"]["severity"]["description"]
    assert severity.endswith("\n\nReview: from strictest to loosest `block`, `warn` (quality).")
    titled = [
        f"{name}.{key}"
        for name, definition in combined_schema()["$defs"].items()
        for key, described in definition.get("properties", {}).items()
        if "title" in described
    ]
    assert titled == []


def test_an_editor_offers_the_names_of_metrics() -> None:
    (gate,) = documents(ROOT / "tests/golden/bases/small/specs/gate.yaml")
    rule = {"id": "q", "metric": "roc_acu", "atLeast": 0.7}
    assert wrong({**gate, "spec": {**gate["spec"], "rules": [rule]}}) != []
    assert wrong({**gate, "spec": {**gate["spec"], "rules": [{**rule, "metric": "roc_auc"}]}}) == []
