"""A version is judged as strictly as where it is to be served, though an override may ask less of it elsewhere."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from penstock.catalog.load import load_work_tree
from penstock.cli.main import main
from penstock.review.evidence.keys import KeySet
from penstock.review.evidence.verify import Evidence, verify
from penstock.specs.approval_policy import Key
from penstock.specs.release import Release
from review.releases import NAME, NOW, release, signer
from review.repositories import Documents, Repository

KEY = signer()
QUALITY = {"id": "quality", "metric": "roc_auc", "atLeast": 0.7, "confidence": "95%"}
REGIONS = {"id": "regions", "metric": "recall", "by": "origin", "maxGap": 0.08, "minSupport": 100}


def override(repository: Repository, kind: str, name: str, environment: str, what: dict[str, Any]) -> None:
    def put(documents: Documents) -> None:
        documents[kind, name]["overrides"] = {environment: what}

    repository.edit(put)


def judged(repository: Repository) -> Evidence:
    catalog = load_work_tree(repository.root)
    found = catalog.view(None).find(Release, NAME)
    assert found is not None
    return verify(catalog, found, KeySet.of([Key.model_validate(KEY.as_spec())]), NOW)


def doubts(repository: Repository) -> tuple[str, ...]:
    """What is wrong with the evidence of a version that staging trained and production is to serve."""
    release(repository, KEY, trained_in="staging")
    evidence = judged(repository)
    return () if evidence.state == "valid" else evidence.reasons


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        ([{**QUALITY, "atLeast": 0.5}, REGIONS], "Gate/delay-release.rules[quality].atLeast"),
        ([QUALITY, {**REGIONS, "maxGap": 0.5}], "Gate/delay-release.rules[regions].maxGap"),
        ([QUALITY, {**REGIONS, "minSupport": 5000}], "Gate/delay-release.rules[regions].minSupport"),
    ],
)
def test_a_gate_that_asks_less_elsewhere_lets_nothing_into_production(
    repository: Repository, rules: list[dict[str, Any]], what: str
) -> None:
    override(repository, "Gate", "delay-release", "staging", {"rules": rules})
    why = f"the version was judged for `staging`, where `{what}` asks less than in `production`"
    assert any(why in reason for reason in doubts(repository)), doubts(repository)


@pytest.mark.parametrize(
    ("trains", "remedy"),
    [
        ("", "train it for `production`, as `penstock run delay --environment production` does"),
        ("\n  training: false", "ask as much in `staging`, for `production` trains nothing"),
    ],
)
def test_what_helps_depends_on_whether_it_could_be_trained_there(
    repository: Repository, trains: str, remedy: str
) -> None:
    repository.replace("stage: production", f"stage: production{trains}")
    override(repository, "Gate", "delay-release", "staging", {"rules": [{**QUALITY, "atLeast": 0.5}, REGIONS]})
    assert any(reason.endswith(remedy) for reason in doubts(repository)), doubts(repository)


@pytest.mark.parametrize(
    "part",
    [
        {"split": {"test": "3d"}},
        {"threshold": 0.3},
        {"label": {"horizon": "1h"}},
        {"slices": []},
    ],
)
def test_nor_does_a_test_that_is_smaller_there(repository: Repository, part: dict[str, Any]) -> None:
    override(repository, "Model", "delay", "staging", part)
    assert any("asks less than in `production`" in reason for reason in doubts(repository)), doubts(repository)


OTHER_DATA: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "features of a set more": (
        "Model",
        "delay",
        {"features": {"afterwards": "all"}},
        "Model/delay.features.afterwards",
    ),
    "a feature more": (
        "Model",
        "delay",
        {"features": {"conditions": "all"}},
        "Model/delay.features.conditions",
    ),
    "a feature that sees further": (
        "FeatureSet",
        "conditions",
        {"features": {"wind_speed": {"latest": {"maxAge": "30d"}}}},
        "FeatureSet/conditions.features.wind_speed.latest.maxAge",
    ),
    "another feature of that name": (
        "FeatureSet",
        "conditions",
        {"features": {"hour": {"sql": "distance"}}},
        "FeatureSet/conditions.features.hour.sql",
    ),
    "rows that are known earlier": (
        "Dataset",
        "arrivals",
        {"knownAt": "landed"},
        "Dataset/arrivals.knownAt",
    ),
    "rows that are set aside": ("Dataset", "flights", {"onViolation": "quarantine"}, "Dataset/flights.onViolation"),
    "a contract that sets more rows aside": (
        "Dataset",
        "weather",
        {"columns": {"wind_speed": {"max": 20}}},
        "Dataset/weather.columns.wind_speed.max",
    ),
}


@pytest.mark.parametrize("case", OTHER_DATA.values(), ids=OTHER_DATA)
def test_nor_does_a_version_that_is_tested_on_other_data_there(
    repository: Repository, case: tuple[str, str, dict[str, Any], str]
) -> None:
    kind, name, what, where = case

    def edit(documents: Documents) -> None:
        documents["Dataset", "weather"]["spec"]["onViolation"] = "quarantine"
        documents["Model", "delay"]["spec"]["features"] = {"conditions": {"except": ["distance"]}}
        afterwards = deepcopy(documents["FeatureSet", "conditions"])
        afterwards["metadata"]["name"] = "afterwards"
        afterwards["spec"]["features"] = {"minute": {"type": "int", "sql": "extract(minute from scheduled_departure)"}}
        documents["FeatureSet", "afterwards"] = afterwards

    repository.edit(edit)
    override(repository, kind, name, "staging", what)
    why = f"the version was judged for `staging`, where `{where}` is another than in `production`"
    assert any(why in reason for reason in doubts(repository)), doubts(repository)


def test_what_helps_where_production_trains_nothing_is_the_same_data(repository: Repository) -> None:
    repository.replace("stage: production", "stage: production\n  training: false")
    override(repository, "Dataset", "flights", "staging", {"onViolation": "warn"})
    remedy = "have the same in `staging`, for `production` trains nothing"
    assert any(reason.endswith(remedy) for reason in doubts(repository)), doubts(repository)


@pytest.mark.parametrize(
    ("kind", "name", "what"),
    [
        ("Dataset", "weather", {"source": {"parquet": "s3://staging/weather.parquet"}}),
        ("Dataset", "flights", {"freshness": "2d"}),
        ("Dataset", "flights", {"columns": {"distance": {"min": 100}}}),
        ("Gate", "delay-release", {"rules": [{**QUALITY, "atLeast": 0.9}, REGIONS]}),
        ("Model", "delay", {"split": {"test": "60d"}}),
        ("Model", "delay", {"estimator": {"params": {"max_iter": 300}}}),
    ],
    ids=[
        "rows from another place",
        "rows of another day",
        "a stricter contract",
        "a stricter gate",
        "a larger test",
        "other parameters",
    ],
)
def test_what_asks_no_less_elsewhere_is_as_good(
    repository: Repository, kind: str, name: str, what: dict[str, Any]
) -> None:
    override(repository, kind, name, "staging", what)
    assert doubts(repository) == ()


def test_where_production_itself_could_have_judged_it_so_nothing_is_doubted(repository: Repository) -> None:
    override(repository, "Gate", "delay-release", "staging", {"rules": [{**QUALITY, "atLeast": 0.5}, REGIONS]})
    release(repository, KEY, trained_in="production")
    assert judged(repository).state == "valid"


def _skipped(value: dict[str, Any]) -> None:
    value["predicate"]["gates"][0]["rules"][1]["outcome"] = "skip"


def _measured(value: dict[str, Any]) -> None:
    value["predicate"]["evaluation"] = {"rows": 5000, "seed": 1}
    figure = {"name": "roc_auc", "estimate": 0.84, "low": 0.82, "high": 0.86}
    judged = {"part": "value", "unit": "", "figure": figure, "outcome": "pass"}
    value["predicate"]["gates"][0]["rules"][0]["figures"] = [{**judged, "bounds": [{"kind": "at_least", "value": 0.7}]}]


def test_what_was_measured_is_told_of_valid_evidence(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    release(repository, KEY, edit=_measured)
    found = judged(repository)
    assert found.reasons[0] == (
        "gates: signed by the key `ci`; the gate `delay-release` measured on 5,000 test rows "
        "quality: roc_auc = 0.84 [0.82, 0.86], ≥ 0.7"
    )
    assert main(["evidence", "show", "--root", str(repository.root)]) == 0
    shown = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "gate     delay-release passed, on 5,000 test rows" in shown
    assert "pass  quality: roc_auc = 0.84 [0.82, 0.86], ≥ 0.7" in shown


def test_rules_that_were_skipped_are_told_of_valid_evidence(repository: Repository) -> None:
    """A version that was trained where no champion is registered has not been compared with one."""
    release(repository, KEY, edit=_skipped)
    found = judged(repository)
    assert found.state == "valid"
    assert found.reasons[0] == "gates: signed by the key `ci`; the gate `delay-release` skipped `regions`"
