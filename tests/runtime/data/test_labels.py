"""Labels: within their horizon, by the last correction, in the form of the task, and never from before their row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.runtime.data.labels import labelled
from penstock.runtime.faults import InputError
from penstock.specs.model import Label
from runtime.data.tables import at, rows, table, timed


def label(**fields: Any) -> Label:
    return Label.model_validate_json(json.dumps({"dataset": "outcomes", "column": "late", **fields}))


def test_a_label_that_comes_after_the_horizon_is_missing_and_a_row_whose_horizon_is_not_over_waits() -> None:
    outcomes = timed(
        "outcomes", {"id": [0, 1, 2, 4], "known": [at(2), at(30), at(21), at(49)], "late": [1, 1, 0, 1]}, "known"
    )
    found = labelled(rows([at(0), at(1), at(20), at(22), at(48)]), label(horizon="24h"), outcomes, "binary")
    assert found.table["@entity.id"].to_pylist() == [0, 2]
    assert found.table["@label"].to_pylist() == [1, 0]
    assert (found.without_label, found.not_due) == (2, 1)


def test_the_last_correction_within_the_horizon_counts_and_a_withdrawn_label_is_none() -> None:
    outcomes = timed(
        "outcomes",
        {"id": [0, 0, 0, 1, 1, 9], "known": [at(1), at(3), at(9), at(1), at(2), at(99)], "late": [0, 1, 0, 1, None, 0]},
        "known",
    )
    found = labelled(rows([at(0), at(0)]), label(horizon="5h"), outcomes, "binary")
    assert (found.table["@entity.id"].to_pylist(), found.table["@label"].to_pylist()) == ([0], [1])


def test_labels_of_one_moment_that_differ_are_told(caplog: pytest.LogCaptureFixture) -> None:
    moments = [at(1), at(1), at(1), at(1), at(1), at(2), at(3), at(3), at(99)]
    outcomes = timed(
        "outcomes",
        {"id": [0, 0, 1, 1, 2, 2, 3, 3, 9], "known": moments, "late": [0, 1, 1, 1, 0, 1, 1, None, 0]},
        "known",
    )
    # Of the third row a correction decides; the horizon of the last one is not over.
    asked = rows([at(0), at(0), at(0), at(0)])
    assert labelled(asked, label(horizon="9h"), outcomes, "binary").table["@label"].to_pylist() == [1, 1, 1]
    (record,) = caplog.records
    assert record.getMessage() == (
        "warning: label `outcomes.late`: for 2 rows `outcomes` has several rows with the same `id` and `known` "
        f"that differ in `late`, as at {at(1)}; the last of them in the order of the primary key, then of the other "
        "columns, is used: give a `knownAt` that distinguishes them, or one row for each"
    )
    caplog.clear()
    labelled(rows([at(0)] * 3)[1:], label(horizon="9h"), outcomes, "binary")
    assert not caplog.records


def test_a_label_of_which_nobody_knows_the_time_is_no_correction_of_one_with_a_time() -> None:
    outcomes = timed("outcomes", {"id": [0, 0, 1], "known": [None, at(3), None], "late": [0, 1, 1]}, "known")
    found = labelled(table({"@entity.id": [0, 1]}), label(), outcomes, "binary")
    assert found.table["@label"].to_pylist() == [1, 1]


def test_what_was_known_before_a_row_is_the_label_of_an_earlier_one() -> None:
    asked = table({"@entity.id": [0, 0, 1], "@event_time": [at(0), at(48), at(48)]})
    outcomes = timed("outcomes", {"id": [0, 0, 1], "known": [at(5), at(200), at(40)], "late": [1, 0, 1]}, "known")
    found = labelled(asked, label(horizon="24h"), outcomes, "binary")
    assert found.table["@event_time"].to_pylist() == [at(0)]
    assert (found.without_label, found.not_due) == (2, 0)
    # A value of the very moment is one of the row; so is one of the day, where only the day is told.
    outcomes = timed("outcomes", {"id": [0], "known": [at(48)], "late": [1]}, "known")
    assert labelled(rows([at(48)]), label(), outcomes, "binary").table["@label"].to_pylist() == [1]
    outcomes = timed("outcomes", {"id": [0], "known": [at(48).date()], "late": [1]}, "known")
    assert labelled(rows([at(50)]), label(), outcomes, "binary").table["@label"].to_pylist() == [1]
    with pytest.raises(InputError, match="none of 1 rows has a label that became known at its time or later"):
        labelled(rows([at(73)]), label(), outcomes, "binary")


def test_a_horizon_that_ends_before_any_label_is_known_is_told() -> None:
    outcomes = timed("outcomes", {"id": [0, 1, 9], "known": [at(3), at(4), at(99)], "late": [1, 0, 0]}, "known")
    with pytest.raises(InputError) as caught:
        labelled(rows([at(0), at(0)]), label(horizon="1h"), outcomes, "binary")
    assert str(caught.value) == (
        "label `outcomes.late`: none of 2 rows has a label that became known within its horizon of 1h: check how long "
        "labels take, and that both datasets name an entity and its times alike"
    )


def test_rows_of_which_none_is_due_are_told_as_such() -> None:
    outcomes = timed("outcomes", {"id": [0, 1], "known": [at(3), at(4)], "late": [1, 0]}, "known")
    with pytest.raises(InputError) as caught:
        labelled(rows([at(2), at(3)]), label(horizon="6h"), outcomes, "binary")
    assert str(caught.value) == (
        "label `outcomes.late`: none of 2 rows is due yet: their horizon of 6h ends after the newest moment that "
        "`outcomes` tells of: wait, or check that labels still come in"
    )


def test_rows_of_one_entity_need_a_horizon_where_it_has_several_labels() -> None:
    asked = table({"@entity.id": [0, 0], "@event_time": [at(0), at(48)]})
    several = timed("outcomes", {"id": [0, 0, 9], "known": [at(5), at(50), at(99)], "late": [1, 0, 1]}, "known")
    with pytest.raises(
        InputError, match="1 entity has several rows, here and in the features, and without a `horizon`"
    ):
        labelled(asked, label(), several, "binary")
    assert labelled(asked, label(horizon="24h"), several, "binary").table["@label"].to_pylist() == [1, 0]
    one = timed("outcomes", {"id": [0], "known": [at(50)], "late": [1]}, "known")
    assert labelled(asked, label(), one, "binary").table["@label"].to_pylist() == [1, 1]


def test_an_infinite_label_is_no_number_to_learn() -> None:
    with pytest.raises(InputError, match="a label is infinite"):
        labelled(rows([at(0)]), label(), timed("outcomes", {"id": [0], "late": [float("inf")]}), "regression")


@pytest.mark.parametrize("name", ["value", "position", "due", "rows", "l", "r"])
def test_a_column_or_dataset_of_any_name_stands_in_for_no_label(name: str) -> None:
    columns = {"id": [0, 1], "late": [True, False], name: [7, 8]}
    found = labelled(rows([at(0), at(0)]), label(), timed("outcomes", columns), "binary")
    assert found.table["@label"].to_pylist() == [1, 0]
    found = labelled(rows([at(0), at(0)]), label(dataset=name), timed(name, columns), "binary")
    assert found.table["@label"].to_pylist() == [1, 0]


@pytest.mark.parametrize(
    ("values", "fields", "task", "expected"),
    [
        ([True, False], {}, "binary", [1, 0]),
        ([1, 3], {}, "binary", [1, 0]),
        (["late", "on time"], {"positive": "late"}, "binary", [1, 0]),
        ([7, 8], {"positive": 8}, "binary", [0, 1]),
        ([7, 8], {}, "regression", [7.0, 8.0]),
        ([7, 8], {}, "multiclass", ["7", "8"]),
    ],
)
def test_a_label_takes_the_form_of_its_task(
    values: list[Any], fields: dict[str, Any], task: str, expected: list[Any]
) -> None:
    found = labelled(rows([at(0), at(0)]), label(**fields), timed("outcomes", {"id": [0, 1], "late": values}), task)
    assert found.table["@label"].to_pylist() == expected
    assert found.classes == (("7", "8") if task == "multiclass" else ())


@pytest.mark.parametrize(
    ("columns", "fields", "task", "sentence"),
    [
        ({"id": [0], "late": ["yes"]}, {}, "binary", "name the positive value"),
        ({"id": [0], "late": ["yes"]}, {"positive": "no"}, "binary", "the positive value `no` does not occur"),
        ({"id": [0], "late": ["yes"]}, {}, "regression", "a regression needs a number"),
        (
            {"id": [0, 0], "late": [1, 0]},
            {},
            "binary",
            "by `id`, 1 entity has several rows, and no time decides which one counts: "
            "list in `entity` of the feature sets all columns that tell rows of `outcomes` apart, or where none do, "
            "a `surrogateKey` of `outcomes`, or declare its `eventTime`",
        ),
        ({"id": [7], "late": [1]}, {}, "binary", "none of 1 rows has a label"),
        (
            {"id": ["0", "00"], "late": [1, 0]},
            {},
            "binary",
            "rows never match, because `id` is string and `id` is int",
        ),
        ({"flight": [0], "late": [1]}, {}, "binary", "`outcomes` has no column `id`"),
        ({"id": [0], "late": [1]}, {"horizon": "1h"}, "binary", "a horizon needs an event time"),
    ],
)
def test_a_label_that_cannot_be_joined_is_one_sentence(
    columns: dict[str, Any], fields: dict[str, Any], task: str, sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        labelled(rows([at(0)]), label(**fields), timed("outcomes", columns), task)
    assert sentence in str(caught.value)
