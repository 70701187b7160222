"""Evidence of a release is about the model that its rollout serves in the release's environment."""

from __future__ import annotations

from pathlib import Path

from catalog.repositories import edited, load
from golden.case import Case
from penstock.checks.engine import check

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
