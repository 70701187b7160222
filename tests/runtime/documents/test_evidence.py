"""Evidence: the same bytes for the same inputs, about exactly one model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from penstock.runtime.artifacts import directory_digest, read_json, write_json
from penstock.runtime.main import main
from runtime.made_model import DATASETS, SPECS, MadeModel, document, make_model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeModel:
    return make_model(tmp_path_factory.mktemp("made"))


def test_the_statement_says_what_the_model_was_made_from_and_how_it_passed(
    made: MadeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    card, evidence = document(made)
    text = (evidence / "statement.json").read_bytes()
    statement = json.loads(text)
    assert text == json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "urn:penstock:gate-evidence:v1"
    assert statement["subject"] == [{"name": "made", "digest": {"sha256": made.digest.removeprefix("sha256:")}}]
    predicate = statement["predicate"]
    assert (predicate["specs"], predicate["datasets"]) == (SPECS, DATASETS)
    features = read_json(made.model / "training.json")["features"]
    assert predicate["inputs"] == {each["name"]: each["type"] for each in features}
    assert predicate["inputs"]["x0"] == "float"
    assert predicate["created"] == "2026-01-01T00:00:00Z"
    (gate,) = predicate["gates"]
    assert (gate["gate"], gate["passed"]) == ("release", True)
    quality = gate["rules"][0]
    assert (quality["id"], quality["outcome"]) == ("quality", "pass")
    assert quality["figures"][0]["figure"]["low"] > 0.6
    document(made)
    assert (evidence / "statement.json").read_bytes() == text
    told = (card / "card.md").read_text()
    assert "**release**: passed" in told
    for name, fingerprint in DATASETS.items():
        assert f"| {name} " in told
        assert f"`{fingerprint}`" in told


def changed(made: Path, folder: Path, name: str, **values: object) -> Path:
    """A copy of an output whose facts say something else."""
    shutil.copytree(made, folder)
    write_json(folder / name, read_json(folder / name) | values)
    return folder


OTHER = "sha256:" + "0" * 64
PROSE = {"purpose": "Tell made-up rows apart.", "riskTier": "low", "limitations": ["Valid for nothing."]}
OUTPUT = {"evidence": "evidence", "card": "card-dir"}


@pytest.mark.parametrize("step", ["evidence", "card"])
def test_neither_evidence_nor_a_card_is_made_of_what_is_of_something_else(
    made: MadeModel, tmp_path: Path, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    def refused(*more: str, evaluation: Path = made.evaluation, verdict: Path = made.verdict) -> str:
        flags = [
            "--model",
            "made",
            *(["--card", json.dumps(PROSE), "--splits", str(made.splits)] if step == "card" else []),
        ]
        flags += ["--spec-digest", SPECS, "--model-dir", str(made.model), "--evaluation", str(evaluation)]
        flags += [*(more or ("--verdict", f"release={verdict}")), f"--{OUTPUT[step]}", str(tmp_path / "out")]
        assert main([step, *flags]) == 2
        assert list((tmp_path / "out").iterdir()) == []
        return capsys.readouterr().err

    of_another = changed(made.verdict, tmp_path / "verdict", "gate.json", digest=OTHER)
    assert f"the gate `release` evaluated the model {OTHER}, but this one is {made.digest}" in refused(
        verdict=of_another
    )
    assert "--verdict strict: the directory holds the verdict of `release`" in refused(
        "--verdict", f"strict={made.verdict}"
    )
    # The same model at another threshold, of which the gate has not seen a figure.
    otherwise = changed(made.evaluation, tmp_path / "otherwise", "figures.json", threshold=0.9)
    expected = (
        f"the gate `release` judged the evaluation {directory_digest(made.evaluation)}, but this one is "
        f"{directory_digest(otherwise)}"
    )
    assert expected in refused(evaluation=otherwise)


def test_evidence_is_of_the_model_that_was_evaluated_and_of_its_name(
    made: MadeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(model: str = "made", evaluation: Path = made.evaluation) -> str:
        flags = ["--model", model, "--spec-digest", SPECS, "--model-dir", str(made.model)]
        flags += ["--evaluation", str(evaluation), "--evidence", str(tmp_path / "out")]
        assert main(["evidence", *flags]) == 2
        assert not (tmp_path / "out" / "statement.json").exists()
        return capsys.readouterr().err

    assert "--model-dir holds the model `made`, but --model is `other`" in refused(model="other")
    other = changed(made.evaluation, tmp_path / "evaluation", "figures.json", digest=OTHER)
    assert f"the evaluation is of the model {OTHER}, but --model-dir holds {made.digest}" in refused(evaluation=other)
    for epoch in ("yesterday", "1e9", "99999999999999999999"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        assert f"SOURCE_DATE_EPOCH is `{epoch}`; expected seconds since 1970" in refused()
