"""Evidence of a release has the form of a statement, about the model that its rollout serves in its environment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.repositories import edited, load
from golden.case import Case
from penstock.checks.engine import check
from penstock.diagnostics.model import Diagnostic
from penstock.source.canonical import bytes_digest

MISTAKES = Path(__file__).parents[1] / "golden" / "mistakes"
CASE = MISTAKES / "release-of-another-model.txt"
PROMOTED = MISTAKES / "release-with-promotion-to-another-environment.txt"


def evidence_errors(old: str, new: str) -> list[str]:
    """Of a release in production with the evidence of `lateness`, with one text of the rollout replaced."""
    files = edited(Case.read(CASE).files, "specs/rollout.yaml", old, new)
    model = files["specs/model.yaml"]
    files["specs/model.yaml"] = f"{model}---\n{model.replace('name: delay,', 'name: lateness,')}"
    return [one.headline for one in check(load(files)) if one.code == "release-evidence"]


def test_the_model_is_that_of_the_released_environment() -> None:
    assert evidence_errors("overrides:\n", "overrides:\n  production: {model: lateness}\n") == []


def test_what_another_environment_serves_excuses_nothing() -> None:
    (headline,) = evidence_errors("  staging: {serve:", "  staging: {model: lateness, serve:")
    assert headline == "the release is a version of `lateness`, but its rollout serves `delay`"


def told_of(text: str) -> Diagnostic:
    """The one thing that is told of evidence that holds this text, and to whose digest the release agrees."""
    (found,) = all_told_of(text).values()
    return found


def all_told_of(text: str) -> dict[str, Diagnostic]:
    """All that is told of it, by headline."""
    files = Case.read(CASE).files
    digest = bytes_digest(files["evidence/delay.json"].encode())
    files = edited(files | {"evidence/delay.json": text}, "specs/rollout.yaml", digest, bytes_digest(text.encode()))
    return {one.headline: one for one in check(load(files)) if one.code == "release-evidence"}


def told_with(changed: dict[str, Any]) -> Diagnostic:
    """What is told of evidence in which some keys hold something else."""
    return told_of(json.dumps(json.loads(Case.read(CASE).files["evidence/delay.json"]) | changed))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (
            {"predicateType": "urn:penstock:promotion:v1"},
            "it is not an in-toto statement of the type urn:penstock:gate-evidence:v1",
        ),
        ({"predicate": None}, "its `predicate` is missing or invalid"),
        ({"predicate": {"gates": "all passed"}}, "its `predicate.specs` is missing or invalid"),
        ({"subject": "delay"}, "its `subject` is missing or invalid"),
        ({"subject": ["delay"]}, "its `subject.0` is missing or invalid"),
        ({"subject": [{"name": "delay", "digest": "sha256:aa"}]}, "its `subject.0.digest` is missing or invalid"),
        ({"subject": []}, "it does not have exactly one model as its subject"),
    ],
)
def test_what_has_not_the_form_of_a_statement_is_told_with_the_reason(changed: dict[str, Any], why: str) -> None:
    found = told_with(changed)
    assert found.headline == "the evidence is not a valid gate attestation"
    assert found.primary is not None
    assert found.primary.message == why


def test_a_gate_that_did_not_pass_is_told_although_each_of_its_rules_did() -> None:
    statement = json.loads(Case.read(CASE).files["evidence/delay.json"])
    rules = [{"id": "quality", "outcome": "pass"}]
    statement["predicate"]["gates"] = [{"gate": "delay-release", "passed": False, "rules": rules}]
    assert "the version did not pass the gate `delay-release`" in all_told_of(json.dumps(statement))


@pytest.mark.parametrize("text", ["", "{", "null", "[{}]", "[" * 100_000, '{"payloadType": "x", "payload": "x"}'])
def test_what_is_no_statement_at_all_is_told_so(text: str) -> None:
    assert told_of(text).headline == "the evidence is not a valid gate attestation"


def test_a_promotion_of_another_model_is_told_although_the_evidence_is_of_the_right_one() -> None:
    files = Case.read(PROMOTED).files
    known = bytes_digest(files["evidence/delay-staging.json"].encode())
    files = edited(files, "evidence/delay-staging.json", '"name": "delay"}', '"name": "lateness"}')
    files = edited(files, "specs/rollout.yaml", known, bytes_digest(files["evidence/delay-staging.json"].encode()))
    (found,) = (one for one in check(load(files)) if one.code == "release-evidence")
    assert found.headline == "the release differs from its promotion attestation"
    assert "it promotes `lateness` sha256:aaaaaaaaaaaa…, not `delay` sha256:aaaaaaaaaaaa…" in found.help


def test_where_the_evidence_is_of_another_model_the_promotion_is_not_told_as_well() -> None:
    files = Case.read(PROMOTED).files
    known = bytes_digest(files["evidence/delay.json"].encode())
    files = edited(files, "evidence/delay.json", '"name": "delay"', '"name": "lateness"')
    files = edited(files, "specs/rollout.yaml", known, bytes_digest(files["evidence/delay.json"].encode()))
    headlines = [one.headline for one in check(load(files)) if one.code == "release-evidence"]
    assert headlines == ["the release is a version of `lateness`, but its rollout serves `delay`"]


def test_of_a_rollout_that_does_not_exist_no_promotion_is_asked() -> None:
    files = edited(
        Case.read(PROMOTED).files, "specs/rollout.yaml", "  rollout: delay-online\n", "  rollout: delay-on\n"
    )
    assert {one.code for one in check(load(files))} == {"unknown-rollout"}


@pytest.mark.parametrize("path", ["evidence/delay.json", "evidence/delay-staging.json"])
def test_a_file_that_git_gave_other_line_ends_is_mended_by_git_and_any_other_by_a_promotion(path: str) -> None:
    files = Case.read(PROMOTED).files
    (converted,) = helps_of_changed(files, path, files[path].replace("\n", "\r\n"))
    assert converted.startswith("git converted its line endings to CRLF")
    (changed,) = helps_of_changed(files, path, files[path].replace("delay", "relay").replace("\n", "\r\n"))
    assert "penstock promote" in changed or "promote the version again" in changed


def helps_of_changed(files: dict[str, str], path: str, text: str) -> tuple[str, ...]:
    """What is advised about a file of a release that has this text now."""
    (found,) = (one for one in check(load(files | {path: text})) if "has changed since the release" in one.headline)
    return found.help
