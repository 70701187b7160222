"""Feature sets: types as declared, faults that name the feature, and only what an expression may see."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from penstock.runtime.artifacts import read_json, read_table
from penstock.runtime.data.features import compute
from penstock.runtime.data.timed import with_position
from penstock.runtime.faults import InputError
from runtime.data.tables import at, feature_set, run, table, timed, validate

ROWS = timed(
    "rows",
    {"id": [1, 2], "t": [at(1), at(2)], "size": [3, 0], "name": ["x", None], "on": [True, False]},
    "t",
    primary_key=["id"],
)
UNTIMED = timed("untimed", {"id": [1, 2], "size": [1, 2]})
EVENTS = timed("events", {"id": [1, 1], "t": [at(0), at(1)], "v": [1.5, 2.5]}, "t")


def over(of: str, sql: str, match: str = "id") -> dict[str, Any]:
    return {"aggregate": {"of": of, "sql": sql, "match": [match], "window": "9h"}}


def last(of: str, column: str, match: str = "id") -> dict[str, Any]:
    return {"latest": {"of": of, "column": column, "match": [match]}}


def value(feature: dict[str, Any], source: str = "rows") -> list[Any]:
    definition = feature_set(source=source, entity=["id"], features={"f": feature})
    tables = {each.name: each for each in (ROWS, UNTIMED, EVENTS)}
    return list(compute("set", definition, tables)["f"].to_pylist())


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ({"type": "int", "sql": "size + 1"}, [4, 1]),
        ({"type": "float", "sql": "size"}, [3.0, 0.0]),
        ({"type": "float", "sql": "6 / size"}, [2.0, None]),
        ({"type": "int", "sql": "extract(hour FROM t)"}, [1, 2]),
        ({"type": "string", "sql": "size"}, ["3", "0"]),
        ({"type": "bool", "sql": "size > 1"}, [True, False]),
        ({"type": "bool", "sql": "size = 3 -- a comment"}, [True, False]),
        ({"type": "string", "sql": "coalesce(name, 'none')"}, ["x", "none"]),
        ({"type": "float", "sql": "CAST('nan' AS DOUBLE)"}, [None, None]),
        ({"type": "int", **over("events", "sum(v) * 2")}, [8, None]),
        ({"type": "float", **over("events", "quantile_cont(v, 0.5)")}, [2.0, None]),
        ({"type": "int", **over("events", "count(DISTINCT v) + count_if(v > 2)")}, [3, 0]),
        ({"type": "float", **over("events", "first(v)")}, [1.5, None]),
        ({"type": "float", **over("events", "last(v)")}, [2.5, None]),
        ({"type": "float", **over("events", "last(v ORDER BY v DESC)")}, [1.5, None]),
        ({"type": "float", **over("events", "first(v ORDER BY v DESC) FILTER (WHERE v < 2)")}, [1.5, None]),
        ({"type": "float", **over("events", "any_value(v) FILTER (WHERE v > 2)")}, [2.5, None]),
        ({"type": "float", **over("events", "sum(events.v) FILTER (WHERE events.v > 2)")}, [2.5, None]),
        ({"type": "float", **over("events", "percentile_cont(0.75) WITHIN GROUP (ORDER BY v)")}, [2.25, None]),
        ({"type": "float", **over("events", "percentile_cont(0.75) WITHIN GROUP (ORDER BY v DESC)")}, [1.75, None]),
        ({"type": "float", **over("events", "percentile_disc(0.5) WITHIN GROUP (ORDER BY v)")}, [1.5, None]),
        ({"type": "float", "python": "runtime.data.test_features:doubled", "reads": ["size"]}, [6.0, 0.0]),
        ({"type": "float", "python": "runtime.data.test_features:index_kept", "reads": ["size"]}, [6.0, 0.0]),
        ({"type": "float", "python": "runtime.data.test_features:numpy_of", "reads": ["size"]}, [3.0, 0.0]),
    ],
)  # fmt: skip
def test_a_feature_has_its_declared_type(feature: dict[str, Any], expected: list[Any]) -> None:
    assert value(feature) == expected


def test_a_value_is_that_of_its_row_however_the_table_is_cut() -> None:
    """To the database a list of five values is a join, after which batches with few rows beyond a vector come late."""
    chunks = [pa.table({"id": range(first, first + 2_049)}) for first in range(0, 2_049 * 4, 2_049)]
    rows = replace(UNTIMED, name="rows", table=with_position(pa.concat_tables(chunks)))
    chosen = {"type": "bool", "sql": "id % 50 IN (1, 3, 5, 7, 9)"}
    definition = feature_set(source="rows", entity=["id"], features={"f": chosen})
    found = compute("set", definition, {"rows": rows})["f"].to_pylist()
    assert found == [each % 50 in (1, 3, 5, 7, 9) for each in range(2_049 * 4)]


def doubled(rows: pa.Table) -> list[float]:
    """Named by the features above; it must see the declared column alone."""
    assert rows.column_names == ["size"]
    return [2.0 * size for size in rows["size"].to_pylist()]


def short(rows: pa.Table) -> list[int]:
    """Named below: one value too few."""
    return [1] * (rows.num_rows - 1)


def sorted_by_size(rows: pa.Table) -> pd.Series:
    """Named below: pandas goes by the index, which tells that this is not the order of the rows."""
    return rows["size"].to_pandas().sort_values()


def mixed(table: pa.Table) -> list[float | str]:
    return [1.0, *("secret" for _ in range(len(table) - 1))]


def grouped(rows: pa.Table) -> pd.Series:
    """Named below: values in the order of the groups, with the group in the index."""
    size = rows["size"].to_pandas()
    return size.groupby(size.abs()).rolling(1).mean()


def frame(rows: pa.Table) -> pd.DataFrame:
    """Named below: a table of one column."""
    return rows.to_pandas()[["size"]]


def as_frame(rows: pa.Table) -> pd.Series:
    """Named below: takes the Arrow table for a frame."""
    return rows.size + 1


def undeclared(rows: pa.Table) -> pa.ChunkedArray:
    """Named below: a column that `reads` does not list."""
    return rows["name"]


def numpy_of(rows: pa.Table) -> Any:
    """Named above: without an index, values count by their place."""
    return rows["size"].to_pandas().sort_values(ascending=False).to_numpy()


def index_kept(rows: pa.Table) -> pd.Series:
    """Named above: the index of the rows."""
    return rows["size"].to_pandas() * 2


@pytest.mark.parametrize(
    ("feature", "sentence"),
    [
        ({"type": "int", "sql": "size / 2"},
         "feature `set.f` is declared int, but 1 of its values are not, such as 1.5"),
        ({"type": "float", "sql": "name"}, "feature `set.f` is declared float, but 1 of its values are not, such as x"),
        ({"type": "float", "sql": "CAST('inf' AS DOUBLE)"},
         "feature `set.f` is declared float, but 2 of its values are not, such as inf: set `min` and "
         "`max` for the column that it is computed from, at its Dataset"),
        ({"type": "int", "sql": "sise"}, 'feature `set.f`: Binder Error: Referenced column "sise" not found'),
        ({"type": "int", "sql": "size +"}, "feature `set.f`: `size +` is not an SQL expression"),
        ({"type": "int", "sql": "lag(size) OVER (ORDER BY t DESC)"}, "reads more than its own row"),
        ({"type": "int", "sql": "(SELECT max(size) FROM rows)"}, "is a whole query"),
        ({"type": "int", "sql": "1 + (SELECT max(size) FROM rows)"}, "reads more than its own row"),
        ({"type": "int", "sql": "max(size)"}, "reads more than its own row"),
        ({"type": "int", "sql": "extract(day FROM current_date - CAST(t AS DATE))"}, "differs in every run"),
        ({"type": "float", "sql": "random()"}, "differs in every run"),
        ({"type": "int", "sql": "length((FROM 'pyproject.toml'))"}, "feature `set.f`"),
        ({"type": "int", "sql": "[size, 1]"}, "declared int, but 2 of its values are not, such as [3, 1], [0, 1]"),
        ({"type": "int", "sql": "unnest([size, 1])"}, "turns one row into several"),
        ({"type": "int", **over("events", "unnest(list(v))")}, "turns one row into several"),
        ({"type": "int", **over("events", "v")}, "contains no aggregate"),
        ({"type": "int", **over("events", "1 + first_value(v)")},
         "have none; write `arg_min(v, time)`, with the column that orders them"),
        ({"type": "int", **over("events", "last_value(v)")}, "have none; write `arg_max(v, time)`"),
        ({"type": "int", **over("events", "lag(v)")}, "the rows of a window have none; aggregate values"),
        ({"type": "int", **over("events", "v + sum(v)")}, "is outside an aggregate"),
        ({"type": "int", **over("events", "sum(v)", "key")}, "`rows` has no column `key`"),
        ({"type": "int", **over("untimed", "sum(size)")}, "`untimed` has no time"),
        ({"type": "float", **last("untimed", "size")}, "use `lookup`"),
        ({"type": "float", **last("events", "w")}, "`events` has no column `w`; it has id, t, v"),
        ({"type": "float", **last("missing", "w")}, "reads `missing`, which no --table gives"),
        ({"type": "float", "lookup": {"of": "events", "column": "v", "match": ["id"]}},
         "1 values of `id` occur more than once in `events`"),
        *(
            ({"type": "int", form: {**reading[form], "match": {"id": "name"}}},
             "rows never match, because `id` is int and `name` is string: declare both columns with the same type")
            for form, reading in (("aggregate", over("events", "count(*)")), ("latest", last("events", "v")),
                                  ("lookup", {"lookup": {"of": "untimed", "column": "size"}}))
        ),
        ({"type": "int", "python": "runtime.data.test_features:short"}, "returned 1 values for 2 rows"),
        *(
            ({"type": "float", "python": f"runtime.data.test_features:{name}"},
             "returned a Series whose index is not that of the rows (0 to 1), so its values may belong to other rows: "
             "return it in their order (`.sort_index()`), or `.to_numpy()` if it has that order")
            for name in ("sorted_by_size", "grouped")
        ),
        ({"type": "float", "python": "runtime.data.test_features:frame"},
         "returned a table; expected one value for each row, such as a column of it"),
        ({"type": "float", "python": "runtime.data.test_features:mixed"},
         "returned a column of mixed or unsupported types (float and str): make all its values numbers, or all texts"),
        ({"type": "float", "python": "builtins:print"}, "returned None, as a function without `return` does"),
        ({"type": "float", "python": "builtins:len"}, "returned int; expected one value for each row"),
        ({"type": "float", "python": "builtins:str"}, "returned str; expected one value for each row"),
        ({"type": "float", "python": "runtime.data.test_features:undeclared", "reads": ["size"]},
         "does not exist in schema'; `reads` does not list `name`"),
        ({"type": "float", "python": "runtime.data.test_features:as_frame"},
         "has no attribute 'size': it is an Arrow table, of which `.to_pandas()` makes a frame"),
    ],
)  # fmt: skip
def test_a_feature_that_cannot_be_computed_is_named_with_the_reason(feature: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        value(feature)
    assert sentence in str(caught.value)
    assert "feature" in str(caught.value)


def test_values_of_withheld_columns_are_counted_and_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {"id": {"type": "int"}, "income": {"type": "float", "sensitivity": "pii"}}
    assert validate(tmp_path, {"id": [1, 2], "income": [71234.5, 2.0]}, columns=columns)[0] == 0
    definition = {"source": "rows", "entity": ["id"], "features": {"f": {"type": "int", "sql": "income"}}}
    flags = {"table": f"rows={tmp_path / 'table'}", "features": tmp_path / "features"}
    assert run("features", feature_set="set", definition=json.dumps(definition), **flags) == 2
    assert capsys.readouterr().err.endswith("declared int, but 1 of its values are not\n")


def test_rows_without_a_time_have_no_latest_value() -> None:
    with pytest.raises(InputError, match="`untimed` has no event time"):
        value({"type": "float", **last("events", "v")}, source="untimed")


def test_the_step_keeps_entity_time_and_slices_apart_from_the_features(tmp_path: Path) -> None:
    columns = {"id": {"type": "int"}, "t": {"type": "timestamp"}, "group": {"type": "string"}}
    rows = table({"id": [2, 1], "t": [at(2), at(1)], "group": ["b", "a"]})
    assert validate(tmp_path, rows, columns=columns, primaryKey=["id"], eventTime="t")[0] == 0
    definition = {"source": "rows", "entity": ["id"], "features": {"hour": {"type": "int", "sql": "hour(t)"}}}
    out = tmp_path / "features"
    flags = {"definition": json.dumps(definition), "keep": ["group"], "table": f"rows={tmp_path / 'table'}"}
    assert run("features", feature_set="set", **flags, features=out) == 0
    made = read_table(out / "data.parquet")
    assert made.to_pylist() == [
        {"@entity.id": 1, "@event_time": at(1), "@slice.group": "a", "hour": 1},
        {"@entity.id": 2, "@event_time": at(2), "@slice.group": "b", "hour": 2},
    ]
    assert read_json(out / "features.json")["features"] == [{"name": "hour", "type": "int", "missing": 0}]


def test_a_feature_of_which_no_row_has_a_value_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    columns = {"id": {"type": "int"}, "t": {"type": "timestamp"}}
    rows = table({"id": [2, 1], "t": [at(2), at(1)]})
    assert validate(tmp_path, rows, columns=columns, primaryKey=["id"], eventTime="t")[0] == 0
    caplog.clear()
    features = {"lost": {"type": "int", "sql": "CASE WHEN id > 2 THEN id END"}, "kept": {"type": "int", "sql": "id"}}
    definition = json.dumps({"source": "rows", "entity": ["id"], "features": features})
    flags = {"definition": definition, "table": f"rows={tmp_path / 'table'}"}
    assert run("features", feature_set="set", **flags, features=tmp_path / "features") == 0
    assert [message for message in caplog.messages if message.startswith("warning: ")] == [
        "warning: feature `set.lost`: none of 2 rows has a value; check that its input has values, and that its "
        "rows match these by `match` and time"
    ]


TIED = {
    "id": [1, 1, 1, 2],
    "t": [at(0), at(0), at(0), at(0)],
    "known": [at(0), at(0), at(0), at(0)],
    "v": [1.5, 2.5, 2.5, 3.5],
    "same": [7, 7, 7, None],
}


@pytest.mark.parametrize(
    ("changed", "feature", "told"),
    [
        ({}, {"column": "v"}, True),
        ({"v": [2.5, None, 2.5, 3.5]}, {"column": "v"}, True),
        ({}, {"column": "same"}, False),
        # The one that became known later is the latest.
        ({"known": [at(1), at(0), at(0), at(0)]}, {"column": "v"}, False),
        ({"known": [at(0), at(1), at(1), at(0)]}, {"column": "v"}, False),
        # None of the rows meets them any more.
        ({}, {"column": "v", "maxAge": "30m"}, False),
        ({"t": [at(0), at(0), at(0), at(1)], "id": [3, 3, 3, 1]}, {"column": "v"}, False),
    ],
)
def test_rows_that_tie_and_differ_are_told_of(
    changed: dict[str, Any], feature: dict[str, Any], told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    tied = timed("tied", {**TIED, **changed}, "t", "known")
    declared = {"type": "float", "latest": {"of": "tied", "match": ["id"], **feature}}
    compute("set", feature_set(source="rows", entity=["id"], features={"f": declared}), {"rows": ROWS, "tied": tied})
    expected = (
        "warning: `f`, `latest` over `tied` in feature set `set`: for 1 of 2 rows the latest value is one of several "
        "rows of `tied` with the same `id` and `t` and `known` that differ in `v`, as at 2026-01-01 00:00:00; the last "
        "in the order of the primary key is used: match more columns, give a `knownAt` that distinguishes them, or "
        "combine them with `aggregate`"
    )
    assert [each.message for each in caplog.records if "tied" in each.message] == ([expected] if told else [])


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("CAST(name AS INT)", "a value of `name` is no INT32; `try_cast` makes such values missing"),
        ("unhex(name)", "the SQL fails on a value"),
        ("error(name)", "the SQL fails on a value"),
    ],
)
def test_a_fault_of_the_database_quotes_a_value_only_where_nothing_is_sensitive(sql: str, told: str) -> None:
    open_rows = timed("rows", {"id": [1], "name": ["Ada to INT32"]})
    definition = feature_set(source="rows", entity=["id"], features={"f": {"type": "int", "sql": sql}})
    with pytest.raises(InputError, match=r"^feature `set\.f`: .*(Ada to INT32|hex digit)"):
        compute("set", definition, {"rows": open_rows})
    with pytest.raises(InputError) as found:
        compute("set", definition, {"rows": replace(open_rows, is_withheld=True)})
    assert str(found.value) == f"feature `set.f`: {told} (not shown, as the data may be sensitive)"


def test_a_fault_in_an_aggregate_quotes_no_value_of_a_sensitive_dataset() -> None:
    rows, names = (
        timed("rows", {"id": [1], "t": [at(2)]}, "t"),
        timed("names", {"id": [1], "t": [at(1)], "v": ["Ada"]}, "t"),
    )
    definition = feature_set(
        source="rows", entity=["id"], features={"f": {"type": "int", **over("names", "sum(v::INT)")}}
    )
    for theirs, quoted in ((names, True), (replace(names, is_withheld=True), False)):
        with pytest.raises(InputError) as found:
            compute("set", definition, {"rows": rows, "names": theirs})
        assert ("Ada" in str(found.value)) is quoted


def parsed(rows: pa.Table) -> list[float]:
    return [float(name) for name in rows["name"].to_pylist()]


def mistaken(rows: pa.Table) -> list[float]:
    return rows["name"].to_pandaz()  # type: ignore[no-any-return]


def test_what_a_function_says_of_sensitive_rows_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    """An exception quotes what it could not work with; its place and its type are told, as of code all of it."""
    rows = timed("rows", {"id": [1], "name": ["Ada Lovelace"]})
    place = "runtime.data.test_features"

    def fault(function: str, *, is_withheld: bool) -> str:
        feature = {"type": "float", "python": f"{place}:{function}"}
        definition = feature_set(source="rows", entity=["id"], features={"f": feature})
        with pytest.raises(InputError) as caught:
            compute("set", definition, {"rows": replace(rows, is_withheld=is_withheld)})
        return str(caught.value)

    assert "could not convert string to float: 'Ada Lovelace'" in fault("parsed", is_withheld=False)
    caplog.clear()
    told = fault("parsed", is_withheld=True)
    assert told.startswith(f"feature `set.f`: `{place}:parsed` failed at tests/runtime/data/test_features.py:")
    assert told.endswith(": ValueError (its words are not shown, as the data may be sensitive)")
    assert "float(name)" in caplog.text
    assert "Ada" not in caplog.text
    assert "no attribute 'to_pandaz'" in fault("mistaken", is_withheld=True)
