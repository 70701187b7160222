"""Contracts: every violation is found, told in one sentence, and has the consequence that the contract names."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.runtime.artifacts import read_json, read_table
from penstock.runtime.data.contract import judge_columns
from penstock.runtime.faults import EXIT_REJECTED
from runtime.data.tables import contract, validate

VIOLATIONS: list[tuple[str, dict[str, Any], list[Any], str]] = [
    ("below a large min", {"type": "int", "min": 9007199254740992}, [1, 9007199254740993, 9007199254740992],
     "rows.x: 1 of 3 rows is below min 9007199254740992 (smallest 1)"),
    ("above an exact max", {"type": "float", "max": 1234567.25}, [1234567.5, 1234567.25, 0],
     "rows.x: 1 of 3 rows is above max 1234567.25 (largest 1234567.5)"),
    ("below its min", {"type": "int", "min": 80}, [80, 17, 90], "rows.x: 1 of 3 rows is below min 80 (smallest 17)"),
    ("above its max", {"type": "float", "max": 1}, [0.5, 1.5, 2.5],
     "rows.x: 2 of 3 rows are above max 1 (largest 2.5)"),
    ("missing", {"type": "int"}, [1, None, 3], "rows.x: 1 of 3 rows has no value"),
    ("missing too often", {"type": "int", "nullable": "30%"}, [1, None, 3],
     "rows.x: 33.33% of the values are missing (1 of 3); at most 30% may be"),
    ("not among the values", {"type": "string", "oneOf": ["EWR", "JFK"]}, ["JFK", "BOS", "EWR"],
     'rows.x: 1 of 3 rows is not one of EWR, JFK (such as "BOS")'),
    ("not among the numbers", {"type": "int", "oneOf": [1, 2]}, [1, 2, 3],
     'rows.x: 1 of 3 rows is not one of 1, 2 (such as "3")'),
    ("only in part a match", {"type": "string", "matches": "[A-Z]{3}"}, ["ABC", "ABCD", "abc"],
     'rows.x: 2 of 3 rows do not match [A-Z]{3} (such as "ABCD", "abc")'),
    ("repeated", {"type": "string", "unique": True}, ["a", "a", "b"],
     "rows.x: 2 of 3 rows repeat values that must be unique (such as a)"),
    ("of another type", {"type": "int"}, ["1", "one", "2"], 'rows.x: 1 of 3 rows is not an int (such as "one")'),
    ("a fraction for a whole number", {"type": "int"}, [1.0, 2.5, 3.0],
     'rows.x: 1 of 3 rows is not an int (such as "2.5")'),
    ("no date", {"type": "date"}, ["2026-02-28", "2026-02-30", "2026-03-01"],
     'rows.x: 1 of 3 rows is not a date (such as "2026-02-30")'),
]  # fmt: skip
IDS = [case[0] for case in VIOLATIONS]


def with_id(column: dict[str, Any], values: list[Any]) -> dict[str, Any]:
    return {
        "columns": {"id": {"type": "int"}, "x": column},
        "primaryKey": ["id"],
        "rows": {"id": list(range(len(values))), "x": values},
    }


@pytest.mark.parametrize(("what", "column", "values", "sentence"), VIOLATIONS, ids=IDS)
def test_a_value_that_is_wrong_stops_the_pipeline_with_its_sentence(
    what: str,
    column: dict[str, Any],
    values: list[Any],
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = with_id(column, values)
    code, out = validate(tmp_path, case.pop("rows"), **case)
    assert code == EXIT_REJECTED
    assert sentence in capsys.readouterr().err.splitlines()
    assert not (out / "data.parquet").exists()


@pytest.mark.parametrize(
    ("what", "column", "values", "sentence"), [case for case in VIOLATIONS if case[0] != "missing too often"],
    ids=[name for name in IDS if name != "missing too often"],
)  # fmt: skip
def test_quarantine_sets_aside_the_rows_that_are_wrong_and_keeps_the_others(
    what: str, column: dict[str, Any], values: list[Any], sentence: str, tmp_path: Path
) -> None:
    case = with_id(column, values)
    code, out = validate(tmp_path, case.pop("rows"), **case, onViolation="quarantine")
    assert code == 0
    facts = read_json(out / "table.json")
    kept, aside = read_table(out / "data.parquet"), read_table(out / "quarantine.parquet")
    assert sorted(kept["id"].to_pylist() + aside["id"].to_pylist()) == [0, 1, 2]
    assert facts["findings"][0]["sentence"] == sentence
    assert facts["findings"][0]["rows"] == facts["quarantined"] == aside.num_rows
    assert all(reasons for reasons in aside["@reasons"].to_pylist())


SETS_ASIDE = "`onViolation: quarantine` at Dataset/rows quarantines such rows"
ADVICE: list[tuple[str, dict[str, Any], list[str], str]] = [
    ("one", {"x": {"type": "int"}}, [],
     f"if a value may be missing, write `nullable: true` at Dataset/rows.columns.x; otherwise {SETS_ASIDE}"),
    ("many", {name: {"type": "int"} for name in ("a b", "c", "d", "e", "f")}, [],
     "if a value may be missing, write `nullable: true` at Dataset/rows.columns[a b], Dataset/rows.columns.c, "
     f"Dataset/rows.columns.d and 2 more columns; otherwise {SETS_ASIDE}"),
    ("a key", {"x": {"type": "int"}}, ["x"], f"a key may never be missing (Dataset/rows.columns.x): {SETS_ASIDE}"),
    ("a share", {"x": {"type": "int", "nullable": "30%"}, "y": {"type": "int", "nullable": "20%"}}, [],
     "if more of the values may be missing, raise `nullable` at Dataset/rows.columns.x and Dataset/rows.columns.y"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "columns", "key", "advice"), ADVICE, ids=[case[0] for case in ADVICE])
def test_a_value_that_is_missing_leads_to_the_field_that_allows_it(
    what: str,
    columns: dict[str, Any],
    key: list[str],
    advice: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = {name: [1, None, 3] for name in columns}
    code, _ = validate(tmp_path, rows, columns=columns, primaryKey=key)
    assert code == EXIT_REJECTED
    assert capsys.readouterr().err.splitlines()[-1] == f"help: {advice}"


def test_no_other_violation_speaks_of_missing_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = {"x": {"type": "int", "max": 1}, "y": {"type": "int", "nullable": True}}
    code, _ = validate(tmp_path, {"x": [1, 2], "y": [None, 1]}, columns=columns)
    assert code == EXIT_REJECTED
    assert "may be missing" not in capsys.readouterr().err


def test_a_dataset_without_a_row_names_its_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = validate(tmp_path, {"id": []}, columns={"id": {"type": "int"}})
    assert code == EXIT_REJECTED
    assert capsys.readouterr().err.splitlines()[-2:] == [
        f"rows: there are no rows in `{tmp_path}/source.parquet`, only columns",
        "help: fix what produces the rows, or correct their location at Dataset/rows.source",
    ]
    assert not (out / "data.parquet").exists()


def test_rows_that_are_all_known_only_later_are_not_called_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {"id": {"type": "int"}, "t": {"type": "timestamp"}}
    rows = {"id": [1, 2], "t": [datetime(9000, 1, 1)] * 2}
    code, _ = validate(tmp_path, rows, columns=columns, eventTime="t")
    assert code == EXIT_REJECTED
    assert capsys.readouterr().err.splitlines()[-2:] == [
        f"rows: there are no rows: all 2 rows of `{tmp_path}/source.parquet` became known only after the time that the "
        "run reads as of",
        "help: run as of a later time (`--as-of`), or check that `eventTime` and `knownAt` at Dataset/rows name the "
        "right columns",
    ]


REMEDIES: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("a column under another name", {"malicAcid": [0.5]}, {"malic_acid": {"type": "float"}},
     ["rows.malic_acid: the contract has this column, but the source does not; did you mean its `malicAcid`?",
      "help: add it to the source, or rename or remove it in the contract (Dataset/rows.columns.malic_acid)"]),
    ("a column like no other", {"tint": [0.5]}, {"malic_acid": {"type": "float"}},
     ["rows.malic_acid: the contract has this column, but the source does not",
      "help: add it to the source, or rename or remove it in the contract (Dataset/rows.columns.malic_acid)"]),
    ("another type", {"x": [1.0]}, {"x": {"type": "int"}},
     ["rows.x: the source holds double, the contract int; all values convert without loss",
      "help: declare the source's type at Dataset/rows.columns.x, or accept the converted values with "
      "`retyped: warn` in `onSchemaChange` at Dataset/rows"]),
    ("a decimal comma", {"x": ["1,5"]}, {"x": {"type": "float"}},
     ['rows.x: 1 of 1 rows is not a float (such as "1,5")',
      "help: a float is written with a decimal point and no thousands separators, as `1234.5`, and these use a comma: "
      "write them so in the source, or change the type at Dataset/rows.columns.x"]),
    ("a date of another order", {"x": ["31.12.2025"]}, {"x": {"type": "timestamp"}},
     ['rows.x: 1 of 1 rows is not a timestamp (such as "31.12.2025")',
      "help: a timestamp is written as `2026-01-31 06:00:00`, followed by `+02:00` if it is not UTC: write them "
      "so in the source, or change the type at Dataset/rows.columns.x"]),
    ("a year of two digits", {"x": ["31-12-25"]}, {"x": {"type": "timestamp"}},
     ['rows.x: 1 of 1 rows is not a timestamp (such as "31-12-25")',
      "help: a timestamp is written as `2026-01-31 06:00:00`, followed by `+02:00` if it is not UTC: write them "
      "so in the source, or change the type at Dataset/rows.columns.x"]),
    ("a date that the database reads", {"x": ["2026/1/31"]}, {"x": {"type": "date"}},
     ['rows.x: 1 of 1 rows is not a date (such as "2026/1/31")',
      "help: a date is written as `2026-01-31`, and the type `timestamp` reads these: write them so in the source, or "
      "change the type at Dataset/rows.columns.x"]),
    ("whole numbers as pandas writes them beside missing ones", {"x": ["172.0"]}, {"x": {"type": "int"}},
     ['rows.x: 1 of 1 rows is not an int (such as "172.0")',
      "help: an int is written with digits only, as `1234`, and pandas writes these with a point where others are "
      'missing, unless they are `astype("Int64")`: write them so in the source, or change the type at '
      "Dataset/rows.columns.x"]),
    ("a sign for what is missing", {"x": ["NA"]}, {"x": {"type": "float"}},
     ['rows.x: 1 of 1 rows is not a float (such as "NA")',
      'help: "NA" seems to stand for a missing value: make it one in the source (Dataset/rows.columns.x)']),
    ("another case", {"x": ["biscoe"]}, {"x": {"type": "string", "oneOf": ["Biscoe", "Dream"]}},
     ['rows.x: 1 of 1 rows is not one of Biscoe, Dream (such as "biscoe")',
      "help: correct such values in the source (is `Biscoe` meant?), or the rule at Dataset/rows.columns.x.oneOf; "
      "`onViolation: quarantine` at Dataset/rows quarantines such rows"]),
    ("beyond a bound", {"x": [70.5]}, {"x": {"type": "float", "max": 60}},
     ["rows.x: 1 of 1 rows is above max 60 (largest 70.5)",
      "help: correct such values in the source, or the rule at Dataset/rows.columns.x.max; "
      "`onViolation: quarantine` at Dataset/rows quarantines such rows"]),
    ("a type that no value of converts", {"x": [b"a"]}, {"x": {"type": "int"}},
     ['rows.x: 1 of 1 rows is not an int but binary (such as "a")',
      "help: an int is written with digits only, as `1234`: write them so in the source, or change the type at "
      "Dataset/rows.columns.x"]),
    ("a key twice", {"id": [0, 0]}, {},
     ["rows.id: 2 of 2 rows repeat a primary key (such as 0)",
      "help: keep one row for each key in the source, or list in `primaryKey` at Dataset/rows all columns that tell "
      "rows apart; `onViolation: quarantine` there quarantines all rows of such a key"]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "rows", "columns", "lines"), REMEDIES, ids=[case[0] for case in REMEDIES])
def test_a_source_that_breaks_its_contract_leads_to_what_mends_it(
    what: str,
    rows: dict[str, Any],
    columns: dict[str, Any],
    lines: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = {"id": {"type": "int"}}
    code, _ = validate(tmp_path, {"id": [0], **rows}, columns={**key, **columns}, primaryKey=["id"])
    assert code == EXIT_REJECTED
    assert capsys.readouterr().err.splitlines()[-2:] == lines


@pytest.mark.parametrize(("type_", "unit"), [("timestamp", "us"), ("timestamp", "s"), ("date", "D")])
@pytest.mark.parametrize("year", ["-0044", "12000"])
def test_a_time_that_no_calendar_has_breaks_the_contract(
    type_: str, unit: str, year: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever time it is: Python, which shows and writes it, knows the years 1 to 9999."""
    values = np.array(["2026-01-31", f"{year}-01-31", "NaT", "9999-12-31"], dtype=f"datetime64[{unit}]")
    columns = {"x": {"type": type_, "nullable": True}}
    code, _ = validate(tmp_path, {"x": values}, columns=columns)
    assert code == EXIT_REJECTED
    assert "rows.x: 1 of 4 rows is not of the years 1 to 9999 (such as" in capsys.readouterr().err


def test_a_key_is_what_it_is_stored_as(tmp_path: Path) -> None:
    columns = {"id": {"type": "int"}}
    rows = {"id": ["1", "01", " 1", "2", "none"]}
    code, out = validate(tmp_path, rows, columns=columns, primaryKey=["id"], onViolation="quarantine")
    assert code == 0
    assert read_table(out / "data.parquet")["id"].to_pylist() == [2]


def test_what_is_stored_as_missing_counts_as_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = with_id({"type": "float"}, ["1", "2", "NaN", "bad"])
    code, out = validate(tmp_path, case.pop("rows"), **case, onViolation="quarantine")
    assert code == 0
    assert read_table(out / "data.parquet")["x"].to_pylist() == [1, 2]
    for violation, share, expected in (("quarantine", 1, EXIT_REJECTED), ("warn", 2, 0)):
        case = with_id({"type": "float", "nullable": "10%"}, ["1", "2", "NaN", "bad"])
        code, out = validate(tmp_path, case.pop("rows"), **case, onViolation=violation)
        assert code == expected
        sentences = capsys.readouterr().err if code else str(read_json(out / "table.json")["findings"])
        assert f"of the values are missing ({share} of 4)" in sentences


@pytest.mark.parametrize(("missing", "expected"), [(29, 0), (30, EXIT_REJECTED)])
def test_as_much_may_be_missing_as_the_contract_says_and_not_a_row_more(
    tmp_path: Path, missing: int, expected: int
) -> None:
    """In floating point, 29% of 100 rows are less than 29."""
    case = with_id({"type": "int", "nullable": "29%"}, [None] * missing + [1] * (100 - missing))
    assert validate(tmp_path, case.pop("rows"), **case)[0] == expected


@pytest.mark.parametrize(("type_", "one"), [("bool", True), ("int", 1), ("string", "1.0"), ("float", 1.0)])
def test_a_number_that_is_none_is_a_missing_value_of_every_type(tmp_path: Path, type_: str, one: object) -> None:
    case = with_id({"type": type_, "nullable": True}, [1.0, float("nan")])
    code, made = validate(tmp_path, **case, onSchemaChange={"retyped": "warn"})
    assert code == 0
    assert read_table(made / "data.parquet")["x"].to_pylist() == [one, None]


def test_a_quarantine_of_every_row_stops_the_pipeline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = {"id": {"type": "int", "max": -1}}
    code, out = validate(tmp_path, {"id": [0, 1, 2]}, columns=columns, onViolation="quarantine")
    assert code == EXIT_REJECTED
    first, second = [line for line in capsys.readouterr().err.splitlines() if "removed:" not in line][-2:]
    assert first.endswith(": every row violates the contract and is quarantined")
    assert "-1" in second
    assert not (out / "data.parquet").exists()


@pytest.mark.parametrize("name", ["reasons", "reason", "source"])
def test_a_column_of_any_name_sets_no_row_aside(name: str, tmp_path: Path) -> None:
    columns = {"id": {"type": "int", "max": 1}, name: {"type": "string"}}
    code, out = validate(tmp_path, {"id": [0, 1, 2], name: ["abc"] * 3}, columns=columns, onViolation="quarantine")
    assert code == 0
    assert read_table(out / "data.parquet")["id"].to_pylist() == [0, 1]
    assert read_table(out / "quarantine.parquet")[name].to_pylist() == ["abc"]


def test_a_warning_keeps_every_row_and_a_value_that_does_not_convert_becomes_missing(tmp_path: Path) -> None:
    case = with_id({"type": "int", "max": 5}, ["1", "one", "9"])
    code, out = validate(tmp_path, case.pop("rows"), **case, onViolation="warn")
    assert code == 0
    assert read_table(out / "data.parquet")["x"].to_pylist() == [1, None, 9]
    assert [each["rule"] for each in read_json(out / "table.json")["findings"]] == ["type", "max"]


def test_all_violations_of_all_columns_are_told_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = {"id": {"type": "int"}, "a": {"type": "int", "min": 0}, "b": {"type": "string", "oneOf": ["x"]}}
    code, _ = validate(tmp_path, {"id": [1, 1], "a": [-1, 0], "b": ["y", "x"]}, columns=columns, primaryKey=["id"])
    lines = [line for line in capsys.readouterr().err.splitlines() if " of 2 " in line]
    assert (code, len(lines)) == (EXIT_REJECTED, 3)


@pytest.mark.parametrize("sensitivity", ["sensitive", "pii"])
def test_no_value_of_a_sensitive_column_is_shown(
    sensitivity: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {
        "mail": {"type": "string", "matches": ".*@.*", "sensitivity": sensitivity},
        "age": {"type": "int", "max": 99, "sensitivity": sensitivity},
    }
    code, _ = validate(tmp_path, {"mail": ["someone", "a@b"], "age": [4711, 3]}, columns=columns)
    error = capsys.readouterr().err
    assert code == EXIT_REJECTED
    assert "rows.mail: 1 of 2 rows does not match" in error
    assert "someone" not in error
    assert "4711" not in error


def test_no_value_of_a_key_is_shown_of_which_one_column_is_sensitive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {"day": {"type": "int", "sensitivity": "public"}, "mail": {"type": "string", "sensitivity": "pii"}}
    rows = {"day": [1, 1, 2], "mail": ["someone", "someone", "else"]}
    assert validate(tmp_path, rows, columns=columns, primaryKey=["day", "mail"])[0] == EXIT_REJECTED
    error = capsys.readouterr().err
    assert "rows (day, mail): 2 of 3 rows repeat a primary key" in error
    assert "someone" not in error


def test_a_composite_key_may_repeat_in_part_but_not_as_a_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {"a": {"type": "int"}, "b": {"type": "int"}}
    assert validate(tmp_path, {"a": [1, 1, 2], "b": [1, 2, 1]}, columns=columns, primaryKey=["a", "b"])[0] == 0
    assert (
        validate(tmp_path, {"a": [1, 1, 2], "b": [1, 1, 1]}, columns=columns, primaryKey=["a", "b"])[0] == EXIT_REJECTED
    )
    assert "rows (a, b): 2 of 3 rows repeat a primary key" in capsys.readouterr().err


def test_a_composite_key_without_a_value_is_missing_and_repeats_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {"a": {"type": "int"}, "b": {"type": "int"}}
    rows = {"a": [1, None, None], "b": [1, None, None]}
    assert validate(tmp_path, rows, columns=columns, primaryKey=["a", "b"])[0] == EXIT_REJECTED
    told = capsys.readouterr().err
    assert "rows.a: 2 of 3 rows have no value" in told
    assert "repeat" not in told


def negative(rows: pa.Table) -> pa.Table:
    """Named by a check below."""
    return rows.filter(pc.less(rows["x"], 0))


@given(st.lists(st.none() | st.integers(-3, 8), min_size=1, max_size=20))
@settings(max_examples=25, deadline=None)
def test_counts_agree_with_counting_by_hand(values: list[int | None]) -> None:
    column = {"type": "int", "min": 0, "max": 5, "oneOf": [-1, 0, 1, 2, 6], "unique": True}
    rows = pa.table({"x": pa.array(values, pa.int64())})
    findings = judge_columns(rows, "rows", contract(columns={"x": column})).findings
    given_values = [value for value in values if value is not None]
    expected = {
        "nullable": values.count(None),
        "min": sum(value < 0 for value in given_values),
        "max": sum(value > 5 for value in given_values),
        "oneOf": sum(value not in (-1, 0, 1, 2, 6) for value in given_values),
        "unique": sum(given_values.count(value) > 1 for value in given_values),
    }
    assert {each.rule: each.rows for each in findings} == {rule: count for rule, count in expected.items() if count}


def test_the_fingerprint_of_the_table_is_that_of_the_snapshot_where_no_row_was_set_aside(tmp_path: Path) -> None:
    code, out = validate(tmp_path, {"x": [2, 1]}, columns={"x": {"type": "int"}})
    assert code == 0
    facts = read_json(out / "table.json")
    assert facts["fingerprint"] == read_json(tmp_path / "snapshot" / "snapshot.json")["fingerprint"]
    assert facts["columns"] == {"x": {"type": "int", "sensitivity": "internal"}}


def test_rows_stand_in_their_order_when_some_are_set_aside_however_their_table_is_cut() -> None:
    """The search for repeated keys is a join, after which the database may have another order."""
    names = [f"n{number}" for number in range(7_000)]
    names[6_999] = names[0]
    chunks = [pa.table({"id": names[first : first + 2_049]}) for first in range(0, len(names), 2_049)]
    declared = contract(columns={"id": {"type": "string"}}, primaryKey=["id"], onViolation="quarantine")
    found = judge_columns(pa.concat_tables(chunks), "rows", declared)
    assert found.table["id"].to_pylist() == names[1:-1]
    assert found.quarantine is not None
    assert found.quarantine["id"].to_pylist() == [names[0]] * 2
