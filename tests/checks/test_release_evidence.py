"""Evidence of a release has the form of a statement, about the model that its rollout serves in its environment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.repositories import edited, load
from golden.case import Case
from penstock.checks.engine import check
from penstock.source.canonical import bytes_digest

CASE = Path(__file__).parents[1] / "golden" / "mistakes" / "release-of-another-model.txt"


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


@pytest.mark.parametrize(
    "changed",
    [
        {"predicateType": "urn:penstock:promotion:v1"},
        {"predicate": None},
        {"predicate": {"gates": "all passed"}},
        {"predicate": {"gates": ["delay-release"]}},
        {"predicate": {"gates": [{"gate": "delay-release", "rules": ["quality"]}]}},
        {"subject": "delay"},
        {"subject": ["delay"]},
        {"subject": [{"name": "delay", "digest": "sha256:aa"}]},
        None,
    ],
)
def test_what_has_not_the_form_of_a_statement_is_none(changed: dict[str, Any] | None) -> None:
    files = Case.read(CASE).files
    statement = json.loads(files["evidence/delay.json"])
    text = json.dumps({**statement, **changed} if changed is not None else [statement])
    digest = bytes_digest(files["evidence/delay.json"].encode())
    files["evidence/delay.json"] = text
    files = edited(files, "specs/rollout.yaml", digest, bytes_digest(text.encode()))
    (found,) = [one for one in check(load(files)) if one.code == "release-evidence"]
    assert found.headline == "the evidence is not a gate attestation"
    assert found.primary is not None
    assert found.primary.message == "expected the type `urn:penstock:gate-evidence:v1`"
