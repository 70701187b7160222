"""Keys that exclude or need each other: the schemas of editors say the same as `penstock check`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from penstock.specs.base import Choosing
from penstock.specs.kinds import KINDS
from penstock.specs.schema import combined_schema

assert KINDS, "the kinds bring every class of the language with them"
SCHEMA = combined_schema()
LATEST = {"of": "weather", "column": "wind", "match": ["origin"], "maxAge": "3h"}
BOUND = {"id": "q", "metric": "f1"}
SEARCH = {"trials": 3, "space": {"alpha": {"uniform": [0.1, 1.0]}}}
OWN = {"id": "own", "promql": "vector(1)"}
ROLE = "arn:aws:iam::111122223333:role/model-reader"
ACCOUNT = "model-reader@example-project.iam.gserviceaccount.com"
CLIENT = "11111111-2222-3333-4444-555555555555"
CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "Source": (
        [{"parquet": "a"}, {"csv": ["a", "b"]}, {"csv": "a", "parquet": None}],
        [{}, {"parquet": "a", "csv": "b"}, {"parquet": None}],
    ),
    "Check": (
        [{"id": "c", "rows": {"atLeast": 1}}, {"id": "c", "sql": "select 1"}],
        [{"id": "c"}, {"id": "c", "rows": {"atLeast": 1}, "sql": "select 1"}],
    ),
    "RowCount": ([{"atLeast": 0}, {"atLeast": 1, "atMost": 2}], [{}, {"atMost": None}]),
    "Feature": (
        [{"type": "int", "sql": "x"}, {"type": "int", "latest": LATEST}],
        [{"type": "int"}, {"type": "int", "sql": "x", "latest": LATEST}],
    ),
    "Estimator": (
        [{"class": "sklearn.dummy.DummyClassifier"}, {"python": "m:f"}],
        [{}, {"class": "sklearn.dummy.DummyClassifier", "python": "m:f"}, {"params": {}}],
    ),
    "Range": ([{"int": [1, 2]}, {"choice": ["a"]}], [{}, {"int": [1, 2], "choice": ["a"]}]),
    "Search": (
        [{**SEARCH, "maximize": "f1"}, {**SEARCH, "minimize": "log_loss"}],
        [SEARCH, {**SEARCH, "maximize": "f1", "minimize": "log_loss"}],
    ),
    "Retrain": (
        [{"schedule": "0 5 * * *"}, {"onDrift": True}, {"onDrift": True, "schedule": "0 5 * * *"}, {"onQuality": True}],
        [{}, {"onDrift": False}, {"cooldown": "1h"}],
    ),
    "MetricRule": (
        [{**BOUND, "atLeast": 0.1}, {**BOUND, "atLeast": 0.0, "atMost": 1.0}],
        [BOUND, {**BOUND, "atMost": None}],
    ),
    "SliceRule": ([{**BOUND, "by": "origin", "maxGap": 0.0}], [{**BOUND, "by": "origin"}]),
    "FairnessRule": (
        [{"id": "f", "fairness": "equalized_odds_ratio", "by": "origin", "atLeast": 0.8}],
        [{"id": "f", "fairness": "equalized_odds_ratio", "by": "origin"}],
    ),
    "Perturbation": ([{"noise": 0.1}, {"missing": "5%"}], [{}, {"noise": 0.1, "missing": "5%"}]),
    "Clusters": ([{"column": "day"}, {"every": "1d"}], [{}, {"column": "day", "every": "1d"}]),
    "ExplainRule": (
        [
            {"id": "e", "explain": "permutation", "maxShare": "50%"},
            {"id": "e", "explain": "permutation", "forbid": ["x"]},
        ],
        [{"id": "e", "explain": "permutation"}, {"id": "e", "explain": "permutation", "forbid": []}],
    ),
    "Latency": ([{"p50": "5ms"}, {"p95": "5ms", "p99": "9ms"}], [{}, {"batch": 2}]),
    "PythonRule": ([{"id": "p", "python": "m:f", "atMost": 3.0}], [{"id": "p", "python": "m:f"}]),
    "LatencyBound": (
        [{"above": "60ms"}, {"aboveStable": "10%", "percentile": "p99"}],
        [{}, {"percentile": "p99"}, {"above": "60ms", "aboveStable": "10%"}],
    ),
    "QueryBound": (
        [{"promql": "vector(1)", "above": 0.0}, {"promql": "vector(1)", "belowStable": 0.0}],
        [{"promql": "vector(1)"}, {"promql": "vector(1)", "above": 1.0, "below": 0.0}],
    ),
    "AbortCondition": (
        [
            {"id": "a", "errorRate": "1%"},
            {"id": "a", "excessErrorRate": "1%"},
            {"id": "a", "latency": {"above": "60ms"}},
            {"id": "a", "burnRate": {"above": 14.4}},
        ],
        [
            {"id": "a"},
            {"id": "a", "errorRate": "1%", "latency": {"above": "60ms"}},
            {"id": "a", "errorRate": "1%", "burnRate": {"above": 14.4}},
        ],
    ),
    "CloudIdentity": (
        [{"aws": ROLE}, {"gcp": ACCOUNT}, {"azure": CLIENT}],
        [{}, {"aws": ROLE, "gcp": ACCOUNT}, {"gcp": ACCOUNT, "azure": CLIENT}],
    ),
    "QualityMonitor": (
        [{**BOUND, "window": "7d", "below": 0.5}],
        [{**BOUND, "window": "7d"}, {**BOUND, "window": "7d", "below": 0.5, "above": 0.9}],
    ),
    "QueryMonitor": ([{**OWN, "above": 1.0}], [OWN, {**OWN, "above": 1.0, "below": 0.0}]),
    "AnomalyMonitor": (
        [{"id": "a", "metric": "request_rate"}, {"id": "a", "promql": "up"}],
        [{"id": "a"}, {"id": "a", "metric": "request_rate", "promql": "up"}],
    ),
    "ManifestPatch": (
        [{"kind": "Service", "name": "a", "merge": {}}, {"kind": "Service", "name": "a", "json": []}],
        [{"kind": "Service", "name": "a"}, {"kind": "Service", "name": "a", "merge": {}, "json": []}],
    ),
    "Receiver": (
        [{"pagerduty": {"secret": "a"}}, {"slack": {"secret": "a", "channel": "#b"}}],
        [{}, {"pagerduty": {"secret": "a"}, "webhook": {"secret": "a"}}],
    ),
    "Radius": ([{"models": 0}, {"models": 1, "callers": 2}], [{}]),
    "Require": ([{"from": {"roles": ["owner"]}}, {"evidence": "valid"}], [{}, {"count": 2}]),
}
"""By class: what holds a right choice, and what does not."""


def choosing(cls: type[Choosing] = Choosing) -> Iterator[type[Choosing]]:
    for below in cls.__subclasses__():
        yield below
        yield from choosing(below)


CLASSES = {cls.__name__: cls for cls in choosing()}


def test_every_choice_of_the_language_has_its_case() -> None:
    assert set(CASES) == set(CLASSES)


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_schema_says_what_check_says(name: str) -> None:
    right, wrong = CASES[name]
    editor = Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})
    for example in right:
        CLASSES[name].model_validate(example)
        assert editor.is_valid(example), example
    for example in wrong:
        with pytest.raises(ValidationError, match=r"type=choose_(one|some)"):
            CLASSES[name].model_validate(example)
        assert not editor.is_valid(example), example


def test_an_editor_says_which_key_is_too_many() -> None:
    [source] = SCHEMA["$defs"]["Source"]["anyOf"][:1]
    assert source["required"] == ["parquet"]
    assert source["properties"]["csv"]["errorMessage"] == (
        "Only one of parquet, csv, python, sql is allowed, and parquet is given."
    )


def test_an_override_may_hold_any_part_of_a_choice() -> None:
    for name in CASES:
        partial = SCHEMA["$defs"].get(f"{name}Override", {})
        assert not {"anyOf", "oneOf"} & set(partial), name
