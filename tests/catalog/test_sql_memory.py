"""What one run has found out about SQL serves the next one, which takes no text apart again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from penstock.catalog.sql import analysis, parsing

TABLES = (("flights", ("id", "late", "carrier")), ("carriers", ("carrier", "name")))
JOINED = "SELECT name, count(*) AS flown FROM flights JOIN carriers USING (carrier) WHERE late GROUP BY name"
QUESTIONS: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...] = (
    (analysis.expression, ("avg(late) + flights.id",)),
    (analysis.expression, ("late IN (SELECT id FROM carriers)",)),
    (analysis.expression, ("avg(late",)),
    (analysis.expression, ("nvl(late, flew(id))",)),
    (analysis.query, (JOINED,)),
    (analysis.query, ("late",)),
    (analysis.query, ("SELECT nvl(late, id) FROM flights",)),
    (analysis.derivation, (JOINED, TABLES)),
    (analysis.unknown_columns, ("SELECT lte FROM flights", TABLES)),
    (analysis.kind, ("late / 2", (("late", "int"),))),
    (analysis.kinds, ("SELECT late / 2 AS half FROM flights", (("flights", (("late", "int"),)),))),
)


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known at first, and nothing of it afterwards."""
    monkeypatch.setattr(analysis, "_MEMORY", type(analysis._MEMORY)())


@pytest.mark.parametrize(("ask", "arguments"), QUESTIONS)
def test_what_was_learned_is_recalled(
    ask: Callable[..., Any], arguments: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ask(*arguments)
    assert found == getattr(parsing, ask.__name__)(*arguments)
    kept = orjson.loads(orjson.dumps(dict(analysis.learned())))
    monkeypatch.setattr(analysis, "_MEMORY", type(analysis._MEMORY)())
    monkeypatch.setattr(parsing, ask.__name__, lambda *_: pytest.fail("taken apart again"))
    analysis.recall(kept)
    assert ask(*arguments) == found
    assert dict(analysis.learned()) == {}
