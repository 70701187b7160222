"""Which of the rows that a SELECT reads are one, and which of them others name, by the columns that it equates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from penstock.catalog.sql.timed_rows import NO_BOUNDS, Bound, Bounds, Row
from penstock.catalog.sql.values import Moment


class RowIdentity:
    """The single rows that a SELECT reads, side by side."""

    def __init__(
        self,
        tables: Mapping[str, Moment],
        columns: Mapping[tuple[Row, str], Bounds],
        equal: Iterable[tuple[Bound, Bound]],
    ) -> None:
        """`columns`: where the value of a row's column is found; `equal`: what is equal in all rows of the result."""
        self._tables = tables
        self._columns = columns
        self._rows = dict.fromkeys(row for row, _ in columns)
        together: dict[Bound, set[Bound]] = {}
        for ours, theirs in equal:
            both = together.get(ours, {ours}) | together.get(theirs, {theirs})
            together |= dict.fromkeys(both, both)
        self._equals = {node: frozenset(same) for node, same in together.items()}

    def same(self, node: Bound) -> Bounds:
        """All columns that equal one in every row, itself among them."""
        return self._equals.get(node, frozenset({node}))

    def same_as(self, nodes: Iterable[Bound]) -> Bounds:
        """All columns that equal one of some."""
        return NO_BOUNDS.union(*map(self.same, nodes))

    def keys(self, row: Row) -> tuple[tuple[str, ...], ...]:
        """The keys of the table that a row is of."""
        return self._tables[row.table][4]

    @cached_property
    def same_rows(self) -> dict[Row, frozenset[Row]]:
        """Rows that have the same key, and are those of one table, and so are one."""
        found = {
            row: frozenset(one for one in self._rows if one != row and self._are_one(row, one)) for row in self._rows
        }
        return {row: others for row, others in found.items() if others}

    @cached_property
    def named(self) -> frozenset[Row]:
        """The rows that others name by their key, and by no key of their own: those are there before they are named."""
        return frozenset(row for row in self._rows if any(self._is_named_by(row, key) for key in self.keys(row)))

    def _are_one(self, row: Row, other: Row) -> bool:
        def meets(column: str) -> bool:
            return not self._same_as_column(row, column).isdisjoint(self._columns.get((other, column), NO_BOUNDS))

        is_of_one_table = self._tables[row.table][1] == self._tables[other.table][1]
        return is_of_one_table and any(all(map(meets, key)) for key in self.keys(row))

    def _is_named_by(self, row: Row, key: tuple[str, ...]) -> bool:
        naming = [
            {one for same in self._same_as_column(row, column) for one in self._found_in.get(same, ()) if one[0] != row}
            for column in key
        ]
        all_of_them = set[tuple[Row, str]]().union(*naming)
        owners = {other for other, _ in all_of_them}
        is_their_key = any(all((one, name) in all_of_them for name in own) for one in owners for own in self.keys(one))
        return all(naming) and not is_their_key

    def _same_as_column(self, row: Row, column: str) -> Bounds:
        return self.same_as(self._columns.get((row, column), NO_BOUNDS))

    @cached_property
    def _found_in(self) -> dict[Bound, list[tuple[Row, str]]]:
        found: dict[Bound, list[tuple[Row, str]]] = {}
        for column, nodes in self._columns.items():
            for node in nodes:
                found.setdefault(node, []).append(column)
        return found
