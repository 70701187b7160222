"""What is known of SQL, as values: of an expression, a query, and where a text goes wrong."""

from typing import Literal, NamedTuple

DIALECT = "duckdb"
"""That of the engine that runs it, as sqlglot calls it."""

Range = tuple[int, int]
"""The characters [start, end) of a text."""

TableColumn = tuple[str, str]
"""A table and one of its columns."""


NO_WINDOW = "lacks a window"
"""The headline of a window function that stands by itself."""


class SqlError(NamedTuple):
    """Why a text is no SQL that could run, and which characters of it are at fault."""

    message: str
    at: Range
    headline: str = "does not parse"
    """What is wrong with the text, as the end of a sentence that it begins."""


class ColumnUse(NamedTuple):
    """A column that SQL names."""

    name: str
    table: str
    """The table or alias it is qualified with; empty where it is not."""
    at: Range


class TableUse(NamedTuple):
    """A table that SQL names."""

    name: str
    at: Range


class Receiver(NamedTuple):
    """A name that a function is called on: `contact` of ``contact.length()``, or `np` of ``np.log(x)``."""

    name: str
    function: str
    at: Range


class UnknownFunction(NamedTuple):
    """A function that SQL calls and the engine does not have."""

    name: str
    at: Range


class Expression(NamedTuple):
    """A scalar or aggregate expression."""

    columns: tuple[ColumnUse, ...]
    aggregates: bool
    """Whether an aggregate function makes one value of many rows."""
    windows: bool
    """Whether a window function looks at other rows."""
    subquery: Range | None
    """Where a query stands inside the expression, if there is one."""
    volatile: str
    """What of it is another value at each run, such as ``now()``; empty where nothing is."""
    unknown: tuple[UnknownFunction, ...]
    """The functions that the engine does not have, in the order of the text."""
    opaque: bool
    """Whether it may read other columns than those that it names: ``columns('c.*')``, ``#1``, ``contact.length()``."""
    receivers: tuple[Receiver, ...]
    """The lone names that functions are called on as methods."""


class Query(NamedTuple):
    """A SELECT: the tables that it reads, without its own common table expressions."""

    tables: tuple[TableUse, ...]
    text: str
    volatile: str = ""
    """What of it is another value at each run, such as ``random()``; empty where nothing is."""
    unknown: tuple[UnknownFunction, ...] = ()
    """The functions that the engine does not have, in the order of the text."""
    functions: tuple[TableUse, ...] = ()
    """The functions that it reads in the place of tables, but for those that give only what they are given."""
    one_row: bool = False
    """Whether it returns exactly one row whatever there is to read."""


class UnknownColumn(NamedTuple):
    """A column that none of a query's tables has."""

    name: str
    at: Range
    table: str | None
    """The table that it was looked for in; None where it could be any."""


Tables = tuple[tuple[str, tuple[str, ...]], ...]
"""Tables with their columns, hashable."""

ColumnTypes = tuple[tuple[str, str], ...]
"""Columns with the type that each is declared of, hashable."""

TableTypes = tuple[tuple[str, ColumnTypes], ...]
"""Tables with the types of their columns, hashable."""


class ResultColumn(NamedTuple):
    """A column of a query's result, and of which kind its values are."""

    name: str
    kind: str
    at: Range
    """Where it is named."""


class Misfit(NamedTuple):
    """A function that is called with a value of a kind that the engine refuses as this argument."""

    function: str
    kind: str
    takes: tuple[str, ...]
    """The kinds that it takes there."""
    argument: str
    at: Range
    """Where the argument stands."""
    before: str
    """What stands before it in the brackets: DISTINCT, and other arguments with the comma behind them."""
    after: str = ""
    """What stands behind it in the brackets: other arguments with the comma before them, and ORDER BY."""


class Clash(NamedTuple):
    """An operator between values of two kinds that the engine takes together for none of its meanings."""

    operator: str
    left: str
    right: str
    at: Range
    """Where it stands, with both sides."""


class Derivation(NamedTuple):
    """How the columns of a query come about."""

    columns: tuple[tuple[str, frozenset[TableColumn]], ...]
    """Each column of the result with the columns of tables that its values depend on; none where nobody can tell.

    The name is empty where the query gives none, and so the engine does.
    """
    keys: tuple[tuple[str, frozenset[TableColumn]], ...] = ()
    """Each column of the result with the columns by which its values are found: of joins, groups and the like."""
    filters: frozenset[TableColumn] = frozenset()
    """The columns that decide which rows the result has."""
    copies: tuple[tuple[str, TableColumn], ...] = ()
    """Each column of the result that is one of a table, under whatever name and as whatever type."""


Moment = tuple[str, str, str, bool, tuple[tuple[str, ...], ...], tuple[str, ...], tuple[str, ...]]
"""When the rows of a table are known: its name, the table whose rows they are, the column of the time, whether that is
a day, its keys, its columns, and those of them that may be made of later rows all the same, with an empty one where
later rows decide which rows there are.

The time is empty where the table has none. All names of columns are in lower case. A table whose rows are those of
another one has them with its time and its keys.
"""

Moments = tuple[Moment, ...]


Look = Literal["chain", "retimed", "earlier", "row", "group", "window", "join"]
"""By what rows that may be later come into a result: see `Lookahead.how`."""


class Lookahead(NamedTuple):
    """A column of a query's result that may be made of rows which are known later than the result."""

    column: str
    """Empty where such rows decide which rows of the result there are."""
    table: str
    """The table of those rows."""
    how: Look
    """By what they come in.

    `retimed`: it is the row that gives the result its time, but not the time at which it is known. `earlier`: the same,
    and the query takes something away from that time. `row`: it is one row, and the result has no time. `group`: rows
    are put together, and the result's time may be before the last of them. `window`: a window function sees rows of any
    time. `join`: no condition bounds their time by that of the result. `chain`: the table holds what is known
    later than its own rows.
    """
