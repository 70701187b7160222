"""Parts of rows that do not touch: by time, by a hash, by group."""

from __future__ import annotations

import hashlib

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.runtime.data.parts import assign
from penstock.specs.model import GroupSplit, RandomSplit, TimeSplit
from penstock.specs.units import Duration, Fraction
from runtime.data.tables import at, rows, table


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=40), st.integers(1, 100), st.integers(1, 100), st.integers(0, 30)
)
@settings(max_examples=25, deadline=None)
def test_parts_by_time_follow_each_other_with_the_gap_between_them(
    hours: list[int], validation: int, test: int, gap: int
) -> None:
    lengths = {"validation": validation, "test": test, "gap": gap}
    split = TimeSplit(by="time", **{name: Duration.parse(f"{hours}h") for name, hours in lengths.items()})
    assigned = assign(rows([at(hour) for hour in hours]), split).to_pylist()
    end = max(hours)
    for hour, part in zip(hours, assigned, strict=True):
        since_test, since_validation = hour - (end - test), hour - (end - test - gap - validation)
        if since_test > 0:
            assert part == "test"
        elif since_test > -gap:
            assert part is None
        elif since_validation > 0:
            assert part == "validation"
        else:
            assert part == (None if since_validation > -gap else "train")


def test_rows_go_into_the_part_of_their_time_however_their_table_is_cut() -> None:
    """After a join of batches with a few rows beyond a vector of the database, its rows stand in another order."""
    times = [at(hour) for hour in range(7_000)]
    chunks = [table({"@event_time": times[first : first + 2_049]}) for first in range(0, len(times), 2_049)]
    cut = pa.concat_tables(chunks)
    lengths = {"validation": Duration.parse("1000h"), "test": Duration.parse("2000h")}
    assigned = assign(cut, TimeSplit(by="time", **lengths)).to_pylist()
    assert assigned == ["train"] * 4_000 + ["validation"] * 1_000 + ["test"] * 2_000


@given(st.permutations(range(30)), st.integers(0, 29))
@settings(max_examples=10, deadline=None)
def test_a_hash_puts_a_row_into_its_part_whatever_other_rows_there_are(order: list[int], kept: int) -> None:
    split = RandomSplit(by="random", validation=Fraction("0.2"), test=Fraction("0.3"), seed=7)
    everything = table({"@entity.id": list(range(30))})
    whole = assign(everything, split).to_pylist()
    some = order[: kept + 1]
    assert assign(everything.take(some), split).to_pylist() == [whole[place] for place in some]


def test_the_hash_is_the_one_that_is_documented() -> None:
    """Another one would bring test rows of yesterday's model into the training of today's."""
    keys = [(None if number % 50 == 0 else f"ä{number}", number % 7) for number in range(600)]
    split = RandomSplit(by="random", validation=Fraction("0.2"), test=Fraction("0.3"), seed=7)
    names, numbers = zip(*keys, strict=True)
    found = assign(table({"@entity.name": names, "size": numbers, "@entity.number": numbers}), split).to_pylist()
    for (name, number), part in zip(keys, found, strict=True):
        digest = hashlib.md5(f"7\x1f{name or ''}\x1f{number}".encode()).hexdigest()
        share = int(digest[: 52 // 4], 16) / 2**52
        assert part == ("test" if share < 0.3 else "validation" if share < 0.5 else "train")


def test_shares_of_a_hash_are_near_what_was_asked_and_the_seed_moves_rows() -> None:
    many = table({"@entity.id": list(range(20_000))})
    first, second = (
        assign(many, RandomSplit(by="random", validation=Fraction("0.1"), test=Fraction("0.2"), seed=seed)).to_pylist()
        for seed in (0, 1)
    )
    assert abs(first.count("test") / 20_000 - 0.2) < 0.012
    assert abs(first.count("validation") / 20_000 - 0.1) < 0.009
    assert first != second


def test_a_group_is_never_torn_apart() -> None:
    groups = [f"g{place % 40}" for place in range(400)]
    split = GroupSplit(by="group", column="house", validation=Fraction("0.3"), test=Fraction("0.3"))
    parts = assign(table({"@entity.id": list(range(400)), "@slice.house": groups}), split).to_pylist()
    assert len(set(zip(groups, parts, strict=True))) == 40
    assert set(parts) == {"train", "validation", "test"}


def test_the_group_may_be_a_key_of_the_rows() -> None:
    split = GroupSplit(by="group", column="house", validation=Fraction("0.3"), test=Fraction("0.3"))
    houses = [f"g{place % 40}" for place in range(400)]
    as_key = assign(table({"@entity.house": houses, "@entity.room": list(range(400))}), split)
    assert as_key.to_pylist() == assign(table({"@slice.house": houses}), split).to_pylist()
