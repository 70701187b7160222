"""Columns are followed through SQL and features to the models."""

from __future__ import annotations

import pytest

from catalog.repositories import edited, load, small
from penstock.catalog import sql
from penstock.catalog.lineage import FeatureId, lineage

TABLES = (("flights", ("id", "delay", "carrier", "origin")), ("we-ather", ("origin", "wind", "gust")))


def derived(text: str) -> dict[str, set[str]]:
    columns = sql.derivation(text, TABLES).columns
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
    assert [(one.name, one.table) for one in sql.unknown_columns(text, known)] == unknown


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
    found = sql.expression(text)
    assert isinstance(found, sql.SqlError)
    assert text[found.at[0] : found.at[1]] == at


def test_a_bracket_in_a_text_or_a_comment_is_none() -> None:
    assert isinstance(sql.expression("case when a = '(' then 1 /* ( */ else 2 end"), sql.Expression)


def test_features_lead_back_through_sql_to_the_source() -> None:
    flow = lineage(load(small()).view("staging"))
    paths = flow.columns_reaching("delay")
    assert paths["passengers", "loyalty"] == ("passengers.loyalty", "travellers.loyalty", "plan.loyalty")
    assert ("arrivals", "late") in paths
    assert ("passengers", "birth_year") not in paths


def test_a_python_feature_reads_what_it_says_and_everything_where_it_says_nothing() -> None:
    files = small()
    said = lineage(load(files).view(None)).feature_columns(FeatureId("conditions", "rush"))
    assert set(said) == {("flights", "departs_at"), ("flights", "origin")}
    silent = edited(files, "specs/features.yaml", ", reads: [departs_at, origin]", "")
    everything = lineage(load(silent).view(None)).feature_columns(FeatureId("conditions", "rush"))
    assert ("flights", "passenger_id") in everything


def test_a_feature_that_is_left_out_carries_nothing_in() -> None:
    files = edited(small(), "specs/model.yaml", "plan: all", "plan: {except: [loyalty]}")
    flow = lineage(load(files).view(None))
    assert FeatureId("plan", "loyalty") not in flow.features_of("delay")
    assert ("passengers", "loyalty") not in flow.columns_reaching("delay")


def test_a_circle_of_datasets_ends() -> None:
    files = edited(
        small(),
        "specs/data.yaml",
        "{csv: data/passengers.csv}",
        '{sql: "select passenger_id, decade as birth_year, loyalty from travellers"}',
    )
    flow = lineage(load(files).view(None))
    assert set(flow.upstream(("travellers", "decade"))) == {("travellers", "decade"), ("passengers", "birth_year")}
