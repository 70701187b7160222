"""CSV that is written in another way than most is read as its dialect says, and what differs from that is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from penstock.runtime.artifacts import read_json, read_table
from runtime.data.tables import run

COLUMNS = {
    "id": {"type": "int"},
    "name": {"type": "string", "nullable": True},
    "price": {"type": "float", "nullable": True},
}
ROWS = [{"id": 1, "name": "Größe", "price": 1.5}, {"id": 2, "name": "a, b", "price": None}]


def _taken(root: Path, content: bytes, dialect: dict[str, Any], name: str = "rows.csv") -> int:
    (root / name).write_bytes(content)
    source = {"csv": str(root / name), "dialect": dialect}
    text = json.dumps({"source": source, "columns": COLUMNS, "primaryKey": ["id"]})
    return run("snapshot", dataset="rows", contract=text, snapshot=root / "out")


EUROPEAN = 'id;name;price\n1;Größe;1,5\n2;"a, b";NA\n'


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        (EUROPEAN, {"delimiter": ";", "decimal": ",", "encoding": "iso-8859-1", "missing": ["NA"]}),
        (EUROPEAN, {"delimiter": ";", "decimal": ",", "encoding": "utf-16", "missing": ["NA"]}),
        (EUROPEAN.replace(";", "\t"), {"delimiter": "\t", "decimal": ",", "missing": ["NA"]}),
        ('id,name,price\n1,Größe,"1,5"\n2,"a, b",\n', {"decimal": ",", "encoding": "windows-1252"}),
    ],
)
def test_rows_are_those_of_any_dialect(tmp_path: Path, text: str, dialect: dict[str, Any]) -> None:
    assert _taken(tmp_path, text.encode(dialect.get("encoding", "utf-8")), dialect) == 0
    assert read_table(tmp_path / "out" / "data.parquet").to_pylist() == ROWS
    assert read_json(tmp_path / "out" / "snapshot.json")["source"]["dialect"] == dialect


@pytest.mark.parametrize(
    ("content", "dialect", "told"),
    [
        (
            b"id;price\n1;1.234\n",
            {"delimiter": ";", "decimal": ","},
            "`price` of row 1 contains a point, but `dialect` says that decimals come after a comma: write numbers "
            "without thousands separators, or leave `decimal` out",
        ),
        (
            b"id;name\n1;a\n2;b;c\n",
            {"delimiter": ";"},
            'line 3 has 3 values, but the first line names 2 columns: quote a value that holds a semicolon (`"a; b"`)',
        ),
        (
            b"id,name\n1,a;b\n",
            {"delimiter": ";"},
            "line 2 has 2 values, but the first line names 1 column: the values are read as separated by semicolons; "
            "if they use another delimiter, leave `delimiter` out of the `dialect` beside `csv`",
        ),
        (
            "id\tname\n1\tä\n".encode("windows-1252"),
            {"delimiter": "\t", "encoding": "shift-jis"},
            "below line 0 it is not shift-jis text (illegal multibyte sequence): set its encoding in `dialect`",
        ),
    ],
)
def test_what_is_not_of_the_dialect_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, dialect: dict[str, Any], told: str
) -> None:
    assert _taken(tmp_path, content, dialect) == 2
    assert capsys.readouterr().err == f"snapshot: Dataset/rows.source: `{tmp_path}/rows.csv`: {told}\n"


def test_a_decimal_comma_that_nothing_says_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _taken(tmp_path, b'id,price\n1,"1,5"\n', {}) == 0
    source = {"csv": str(tmp_path / "rows.csv")}
    columns = {"id": {"type": "int"}, "price": {"type": "float"}}
    text = json.dumps({"source": source, "columns": columns})
    capsys.readouterr()
    assert run("validate", dataset="rows", contract=text, snapshot=tmp_path / "out", table=tmp_path / "table") == 10
    assert 'and these use a comma, which `dialect: {decimal: ","}` beside `csv` at Dataset/rows.source reads' in (
        capsys.readouterr().err
    )


def test_signs_for_missing_values_that_nothing_says_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _taken(tmp_path, b"id,price,name\n1,NA,NA\n2,n/a,red\n", {}) == 0
    columns = {"id": {"type": "int"}, "price": {"type": "float"}, "name": {"type": "string", "oneOf": ["red"]}}
    text = json.dumps({"source": {"csv": str(tmp_path / "rows.csv")}, "columns": columns})
    capsys.readouterr()
    assert run("validate", dataset="rows", contract=text, snapshot=tmp_path / "out", table=tmp_path / "table") == 10
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith("help: ")] == [
        'help: "NA" and "n/a" seem to stand for missing values, which `dialect: {missing: ["NA", "n/a"]}` beside `csv` '
        "at Dataset/rows.source reads so where they are not in quotes (Dataset/rows.columns.price and "
        "Dataset/rows.columns.name)"
    ]


def test_an_empty_text_in_quotes_is_told_from_a_missing_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _taken(tmp_path, b'id,price,name\n1,"",a\n', {}) == 0
    columns = {"id": {"type": "int"}, "price": {"type": "float"}, "name": {"type": "string"}}
    text = json.dumps({"source": {"csv": str(tmp_path / "rows.csv")}, "columns": columns})
    capsys.readouterr()
    assert run("validate", dataset="rows", contract=text, snapshot=tmp_path / "out", table=tmp_path / "table") == 10
    assert (
        "as `1234.5`, and a missing value as an empty field without quotes: write them so in the source"
        in capsys.readouterr().err
    )


def test_a_missing_value_is_told_by_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dialect = {"delimiter": ";", "encoding": "utf-16", "missing": ["-"]}
    assert _taken(tmp_path, "id;name\n1;a\n-;b\n".encode("utf-16"), dialect) == 0
    source = {"csv": str(tmp_path / "rows.csv"), "dialect": dialect}
    text = json.dumps({"source": source, "columns": COLUMNS | {"price": {"type": "float", "nullable": True}}})
    capsys.readouterr()
    run("validate", dataset="rows", contract=text, snapshot=tmp_path / "out", table=tmp_path / "table")
    assert f"rows.id: missing in line 3 of `{tmp_path}/rows.csv`" in capsys.readouterr().err.splitlines()
