"""The tables that a query is said to read are those without which the database refuses it."""

from __future__ import annotations

import pytest

from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Query

QUERIES = {
    "with flights as (select * from flights) select id from flights": ["flights"],
    "with Late as (select * from flights) select id from late": ["flights"],
    "with flights as (select 1 as id) select id from flights": [],
    "with flights as (select 1 as id) select id from (select * from flights) union all select id from flights": [],
    "with late as (select * from flights), flights as (select 9 as id) select id from late": ["flights"],
    "with flights as (select 9 as id), late as (select * from flights) select id from late": [],
    "with late as (with flights as (select * from flights) select * from flights) select id from late": ["flights"],
    "select l.id from (with flights as (select 1 as id) select * from flights) l, flights": ["flights"],
    "with flights as (select 1 as id) select id from main.flights": ["flights"],
    "with recursive n as (select 1 as id union all select id + 1 from N where id < 3) select id from n": [],
    "with recursive flights as (select * from flights) select id from flights": ["flights"],
    "with recursive flights as (select id from flights union all select id + 1 from flights where id < 3) "
    "select id from flights": ["flights"],
    "with recursive flights as (select 1 as id union all select id + 1 from flights where id < 3) "
    "select id from flights": [],
}


@pytest.mark.parametrize("text", QUERIES)
def test_tables_that_a_query_reads(text: str) -> None:
    """Whatever names the query gives to its own parts."""
    found = analysis.query(text)

    assert isinstance(found, Query)
    assert [table.name for table in found.tables] == QUERIES[text]


@pytest.mark.parametrize("text", QUERIES)
def test_the_database_needs_these_tables(text: str) -> None:
    """With them it runs; without them it does not, if there are any."""
    duckdb = pytest.importorskip("duckdb", reason="it is in the extra `runtime`")
    with duckdb.connect() as connection:
        if QUERIES[text]:
            with pytest.raises((duckdb.CatalogException, duckdb.BinderException)):
                connection.execute(text)
            connection.execute("create table flights (id integer)")
        connection.execute(text)
