"""Columns are followed through features to the models."""

from __future__ import annotations

import pytest

from catalog.repositories import edited, load, small
from penstock.catalog.lineage import FeatureId, Use, datasets_of, lineage
from penstock.catalog.upstream import made_of_its_row


def test_features_lead_back_through_sql_to_the_source() -> None:
    uses = lineage(load(small()).view("staging")).uses_of("delay")
    path = ("passengers.loyalty", "travellers.loyalty", "plan.loyalty")
    assert uses[("passengers", "loyalty"), "feature"] == path
    assert (("arrivals", "late"), "feature") in uses
    assert (("passengers", "birth_year"), "feature") not in uses


def test_a_python_feature_reads_what_it_says_and_everything_where_it_says_nothing() -> None:
    files = small()
    said = lineage(load(files).view(None)).sources_of(FeatureId("conditions", "rush"))
    assert {source.column for source in said} == {("flights", "departs_at"), ("flights", "origin")}
    silent = edited(files, "specs/features.yaml", ", reads: [departs_at, origin]", "")
    everything = lineage(load(silent).view(None)).sources_of(FeatureId("conditions", "rush"))
    assert ("flights", "passenger_id") in {source.column for source in everything}


@pytest.mark.parametrize("choice", ["{except: [loyalty]}", "[hour]"])
def test_a_feature_that_is_left_out_carries_nothing_in(choice: str) -> None:
    files = edited(small(), "specs/model.yaml", "plan: all", f"plan: {choice}")
    flow = lineage(load(files).view(None))
    assert FeatureId("plan", "hour") in flow.features_of("delay")
    assert FeatureId("plan", "loyalty") not in flow.features_of("delay")
    assert {("passengers", "loyalty"), ("flights", "passenger_id")}.isdisjoint(c for c, _ in flow.uses_of("delay"))


def test_a_key_and_a_condition_decide_a_feature_and_are_no_part_of_its_value() -> None:
    files = edited(
        small(), "specs/features.yaml", "match: [carrier], window", 'where: "delay > 5", match: [carrier], window'
    )
    flow = lineage(load(files).view(None))
    looked_up = {one.column: one.decides for one in flow.sources_of(FeatureId("plan", "loyalty"))}
    assert looked_up == {
        ("travellers", "loyalty"): False,
        ("travellers", "passenger_id"): True,
        ("flights", "passenger_id"): True,
    }
    counted = {one.column: one.decides for one in flow.sources_of(FeatureId("conditions", "late_share"))}
    assert counted[("arrivals", "late")] is False
    assert counted[("arrivals", "delay")] is counted[("arrivals", "carrier")] is counted[("flights", "carrier")] is True
    touch = flow.touches("delay")[("passengers", "passenger_id"), "feature"]
    assert touch.decides
    assert touch.path == ("passengers.passenger_id", "travellers.passenger_id", "plan.loyalty")


def test_the_entity_decides_what_is_joined_from_another_dataset() -> None:
    touches = lineage(load(small()).view(None)).touches("delay")
    assert touches[("flights", "flight_id"), "label"].path == ("flights.flight_id", "arrivals.late")
    assert (("flights", "flight_id"), "feature") not in touches, "a row meets itself by no decision"


@pytest.mark.parametrize(
    "form",
    [
        "latest: {of: weather, column: wind_speed, match: [origin], maxAge: 3h}",
        "aggregate: {of: weather, sql: avg(wind_speed), match: [origin], window: 3h}",
        "lookup: {of: weather, column: wind_speed, match: [origin]}",
    ],
)
def test_whatever_a_feature_reads_is_read_by_training(form: str) -> None:
    old = "latest: {of: weather, column: wind_speed, match: [origin], maxAge: 3h}"
    view = load(edited(small(), "specs/features.yaml", old, form)).view(None)
    assert datasets_of(view, "delay") == ("arrivals", "flights", "passengers", "travellers", "weather")


def test_a_circle_of_datasets_ends() -> None:
    files = edited(
        small(),
        "specs/data.yaml",
        "{csv: data/passengers.csv}",
        '{sql: "select passenger_id, decade as birth_year, loyalty from travellers"}',
    )
    flow = lineage(load(files).view(None))
    assert set(flow.upstream(("travellers", "decade"))) == {("travellers", "decade"), ("passengers", "birth_year")}


@pytest.mark.parametrize(
    ("key", "sql", "is_of_it"),
    [
        ("flight_id", "flight_id, distance AS length FROM flights", True),
        ("flight_id", "f.flight_id, f.distance AS length FROM flights f JOIN arrivals USING (flight_id)", True),
        ("flight_id", "a.flight_id, f.distance AS length FROM arrivals a JOIN flights f USING (carrier)", False),
        ("flight_id", "f.flight_id, g.distance AS length FROM flights f JOIN flights g USING (origin)", False),
        ("flight_id", "flight_id, distance * 60 AS length FROM flights", True),
        ("flight_id", "flight_id, CASE WHEN distance > 90 THEN 1 END AS length FROM flights WHERE distance > 0", True),
        ("flight_id", "flight_id, max(distance) AS length FROM flights GROUP BY flight_id", True),
        ("flight_id", "flight_id, lag(distance) OVER (ORDER BY departs_at) AS length FROM flights", False),
        ("flight_id", "flight_id, distance - avg(distance) OVER () AS length FROM flights", False),
        ("flight_id", "max(flight_id) AS flight_id, sum(distance) AS length FROM flights GROUP BY carrier", False),
        ("", "distance AS length FROM flights", True),
        ("", "f.distance AS length FROM flights f JOIN arrivals USING (carrier)", False),
        ("", "length FROM legs", False),
    ],
)
def test_a_column_is_made_of_its_row_where_that_keeps_its_key(key: str, sql: str, *, is_of_it: bool) -> None:
    legs = f"""\
---
apiVersion: penstock/v1
kind: Dataset
metadata: {{name: legs, owner: flight-data}}
spec:
  source: {{sql: "SELECT {sql}"}}
  primaryKey: [{key}]
  columns: {{flight_id: {{type: string}}, length: {{type: int}}}}
"""
    found = made_of_its_row(load(small(data=legs)).view(None), ("legs", "length"))
    assert found == (("legs", "length"), *([("flights", "distance")] if is_of_it else []))


def with_timely(source: str, feature: str) -> dict[str, str]:
    """With the dataset `timely` of the arrivals that are late, and a feature set `more` with one feature."""
    columns = "{flight_id: {type: string}, arrived_at: {type: timestamp}, carrier: {type: string}, delay: {type: int}}"
    query = "select flight_id, arrived_at, carrier, delay from arrivals where late"
    return small(
        data="---\napiVersion: penstock/v1\nkind: Dataset\nmetadata: {name: timely, owner: flight-data}\nspec:\n"
        f'  source: {{sql: "{query}"}}\n  primaryKey: [flight_id]\n  eventTime: arrived_at\n  columns: {columns}\n',
        features="---\napiVersion: penstock/v1\nkind: FeatureSet\nmetadata: {name: more, owner: flight-ml}\nspec:\n"
        f"  source: {source}\n  entity: [flight_id]\n  features:\n    one: {{type: float, {feature}}}\n",
    )


@pytest.mark.parametrize(
    ("source", "feature", "tells"),
    [
        ("timely", "sql: delay", False),
        ("flights", "latest: {of: timely, column: delay, match: [carrier], maxAge: 3h}", True),
        ("flights", "lookup: {of: timely, column: delay, match: [flight_id]}", True),
        ("flights", "aggregate: {of: timely, sql: avg(delay), match: [carrier], window: 30d}", True),
    ],
)
def test_what_filters_a_dataset_bears_on_who_joins_its_rows(source: str, feature: str, tells: bool) -> None:
    """Which row is there tells something; that the row itself is there tells the model of none more than of another."""
    files = with_timely(source, feature)
    flow = lineage(load(files).view(None))
    found = {column for one in flow.sources_of(FeatureId("more", "one")) for column in flow.bearing_on(one)}
    assert ("arrivals", "delay") in found
    assert (("arrivals", "late") in found) is tells


@pytest.mark.parametrize(
    ("column", "use", "columns", "ends"),
    [
        ("arrivals.late", "feature", {"arrivals.late", "timely.delay", "timely.flight_id"}, ("more.one",)),
        ("arrivals.delay", "feature", {"arrivals.delay", "timely.delay"}, ("more.one",)),
        ("arrivals.late", "label", {"arrivals.late"}, ()),
        ("flights.origin", "slice", {"flights.origin"}, ()),
        ("arrivals.delay", "label", set(), ()),
    ],
)
def test_what_lies_between_a_column_and_a_model_is_what_leads_from_the_one_to_the_other(
    column: str, use: Use, columns: set[str], ends: tuple[str, ...]
) -> None:
    files = with_timely("flights", "lookup: {of: timely, column: delay, match: [flight_id]}")
    files = edited(files, "specs/model.yaml", "{plan: all, conditions: all}", "{plan: all, more: all}")
    dataset, _, name = column.partition(".")
    found = lineage(load(files).view(None)).ways("delay", (dataset, name), use)
    assert ({".".join(one) for one in found.columns}, found.ends) == (columns, ends)
