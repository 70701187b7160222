"""A value is computed once for all environments that see the same, and for each that sees something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from catalog.repositories import edited, load, small
from penstock.catalog.dependencies import Dependencies
from penstock.catalog.model import Catalog, View

ENVIRONMENTS = ("staging", "production")


def computed_in(catalog: Catalog, compute: Callable[[View], Any]) -> list[tuple[str, Any]]:
    """Where the value was computed, asked for in each environment twice, and what it was there."""
    computed: list[tuple[str, Any]] = []
    for environment in ENVIRONMENTS * 2:

        def remember(view: View, environment: str = environment) -> Any:
            computed.append((environment, compute(view)))
            return computed[-1][1]

        catalog.view(environment).memo("key", remember)
    return computed


def test_specs_that_no_environment_overrides_are_looked_at_once() -> None:
    assert computed_in(load(small()), lambda view: view.model("delay").name) == [("staging", "delay")]


def test_a_spec_that_is_overridden_is_looked_at_again() -> None:
    text = "overrides: {production: {threshold: 0.4}}\n"
    files = edited(small(), "specs/model.yaml", "kind: Model\n", f"kind: Model\n{text}")
    found = computed_in(load(files), lambda view: view.model("delay").spec.threshold)
    assert found == [("staging", 0.5), ("production", 0.4)]


@pytest.mark.parametrize("asks", [lambda view: view.environment_name, lambda view: view.environment.spec.namespace])
def test_who_asks_which_environment_it_is_computes_in_each(asks: Callable[[View], Any]) -> None:
    found = computed_in(load(small()), asks)
    assert [environment for environment, _ in found] == list(ENVIRONMENTS)
    assert found[0][1] != found[1][1]


def test_who_asks_through_something_remembered_computes_in_each_too() -> None:
    def deep(view: View) -> Any:
        return view.memo("inner", lambda inner: inner.environment_name)

    assert computed_in(load(small()), deep) == [("staging", "staging"), ("production", "production")]


def test_a_reverse_lookup_with_another_answer_is_another_value() -> None:
    files = edited(small(), "specs/rollout.yaml", "environments: [staging, production]", "environments: [production]")
    found = computed_in(load(files), lambda view: len(view.rollouts_of("delay")))
    assert found == [("staging", 0), ("production", 1)]


def test_what_is_taken_over_counts_as_read_in_the_environment_that_takes_it() -> None:
    catalog, reads = load(small()), {name: Dependencies() for name in ENVIRONMENTS}
    for name in ENVIRONMENTS:
        catalog.view(name).recording(reads[name]).memo("key", lambda view: view.rollouts_of("delay"))
    rollout = catalog.view("staging").rollouts_of("delay")[0].name
    for name in ENVIRONMENTS:
        assert reads[name].keys == {f"rollouts-of:{name}:delay", f"spec:Rollout/{rollout}"}


def test_what_follows_from_one_spec_is_computed_once_for_each_form_of_it() -> None:
    text = "overrides: {production: {threshold: 0.4}}\n"
    catalog = load(edited(small(), "specs/model.yaml", "kind: Model\n", f"kind: Model\n{text}"))
    asked: list[float] = []
    for name in ("staging", "production", None, "staging"):
        model = catalog.view(name).model("delay")
        catalog.derived(model, "threshold", lambda model: asked.append(model.spec.threshold))
    assert asked == [0.5, 0.4]
