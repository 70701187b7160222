"""Attacks by SQL: forms in which a private column reaches a model without being named as one that is read."""

from __future__ import annotations

import pytest

from penstock.review.model import Plan
from penstock.specs.review import Area
from review.pull_requests import ERROR, opened
from review.repositories import Documents, Repository, indirect, set_at


def reaching(plan: Plan) -> set[str]:
    """The columns that newly reach the model."""
    changes = indirect(plan, "Model/delay")
    return {change.after["column"] for change in changes if change.area is Area.PRIVACY and "column" in change.after}


def with_feature(sql: str) -> object:
    return set_at("FeatureSet", "conditions", "features", "who", to={"type": "int", "sql": sql})


def with_query(sql: str) -> object:
    """A dataset of its own whose column `who` becomes a feature."""

    def edit(documents: Documents) -> None:
        documents["Dataset", "passengers"] = {
            "apiVersion": "penstock/v1",
            "kind": "Dataset",
            "metadata": {"name": "passengers", "owner": "flight-data"},
            "spec": {
                "source": {"sql": sql},
                "primaryKey": ["flight_id"],
                "columns": {"flight_id": {"type": "string"}, "who": {"type": "string"}},
            },
        }
        documents["FeatureSet", "conditions"]["spec"]["features"]["who"] = {
            "type": "string",
            "lookup": {"of": "passengers", "column": "who", "match": ["flight_id"]},
        }

    return edit


@pytest.mark.parametrize(
    "sql",
    [
        "length(columns('^contact$'))",
        "length(columns(['contact']))",
        "length(columns(* exclude (flight_id, scheduled_departure, origin, distance)))",
        "len([*columns('con.*')])",
        "contact.length()",
        "distance + contact.upper().length()",
        "flights.contact.length()",
    ],
)
def test_a_feature_reads_no_private_column_unseen(repository: Repository, sql: str) -> None:
    assert "flights.contact" in reaching(repository.changed(with_feature(sql)))  # type: ignore[arg-type]


@pytest.mark.parametrize("sql", ["count(*) + 0 * distance", "length(origin)", "[distance, 1][1]", "round(distance, 1)"])
def test_what_names_its_columns_reads_no_other(repository: Repository, sql: str) -> None:
    # A key before, the origin is a value where it is named.
    named = {"flights.origin"} if "origin" in sql else set()
    assert reaching(repository.changed(with_feature(sql))) == named  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sql",
    [
        "select flight_id, contact.upper() as who from flights",
        "select q.flight_id, q.contact.upper() as who from flights q",
        "select flight_id, to_json(q) as who from (select * from flights) q",
        "with q as (select * from flights) select flight_id, q::varchar as who from q",
        "select q.flight_id, struct_extract(q, 'contact') as who from (select * from flights) q",
        "select flight_id, (select f.contact) as who from flights f",
        "select flight_id, v.who from flights f, (select f.contact as who) v",
        "select flight_id, who from (select flight_id, {'who': contact} as s from flights) t, (select unnest(s))",
        "select * from (select flight_id, contact from flights as f(flight_id, t, o, d, who)) as f(flight_id, who)",
        "select flight_id, who from flights as f(flight_id, t, o, d, who)",
    ],
)
def test_nor_does_a_query(repository: Repository, sql: str) -> None:
    assert "flights.contact" in reaching(repository.changed(with_query(sql)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sql",
    [
        "select flight_id, origin as who from flights",
        "select flight_id, origin as who from flights f where exists (from weather w where w.origin = f.origin)",
        "select flight_id, who from flights f, lateral (select f.origin as who)",
        "select flight_id, v.who from flights, unnest([origin]) v(who)",
        "select flight_id, who from (select flight_id, origin from flights) as t(flight_id, who)",
        "select flight_id, s.who as who from (select flight_id, {'who': origin} as s from flights)",
        "with t(flight_id, who) as (select flight_id, origin from flights) select * from t",
    ],
)
def test_nor_is_a_query_that_names_them_taken_for_one(repository: Repository, sql: str) -> None:
    assert "flights.contact" not in reaching(repository.changed(with_query(sql)))  # type: ignore[arg-type]


@pytest.mark.parametrize("sql", ["not " * 5000 + "true", "- " * 5000 + "distance"])
def test_what_is_nested_too_deeply_is_an_error_of_its_text(repository: Repository, sql: str) -> None:
    pull_request = opened(repository, with_feature(sql))  # type: ignore[arg-type]
    assert pull_request.state is ERROR
    assert "sql-syntax" in {found.code for found in pull_request.inputs().plan.errors}
