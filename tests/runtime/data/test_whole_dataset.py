"""Rules over a whole dataset: its age, the columns of its source, and the checks that its contract declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from penstock.runtime.faults import EXIT_REJECTED
from runtime.data.tables import at, validate


def test_an_event_of_the_future_makes_nothing_fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = {"id": {"type": "int"}, "at": {"type": "timestamp"}, "known": {"type": "timestamp"}}
    times = {"eventTime": "at", "knownAt": "known", "freshness": "2d"}
    rows = {"id": [0, 1], "at": [at(0), at(10_000)], "known": [at(0), at(0)]}
    code, _ = validate(tmp_path, rows, columns=columns, **times)
    assert code == EXIT_REJECTED
    assert "31d old" in capsys.readouterr().err


def below_zero(rows: pa.Table) -> pa.Table:
    return rows.filter([int(name) < 0 for name in rows["name"].to_pylist()])


@pytest.mark.parametrize(
    "rule",
    [
        {"sql": "SELECT * FROM this WHERE CAST(name AS INT) < 0"},
        {"python": "runtime.data.test_whole_dataset:below_zero"},
    ],
)
@pytest.mark.parametrize(("sensitivity", "quoted"), [("internal", True), ("pii", False)])
def test_a_check_that_fails_on_a_value_quotes_it_only_where_no_column_is_sensitive(
    rule: dict[str, str], sensitivity: str, quoted: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {"name": {"type": "string", "sensitivity": sensitivity}}
    checks = [{"id": "numbers", **rule}]
    assert validate(tmp_path, {"name": ["Ada Lovelace"]}, columns=columns, checks=checks)[0] == 2
    assert ("Ada Lovelace" in capsys.readouterr().err) is quoted


@pytest.mark.parametrize(
    ("policy", "rows", "code", "said"),
    [
        (
            {"added": "fail"},
            {"x": [1], "y": [2]},
            EXIT_REJECTED,
            "rows.y: the source has this column, but the contract does not",
        ),
        ({"added": "warn"}, {"x": [1], "y": [2]}, 0, "warning: rows.y: the source has this column"),
        (
            {"added": "warn"},
            {"x": [1], "": [0]},
            0,
            "warning: rows: the source has a column without a name, as pandas "
            "writes its index unless it is given `index=False`, but the contract does not",
        ),
        (
            {"added": "warn"},
            {"x": [1], **{f"y{position}": [2] for position in range(10)}},
            0,
            "warning: rows: the source has 10 columns that the contract does not: y0, y1, y2, y3, y4, y5, y6, y7 and 2 "
            "more; `onSchemaChange: {added: ignore}` accepts them",
        ),
        ({"added": "ignore"}, {"x": [1], "y": [2]}, 0, ""),
        (
            {"removed": "fail"},
            {"z": [1]},
            EXIT_REJECTED,
            "rows.x: the contract has this column, but the source does not",
        ),
        ({"removed": "warn", "added": "ignore"}, {"z": [1]}, 0, "warning: rows.x: the contract has this column"),
        ({"retyped": "fail"}, {"x": [1.0]}, EXIT_REJECTED, "rows.x: the source holds double, the contract int"),
        ({"retyped": "warn"}, {"x": [1.0]}, 0, "warning: rows.x: the source holds double"),
        ({"retyped": "warn"}, {"x": pa.array(["1"], pa.large_string())}, 0, "warning: rows.x: the source holds text"),
        ({}, {"x": pa.array([1], pa.int8())}, 0, ""),
    ],
)
def test_a_changed_schema_has_the_consequence_that_the_policy_names(
    policy: dict[str, str], rows: dict[str, Any], code: int, said: str, tmp_path: Path,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level("INFO")
    columns = {"x": {"type": "int"}, "w": {"type": "int"}}
    assert validate(tmp_path, pa.table({**rows, "w": [1]}), columns=columns, onSchemaChange=policy)[0] == code
    assert said in caplog.text + capsys.readouterr().err


def test_a_missing_key_or_time_always_fails(tmp_path: Path) -> None:
    policy = {"removed": "warn"}
    columns = {"id": {"type": "int"}, "x": {"type": "int"}}
    assert validate(tmp_path, {"x": [1]}, columns=columns, primaryKey=["id"], onSchemaChange=policy)[0] == EXIT_REJECTED


def test_a_dataset_is_too_old_by_its_newest_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = {"t": {"type": "timestamp"}}
    rows = {"t": [at(0), at(24 * 30)]}
    assert validate(tmp_path, rows, columns=columns, eventTime="t", freshness="24h")[0] == 0
    assert validate(tmp_path, rows, columns=columns, eventTime="t", freshness="23h")[0] == EXIT_REJECTED
    assert "rows: the newest row is of 2026-01-31 00:00 UTC, 1d old; at most 23h is allowed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        ({"rows": {"atLeast": 5}}, "rows (rule): 3 rows, at least 5 are needed"),
        ({"rows": {"atMost": 2}}, "rows (rule): 3 rows, at most 2 are allowed"),
        ({"sql": "SELECT * FROM this WHERE x < 0;"}, "rows (rule): 1 row violates the check"),
        ({"python": "runtime.data.test_validate:negative"}, "rows (rule): 1 row violates the check"),
    ],
)
def test_a_check_fails_or_warns_as_its_severity_says(
    check: dict[str, Any], sentence: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("INFO")
    for severity, code in (("fail", EXIT_REJECTED), ("warn", 0)):
        checks = [{"id": "rule", "severity": severity, **check}]
        assert validate(tmp_path, {"x": [1, -2, 3]}, columns={"x": {"type": "int"}}, checks=checks)[0] == code
    assert sentence in capsys.readouterr().err.splitlines()
    assert f"warning: {sentence}" in caplog.text
