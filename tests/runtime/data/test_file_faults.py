"""Files that cannot be read: each says which file and line, what is wrong with it, and what would be right."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.runtime.data.sources import read_source
from penstock.runtime.faults import InputError
from penstock.specs.dataset import Source
from runtime.data.tables import run

BY_FUNCTION = "read it with a function (`python` instead of `csv`)"
GOOD = "id,name\n1,a\n2,b\n3,c\n"
CSV: list[tuple[str, bytes, str]] = [
    ("empty", b"", "it is empty: the first line of a CSV file holds the column names"),
    ("blank", b"\n\n", "it is empty: the first line of a CSV file holds the column names"),
    ("a value too many", b"id,name\n1,a\n\n2,b,c\n",
     'line 4 has 3 values, but the first line names 2 columns: quote a value that holds a comma (`"a, b"`)'),
    ("a value too few", b'id,name\n1,"a\nb"\n2\n',
     "line 4 has 1 value, but the first line names 2 columns: a value that is missing is an empty field (`a,,c`)"),
    ("a comma for the point", b"id;size\n1;2,5\n",
     "line 2 has 2 values, but the first line names 1 column: the values are read as separated by commas; if "
     'they use another delimiter, write `dialect: {delimiter: ";"}` beside `csv`'),
    ("a quote that is never closed", b'id,name\n1,a\n2,"b\n3,c\n',
     "a quote that opens in the row of line 3 is never closed: close it, and double any quote inside a value "
     '(`"5"" pipe"`)'),
    ("another encoding", "id,name\n1,a\n2,größe\n".encode("latin-1"),
     "line 3 is not UTF-8 text (byte 0xf6 at position 5): save the file as UTF-8, or set its encoding "
     "beside `csv`, as `dialect: {encoding: windows-1252}`"),
    ("UTF-16", GOOD.encode("utf-16"), "it is text in UTF-16: save it as UTF-8, or write "
     "`dialect: {encoding: utf-16}` beside `csv`"),
    ("a spreadsheet", b"PK\x03\x04\x14\x00\x06\x00" + bytes(range(200)),
     f"it is a ZIP archive, as spreadsheets are: export CSV from it, or {BY_FUNCTION}"),
    ("gzip", gzip.compress(GOOD.encode()), "it is compressed by gzip: end its name with `.csv.gz`"),
    ("bzip2", bz2.compress(GOOD.encode()), "it is compressed by bzip2: end its name with `.csv.bz2`"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "content", "sentence"), CSV, ids=[case[0] for case in CSV])
def test_a_file_that_is_no_csv_says_its_line_and_what_would_be_right(
    what: str, content: bytes, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    columns = {"id": {"type": "int"}, "name": {"type": "string"}}
    text = json.dumps({"source": {"csv": str(path)}, "columns": columns})
    assert run("snapshot", dataset="rows", contract=text, snapshot=tmp_path / "out") == 2
    assert capsys.readouterr().err == f"snapshot: Dataset/rows.source: `{path}`: {sentence}\n"
    assert not any((tmp_path / "out").iterdir())


HEADERS = [
    ("id;name\n1;a\n", 'its values are separated by semicolons: write `dialect: {delimiter: ";"}` beside `csv`'),
    ("id\tname\n1\ta\n", 'its values are separated by tabs: write `dialect: {delimiter: "\\t"}` beside `csv`'),
    ("1,Ann\n2,Bob\n", "its first line looks like a row, but must hold the column names"),
    ("number,called\n1,a\n", "it has `number`, `called`"),
]


@pytest.mark.parametrize(("content", "told"), HEADERS)
def test_a_first_line_that_names_no_column_of_the_contract_is_explained_and_no_row_is_shown(
    content: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(content)
    columns = {"id": {"type": "int"}, "name": {"type": "string", "sensitivity": "pii"}}
    text = json.dumps({"source": {"csv": str(path)}, "columns": columns})
    assert run("snapshot", dataset="rows", contract=text, snapshot=tmp_path / "out") == 2
    expected = f"`{path}` has none of the contract's columns, such as `id`: {told}"
    assert capsys.readouterr().err == f"snapshot: Dataset/rows: {expected}\n"


@pytest.mark.parametrize(("content", "told"), HEADERS)
def test_one_of_several_files_that_names_no_column_of_the_contract_is_named(
    content: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "january.csv").write_text(GOOD)
    (tmp_path / "february.csv").write_text(content)
    with pytest.raises(InputError) as found:
        read_source(Source(csv=f"{tmp_path}/*.csv"), ["id", "name"], {})
    assert str(found.value) == f"`{tmp_path}/february.csv` has none of the contract's columns, such as `id`: {told}"


def test_a_file_without_rows_may_have_any_columns(tmp_path: Path) -> None:
    (tmp_path / "january.csv").write_text(GOOD)
    (tmp_path / "february.csv").write_text("nothing yet\n")
    assert read_source(Source(csv=f"{tmp_path}/*.csv"), ["id", "name"], {}).num_rows == 3


def test_a_quoted_value_may_go_over_lines_wherever_in_the_file_it_stands(tmp_path: Path) -> None:
    rows = "".join(f'{number},"first {"x" * 90}\nsecond"\n' for number in range(30_000))
    (tmp_path / "rows.csv").write_text(f"id,name\n{rows}")
    found = read_source(Source(csv=f"{tmp_path}/rows.csv"), ["id", "name"], {})
    assert found.num_rows == 30_000
    assert set(found["name"].to_pylist()) == {f"first {'x' * 90}\nsecond"}


PARQUET: list[tuple[str, bytes, str]] = [
    ("empty", b"", "it is empty, perhaps unfinished: write it again"),
    ("text", GOOD.encode(), "it is text, not Parquet: write `csv` instead of `parquet` if it holds CSV"),
    ("cut off", b"PAR1" + bytes(100), "it begins as a Parquet file but is truncated"),
    ("gzip", gzip.compress(b"x" * 999), "it is compressed by gzip, not Parquet"),
    ("noise", bytes(range(256)), "it is not readable Parquet: "),
]


@pytest.mark.parametrize(("what", "content", "sentence"), PARQUET, ids=[case[0] for case in PARQUET])
def test_a_file_that_is_no_parquet_says_what_it_is(what: str, content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_source(Source(parquet=str(path)), ["id"], {})
    assert str(caught.value).startswith(f"`{path}`: {sentence}")


def test_files_that_disagree_are_named_with_their_types(tmp_path: Path) -> None:
    for name, size in (("a", 1.5), ("b", 2.5), ("c", "three")):
        pq.write_table(pa.table({"id": [1], "size": [size]}), tmp_path / f"{name}.parquet")
    with pytest.raises(InputError) as caught:
        read_source(Source(parquet=f"{tmp_path}/*.parquet"), ["id", "size"], {})
    assert str(caught.value).endswith(
        f"disagree: `size` is double in `{tmp_path}/a.parquet` and string in `{tmp_path}/c.parquet`: use one "
        f"type in all files"
    )


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_files_may_disagree_about_a_column_that_the_contract_does_not_name(tmp_path: Path, form: str) -> None:
    for name, note in (("a", "1"), ("b", "see page 2")):
        pq.write_table(
            pa.table({"id": [name], "note": [int(note) if note == "1" else note]}), tmp_path / f"{name}.parquet"
        )
        (tmp_path / f"{name}.csv").write_text(f"id,note\n{name},{note}\n")
    found = read_source(Source.model_validate({form: f"{tmp_path}/*.{form}"}), ["id"], {})
    assert found["id"].to_pylist() == ["a", "b"]
    assert found.column_names == ["id", "note"]


def test_categories_and_texts_of_several_files_are_the_same_values(tmp_path: Path) -> None:
    """Pandas writes a frame's categories as they are, in order or not, and the texts of another frame as texts."""
    kinds = pa.array(["small", "large", None])
    forms = [
        kinds,
        kinds.dictionary_encode(),
        pa.DictionaryArray.from_arrays(pa.array([1, 0, None], pa.int8()), ["large", "small"], ordered=True),
    ]
    for number, kind in enumerate(forms):
        pq.write_table(pa.table({"kind": kind}), tmp_path / f"{number}.parquet")
    found = read_source(Source(parquet=f"{tmp_path}/*.parquet"), ["kind"], {})
    assert found["kind"].to_pylist() == ["small", "large", None] * 3


def test_moments_of_several_files_may_have_several_zones(tmp_path: Path) -> None:
    moments = pa.array([1_700_000_000_000_000], pa.timestamp("us", "UTC"))
    for zone in ("UTC", "America/New_York"):
        pq.write_table(pa.table({"at": moments.cast(pa.timestamp("us", zone))}), tmp_path / f"{zone[:3]}.parquet")
    assert read_source(Source(parquet=f"{tmp_path}/*.parquet"), ["at"], {})["at"].to_pylist() == moments.to_pylist() * 2

    pq.write_table(pa.table({"at": moments.cast(pa.timestamp("us"))}), tmp_path / "none.parquet")
    with pytest.raises(InputError, match=r"`at` is timestamp.* and timestamp"):
        read_source(Source(parquet=f"{tmp_path}/*.parquet"), ["at"], {})


def test_a_column_that_a_single_file_has_twice_is_no_disagreement_of_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.csv").write_text("id,id\n1,2\n")
    text = json.dumps({"source": {"csv": f"{tmp_path}/rows.csv"}, "columns": {"id": {"type": "int"}}})
    assert run("snapshot", dataset="rows", contract=text, snapshot=tmp_path / "out") == 2
    assert "Dataset/rows: the source has 2 columns called `id`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        ("data/wine-*.csv", "the folder `data` has `parts/`, `wines.csv`"),
        ("data/wine.csv", "the folder `data` has `parts/`, `wines.csv`"),
        ("data/parts/*.csv",
         "the folder `data/parts` has `0.parquet`, `1.parquet`, `2.parquet`, `3.parquet` and 1 more"),
        ("data/parts", "it is a folder: list its files, as in `data/parts/*.parquet`"),
        ("date/*.csv", "there is no folder `date`"),
        ("none/**/rows.csv", "the folder `none` is empty"),
    ],
)  # fmt: skip
def test_a_path_that_matches_no_file_tells_what_is_there(
    pattern: str, instead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/parts").mkdir(parents=True)
    Path("none").mkdir()
    Path("data/wines.csv").write_text(GOOD)
    for number in range(5):
        Path(f"data/parts/{number}.parquet").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        read_source(Source(csv=pattern), ["id"], {})
    assert str(caught.value) == f"`{pattern}` matches no file in `{tmp_path}`; {instead}"
