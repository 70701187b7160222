"""What is told of later rows in queries over the tables of these tests."""

from __future__ import annotations

from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Moments

MOMENTS: Moments = (
    ("asked", "asked", "t", False, (("id",),), ("id", "k", "t", "x"), ()),
    ("met", "met", "s", False, (("number",),), ("number", "k", "s", "v"), ()),
    ("days", "days", "day", True, (("day",),), ("day", "sun"), ()),
    ("wider", "asked", "t", False, (("id",),), ("id", "t", "more"), ()),
    ("places", "places", "", False, (("k",),), ("k", "area"), ()),
)


def told(text: str, own: str = "t") -> dict[str, str]:
    return {one.column: f"{one.table} {one.how}" for one in analysis.lookaheads(text, MOMENTS, own) if one.column}


def decides(text: str, own: str = "t") -> set[str]:
    """The tables of whose later rows some may decide which rows there are."""
    return {f"{one.table} {one.how}" for one in analysis.lookaheads(text, MOMENTS, own) if not one.column}
