"""A contract that values are missing from is told with the rows that lack them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runtime.data.tables import contract, run

COLUMNS: dict[str, Any] = {"id": {"type": "int"}, "x": {"type": "string"}, "t": {"type": "string", "nullable": "50%"}}


def _said(root: Path, capsys: pytest.CaptureFixture[str], source: dict[str, Any], **fields: Any) -> list[str]:
    text = contract(**{"source": source, "columns": COLUMNS, "primaryKey": ["id"], **fields}).model_dump_json(
        by_alias=True, exclude_unset=True
    )
    assert run("snapshot", dataset="rows", contract=text, snapshot=root / "snapshot") == 0
    taken = root / "snapshot"
    capsys.readouterr()
    assert run("validate", dataset="rows", contract=text, snapshot=taken, table=root / "table") == 10
    said = capsys.readouterr().err.splitlines()
    return [line.replace(f"{root}/", "") for line in said if "missing in" in line]


CSV = {
    "one": (
        'id,x,t\n9,"a\nb",\n\n7,,\n8,c,k\n',
        ["rows.t: missing in lines 2 and 5 of `0.csv`", "rows.x: missing in line 5 of `0.csv`"],
    ),
    "many": (
        "id,x,t\n1,,t\n2,,t\n3,,t\n4,,t\n5,,t\n",
        ["rows.x: missing in lines 2, 3 and 4 of `0.csv`, and 2 more"],
    ),
    "keys": ("id,x,t\n1,a,t\n,b,t\n", ["rows.id: missing in line 3 of `0.csv`"]),
}


@pytest.mark.parametrize(("text", "expected"), CSV.values(), ids=CSV)
def test_rows_of_files_are_told_by_their_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, expected: list[str]
) -> None:
    (tmp_path / "0.csv").write_text(text)
    assert _said(tmp_path, capsys, {"csv": f"{tmp_path}/*.csv"}) == expected


def test_rows_of_several_files_are_told_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "0.csv").write_text("id,x,t\n1,,t\n")
    (tmp_path / "1.csv").write_text("id,x,t\n2,a,t\n")
    (tmp_path / "2.csv").write_text("id,x,t\n3,a,t\n4,,t\n")
    said = _said(tmp_path, capsys, {"csv": f"{tmp_path}/*.csv"})
    assert said == ["rows.x: missing in line 2 of `0.csv` and line 3 of `2.csv`"]


@pytest.mark.parametrize(
    ("sensitivity", "expected"), [("internal", ["rows.x: missing in the rows of id 2; id 4"]), ("pii", [])]
)
def test_rows_that_are_made_are_told_by_their_keys(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    sensitivity: str,
    expected: list[str],
) -> None:
    (tmp_path / "made_with_gaps.py").write_text(
        "import pandas as pd\n\ndef rows():\n"
        "    return pd.DataFrame({'id': [4, 1, 2], 'x': [None, 'a', None], 't': ['t'] * 3})\n"
    )
    monkeypatch.chdir(tmp_path)
    columns = COLUMNS | {"id": {"type": "int", "sensitivity": sensitivity}}
    assert _said(tmp_path, capsys, {"python": "made_with_gaps:rows"}, columns=columns) == expected


def test_rows_beside_a_value_that_is_too_long_to_count_lines_by_are_told_by_their_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "0.csv").write_text(f"id,x,t\n1,{'a' * 200_000},t\n2,,t\n")
    assert _said(tmp_path, capsys, {"csv": f"{tmp_path}/*.csv"}) == ["rows.x: missing in the row of id 2"]
