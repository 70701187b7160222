"""Labels of the same rows are compared as each environment sees them, and as far as a use of them must be declared."""

from __future__ import annotations

import pytest

from catalog.repositories import load, small
from penstock.checks.engine import check_across

TWIN = """\
---
apiVersion: penstock/v1
kind: Dataset
metadata: {{name: ages, owner: flight-data}}
spec:
  source: {{{source}}}
  columns:
    birth_year: {{type: int{label}}}
"""
SAME = "csv: data/passengers.csv"


def conflicts(source: str, label: str, more: str = "") -> list[tuple[str, str, int]]:
    files = small()
    files["specs/data.yaml"] += TWIN.format(source=source, label=label) + more
    found = check_across(load(files))
    return [(one.severity.value, one.headline, one.primary.span.line) for one in found if one.primary is not None]


@pytest.mark.parametrize("label", ["", ", sensitivity: public", ", sensitivity: internal", ", sensitivity: sensitive"])
def test_a_lower_label_of_the_same_rows_is_an_error(label: str) -> None:
    ((severity, headline, _),) = conflicts(SAME, label)
    own = label.rpartition(" ")[2] or "internal"
    assert severity == "error"
    assert headline == f"`ages.birth_year` is {own}, but `passengers` labels the same column as pii"


def test_the_same_label_is_no_conflict() -> None:
    assert conflicts(SAME, ", sensitivity: pii") == []


def test_labels_of_other_rows_are_no_conflict() -> None:
    assert conflicts("csv: data/crews.csv", "") == []


def test_what_an_environment_overrides_is_seen_there() -> None:
    elsewhere = "csv: data/crews.csv"
    assert conflicts(elsewhere, "", "overrides: {staging: {source: {csv: data/passengers.csv}}}\n") != []
    relabelled = "overrides: {staging: {columns: {birth_year: {sensitivity: internal}}}}\n"
    assert conflicts(SAME, ", sensitivity: pii", relabelled) != []
    assert conflicts(SAME, "", "overrides: {staging: {source: {csv: data/crews.csv}}}\n") != []
    assert len(conflicts(SAME, "", "overrides: {staging: {onViolation: warn}}\n")) == 1
