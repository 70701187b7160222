"""Columns are followed through SQL: what a query makes of them, and what decides it."""

from __future__ import annotations

import pytest

from catalog.repositories import edited, load, small
from penstock.catalog.lineage import lineage
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Expression, Query, SqlError

TABLES = (("flights", ("id", "delay", "carrier", "origin")), ("we-ather", ("origin", "wind", "gust")))


def derived(text: str) -> dict[str, set[str]]:
    columns = analysis.derivation(text, TABLES).columns
    return {name: {f"{table}.{column}" for table, column in sources} for name, sources in columns}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select delay from flights", {"delay": {"flights.delay"}}),
        ("select delay * 2 as twice, 1 as one from flights", {"twice": {"flights.delay"}, "one": set()}),
        ("select f.id, w.wind + f.delay as x from flights f join \"we-ather\" w using (origin)",
         {"id": {"flights.id"}, "x": {"flights.delay", "we-ather.wind"}}),
        ("with late as (select * from flights where delay > 15) select carrier from late",
         {"carrier": {"flights.carrier"}}),
        ("select carrier, count(*) as n from flights where delay > 15 group by carrier",
         {"carrier": {"flights.carrier"}, "n": {"flights.delay"}}),
        ("select carrier from flights union all select origin from \"we-ather\"",
         {"carrier": {"flights.carrier", "we-ather.origin"}}),
        ("select case when delay > 15 then carrier end as late_carrier from flights",
         {"late_carrier": {"flights.delay", "flights.carrier"}}),
        ("select * from \"we-ather\"", {c: {f"we-ather.{c}"} for c in ("origin", "wind", "gust")}),
    ],
)  # fmt: skip
def test_a_query_derives_its_columns(text: str, expected: dict[str, set[str]]) -> None:
    assert derived(text) == expected


@pytest.mark.parametrize(
    ("text", "copies"),
    [
        ("select id, delay as d, delay + 0 as sum from flights", {"id": "flights.id", "d": "flights.delay"}),
        ("select (delay) as d, delay::float as f from flights", {"d": "flights.delay", "f": "flights.delay"}),
        ("with late as (select delay as d from flights) select d as minutes from late", {"minutes": "flights.delay"}),
        ("select f.id, w.wind from flights f join \"we-ather\" w using (origin)",
         {"id": "flights.id", "wind": "we-ather.wind"}),
        ("select id from flights union all select id from flights where delay > 9", {"id": "flights.id"}),
        ("select carrier as x from flights union all select origin from \"we-ather\"", {}),
        ("select max(delay) as delay, lag(origin) over (order by id) as origin from flights group by all", {}),
        ("select (select max(wind) from \"we-ather\") as wind from flights", {}),
    ],
)  # fmt: skip
def test_a_column_that_is_one_of_a_table_is_told_from_what_is_made_of_it(text: str, copies: dict[str, str]) -> None:
    assert {name: ".".join(column) for name, column in analysis.derivation(text, TABLES).copies} == copies


@pytest.mark.parametrize(
    ("text", "keys", "filters"),
    [
        ("select carrier from flights", {}, set()),
        ("select carrier from flights where delay > 15", {}, {"flights.delay"}),
        ("select f.id, w.wind from flights f left join \"we-ather\" w on w.origin = f.carrier",
         {"wind": {"we-ather.origin", "flights.carrier"}}, set()),
        ("select f.id, w.wind from flights f left join \"we-ather\" w using (origin)",
         {"wind": {"we-ather.origin", "flights.origin"}}, set()),
        ("select f.id, w.wind from flights f natural left join \"we-ather\" w",
         {"wind": {"we-ather.origin", "flights.origin"}}, set()),
        ("select f.id, w.wind from flights f natural join \"we-ather\" w",
         {"id": {"we-ather.origin"}, "wind": {"flights.origin"}}, {"we-ather.origin", "flights.origin"}),
        ("select f.id, w.wind from flights f right join \"we-ather\" w on w.origin = f.carrier",
         {"id": {"we-ather.origin"}, "wind": {"flights.carrier"}}, {"we-ather.origin", "flights.carrier"}),
        ("select f.id, w.wind from flights f, \"we-ather\" w where f.delay > 1 or w.gust > 2",
         {"id": {"we-ather.gust"}, "wind": {"flights.delay"}}, {"we-ather.gust", "flights.delay"}),
        ("select f.id, w.wind from flights f join \"we-ather\" w on w.origin = f.carrier",
         {"id": {"we-ather.origin"}, "wind": {"flights.carrier"}}, {"we-ather.origin", "flights.carrier"}),
        ("select f.id, w.wind from flights f, \"we-ather\" w where w.origin = f.carrier and f.delay > 1",
         {"id": {"we-ather.origin"}, "wind": {"flights.carrier"}},
         {"we-ather.origin", "flights.carrier", "flights.delay"}),
        ("select f.id from (flights f join \"we-ather\" w on w.origin = f.carrier)",
         {"id": {"we-ather.origin"}}, {"we-ather.origin", "flights.carrier"}),
        ("select carrier, count(*) as n from flights group by all", {"n": {"flights.carrier"}}, set()),
        ("select carrier, count(*) as n from flights group by carrier", {"n": {"flights.carrier"}}, set()),
        ("select origin, avg(delay) as d from flights group by origin having count(carrier) > 9",
         {"d": {"flights.origin"}}, {"flights.carrier"}),
        ("select id from flights qualify row_number() over (partition by carrier order by delay) = 1",
         {}, {"flights.carrier", "flights.delay"}),
        ("select id, count(*) over w as n from flights window w as (partition by carrier)",
         {"n": {"flights.carrier"}}, set()),
        ("select distinct on (carrier) id from flights order by delay", {}, {"flights.carrier", "flights.delay"}),
        ("select id from flights order by delay limit 9", {}, {"flights.delay"}),
        ("select id from flights order by delay", {}, set()),
        ("select id from flights where origin in (select origin from \"we-ather\" where gust > 9)",
         {}, {"flights.origin", "we-ather.origin", "we-ather.gust"}),
        ("with late as (select carrier as who, id from flights where delay > 15) "
         "select w.wind, late.id from late left join \"we-ather\" w on w.origin = late.who",
         {"wind": {"we-ather.origin", "flights.carrier"}}, {"flights.delay"}),
        ("select f.id, w.wind from flights f left join (select * from \"we-ather\" where gust > 9) w using (origin)",
         {"wind": {"we-ather.origin", "flights.origin", "we-ather.gust"}}, set()),
        ("with gusty as (select origin from \"we-ather\" where gust > 9) "
         "select id from flights where origin in (select origin from gusty)",
         {}, {"flights.origin", "we-ather.origin", "we-ather.gust"}),
        ("select id from flights f semi join (select origin from \"we-ather\" where gust > 9) w using (origin)",
         {"id": {"we-ather.origin"}}, {"flights.origin", "we-ather.origin", "we-ather.gust"}),
        ("select id from flights f anti join (select origin from \"we-ather\" where gust > 9) w using (origin)",
         {"id": {"we-ather.origin"}}, {"flights.origin", "we-ather.origin", "we-ather.gust"}),
        ("select id from flights f, lateral (select 1 as one from \"we-ather\" w where w.gust > f.delay) l",
         {}, {"flights.delay", "we-ather.gust"}),
        ("select id from flights limit (select max(gust) from \"we-ather\")", {}, {"we-ather.gust"}),
        ("select id, origin in (select origin from \"we-ather\" where gust > 9) as windy from flights",
         {"windy": {"we-ather.gust"}}, set()),
        ("select f.id, count(*) as n from flights f left join \"we-ather\" w on w.origin = f.carrier group by f.id",
         {"n": {"we-ather.origin", "flights.carrier", "flights.id"}}, set()),
        ("with c as (select id, exists (from \"we-ather\" where gust > 9) as windy from flights) select windy from c",
         {"windy": {"we-ather.gust"}}, set()),
        ("select carrier from flights union all select origin from \"we-ather\" where gust > 9",
         {}, {"we-ather.gust"}),
        ("select carrier from flights except select origin from \"we-ather\"",
         {}, {"flights.carrier", "we-ather.origin"}),
    ],
)  # fmt: skip
def test_what_decides_a_query_is_no_part_of_it(text: str, keys: dict[str, set[str]], filters: set[str]) -> None:
    found = analysis.derivation(text, TABLES)
    assert {name: {".".join(one) for one in columns} for name, columns in found.keys if columns} == keys
    assert {".".join(one) for one in found.filters} == filters


@pytest.mark.parametrize(
    "query",
    [
        "select * from passengers pivot (count(*) for loyalty in ('gold'))",
        "select columns('loy|dec') from passengers",
        "select passenger_id, #2 - #2 % 10 as decade from passengers",
        "select passenger_id from passengers union all by name select loyalty as decade from passengers",
        "select * like 'dec%' from passengers",
        "select q.birth_year as decade from passengers, query_table('passengers') q",
        "select j.value as decade from passengers p, json_each([p.birth_year]) j",
        "select r.range as decade from passengers p, range(p.birth_year) r",
        "select r.range as decade from passengers p, lateral range(p.birth_year) r",
        "select s.max as decade from passengers, (summarize passengers) s",
        "select (select p.birth_year from weather limit 1) as decade from passengers p",
        "select x.birth_year as decade from passengers x, weather x",
        "select d.key as decade from passengers, (describe passengers) d",
    ],
)
def test_a_query_that_nobody_can_see_into_gives_anything_of_what_it_reads(query: str) -> None:
    old = "select passenger_id, birth_year - birth_year % 10 as decade, loyalty from passengers"
    flow = lineage(load(edited(small(), "specs/data.yaml", old, query)).view(None))
    assert ("passengers", "birth_year") in flow.upstream(("travellers", "decade"))


@pytest.mark.parametrize(
    "query",
    [
        "select passenger_id, (select count(*) from passengers) as decade from passengers",
        "select p.*, r.range as decade from passengers p, range(9) r",
        "select p.*, u.unnest as decade from passengers p, unnest([1, 2]) u",
    ],
)
def test_a_star_and_rows_of_numbers_hide_nothing(query: str) -> None:
    old = "select passenger_id, birth_year - birth_year % 10 as decade, loyalty from passengers"
    flow = lineage(load(edited(small(), "specs/data.yaml", old, query)).view(None))
    assert ("passengers", "birth_year") not in flow.upstream(("travellers", "decade"))


@pytest.mark.parametrize(
    "statement", ["(describe passengers)", "(summarize passengers)", "(pivot passengers on loyalty using count(*))"]
)
def test_a_statement_in_the_place_of_a_table_is_no_fault(statement: str) -> None:
    text, typed = f"select loyalty from {statement} s", (("passengers", (("loyalty", "string"),)),)
    assert analysis.kinds(text, typed) == ()
    assert analysis.misfits_of_query(f"select upper(loyalty) as loyalty from {statement} s", typed) == ()


@pytest.mark.parametrize(
    ("query", "functions"),
    [
        ("select * from read_csv('data/passengers.csv')", ["read_csv"]),
        ("from p, lateral Query_Table('passengers') q select q.*", ["Query_Table"]),
        ("with x as (from query('from passengers')) select * from x, main.glob('*')", ["query", "glob"]),
        ("select * from p, range(3), unnest([1]) u, generate_series(1, 2), json_each(p.c), lateral unnest([p.c])", []),
    ],
)
def test_functions_that_a_query_reads_are_told_unless_they_give_what_they_are_given(
    query: str, functions: list[str]
) -> None:
    found = analysis.query(query)
    assert isinstance(found, Query)
    assert [use.name for use in found.functions] == functions
    assert [query[slice(*use.at)] for use in found.functions] == functions


@pytest.mark.parametrize("sql", ["passenger_id.length()", "columns('pass.*')", "#6", "max(columns('pass.*'))"])
def test_sql_that_cannot_be_followed_uses_every_sensitive_column(sql: str) -> None:
    files = edited(small(), "specs/features.yaml", "sql: distance}", f'sql: "{sql}"}}')
    view = load(edited(files, "specs/features.yaml", ", match: [passenger_id]", ", match: [origin]")).view(None)
    touched = lineage(view).sensitive_uses(view.model("delay"))
    assert (("flights", "passenger_id"), "feature") in touched


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("SELECT _col_0, x + 1 FROM t", ["_col_0", ""]),
        ("SELECT x AS _col_0, x + 2 FROM t", ["_col_0", ""]),
        ('SELECT x + 1 AS "_Col_2" FROM t', ["_col_2"]),
        ("SELECT *, x + 1 FROM t", ["_col_0", "x", ""]),
        ("SELECT q._col_0 FROM (SELECT x AS _col_0, x + 1 FROM t) q", ["_col_0"]),
    ],
)
def test_a_column_that_is_called_as_sqlglot_calls_those_without_a_name_has_its_own(text: str, named: list[str]) -> None:
    assert [name for name, _ in analysis.derivation(text, (("t", ("_col_0", "x")),)).columns] == named


def test_columns_of_values_have_no_name() -> None:
    assert [name for name, _ in analysis.derivation("SELECT * FROM (VALUES (1, 2))", ()).columns] == ["", ""]


def test_upper_case_in_a_contract_hides_no_column() -> None:
    found = analysis.derivation("select RACE as x from persons where Age > 16", (("persons", ("Race", "Age")),))
    assert dict(found.columns)["x"] == {("persons", "Race")}
    assert found.filters == {("persons", "Age")}


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("select nope from flights", [("nope", "flights")]),
        ("select f.nope from flights f", [("nope", "flights")]),
        ("select DELAY from flights", []),
        ("select delay as d from flights order by d", []),
        ("select x from (select delay as x from flights)", []),
        ('select unheard from flights join "we-ather" using (origin)', [("unheard", None)]),
    ],
)
def test_columns_that_no_table_has_are_found(text: str, unknown: list[tuple[str, str | None]]) -> None:
    known = (TABLES[0], TABLES[1]) if "we-ather" in text else (TABLES[0],)
    assert [(one.name, one.table) for one in analysis.unknown_columns(text, known)] == unknown


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("extract(hour from departs", "("),
        ("a + ", "+"),
        ("count(*", "("),
        ("a b c", "c"),
        ("'open", "'open"),
        ("a; b", ";"),
        ("round(a, (b)", "("),
    ],
)
def test_what_does_not_parse_is_pointed_at(text: str, at: str) -> None:
    found = analysis.expression(text)
    assert isinstance(found, SqlError)
    assert text[found.at[0] : found.at[1]] == at


@pytest.mark.parametrize(
    "statement",
    [
        "delete from flights", "drop table flights", "update flights set id = 1", "insert into flights values (1)",
        "create table x as select 1", "set id = 1", "use x", "pragma id", "copy flights to 'x'", "attach 'x'",
        "detach x", "describe flights", "summarize flights", "call x()", "vacuum", "begin", "commit", "rollback",
        "values (1)", "show tables", "truncate flights", "explain select 1", "pivot flights on origin", "load x",
        "alter table flights add column x int", "install httpfs", "grant select on x to y", "analyze",
        "merge into flights using x on true when matched then delete", "execute x", "comment on table x is 'y'",
    ],
)  # fmt: skip
def test_a_statement_is_no_expression(statement: str) -> None:
    found = analysis.expression(statement)
    assert isinstance(found, SqlError)
    assert found.at == (0, len(statement))


def test_a_bracket_in_a_text_or_a_comment_is_none() -> None:
    assert isinstance(analysis.expression("case when a = '(' then 1 /* ( */ else 2 end"), Expression)
