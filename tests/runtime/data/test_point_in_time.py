"""Features see what could be known at their row's time and nothing else: held to an oracle, and to a changed future."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.runtime.data.features import compute
from penstock.runtime.data.timed import TimedTable
from runtime.data.tables import at, feature_set, timed

HOURS = st.integers(0, 12)
KEYS = st.none() | st.sampled_from(["a", "b"])


@dataclass(frozen=True)
class Event:
    """A row of the other dataset; times are hours."""

    key: str | None
    happened: int
    known: int | None
    value: int | None


@dataclass(frozen=True)
class Asking:
    """A row that features are computed for."""

    key: str | None
    time: int


EVENTS = st.lists(st.builds(Event, KEYS, HOURS, st.none() | HOURS, st.none() | st.integers(0, 9)), max_size=12)
ASKING = st.lists(st.builds(Asking, KEYS, HOURS), min_size=1, max_size=6)

FEATURES = {
    "newest": {"type": "int", "latest": {"of": "events", "column": "value", "match": {"key": "who"}}},
    "young": {"type": "int", "latest": {"of": "events", "column": "value", "match": {"key": "who"}, "maxAge": "3h"}},
    "newest_of_all": {"type": "int", "latest": {"of": "events", "column": "value", "match": []}},
    "total": {
        "type": "int",
        "aggregate": {"of": "events", "sql": "sum(value)", "match": {"key": "who"}, "window": "4h"},
    },
    "rows": {"type": "int", "aggregate": {"of": "events", "sql": "count(*)", "match": {"key": "who"}, "window": "4h"}},
    "rows_of_all": {"type": "int", "aggregate": {"of": "events", "sql": "count(*)", "match": [], "window": "2h"}},
    "high_share": {
        "type": "float",
        "aggregate": {
            "of": "events",
            "sql": "count(*) FILTER (WHERE value > 4) / count(*)",
            "where": "value IS NOT NULL",
            "match": {"key": "who"},
            "window": "6h",
        },
    },
}


def events_table(events: Sequence[Event], known_at: bool = True) -> TimedTable:
    columns: dict[str, Any] = {
        "key": pa.array([event.key for event in events], pa.string()),
        "happened": pa.array([at(event.happened) for event in events], pa.timestamp("us")),
        "value": pa.array([event.value for event in events], pa.int64()),
    }
    if known_at:
        known = [None if event.known is None else at(event.known) for event in events]
        columns["known"] = pa.array(known, pa.timestamp("us"))
    return timed("events", columns, "happened", "known" if known_at else None)


def asking_table(asking: Sequence[Asking]) -> TimedTable:
    columns = {
        "id": list(range(len(asking))),
        "who": pa.array([row.key for row in asking], pa.string()),
        "t": [at(row.time) for row in asking],
    }
    return timed("asking", columns, "t", primary_key=["id"])


def computed(asking: Sequence[Asking], events: TimedTable, features: dict[str, Any]) -> list[dict[str, Any]]:
    definition = feature_set(source="asking", entity=["id"], features=features)
    return (
        compute("set", definition, {"asking": asking_table(asking), "events": events})
        .select(list(features))
        .to_pylist()
    )


def known_in(events: Sequence[Event], low: float, high: int) -> list[Event]:
    return [event for event in events if event.known is not None and low < event.known <= high]


def newest(
    events: Sequence[Event], row: Asking, matches: Callable[[Event], bool], max_age: int | None = None
) -> int | None:
    """By looking at every event: of those known and past, the last to happen, then to be known, then in the table."""
    seen = [
        (event.happened, event.known, place, event)
        for place, event in enumerate(events)
        if matches(event) and event.known is not None and max(event.known, event.happened) <= row.time
    ]
    if not seen:
        return None
    event = max(seen, key=lambda each: each[:3])[3]
    return event.value if max_age is None or row.time - event.happened <= max_age else None


def oracle(row: Asking, events: Sequence[Event]) -> dict[str, Any]:
    def same(event: Event) -> bool:
        return row.key is not None and event.key == row.key

    four = [event for event in known_in(events, row.time - 4, row.time) if same(event)]
    six = [event for event in known_in(events, row.time - 6, row.time) if same(event) and event.value is not None]
    values = [event.value for event in four if event.value is not None]
    return {
        "newest": newest(events, row, same),
        "young": newest(events, row, same, max_age=3),
        "newest_of_all": newest(events, row, lambda _: True),
        "total": sum(values) if values else None,
        "rows": len(four),
        "rows_of_all": len(known_in(events, row.time - 2, row.time)),
        "high_share": sum((event.value or 0) > 4 for event in six) / len(six) if six else None,
    }


@given(ASKING, EVENTS)
@settings(max_examples=40, deadline=None)
def test_every_feature_is_what_a_look_at_all_rows_finds(asking: list[Asking], events: list[Event]) -> None:
    assert computed(asking, events_table(events), FEATURES) == [oracle(row, events) for row in asking]


@given(ASKING, EVENTS)
@settings(max_examples=15, deadline=None)
def test_without_a_time_of_knowledge_the_event_time_is_it(asking: list[Asking], events: list[Event]) -> None:
    at_once = [Event(event.key, event.happened, event.happened, event.value) for event in events]
    assert computed(asking, events_table(events, known_at=False), FEATURES) == [oracle(row, at_once) for row in asking]


@given(ASKING, EVENTS, EVENTS, HOURS)
@settings(max_examples=25, deadline=None)
def test_nothing_that_becomes_known_later_changes_a_feature(
    asking: list[Asking], past: list[Event], future: list[Event], now: int
) -> None:
    before = [event for event in past if event.known is not None and event.known <= now]
    later = [Event(event.key, event.happened, now + 1 + (event.known or 0), event.value) for event in future]
    rows = [Asking(row.key, min(row.time, now)) for row in asking]
    assert computed(rows, events_table(before), FEATURES) == computed(rows, events_table([*before, *later]), FEATURES)


def test_a_correction_is_seen_from_the_moment_it_is_known_and_not_before() -> None:
    events = [Event("a", 1, 1, 10), Event("a", 1, 5, 11), Event("a", 3, 4, 20), Event("a", 2, 8, 99)]
    rows = [Asking("a", hour) for hour in (0, 1, 3, 4, 5, 8)]
    found = [row["newest"] for row in computed(rows, events_table(events), {"newest": FEATURES["newest"]})]
    # A late word about hour 1 or 2 does not displace what is known of hour 3.
    assert found == [None, 10, 10, 20, 20, 20]


def test_a_missing_value_is_the_latest_value_and_no_older_one_stands_in_for_it() -> None:
    events = [Event("a", 1, 1, 10), Event("a", 2, 2, None)]
    assert computed([Asking("a", 3)], events_table(events), {"newest": FEATURES["newest"]}) == [{"newest": None}]


def test_a_window_leaves_its_start_out_and_takes_its_end_in() -> None:
    events = [Event("a", 0, hour, 1) for hour in (2, 3, 6, 7)]
    assert computed([Asking("a", 6)], events_table(events), {"rows": FEATURES["rows"]}) == [{"rows": 2}]


@pytest.mark.parametrize(
    ("sql", "where", "expected"),
    [
        ("sum(text::int)", "known_number", 12),
        ("sum(text::int) filter (where known_number)", None, 12),
        ("max(text::int + coalesce(value, 0))", "known_number and text <> ''", 12),
        ("max(strptime(text, '%d').day())", "known_number", 12),
        ("round(sum(ln(value)))", "value > 0", 2),
        ("count_if(text::int > 3)", "known_number", 1),
        ("count(distinct text::int) filter (where text::int > 3)", "known_number", 1),
        ("arg_max(value, text::int)", "known_number", 0),
        ("sum(ln(coalesce(value, 0)))::int", "value = 7", 2),
    ],
)
def test_what_an_aggregate_is_over_is_computed_for_rows_that_count_alone(
    sql: str, where: str | None, expected: int
) -> None:
    columns = {
        "key": ["a", "a"],
        "happened": [at(1), at(2)],
        "text": ["12", "n/a"],
        "known_number": [True, False],
        "value": [0, 7],
    }
    aggregate = {"of": "events", "sql": sql, "match": {"key": "who"}, "window": "4h"}
    feature = {"type": "int", "aggregate": aggregate | ({} if where is None else {"where": where})}
    found = computed([Asking("a", 3)], timed("events", columns, "happened"), {"x": feature})
    assert found == [{"x": expected}]


def test_a_row_does_not_count_itself_before_its_own_outcome_is_known() -> None:
    flights = timed(
        "flights",
        {"id": [1, 2, 3], "t": [at(0), at(2), at(6)], "done": [at(5), at(3), at(9)], "late": [1, 0, 1]},
        "t",
        "done",
        ["id"],
    )
    feature = {"type": "int", "aggregate": {"of": "flights", "sql": "count(*)", "match": [], "window": "24h"}}
    definition = feature_set(source="flights", entity=["id"], features={"finished": feature})
    assert compute("set", definition, {"flights": flights})["finished"].to_pylist() == [0, 0, 2]


def test_a_lookup_in_a_table_with_time_waits_until_its_row_is_known() -> None:
    planes = timed("planes", {"who": ["a", "b"], "since": [at(0), at(5)], "seats": [50, 60]}, "since")
    feature = {"type": "int", "lookup": {"of": "planes", "column": "seats", "match": ["who"]}}
    definition = feature_set(source="asking", entity=["id"], features={"seats": feature})
    rows = asking_table([Asking("a", 1), Asking("b", 4), Asking("b", 5), Asking(None, 9)])
    assert compute("set", definition, {"asking": rows, "planes": planes})["seats"].to_pylist() == [50, None, 60, None]


NAMES = ["events", "states", "asking", "met", "laid", "placed", "sized", "framed", "ours", "theirs"]


@pytest.mark.parametrize("name", NAMES)
def test_datasets_of_any_name_are_told_from_what_is_made_on_the_way(name: str) -> None:
    planes = timed(name, {"who": ["a", "b"], "since": [at(0), at(5)], "seats": [50, 60]}, "since")
    rows = timed("rows", {"id": [1, 2], "who": ["a", "b"], "t": [at(1), at(4)]}, "t", primary_key=["id"])
    expected = [{"newest": 50, "seats": 50, "planes": 1}, {"newest": None, "seats": None, "planes": 0}]
    for source, of in (("rows", name), (name, "rows")):
        features = {
            "newest": {"type": "int", "latest": {"of": of, "column": "seats", "match": ["who"]}},
            "seats": {"type": "int", "lookup": {"of": of, "column": "seats", "match": ["who"]}},
            "planes": {"type": "int", "aggregate": {"of": of, "sql": "count(*)", "match": ["who"], "window": "9h"}},
        }
        definition = feature_set(source=source, entity=["id"], features=features)
        tables = {source: replace(rows, name=source), of: replace(planes, name=of)}
        assert compute("set", definition, tables).select(list(features)).to_pylist() == expected


@given(st.permutations(range(8)))
@settings(max_examples=10, deadline=None)
def test_sums_of_fractions_come_out_alike_at_every_run(order: list[int]) -> None:
    values = [0.1 * 3**place for place in range(8)]
    columns = {"k": ["x"] * 8, "t": [at(place % 3) for place in order], "v": [values[place] for place in order]}
    feature = {"type": "float", "aggregate": {"of": "e", "sql": "avg(v)", "match": {"k": "who"}, "window": "9h"}}
    definition = feature_set(source="asking", entity=["id"], features={"mean": feature})
    tables = {"asking": asking_table([Asking("x", 3), Asking("x", 1)]), "e": timed("e", columns, "t")}
    assert compute("set", definition, tables).equals(compute("set", definition, tables))
