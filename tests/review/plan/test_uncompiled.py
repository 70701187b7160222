"""Specs that are edited and not compiled: of every file that they would come to now, it is told that it is stale."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest

from penstock.review.model import Plan
from penstock.source.writing.findings import MENDED_BY_COMPILING
from review.pull_requests import set_at
from review.releases import RELEASE_PATH, release
from review.repositories import Documents, Repository

ALONE = "delay-alone"
"""A model that nothing serves."""


@pytest.fixture
def compiled(repository: Repository) -> Repository:
    """The system with another model, a release and all generated files, on a branch."""

    def more(documents: Documents) -> None:
        other = documents["Model", ALONE] = deepcopy(documents["Model", "delay"])
        other["metadata"]["name"] = ALONE

    repository.edit(more)
    release(repository, None)
    repository.compile()
    repository.commit("Compiled")
    repository.branch()
    return repository


def stale(plan: Plan) -> set[str]:
    assert {found.code for found in plan.errors} <= MENDED_BY_COMPILING
    return {str(found.path) for found in plan.errors}


def would_differ(repository: Repository) -> set[str]:
    """The generated files that a compile writes anew, adds or takes away."""
    repository.compile()
    repository.commit("Compiled again")
    return set(repository.git("diff", "--name-only", "HEAD~1", "HEAD", "generated").split())


_leave_staging = set_at("Rollout", "delay-online", "environments", to=["production"])


def _override(kind: str, name: str, values: dict[str, object]) -> Callable[[Documents], None]:
    def edit(documents: Documents) -> None:
        documents[kind, name]["overrides"] = {"production": values}

    return edit


def _drop(kind: str, name: str) -> Callable[[Documents], None]:
    def edit(documents: Documents) -> None:
        del documents[kind, name]

    return edit


CHANGES: dict[str, Callable[[Documents], None]] = {
    "an objective": set_at("Rollout", "delay-online", "slos", "availability", "objective", to="99.1%"),
    "what is watched": set_at("Rollout", "delay-online", "monitor", "schedule", to="0 5 * * 1"),
    "what is watched in one environment": _override("Rollout", "delay-online", {"monitor": {"schedule": "0 5 * * 1"}}),
    "who may call": set_at("Rollout", "delay-online", "access", "callers", 0, "namespace", to="elsewhere"),
    "a model": set_at("Model", "delay", "estimator", "params", to={"max_iter": 3}),
    "a model that nothing serves": set_at("Model", ALONE, "estimator", "params", to={"max_iter": 3}),
    "a model in one environment": _override("Model", ALONE, {"estimator": {"params": {"max_iter": 3}}}),
    "a gate": set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.8),
    "a dataset": set_at("Dataset", "weather", "columns", "wind_speed", "nullable", to="5%"),
    "a feature": set_at("FeatureSet", "conditions", "features", "distance", "sql", to="distance + 1"),
    "a namespace": set_at("Environment", "staging", "namespace", to="elsewhere"),
    "an environment that is left": _leave_staging,
    "a model that goes": _drop("Model", ALONE),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_an_edit_would_change_is_stale(compiled: Repository, change: Callable[[Documents], None]) -> None:
    compiled.edit(change)
    compiled.commit()
    found = stale(compiled.plan())
    assert "generated/index.json" in found
    assert found == would_differ(compiled)


def test_what_a_release_that_goes_takes_along_is_stale(compiled: Repository) -> None:
    """A model is watched as the version of it that is served."""
    (compiled.root / RELEASE_PATH).unlink()
    compiled.commit()
    found = stale(compiled.plan())
    assert {path.split("/")[2] for path in found if path.count("/") > 2} == {"delay", "delay-online"}
    assert found == would_differ(compiled)
