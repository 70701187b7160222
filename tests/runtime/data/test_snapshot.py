"""Snapshots: the same content has the same fingerprint, types come from the contract, and the future stays out."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.runtime.artifacts import read_json, read_table
from penstock.runtime.data.fingerprint import fingerprint
from penstock.runtime.data.snapshot import take
from penstock.runtime.data.sources import read_source
from penstock.runtime.faults import InputError
from penstock.specs.dataset import Source
from runtime.data.tables import at, contract, moment, run, table

COLUMNS = {"id": {"type": "int"}, "name": {"type": "string", "nullable": True}, "size": {"type": "float"}}
ROWS = {"id": [3, 1, 2], "name": ["c", None, "b"], "size": [0.5, -0.0, 2.0]}


def taken(rows: pa.Table, **fields: object) -> tuple[pa.Table, dict[str, object]]:
    return take(rows, contract(**{"columns": COLUMNS, **fields}), moment(at(100)))


def test_the_fingerprint_survives_another_order_another_layout_and_other_widths(tmp_path: Path) -> None:
    spec = {"primaryKey": ["id"]}
    expected = taken(table(ROWS), **spec)[1]["fingerprint"]
    other = table(ROWS).take([2, 0, 1])
    other = other.set_column(0, "id", other["id"].cast(pa.int16())).set_column(
        1, "name", other["name"].dictionary_encode()
    )
    pq.write_table(other, tmp_path / "a.parquet", row_group_size=1, compression="gzip", data_page_version="2.0")
    assert taken(pq.read_table(tmp_path / "a.parquet"), **spec)[1]["fingerprint"] == expected


def test_rows_without_a_key_count_whatever_their_order() -> None:
    assert taken(table(ROWS))[1]["fingerprint"] == taken(table(ROWS).take([1, 2, 0]))[1]["fingerprint"]


@given(
    st.lists(
        st.tuples(
            st.integers(-5, 5), st.none() | st.text(max_size=3), st.floats(allow_nan=False, allow_infinity=False)
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda row: row[0],
    ),
    st.data(),
)
@settings(max_examples=25, deadline=None)
def test_any_change_of_a_value_changes_the_fingerprint(
    rows: list[tuple[int, str | None, float]], data: st.DataObject
) -> None:
    def print_of(some: list[tuple[int, str | None, float]]) -> str:
        types = {"id": pa.int64(), "name": pa.string(), "size": pa.float64()}
        return fingerprint(pa.table({n: pa.array([r[i] for r in some], t) for i, (n, t) in enumerate(types.items())}))

    place = data.draw(st.integers(0, len(rows) - 1))
    number, text, size = rows[place]
    changed = data.draw(
        st.sampled_from(
            [
                (number + 1, text, size),
                (number, f"{text or ''}x", size),
                (number, text, size + 1 if abs(size) < 1e9 else 0.0),
            ]
        )
    )
    assert print_of(rows) == print_of(list(rows))
    assert print_of(rows) != print_of([*rows[:place], changed, *rows[place + 1 :]])


def test_a_missing_text_is_not_an_empty_one_and_two_texts_are_not_one() -> None:
    prints = {
        fingerprint(pa.table({"x": pa.array(values, pa.string())})) for values in (["", "ab"], [None, "ab"], ["a", "b"])
    }
    assert len(prints) == 3


def test_rows_known_later_than_the_moment_asked_for_are_left_out() -> None:
    columns = {"id": {"type": "int"}, "t": {"type": "timestamp"}, "k": {"type": "timestamp"}}
    rows = table({"id": [1, 2, 3], "t": [at(1), at(2), at(3)], "k": [at(1), at(200), at(100)]})
    by_knowledge, facts = taken(rows, columns=columns, eventTime="t", knownAt="k")
    assert by_knowledge["id"].to_pylist() == [1, 3]
    assert facts["later_rows"] == 1
    assert taken(rows, columns=columns, eventTime="t")[0].num_rows == 3


@pytest.mark.parametrize("later", [None, "n/a"])
def test_one_time_that_is_none_lets_no_row_of_the_future_in(later: str | None) -> None:
    raw = table({"id": ["1", "2", "3"], "t": [at(50).isoformat(), at(150).isoformat(), later]})
    columns = {"id": {"type": "int"}, "t": {"type": "timestamp"}}
    kept, facts = take(raw, contract(columns=columns, primaryKey=["id"], eventTime="t"), moment(at(100)))
    assert sorted(kept["id"].to_pylist()) == [1, 3]
    assert facts["later_rows"] == 1


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        *[("timestamp", word, None) for word in ("infinity", "-infinity", "epoch", "now", "2024")],
        # The database takes the day of these for a year of the first century.
        *[("timestamp", day_first, None) for day_first in ("31-12-15", "01/02/03 10:00", "4-3-15")],
        *[("float", word, None) for word in ("1e400", "1_000", "inf", "-Infinity", "0x10", "1,5", "NA", "")],
        *[("float", word, 1.5) for word in ("1.5", " +1.5 ", "15e-1", "0.15E+1")],
        ("float", "-.5", -0.5),
        ("float", "3.", 3.0),
    ],
)
def test_text_becomes_a_value_where_it_is_one_and_nothing_else(type_: str, text: str, value: float | None) -> None:
    raw = table({"id": ["1"], "x": [text]})
    kept, facts = take(raw, contract(columns={"id": {"type": "int"}, "x": {"type": type_}}), moment(at(100)))
    assert facts["columns"]["x"]["unconverted"] == (value is None)
    assert kept["x"].to_pylist() == [text if value is None else value]


def test_a_column_takes_the_type_of_the_contract_where_nothing_is_lost_and_keeps_its_own_where_something_is() -> None:
    rows = pa.table({"id": [1.0, 2.0], "name": [7, 8], "size": ["1e3", "big"]})
    typed, facts = taken(rows)
    assert [str(field.type) for field in typed.schema] == ["int64", "string", "string"]
    assert {name: each["unconverted"] for name, each in facts["columns"].items()} == {"id": 0, "name": 0, "size": 1}  # type: ignore[attr-defined]


def test_a_time_with_an_offset_is_the_same_moment_in_utc() -> None:
    columns = {"t": {"type": "timestamp"}}
    texts = pa.table({"t": ["2026-01-01T02:00:00+02:00", "2026-01-01 00:00:00"]})
    assert taken(texts, columns=columns)[0]["t"].to_pylist() == [at(0), at(0)]
    zoned = pa.table({"t": pa.array([at(0)], pa.timestamp("ns", "America/New_York"))})
    assert taken(zoned, columns=columns)[0]["t"].to_pylist() == [at(0)]


def test_times_of_which_only_some_have_an_offset_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    columns = {name: {"type": "timestamp", "nullable": True} for name in ("t", "u", "v")}
    texts = {
        "t": ["2026-01-01T02:00:00+02:00", "2026-01-01 00:00:00", None],
        "u": ["2026-01-01 00:00Z", "2026-01-01 00:00:00.5 -0500", "2026-01-01 00:00 UTC"],
        "v": ["2026-01-01 00:00:00", "2026-01-01", None],
    }
    taken(pa.table(texts), columns=columns)
    assert caplog.messages == [
        "warning: `t`: 1 of 2 times has an offset from UTC, and the others are taken for UTC: write all of them alike"
    ]


def test_a_blank_line_of_a_single_column_is_a_missing_value(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("id\n1\n\n3\n")
    (tmp_path / "two.csv").write_text("id,name\n1,a\n\n3,c\n")
    assert read_source(Source(csv=f"{tmp_path}/one.csv"), ["id"], {})["id"].to_pylist() == ["1", None, "3"]
    assert read_source(Source(csv=f"{tmp_path}/two.csv"), ["id"], {})["id"].to_pylist() == ["1", "3"]


def test_csv_may_be_compressed(tmp_path: Path) -> None:
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(b"id\n1\n"))
    assert read_source(Source(csv=f"{tmp_path}/rows.csv.gz"), ["id"], {})["id"].to_pylist() == ["1"]


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes("größe\n1\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"rows\.csv`: line 1 is not UTF-8 text \(byte 0xf6"):
        read_source(Source(csv=f"{tmp_path}/rows.csv"), ["id"], {})


def test_a_column_of_another_case_or_of_a_strange_type_stands_in_for_none_of_the_contract() -> None:
    rows = pa.table({"ID": [7, 8, 9], "half": pa.array([None] * 3, pa.decimal256(50)), **ROWS})
    found, facts = taken(rows, primaryKey=["id"])
    assert found.to_pydict() == taken(table(ROWS), primaryKey=["id"])[0].to_pydict()
    assert facts["added"] == ["ID", "half"]


def test_a_half_float_is_a_float() -> None:
    rows = table(ROWS).set_column(2, "size", pa.array(np.array([0.5, 1.0, 2.0], np.float16)))
    found, facts = taken(rows, primaryKey=["id"])
    assert found["size"].to_pylist() == [1.0, 2.0, 0.5]
    assert facts["columns"]["size"] == {"source_type": "halffloat", "retyped": False, "unconverted": 0}  # type: ignore[index]


def test_a_whole_number_beyond_64_bits_is_left_for_the_contract_to_judge() -> None:
    for type_ in (pa.uint64(), pa.decimal128(38)):
        rows = table(ROWS).set_column(0, "id", pa.array([1, 2**64 - 1, 3], type_))
        found, facts = taken(rows)
        assert found["id"].to_pylist() == [1, 3, 2**64 - 1]
        assert facts["columns"]["id"]["unconverted"] == 1  # type: ignore[index]
        assert facts["fingerprint"] != taken(rows.slice(0, 2))[1]["fingerprint"]


@pytest.mark.parametrize(
    ("rows", "columns", "sentence"),
    [
        (pa.table({"id": [1], "Id": [2]}), {"id": {"type": "int"}, "Id": {"type": "int"}},
         "the contract's columns `id` and `Id` differ only in case, and SQL treats them as one: rename one"),
        (pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["id", "id"]), {"id": {"type": "int"}},
         "the source has 2 columns called `id`"),
        (pa.table({"id": pa.array([2**70], pa.decimal256(50))}), {"id": {"type": "int"}},
         "the column `id` has the type decimal256(50, 0), which cannot be read"),
        *(
            (pa.table({"id": pa.array([one], type_)}), {"id": {"type": "int"}},
             f"the column `id` has the type {type_}, which cannot be read: make it a number, with "
             "`.dt.total_seconds()` in pandas or `epoch(...)` in SQL")
            for one, type_ in ((5, pa.duration("us")), ((0, 1, 5), pa.month_day_nano_interval()))
        ),
    ],
)  # fmt: skip
def test_columns_that_cannot_be_told_apart_or_read_are_one_sentence(
    rows: pa.Table, columns: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        taken(rows, columns=columns)
    assert sentence in str(caught.value)


def test_csv_is_text_until_the_contract_says_otherwise_and_an_empty_field_is_missing(tmp_path: Path) -> None:
    (tmp_path / "part-2.csv").write_text("id,name,size\n2,,0.5\n")
    (tmp_path / "part-1.csv").write_text('id,size,name,extra\n1,1.5,"007",x\n')
    raw = read_source(Source(csv=f"{tmp_path}/part-*.csv"), list(COLUMNS), {})
    typed, facts = taken(raw, source={"csv": "rows.csv"}, primaryKey=["id"])
    assert typed.to_pylist() == [{"id": 1, "name": "007", "size": 1.5}, {"id": 2, "name": None, "size": 0.5}]
    assert facts["added"] == ["extra"]
    assert not any(each["retyped"] for each in facts["columns"].values())  # type: ignore[attr-defined]


def test_a_glob_reaches_down_and_an_address_goes_through_a_file_system(tmp_path: Path) -> None:
    for day in ("2026-01-01", "2026-01-02"):
        (tmp_path / day).mkdir()
        pq.write_table(table(ROWS), tmp_path / day / "rows.parquet")
    for pattern in (
        f"{tmp_path}/**/*.parquet",
        f"file://{tmp_path}/*/r*.parquet",
        f"file://{tmp_path}/**/rows.parquet",
    ):
        assert read_source(Source(parquet=pattern), list(COLUMNS), {}).num_rows == 6, pattern


def test_a_column_that_some_files_lack_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name, columns in (("a", ROWS), ("b", {"id": [4], "Size ": [2.0]}), ("c", {"id": [5], "size": [1.0]})):
        pq.write_table(table(columns), tmp_path / f"{name}.parquet")
    rows = read_source(Source(parquet=f"{tmp_path}/*.parquet"), list(COLUMNS), {})
    assert rows.num_rows == 5
    assert caplog.messages == [
        f"warning: `{tmp_path}/*.parquet`: no `name` in 2 of 3 files (such as `{tmp_path}/b.parquet`), so no value in "
        "2 of their 5 rows",
        f"warning: `{tmp_path}/*.parquet`: no `size` in 1 of 3 files (`{tmp_path}/b.parquet`, which has `Size `), so "
        "no value in 1 of their 5 rows",
    ]


def test_a_column_that_only_folders_name_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for year in (2025, 2026):
        (tmp_path / f"size={year}").mkdir()
        pq.write_table(table({"id": [1], "name": ["a"]}), tmp_path / f"size={year}" / "rows.parquet")
    read_source(Source(parquet=f"{tmp_path}/*/*.parquet"), list(COLUMNS), {})
    assert caplog.messages == [
        f"warning: `{tmp_path}/*/*.parquet`: `size` is no column of the files, only a part of their paths "
        "(`size=2025`), which is not read: read them with a function (`python` instead of `parquet`)"
    ]


def test_an_index_with_a_name_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "made_index.py").write_text(
        "import pandas as pd\ndef rows():\n    return pd.DataFrame({'id': [1], 'name': ['a']}).set_index('id')\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert read_source(Source(python="made_index:rows"), list(COLUMNS), {}).column_names == ["name"]
    assert caplog.messages == [
        "warning: `made_index:rows` returned a frame with the index `id`, which is no column: `.reset_index()` makes "
        "it one"
    ]


FUNCTIONS = [
    ("def rows():\n    return {}['wines']\n", "`made_source:rows` failed at made_source.py:2: KeyError: 'wines'"),
    ("import json\ndef rows():\n    return json.loads('{')\n",
     "`made_source:rows` failed at made_source.py:3: JSONDecodeError: Expecting property name"),
    ("def rows():\n    raise SystemExit('no password')\n",
     "`made_source:rows` failed at made_source.py:2: SystemExit: no password"),
    ("import pyarrow\ndef rows():\n    return pyarrow.table({'a': [1]})['hue']\n",
     "`made_source:rows` failed at made_source.py:3: KeyError: "),
    ("X = 1 / 0\n",
     "`made_source:rows`: importing the module failed at made_source.py:1: ZeroDivisionError: division by zero"),
    ("def rows(:\n", "`made_source:rows`: importing the module failed at made_source.py:1: SyntaxError: "),
    ("import nothing_of_this_name\n",
     "`made_source:rows`: the module imports `nothing_of_this_name`, which is not installed here: install the package "
     "that has it, also in the runtime image"),
    ("import made\n", "`made_source:rows`: the module imports `made`, which is not installed here"),
    ("def rows():\n    pass\n",
     "`made_source:rows` returned None, as a function without `return` does; expected an Arrow table or a pandas "
     "frame"),
    ("import pandas as pd\ndef rows():\n    return pd.DataFrame({'hue': [1.0, 'x']})\n",
     "`made_source:rows` returned a frame with columns of mixed or unsupported types: `hue` (float and str): give"),
    ("import pandas as pd\ndef rows():\n    return pd.DataFrame({'id': [1], 'hue': [1j]})\n",
     "`made_source:rows` returned a frame with columns of mixed or unsupported types: `hue` (complex): give each"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "sentence"), FUNCTIONS)
def test_a_function_that_gives_no_table_is_one_sentence_with_its_line(
    code: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "made_source.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "made_source", raising=False)
    text = json.dumps({"source": {"python": "made_source:rows"}, "columns": COLUMNS})
    assert run("snapshot", dataset="rows", contract=text, snapshot=tmp_path / "out") == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"snapshot: Dataset/rows.source: {sentence}")
    assert not any((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ({"parquet": "nowhere/*.parquet"}, "`nowhere/*.parquet` matches no file"),
        ({"python": "nowhere.at_all:rows"}, "there is no module `nowhere`"),
        ({"python": "json:nothing"}, "the module `json` has no function `nothing`"),
        ({"python": "json:dumps"}, "`json:dumps` failed: TypeError"),
        ({"python": "os:getcwd"}, "returned str; expected an Arrow table or a pandas frame"),
        ({"sql": "SELECT * FROM missing"}, "Table with name missing does not exist"),
        ({"sql": "SELECT * FROM 'source.parquet'"}, "Dataset/rows.source: `sql`: Permission Error"),
    ],
)
def test_a_source_that_cannot_be_read_is_one_sentence_and_exit_code_2(
    source: dict[str, str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps({"source": source, "columns": COLUMNS})
    assert run("snapshot", dataset="rows", contract=text, snapshot=tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error or "failed" in sentence


def test_sql_reads_the_validated_tables_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    pq.write_table(table(ROWS), tmp_path / "base" / "data.parquet")
    text = json.dumps(
        {"source": {"sql": 'SELECT id FROM "base-rows" WHERE size > 0'}, "columns": {"id": {"type": "int"}}}
    )
    out = tmp_path / "out"
    assert run("snapshot", dataset="rows", contract=text, table=f"base-rows={tmp_path}/base", snapshot=out) == 0
    assert read_table(out / "data.parquet")["id"].to_pylist() == [2, 3]
    assert read_json(out / "snapshot.json")["rows"] == 2


@pytest.mark.parametrize(("year", "is_refused"), [(-44, True), (0, True), (1, False), (9999, False), (12_000, True)])
def test_an_event_beyond_the_calendar_is_named(year: int, is_refused: bool) -> None:
    days = np.datetime64(f"{year:05d}" if year > 9999 else str(year).zfill(5 if year < 0 else 4), "Y")
    moments = pa.array([0, int(days.astype("datetime64[D]").astype(int)) * 86_400_000_000], pa.int64())
    rows = pa.table(
        {"id": [1, 2], "t": moments.cast(pa.timestamp("us")), "k": pa.array([0, 0]).cast(pa.timestamp("us"))}
    )
    columns = {"id": {"type": "int"}, "t": {"type": "timestamp"}, "k": {"type": "timestamp"}}
    fields = {"columns": columns, "primaryKey": ["id"], "eventTime": "t", "knownAt": "k"}
    if not is_refused:
        assert taken(rows, **fields)[0].num_rows == 2
        return
    with pytest.raises(InputError, match="`t`: 1 row has a time before the year 1 or after 9999"):
        taken(rows, **fields)
