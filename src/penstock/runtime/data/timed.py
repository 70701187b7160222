"""Tables as features see them: registered with a position for each row, and with the two times of a row as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.runtime.artifacts import DATA_FILE, ENTITY_PREFIX, read_json, read_table
from penstock.runtime.data.contract import WITHHELD
from penstock.runtime.data.conversion import kind_of
from penstock.runtime.data.engine import identifier
from penstock.runtime.faults import InputError

if TYPE_CHECKING:
    import pyarrow as pa

POSITION = "@position"
"""Column with a row's position in its table; it breaks ties, since a validated table has one order."""


@dataclass(frozen=True, slots=True)
class TimedTable:
    """A validated dataset with the names of its times."""

    name: str
    table: pa.Table
    event_time: str | None
    known_at: str | None
    primary_key: tuple[str, ...]
    is_withheld: bool = False
    """Whether it has a column whose values are never shown, nor is what is computed from them."""

    @classmethod
    def read(cls, name: str, directory: Path) -> TimedTable:
        """The output of the step ``validate``."""
        facts = read_json(directory / "table.json")
        return cls(
            name=name,
            table=with_position(read_table(directory / DATA_FILE)),
            event_time=facts["event_time"],
            known_at=facts["known_at"],
            primary_key=tuple(facts["primary_key"]),
            is_withheld=any(column["sensitivity"] in WITHHELD for column in facts.get("columns", {}).values()),
        )

    @property
    def known(self) -> str | None:
        """SQL of the moment at which a row could first be read; None where the dataset has no time."""
        column = self.known_at or self.event_time
        return None if column is None else _timestamp(column)

    @property
    def happened(self) -> str | None:
        """SQL of the moment that a row tells of; the moment it was known where the dataset has no event time."""
        column = self.event_time or self.known_at
        return None if column is None else _timestamp(column)

    @property
    def is_known_by_day(self) -> bool:
        """Whether that moment is a day, and so the beginning of it."""
        import pyarrow.types as types

        column = self.known_at or self.event_time
        return column is not None and types.is_date(self.table.schema.field(column).type)

    def require(self, columns: Sequence[str], place: str) -> None:
        """An `InputError` for the first of `columns` that the table lacks."""
        for column in columns:
            if column not in self.table.column_names:
                known = ", ".join(name for name in self.table.column_names if name != POSITION)
                raise InputError(f"{place}: `{self.name}` has no column `{column}`; it has {known}")


def with_position(table: pa.Table) -> pa.Table:
    """The table with the column `POSITION` appended."""
    import numpy as np
    import pyarrow as pa

    # From a buffer, since `pyarrow.array` imports pandas, which takes longer than most of what is done here.
    numbers = pa.py_buffer(np.arange(table.num_rows, dtype=np.int64).tobytes())
    return table.append_column(POSITION, pa.Array.from_buffers(pa.int64(), table.num_rows, [None, numbers]))


def matched(match: Sequence[str] | Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Pairs of (their column, our column) on which rows meet."""
    pairs: Any = match.items() if isinstance(match, Mapping) else ((name, name) for name in match)
    return tuple((theirs, ours) for theirs, ours in pairs)


def refuse_other_kinds(theirs: pa.Table, ours: pa.Table, pairs: Sequence[tuple[str, str]], place: str) -> None:
    """An `InputError` for the first pair of columns, theirs and ours, whose values are of kinds that never are equal.

    The database would make numbers of texts: `1` and `01` would both meet the number 1, and its row would be doubled.
    """
    for their, our in pairs:
        kinds = kind_of(theirs.schema.field(their).type), kind_of(ours.schema.field(our).type)
        if len({_ALIKE.get(kind, kind) for kind in kinds} - {"null"}) > 1:
            named = [name.removeprefix(ENTITY_PREFIX) for name in (their, our)]
            raise InputError(
                f"{place}: rows never match, because `{named[0]}` is {kinds[0]} and `{named[1]}` is {kinds[1]}: "
                f"declare both columns with the same type"
            )


_ALIKE = {"float": "int", "date": "timestamp"}
"""Kinds of which a value can equal one of another kind."""


def _timestamp(column: str) -> str:
    return f"CAST({identifier(column)} AS TIMESTAMP)"
