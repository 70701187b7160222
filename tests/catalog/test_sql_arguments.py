"""What a function is said to refuse the database refuses, whatever type a value of that kind has."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from golden_files import Golden
from penstock.catalog.sql import analysis
from penstock.catalog.sql.arguments import TABLE

duckdb = pytest.importorskip("duckdb", reason="it is in the extra `runtime`")

WHOLE = ("TINYINT", "INTEGER", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT")
TYPES = {
    "int": WHOLE,
    "float": ("FLOAT", "DOUBLE", "DECIMAL(18,3)", "BIGINT", "HUGEINT"),
    "fraction": ("FLOAT", "DOUBLE", "DECIMAL(18,3)"),
    "bool": ("BOOLEAN",),
    "string": ("VARCHAR",),
    "words": ("VARCHAR",),
    "timestamp": ("TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_NS", "DATE"),
    "date": ("DATE",),
    "interval": ("INTERVAL",),
    "time": ("TIME",),
}
"""The types that a value of a kind may have; lists and structs may be of any."""
SIGNATURES = r"""
    SELECT lower(function_name) AS name, parameter_types, varargs FROM duckdb_functions()
    WHERE function_type IN ('scalar', 'aggregate') AND regexp_full_match(function_name, '[a-zA-Z][a-zA-Z0-9_]*')
    ORDER BY ALL
"""
ANY = ("INTEGER", "VARCHAR", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN", "INTERVAL", "TIME", "INTEGER[]")
"""What may stand where a signature says that anything may."""
MOST_ARGUMENTS = 4


@pytest.fixture(scope="module")
def connection() -> Any:
    """A database with a table of a column for each type."""
    made = duckdb.connect()
    types = sorted({type_ for types in TYPES.values() for type_ in types})
    made.execute(f"CREATE TABLE t ({', '.join(f'{column(type_)} {type_}' for type_ in types)})")
    return made


def column(type_: str) -> str:
    return "c_" + "".join(filter(str.isalnum, type_)).lower()


def takes(connection: Any, call: str) -> bool:
    """Whether a function is found for the arguments; what else may be wrong with them is not asked."""
    try:
        # Bound, but not planned: that is half of the work.
        connection.sql(f"SELECT {call} FROM t")
    except duckdb.BinderException as error:
        return "No function matches" not in str(error)
    except duckdb.Error:
        return False
    return True


def test_the_table_is_what_the_database_refuses(connection: Any, golden: Golden) -> None:
    found = {}
    for (name, count), signatures in sorted(callable_signatures(connection).items()):
        places = [" ".join(refused(connection, name, signatures, place)) for place in range(count)]
        if any(places):
            found[f"{name}/{count}"] = places
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(places)}" for name, places in found.items())
    golden(TABLE, f"{{\n{lines}\n}}\n")
    assert len(found) > 500


def callable_signatures(connection: Any) -> dict[tuple[str, int], set[tuple[str, ...]]]:
    """By name and number of arguments the types that functions are declared with, where that is all that they take."""
    found: dict[tuple[str, int], set[tuple[str, ...]]] = {}
    open_ = set()
    for name, types, varargs in connection.execute(SIGNATURES).fetchall():
        if varargs or "LAMBDA" in types:
            open_.add(name)
        if 1 <= len(types) <= MOST_ARGUMENTS:
            found.setdefault((name, len(types)), set()).add(tuple(types))
    return {call: signatures for call, signatures in found.items() if call[1] == 1 or call[0] not in open_}


def refused(connection: Any, name: str, signatures: set[tuple[str, ...]], place: int) -> list[str]:
    """The kinds of which no type is taken in a place, whatever of the declared types the other arguments have."""
    full = {filled for signature in signatures for filled in fillings(signature)}
    others = sorted({(*filled[:place], *filled[place + 1 :]) for filled in full})
    taken = set()
    for type_ in {one for types in TYPES.values() for one in types}:
        for other in others:
            arguments = [f"NULL::{one}" for one in other]
            arguments.insert(place, column(type_))
            if takes(connection, f"{name}({', '.join(arguments)})"):
                taken.add(type_)
                break
    # What takes no value at all was called with others of which it takes none.
    return [kind for kind, types in TYPES.items() if not taken.intersection(types)] if taken else []


def fillings(signature: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The signature with types for what stands for any of them."""
    letters = sorted({letter for type_ in signature for letter in re.findall(r"\b(?:ANY|T|K|V)\b", type_)})
    for types in product(ANY, repeat=len(letters)):
        meant = dict(zip(letters, types, strict=True)) | {"DECIMAL": "DECIMAL(18,3)"}
        words = (re.split(r"(\W+)", type_) for type_ in signature)
        yield tuple("".join(meant.get(word, word) for word in each) for each in words)


COLUMNS = {"n": "int", "x": "float", "s": "string", "b": "bool", "t": "timestamp", "d": "date"}
STORED = {"int": "BIGINT", "float": "DOUBLE", "string": "VARCHAR", "bool": "BOOLEAN"}
VALUES = (
    *COLUMNS, "'4'", "('4')", "4", "4.5", "true", "NULL", "n + 1", "n / 2", "x * 2", "n > 3", "upper(s)", "s || '1'",
    "t - t", "d - d", "t::date", "t::time", "s::int", "n::varchar", "coalesce('1', '2')", "CASE WHEN b THEN '1' END",
    "nullif('1', s)", "min('1')", "strftime(t, '%Y')", "n % 2", "sum(b)", "count(*)", "INTERVAL 1 DAY", "dayname(t)",
    "-n", "abs(x)", "length(s)", "hour(t)", "d + INTERVAL 1 DAY", "date_trunc('day', t)", "[n]", "{'a': n}",
    "DISTINCT s", "coalesce(n, x)", "substr(s, 1, 2)", "greatest(n, 1)", "epoch(t)", "x::decimal(9, 0)", "trim(s)",
    "max(t)", "round(x)", "n IS NULL", "'2026-01-01'::timestamp", "replace(s, 'a', 'b')", "t AT TIME ZONE 'UTC'",
)  # fmt: skip
FUNCTIONS = (
    "avg", "sum", "min", "stddev", "median", "mode", "product", "bool_and", "bit_or", "string_agg", "count", "geomean",
    "lower", "upper", "length", "strlen", "trim", "md5", "reverse", "ascii", "abs", "sqrt", "ln", "round", "floor",
    "sign", "exp", "isnan", "year", "month", "hour", "dayname", "epoch", "last_day", "to_timestamp", "chr", "bin",
    "to_days", "hash", "typeof", "list", "len", "factorial", "even", "gamma", "century", "date", "strip_accents",
    "initcap",
)  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_fault_is_found_with_an_argument_that_the_database_takes(function: str, connection: Any) -> None:
    stored = ", ".join(f"NULL::{STORED.get(type_, type_)} AS {name}" for name, type_ in COLUMNS.items())
    for value in VALUES:
        call = f"{function}({value})"
        expression = analysis.misfits_of_expression(call, tuple(COLUMNS.items()))
        tables = (("q", tuple(COLUMNS.items())),)
        query = analysis.misfits_of_query(f"SELECT {call} AS v FROM q", tables)
        nested = analysis.misfits_of_query(f"SELECT {function}(v) AS w FROM (SELECT {value} AS v FROM q)", tables)
        if expression or query:
            assert not takes_over(connection, stored, f"SELECT {call} AS v FROM q"), call
        if nested:
            assert not takes_over(connection, stored, f"SELECT {function}(v) FROM (SELECT {value} AS v FROM q)"), call


SEVERAL = (
    "round", "substr", "left", "right", "repeat", "strftime", "strptime", "date_trunc", "date_part", "date_diff",
    "date_sub", "instr", "contains", "starts_with", "regexp_matches", "regexp_replace", "regexp_extract", "replace",
    "split_part", "lpad", "corr", "covar_pop", "regr_slope", "quantile_cont", "quantile_disc", "approx_quantile",
    "arg_max", "max_by", "string_agg", "mod", "pow", "atan2", "log", "trim", "translate", "levenshtein", "age",
    "make_date", "time_bucket", "list_contains", "array_extract", "greatest", "coalesce", "nullif", "concat_ws",
    "bar", "gcd", "xor", "nextafter", "max", "min", "datediff", "epoch_ms", "hash", "format", "printf", "ifnull",
)  # fmt: skip
OTHERS = (
    "n", "x", "s", "b", "t", "d", "'day'", "'4'", "2", "0.5", "NULL", "upper(s)", "t::time", "t - t", "n / 2",
    "INTERVAL 1 DAY", "[n]", "'%Y'", "n > 3",
)  # fmt: skip


@pytest.mark.parametrize("function", SEVERAL)
def test_no_fault_is_found_with_several_arguments_that_the_database_takes(function: str, connection: Any) -> None:
    stored = ", ".join(f"NULL::{STORED.get(type_, type_)} AS {name}" for name, type_ in COLUMNS.items())
    chance = random.Random(function)
    several = [*product(OTHERS, repeat=2), *(chance.choices(OTHERS, k=3) for _ in range(150))]
    for values in several:
        call = f"{function}({', '.join(values)})"
        if analysis.misfits_of_expression(call, tuple(COLUMNS.items())):
            assert not takes_over(connection, stored, f"SELECT {call} AS v FROM q"), call


def takes_over(connection: Any, stored: str, query: str) -> bool:
    try:
        connection.sql(f"WITH q AS (SELECT {stored}) {query}")
    except duckdb.BinderException as error:
        # Of two aggregates in each other nothing is said of kinds.
        return "No function matches" not in str(error) and "aggregate" not in str(error)
    except duckdb.Error:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("avg(b)", [("avg", "bool", "b")]),
        ("sum(s) FILTER (WHERE b)", [("sum", "string", "s")]),
        ("1 + lower(n + 1)", [("lower", "int", "n + 1")]),
        ("sqrt(length(upper(x)))", [("upper", "float", "x")]),
        ("sum(DISTINCT d)", [("sum", "date", "d")]),
        ("YEAR(n)", [("YEAR", "int", "n")]),
        ("sum('4')", []),
        ("list_transform([1], lambda s: abs(s))", []),
        ("[abs(s) FOR s IN [1]]", []),
        ("abs(unknown)", []),
        ("abs(r.n) + abs(r.s)", []),
        ("s.lower()", []),
        ("lower(/* n */ s)", []),
        ("round(s, 2)", [("round", "string", "s")]),
        ("date_diff('day', s, d)", [("date_diff", "string", "s")]),
        ("date_diff('day', d, t)", []),
        ("substr(n, 1, x > 1)", [("substr", "int", "n"), ("substr", "bool", "x > 1")]),
        ("approx_quantile(s, 0.5) FILTER (WHERE b)", [("approx_quantile", "string", "s")]),
        ("quantile_cont(x, b)", [("quantile_cont", "bool", "b")]),
        ("quantile_cont('1', 0.5)", []),
        ("round(x, length(replace(s, ',', n)))", [("replace", "int", "n")]),
        ("corr(x, b) + pow(n, 2)", [("corr", "bool", "b")]),
        ("list_filter([n], lambda x: starts_with(x, 1))", []),
    ],
)
def test_the_argument_is_named_that_a_function_refuses(text: str, told: list[tuple[str, str, str]]) -> None:
    found = analysis.misfits_of_expression(text, tuple(COLUMNS.items()))
    assert [(one.function, one.kind, text[slice(*one.at)]) for one in found] == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT avg(o.s) AS v FROM q o GROUP BY n", ["o.s"]),
        ("WITH a AS (SELECT upper(s) AS v FROM q) SELECT sum(v) AS w FROM a", ["v"]),
        ("SELECT n FROM q WHERE s IN (SELECT lower(n) FROM p)", ["n"]),
        ("SELECT s AS n, abs(n) AS v FROM q ORDER BY abs(n)", []),
        ("SELECT quantile_cont(q.s, 0.5) AS v FROM q", []),
        ("SELECT n FROM q GROUP BY n HAVING quantile_cont(s, 0.5) > 1", ["s"]),
        ("WITH quantile_cont(s, n) AS (SELECT s, n FROM q) SELECT n FROM quantile_cont", []),
        ("SELECT abs(s) AS v FROM q JOIN p ON q.n = p.n", []),
        ("SELECT * FROM q JOIN (SELECT n AS s FROM p) USING (n) WHERE abs(s) > 1", []),
    ],
)
def test_in_a_query_a_column_is_that_of_its_scope(text: str, told: list[str]) -> None:
    found = analysis.misfits_of_query(text, (("q", tuple(COLUMNS.items())), ("p", (("n", "int"),))))
    assert [text[slice(*one.at)] for one in found] == told
