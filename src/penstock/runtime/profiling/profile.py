"""From a table to its profile: the type of each column, what is missing in it, and the values that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_args

from penstock.runtime.data.conversion import conversion, kind_of
from penstock.runtime.data.engine import connect, figures, identifier, query
from penstock.runtime.data.snapshot import readable
from penstock.runtime.profiling.model import MOST_VALUES, ColumnProfile, Kind, Profile
from penstock.runtime.profiling.reading import column_names, form_of, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    import pyarrow as pa

_OF_TEXT: tuple[Kind, ...] = ("int", "float", "date", "timestamp")
"""Types that the text of a CSV file may be of, the narrowest first."""
_TRUTH = "lower(trim({x})) IN ('true', 'false')"
_CODE = r"regexp_matches({x}, '^\s*[+-]?0[0-9]')"
"""A number that begins with a zero, as codes and telephones do: as a number it would lose it."""
_REPEATS = 5
"""Rows for each value of a column from which on it is worth a word that the value determines the target."""


def profile(path: str, target: str = "", keys: Sequence[Sequence[str]] = ()) -> Profile:
    """The profile of a local file.

    Args:
        target: the column that others may determine.
        keys: columns that may tell the rows apart.

    Raises:
        InputError: the file cannot be read, or is not one of rows; the message says what would be right.
    """
    table, dialect = read(path)
    form = form_of(path)
    # One for all columns: to open it takes longer than what is asked about a column.
    connection = connect({})
    types = {name: _type(connection, table.select([name]), name, form == "csv") for name in table.column_names}
    known = {name: type_ for name, type_ in types.items() if type_ is not None}
    typed = _typed(table, known)
    columns = []
    for name in column_names(path):
        stored, type_ = str(table.schema.field(name).type) if name else "", types.get(name)
        if type_ is None:
            columns.append(ColumnProfile(name, None, stored, 0, 0, None, None, None, 0.0, ()))
            continue
        bears = target if name != target and target in known else ""
        own = typed.select([name, *([bears] if bears else [])])
        columns.append(_described(connection, own, name, type_, stored, bears))
    connection.register("source", typed)
    every = ", ".join(map(identifier, known))
    repeated = figures(connection, [f"count(*) - count(DISTINCT ROW({every}))"], "rows")[0] if known else 0
    return Profile(
        form,
        dialect,
        table.num_rows,
        repeated,
        tuple(_key_repeats(connection, key, path) if set(key) <= known.keys() else table.num_rows for key in keys),
        tuple(columns),
    )


def _key_repeats(connection: duckdb.DuckDBPyConnection, key: Sequence[str], path: str) -> int:
    columns = [identifier(name) for name in key]
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    distinct = f"count(DISTINCT ROW({', '.join(columns)})) FILTER (WHERE {present})"
    return int(figures(connection, [f"count(*) - {distinct}"], path)[0])


def _type(connection: duckdb.DuckDBPyConnection, table: pa.Table, name: str, is_text: bool) -> Kind | None:
    """The type that holds all values of a column; in a Parquet file its own, which the steps do not reinterpret."""
    kind = kind_of(table.schema.field(name).type)
    if kind == "null":
        return "string"
    if kind != "string" or not is_text:
        return cast("Kind", kind) if kind in get_args(Kind) else None
    x = identifier(name)
    tests = [_TRUTH.format(x=x), *(conversion(x, "string", type_).possible for type_ in _OF_TEXT)]
    counts = [f"count(*) FILTER (WHERE {x} IS NOT NULL AND NOT ({test}))" for test in tests]
    codes = f"count(*) FILTER (WHERE {_CODE.format(x=x)})"
    connection.register("source", table)
    present, coded, *misfits = figures(connection, [f"count({x})", codes, *counts], name)
    fitting = [type_ for type_, misfit in zip(("bool", *_OF_TEXT), misfits, strict=True) if not misfit]
    if not present or not fitting or (coded and fitting[0] == "int"):
        return "string"
    return fitting[0]


def _typed(table: pa.Table, types: dict[str, Kind]) -> pa.Table:
    """The columns that have a type of the language, converted to it."""
    read = readable(table.select(list(types)))
    values = (
        f"{conversion(identifier(name), kind_of(read.schema.field(name).type), type_).value} AS {identifier(name)}"
        for name, type_ in types.items()
    )
    return query(connect({"source": read}), f"SELECT {', '.join(values)} FROM source", "the file") if types else read


def _described(
    connection: duckdb.DuckDBPyConnection, table: pa.Table, name: str, type_: Kind, stored: str, target: str
) -> ColumnProfile:
    """The profile of a typed column; `target` is beside it in the table, where there is one."""
    connection.register("source", table)
    x = identifier(name)
    is_time = type_ in ("date", "timestamp")
    ordered = {"int": f"CAST({x} AS DOUBLE)", "float": x}.get(type_, f"CAST({x} AS TIMESTAMP)" if is_time else "NULL")
    newest = [f"quantile_disc({ordered}, {share})" for share in (0.6, 0.8)] if is_time else []
    missing, distinct, least, greatest, *late = figures(
        connection,
        [f"count(*) - count({x})", f"count(DISTINCT {x})", f"min({ordered})", f"max({ordered})", *newest],
        name,
    )
    counts: tuple[tuple[Any, int], ...] = ()
    if 0 < distinct <= MOST_VALUES and type_ in ("int", "string", "bool"):
        sql = f"SELECT {x}, count(*) AS n FROM source WHERE {x} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1"
        found = query(connection, sql, name)
        counts = tuple(zip(*(column.to_pylist() for column in found.columns), strict=True))
    determines = _determines(connection, table, name, target, distinct) if target else 0.0
    return ColumnProfile(
        name, type_, stored, missing, distinct, least, greatest, (late[0], late[1]) if late and late[0] else None,
        determines, counts,
    )  # fmt: skip


def _determines(connection: duckdb.DuckDBPyConnection, table: pa.Table, name: str, target: str, distinct: int) -> float:
    """Of two numbers the square of their correlation, or where values recur, how often a value tells the target."""
    x, y = identifier(name), identifier(target)
    best = 0.0
    if {kind_of(table.schema.field(each).type) for each in (name, target)} <= {"int", "float"}:
        best = float(figures(connection, [f"corr({x}, {y})"], name)[0] or 0) ** 2
    if distinct * _REPEATS <= table.num_rows:
        sql = (
            f"SELECT sum(most) / sum(n) FROM (SELECT max(n) AS most, sum(n) AS n FROM (SELECT {x} AS x, count(*) AS n "
            f"FROM source WHERE {x} IS NOT NULL AND {y} IS NOT NULL GROUP BY {x}, {y}) GROUP BY x)"
        )
        best = max(best, float(query(connection, sql, name).column(0)[0].as_py() or 0))
    return best
