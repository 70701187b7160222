"""Features see what could be known at their row's time and nothing else: held to an oracle, and to a changed future."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.runtime.data.contract import judge_columns
from penstock.runtime.data.features import compute
from penstock.runtime.data.snapshot import take
from penstock.runtime.data.timed import TimedTable, with_position
from runtime.data.tables import at, contract, feature_set, moment, timed

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


ZONES = ["UTC", "Asia/Kolkata", "America/New_York", "Pacific/Chatham"]
TIMES: dict[str, Callable[[list[datetime | None]], pa.Array]] = {
    "naive": lambda moments: pa.array(moments, pa.timestamp("us")),
    "nanoseconds": lambda moments: pa.array(moments, pa.timestamp("ns")),
    **{
        zone: lambda moments, zone=zone: pa.array([each and moment(each) for each in moments], pa.timestamp("us", zone))
        for zone in ZONES
    },
    "text": lambda moments: pa.array([each and each.isoformat() for each in moments], pa.string()),
    "text with offsets": lambda moments: pa.array(
        [
            each and moment(each).astimezone(ZoneInfo(ZONES[-1 - place % len(ZONES)])).isoformat(sep=" ")
            for place, each in enumerate(moments)
        ],
        pa.string(),
    ),
}
"""How a source may hold moments, in whatever zone."""


def validated(name: str, columns: dict[str, Any], types: dict[str, str], **times: str) -> TimedTable:
    """A dataset as snapshot and validation hand it on, from the columns of its source."""
    spec = contract(
        columns={each: {"type": type_, "nullable": True} for each, type_ in types.items()},
        onSchemaChange={"retyped": "warn"},
        **times,
    )
    taken, _ = take(pa.table(columns), spec, moment(at(99)))
    judged = judge_columns(taken, name, spec)
    assert not judged.findings
    return TimedTable(name, with_position(judged.table), times.get("eventTime"), times.get("knownAt"), ())


KEY_TYPES = {"string": lambda key: key, "int": "ab".index, "float": lambda key: float("ab".index(key))}
PAIRS = [("string", "string"), ("int", "int"), ("int", "float"), ("float", "int")]


def keys(values: Sequence[str | None], type_: str) -> list[Any]:
    return [None if each is None else KEY_TYPES[type_](each) for each in values]


@given(ASKING, EVENTS, st.sampled_from(PAIRS), st.lists(st.sampled_from(sorted(TIMES)), min_size=3, max_size=3))
@settings(max_examples=20, deadline=None)
def test_features_are_those_of_the_moments_in_whatever_form_a_source_holds_them(
    asking: list[Asking], events: list[Event], types: tuple[str, str], forms: list[str]
) -> None:
    theirs, ours = types
    # Rows that agree in all but their value would be told apart by their place, which a snapshot decides.
    events = list({(each.key, each.happened, each.known): each for each in events}.values())
    columns = {
        "key": pa.array(keys([each.key for each in events], theirs), pa.string() if theirs == "string" else None),
        "happened": TIMES[forms[0]]([at(each.happened) for each in events]),
        "known": TIMES[forms[1]]([None if each.known is None else at(each.known) for each in events]),
        "value": pa.array([each.value for each in events], pa.int64()),
    }
    contracted = {"key": theirs, "happened": "timestamp", "known": "timestamp", "value": "int"}
    seen = validated("events", columns, contracted, eventTime="happened", knownAt="known")
    rows = {
        "id": list(range(len(asking))),
        "who": pa.array(keys([each.key for each in asking], ours), pa.string() if ours == "string" else None),
        "t": TIMES[forms[2]]([at(each.time) for each in asking]),
    }
    source = validated("asking", rows, {"id": "int", "who": ours, "t": "timestamp"}, eventTime="t")
    # Without a key, rows of several keys may tie, and only a snapshot's order tells which of them is the last.
    features = {name: each for name, each in FEATURES.items() if name != "newest_of_all"}
    definition = feature_set(source="asking", entity=["id"], features=features)
    found = compute("set", definition, {"asking": source, "events": seen})
    expected = [oracle(asking[place], events) for place in found["@entity.id"].to_pylist()]
    assert found.select(list(features)).to_pylist() == [{name: row[name] for name in features} for row in expected]


@given(st.permutations(range(8)))
@settings(max_examples=10, deadline=None)
def test_sums_of_fractions_come_out_alike_at_every_run(order: list[int]) -> None:
    values = [0.1 * 3**place for place in range(8)]
    columns = {"k": ["x"] * 8, "t": [at(place % 3) for place in order], "v": [values[place] for place in order]}
    feature = {"type": "float", "aggregate": {"of": "e", "sql": "avg(v)", "match": {"k": "who"}, "window": "9h"}}
    definition = feature_set(source="asking", entity=["id"], features={"mean": feature})
    tables = {"asking": asking_table([Asking("x", 3), Asking("x", 1)]), "e": timed("e", columns, "t")}
    assert compute("set", definition, tables).equals(compute("set", definition, tables))
