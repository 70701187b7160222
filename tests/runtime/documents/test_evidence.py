"""Evidence: the same bytes for the same inputs, about exactly one model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from penstock.runtime.artifacts import read_json, write_json
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


def test_evidence_is_not_made_of_another_models_verdict(
    made: MadeModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "verdict"
    other.mkdir()
    write_json(other / "gate.json", read_json(made.verdict / "gate.json") | {"digest": "sha256:" + "0" * 64})
    flags = f"--model made --spec-digest {SPECS} --model-dir {made.model} --evaluation {made.evaluation}"
    command = ["evidence", *flags.split(), "--evidence", str(tmp_path / "out"), "--verdict", f"release={other}"]
    assert main(command) == 2
    assert "evaluated the model sha256:0000" in capsys.readouterr().err
    assert not (tmp_path / "out" / "statement.json").exists()
