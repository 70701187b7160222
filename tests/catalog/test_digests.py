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


def test_it_does_not_change_with_the_pods_that_a_search_is_divided_among() -> None:
    search = "task: binary\n  search: {sampler: random, trials: 8, maximize: roc_auc, space: {max_iter: {int: [5, 9]}}"
    one = edited(small(), "specs/model.yaml", "task: binary", f"{search}}}")
    assert digest(one) != digest(small())
    assert digest(edited(small(), "specs/model.yaml", "task: binary", f"{search}, pods: 4}}")) == digest(one)


def test_it_changes_with_the_code_of_a_class_that_the_repository_has() -> None:
    old = "class: sklearn.ensemble.HistGradientBoostingClassifier"
    files = edited(small(), "specs/model.yaml", old, "class: systems.learners.Forest")
    files["systems/learners.py"] = "class Forest: ...\n"
    assert digest(files) != digest({**files, "systems/learners.py": "class Forest:\n    depth = 3\n"})
    assert digest(files) == digest({**files, "systems/others.py": "class Forest: ...\n"})


def test_it_does_not_change_with_line_ends_that_a_checkout_gives_to_code() -> None:
    files = small()
    files["systems/flights.py"] = files["systems/flights.py"].replace("\n", "\r\n")
    assert digest(files) == digest(small())


def test_an_override_counts_in_its_environment_alone() -> None:
    files = small(model="overrides: {staging: {seed: 3}}\n")
    assert digest(files, "production") == digest(small(), "production")
    assert digest(files, "staging") != digest(small(), "staging")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("estimator: {class: sklearn.ensemble.HistGradientBoostingClassifier, params: {max_features: 1}}", "1.0"),
        ("estimator: {class: sklearn.ensemble.HistGradientBoostingClassifier, params: {early_stopping: 1}}", "true"),
    ],
)
def test_it_tells_a_whole_number_from_a_share_among_a_learners_parameters(one: str, other: str) -> None:
    old = "estimator: {class: sklearn.ensemble.HistGradientBoostingClassifier}"
    files = [edited(small(), "specs/model.yaml", old, text) for text in (one, one.replace("1}}", f"{other}}}}}"))]
    assert digest(files[0]) != digest(files[1])


def test_it_tells_them_apart_among_the_choices_of_a_search() -> None:
    def searching(choices: str) -> dict[str, str]:
        search = (
            f"task: binary\n  search: {{trials: 2, maximize: roc_auc, space: {{max_features: {{choice: {choices}}}}}}}"
        )
        return edited(small(), "specs/model.yaml", "task: binary", search)

    assert digest(searching("[1, 0.5]")) != digest(searching("[1.0, 0.5]"))
