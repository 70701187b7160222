"""Parts of specs as JSON in the arguments of steps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.repositories import edited, load, small
from penstock.checks.engine import check
from penstock.compiler import unit_problems, units
from penstock.lowering.pipelines.json_text import json_text


@pytest.mark.parametrize(
    "value", ["{{x}}", "{{{{", {"{{": ["\\{{", "a {{{b}}} c"]}, {"a": {"b": {}}}, "x" * 120 + "{{"]
)
def test_two_braces_never_stand_together_and_the_value_is_the_same(value: Any) -> None:
    text = json_text(value)
    assert "{{" not in text
    assert json.loads(text) == value


def test_a_text_of_a_spec_may_hold_what_a_cluster_takes_for_a_placeholder() -> None:
    files = edited(small(), "specs/data.yaml", "oneOf: [EWR, JFK, LGA]", 'oneOf: ["{{EWR}}", JFK, LGA]')
    catalog = load(files)
    assert check(catalog) == ()
    assert [found for unit in units(catalog) for found in unit_problems(catalog, unit)] == []
