"""The digest of what a model is trained from changes with what training depends on, and with nothing else."""

from __future__ import annotations

import pytest

from catalog.repositories import edited, load, small
from penstock.catalog.digests import spec_digest


def digest(files: dict[str, str], environment: str = "production") -> str:
    return spec_digest(load(files).view(environment), "delay")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("specs/data.yaml", "max: 5000", "max: 4000"),
        ("specs/data.yaml", "birth_year % 10", "birth_year % 5"),
        ("specs/features.yaml", "window: 30d", "window: 60d"),
        ("specs/model.yaml", "task: binary", "task: binary\n  seed: 7"),
        ("specs/gate.yaml", "atLeast: 0.70", "atLeast: 0.71"),
        ("systems/flights.py", "(7, 8, 17, 18)", "(7, 8)"),
    ],
)
def test_it_changes_with_data_features_model_gate_and_code(path: str, old: str, new: str) -> None:
    assert digest(edited(small(), path, old, new)) != digest(small())


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("specs/data.yaml", "One row for each scheduled departure.", "Flights."),
        ("specs/model.yaml", "Warn passengers of a late arrival.", "Warn passengers before they board."),
        ("specs/model.yaml", "cooldown: 24h", "cooldown: 48h"),
        ("specs/model.yaml", "horizon: 36h", "horizon: 1d12h"),
        ("specs/model.yaml", "task: binary", "task: binary\n  threshold: 0.5"),
        ("specs/gate.yaml", "id: speed,", "id: speed, why: Boarding does not wait.,"),
        ("specs/rollout.yaml", "min: 3,", "min: 4,"),
        ("specs/data.yaml", "owner: flight-data, description", "owner: flight-ml, description"),
    ],
)
def test_it_does_not_change_with_prose_rollouts_or_defaults_that_are_written_out(path: str, old: str, new: str) -> None:
    assert digest(edited(small(), path, old, new)) == digest(small())


def test_an_override_counts_in_its_environment_alone() -> None:
    files = small(model="overrides: {staging: {seed: 3}}\n")
    assert digest(files, "production") == digest(small(), "production")
    assert digest(files, "staging") != digest(small(), "staging")
