"""A profile says of a file what the steps will read of it: types, missing values, what a column tells of the target."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.runtime.data.conversion import conversion
from penstock.runtime.data.engine import connect, figures
from penstock.runtime.faults import InputError
from penstock.runtime.profiling import profile as profiling
from penstock.runtime.profiling import reading
from penstock.runtime.profiling.model import ColumnProfile, Profile
from penstock.runtime.profiling.profile import profile


def of_csv(folder: Path, text: str, name: str = "rows.csv", **asked: object) -> Profile:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return profile(str(path), **asked)  # type: ignore[arg-type]


def column(values: list[str], folder: Path) -> ColumnProfile:
    """The profile of a CSV column with these fields."""
    found = of_csv(folder, "x,y\n" + "".join(f"{value},{number}\n" for number, value in enumerate(values))).column("x")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("values", "type_", "missing"),
    [
        (["1", "-2", "+3"], "int", 0),
        (["1", "2.5", ""], "float", 1),
        (["1.0", "2.0"], "float", 0),
        (["1e5", "NaN"], "float", 1),
        (["1", "NA"], "int", 1),
        (["0123", "1234"], "string", 0),
        (["0", "0.5"], "float", 0),
        (["true", "False"], "bool", 0),
        (["0", "1"], "int", 0),
        (["2026-01-31", "?"], "date", 1),
        (["2026-01-31", "2026-01-31 06:00:00"], "timestamp", 0),
        (["2026/01/31"], "timestamp", 0),
        (["31.01.2026"], "string", 0),
        (["None", "Shed"], "string", 0),
        (["", ""], "string", 2),
        (["1,5"], "string", 0),
    ],
)
def test_a_column_of_text_has_the_narrowest_type_that_holds_it(
    values: list[str], type_: str, missing: int, tmp_path: Path
) -> None:
    found = column([f'"{value}"' if "," in value else value for value in values], tmp_path)
    assert (found.type, found.missing) == (type_, missing)


def test_what_a_profile_calls_a_type_the_steps_convert(tmp_path: Path) -> None:
    fields = {"int": "7", "float": "1e5", "date": "2026-01-31", "timestamp": "2026/1/31", "bool": "TRUE", "string": "x"}
    for type_, text in fields.items():
        assert column([text], tmp_path).type == type_
        possible = conversion("x", "string", type_).possible
        assert figures(connect({"source": pa.table({"x": [text]})}), [f"bool_and({possible})"], "x") == [True]


@pytest.mark.parametrize(
    ("name", "text", "delimiter", "decimal"),
    [
        ("rows.csv", "a,b\n1,2.5\n", ",", "."),
        ("rows.csv", "a;b\n1;2,5\n3;4\n", ";", ","),
        ("rows.csv", "a;b\n1;2.5\n", ";", "."),
        ("rows.csv", "a;b\n1;2,0\n3;NA\n", ";", ","),
        ("rows.tsv", "a\tb\n1\t2.5\n", "\t", "."),
        ("rows.csv", '"a;b,c"|b\n1|2.5\n', "|", "."),
        ("rows.csv", "\ufeffa,b\n1,2.5\n", ",", "."),
    ],
)
def test_the_dialect_is_found_out(name: str, text: str, delimiter: str, decimal: str, tmp_path: Path) -> None:
    found = of_csv(tmp_path, text, name)
    assert (found.dialect.delimiter, found.dialect.decimal) == (delimiter, decimal)
    assert [each.type for each in found.columns] == ["int", "float"]
    assert "\ufeff" not in found.columns[0].name


def test_numbers_that_are_written_in_two_ways_are_not_all_numbers(tmp_path: Path) -> None:
    found = of_csv(tmp_path, "a;b\n1,5;2.5\n2,5;3.5\n")
    assert found.dialect.decimal == "."
    assert [each.type for each in found.columns] == ["string", "float"]


def test_utf_16_is_known_by_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes("a;ü\n1;2\n".encode("utf-16"))
    found = profile(str(path))
    assert (found.dialect.encoding, [each.name for each in found.columns]) == ("utf-16", ["a", "ü"])


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,x\n"))
    assert [each.type for each in profile(str(path)).columns] == ["int", "string"]


def test_what_is_in_a_column_is_counted(tmp_path: Path) -> None:
    found = of_csv(tmp_path, "name,size\na,1\nb,2\na,-3\na,-3\n,5\n")
    name, size = found.columns
    assert (found.rows, found.repeated) == (5, 1)
    assert (name.distinct, name.missing, name.counts) == (2, 1, (("a", 3), ("b", 1)))
    assert (size.least, size.greatest) == (-3, 5)


def test_the_newest_rows_are_known_by_their_time(tmp_path: Path) -> None:
    found = of_csv(tmp_path, "day\n" + "".join(f"2026-01-{day:02}\n" for day in range(1, 11))).column("day")
    assert found is not None
    assert found.newest == (datetime(2026, 1, 6), datetime(2026, 1, 8))


def test_a_column_that_tells_the_target_is_known(tmp_path: Path) -> None:
    rows = [(n % 3, "abc"[n % 3], n % 2, 2 * n, n) for n in range(60)]
    text = "".join(f"{a},{b},{c},{d},{e}\n" for a, b, c, d, e in rows)
    found = of_csv(tmp_path, "group,letter,other,twice,n\n" + text, target="letter")
    assert {each.name: round(each.determines, 2) for each in found.columns} == {
        "group": 1.0, "letter": 0.0, "other": 0.33, "twice": 0.0, "n": 0.0,
    }  # fmt: skip
    linear = of_csv(tmp_path, "group,letter,other,twice,n\n" + text, target="n").column("twice")
    assert linear is not None
    assert linear.determines > 1 - 1e-9


def test_keys_are_held_against_the_rows(tmp_path: Path) -> None:
    found = of_csv(tmp_path, "shop,day\na,1\na,2\nb,1\n,3\n", keys=[("shop",), ("shop", "day"), ("day",)])
    assert found.key_repeats == (2, 1, 1)


def test_types_of_parquet_are_its_own(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    columns = {
        "text": pa.array(["1", "2"]),
        "small": pa.array([1, None], pa.int8()),
        "category": pa.array(["a", "b"]).dictionary_encode(),
        "day": pa.array([datetime(2026, 1, 1), None], pa.timestamp("ns")),
        "list": pa.array([[1], [2]]),
        "nothing": pa.nulls(2),
    }
    pq.write_table(pa.table(columns), path)
    found = profile(str(path))
    types = [each.type for each in found.columns]
    assert types == ["string", "int", "string", "timestamp", None, "string"]
    assert [each.missing for each in found.columns] == [0, 1, 0, 1, 0, 2]


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("rows.xlsx", b"PK\x03\x04", "is neither CSV"),
        ("rows.csv", b"", "is empty: expected a line of column names"),
        ("rows.csv", b"a,b\n", "has columns, but no rows"),
        ("rows.csv", b"1,2\n3,4\n", "the first line holds values, not the names of columns (such as `1`)"),
        ("rows.csv", b"a,a\n1,2\n", "has 2 columns called `a`: rename all but one"),
        ("rows.csv", b"a,A\n1,2\n", "`a` and `A` differ only in case: rename one"),
        ("rows.csv", b"a,b\n1,2,3\n", "line 2"),
        ("rows.csv", b"a,b\n1,\xe9\n", "UTF-8"),
        ("rows.csv", b"PAR1....", "a Parquet file"),
        ("rows.parquet", b"a,b\n1,2\n", "it is text, not Parquet"),
        ("rows.parquet", b"", "it is empty"),
    ],
)
def test_what_is_no_file_of_rows_is_refused(name: str, body: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(InputError) as error:
        profile(str(tmp_path / name))
    assert said in str(error.value)


def test_a_wide_table_takes_no_more_connections_than_a_narrow_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To open one takes longer than what is asked about a column: a table of 300 would take half a minute."""

    def opened(width: int) -> int:
        made: list[object] = []

        def counted(tables: Mapping[str, pa.Table]) -> object:
            made.append(tables)
            return connect(tables)

        for module in (profiling, reading):
            monkeypatch.setattr(module, "connect", counted)
        rows = "".join(",".join(f"{row}.{n}" for n in range(width)) + ",NA\n" for row in range(3))
        of_csv(tmp_path, ",".join([*(f"x{n}" for n in range(width)), "y"]) + "\n" + rows, target="y")
        return len(made)

    assert 0 < opened(2) == opened(20)
