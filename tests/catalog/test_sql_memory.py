"""What one run has found out about SQL serves the next one, which takes no text apart again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from penstock.catalog import sql, sql_reading

TABLES = (("flights", ("id", "late", "carrier")), ("carriers", ("carrier", "name")))
JOINED = "SELECT name, count(*) AS flown FROM flights JOIN carriers USING (carrier) WHERE late GROUP BY name"
QUESTIONS: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...] = (
    (sql.expression, ("avg(late) + flights.id",)),
    (sql.expression, ("late IN (SELECT id FROM carriers)",)),
    (sql.expression, ("avg(late",)),
    (sql.expression, ("nvl(late, flew(id))",)),
    (sql.query, (JOINED,)),
    (sql.query, ("late",)),
    (sql.query, ("SELECT nvl(late, id) FROM flights",)),
    (sql.derivation, (JOINED, TABLES)),
    (sql.unknown_columns, ("SELECT lte FROM flights", TABLES)),
    (sql.kind, ("late / 2", (("late", "int"),))),
    (sql.kinds, ("SELECT late / 2 AS half FROM flights", (("flights", (("late", "int"),)),))),
)


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known at first, and nothing of it afterwards."""
    monkeypatch.setattr(sql, "_MEMORY", type(sql._MEMORY)())


@pytest.mark.parametrize(("ask", "arguments"), QUESTIONS)
def test_what_was_learned_is_recalled(
    ask: Callable[..., Any], arguments: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ask(*arguments)
    assert found == getattr(sql_reading, ask.__name__)(*arguments)
    kept = orjson.loads(orjson.dumps(dict(sql.learned())))
    monkeypatch.setattr(sql, "_MEMORY", type(sql._MEMORY)())
    monkeypatch.setattr(sql_reading, ask.__name__, lambda *_: pytest.fail("taken apart again"))
    sql.recall(kept)
    assert ask(*arguments) == found
    assert dict(sql.learned()) == {}
