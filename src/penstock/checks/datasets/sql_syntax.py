"""SQL in a spec does not parse, or cannot run.

What it does: parses every SQL expression and query of the specs in the dialect of DuckDB, which runs them, and counts
the arguments of functions. It also reports likely mistakes: templates, comparisons with null, and checks of a Dataset
that always return a row, as `select count(*) from this where ...` does: a check fails if its query returns any.

Why: otherwise the mistake shows up in the cluster, after the pipeline has read its data.

Example:

    hour: {type: int, sql: "extract(hour from departs"}

Use instead:

    hour: {type: int, sql: "extract(hour from departs)"}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.catalog.embedded_code import embedded_code
from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import NO_WINDOW, Expression, SqlError
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.specs.base import Resource
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.marked_fields import Found
from penstock.specs.row_order_sql import CALL

_CURLY = "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}" + (
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
)
_CHANCE = re.compile(r"random|sample|uuid|setseed", re.IGNORECASE)
_CONDITION = re.compile(r"\s*if\b.*\bthen\b|.*\?.*:|.*\S\s+if\s.*\selse\s", re.IGNORECASE | re.DOTALL)
"""A condition as other languages write it."""
_BY_HASH = "to choose rows by chance, compare a hash of their key, such as `hash(id) % 10 = 0`"
_BY_COLUMN = "use a timestamp column of the rows; `--as-of` and `knownAt` decide what is known at a time"


@rule("sql-syntax")
def sql_syntax(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each SQL text that cannot be parsed, or is of the wrong form."""
    for found in embedded_code(view, resource, "sql"):
        yield from _problem(view, resource, found)


def _problem(view: View, resource: Resource, found: Found) -> Iterator[Diagnostic]:
    below = found.pointer[1:]
    is_query = isinstance(resource, Dataset)
    parsed = analysis.query(found.text) if is_query else analysis.expression(found.text)
    if isinstance(parsed, SqlError):
        if parsed.headline == NO_WINDOW and below[-2:] == ("aggregate", "sql") and CALL.search(found.text):
            return  # `row-order` tells what to write instead
        advice = _advice(view, resource, below, found.text)
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{_name(below)}` {parsed.headline}",
            view.span(resource, below, within=parsed.at),
            # What the parser expects follows from how it read a text that was meant otherwise.
            "" if advice else parsed.message,
            help=advice,
        )
    elif parsed.volatile:
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{_name(below)}` gives another value at each run",
            view.span(resource, below),
            f"`{parsed.volatile}` is not deterministic",
            help=(_BY_HASH if _CHANCE.search(parsed.volatile) else _BY_COLUMN,),
        )
    elif isinstance(parsed, Expression):
        yield from _form(view, resource, below, parsed)
    elif parsed.one_row and below[0] == "checks":
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{_name(below)}` always returns one row, so the check never passes",
            view.span(resource, below),
            help=(
                "return only what violates the check: the rows themselves, or a total of them with a condition, such "
                "as `select count(*) from this where ... having count(*) > 0`",
            ),
        )


def _advice(view: View, resource: Resource, below: tuple[str | int, ...], text: str) -> tuple[str, ...]:
    """What to write where the parser stumbles over signs that it takes for something else."""
    curly = next((sign for sign in text if sign in _CURLY), None)
    if curly is not None:
        return (f"`{curly}` is a typographic quote: write `\"` around a name, and `'` around text",)
    if _CONDITION.match(text):
        return ("write a condition as `case when ... then ... else ... end`",)
    for name in _columns(view, resource, below):
        if not name.isidentifier() and name in text and f'"{name}"' not in text:
            return (f'write the column as `"{name}"`, with the double quotes in the SQL itself',)
    return ()


def _columns(view: View, resource: Resource, below: tuple[str | int, ...]) -> list[str]:
    """The columns that the SQL may name, the longest first; none of a query, which may read any dataset."""
    if isinstance(resource, Dataset):
        columns = resource.spec.columns if below[0] == "checks" else {}
    elif isinstance(resource, FeatureSet):
        feature = resource.spec.features[str(below[1])]
        name = feature.aggregate.of if below[2:3] == ("aggregate",) and feature.aggregate else resource.spec.source
        dataset = view.find(Dataset, name)
        columns = dataset.spec.columns if dataset is not None else {}
    else:
        columns = {}
    return sorted(columns, key=lambda each: (-len(each), each))


def _form(view: View, resource: Resource, below: tuple[str | int, ...], parsed: Expression) -> Iterator[Diagnostic]:
    name = _name(below)
    if parsed.subquery is not None:
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{name}` contains a subquery",
            view.span(resource, below, within=parsed.subquery),
            help=(
                "move the subquery to a Dataset with `source: {sql: ...}`, and read that with `latest` or `aggregate`",
            ),
        )
    elif below[-2:-1] == ("aggregate",) and below[-1] == "sql" and not (parsed.aggregates or parsed.unknown):
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{name}` has no aggregate function",
            view.span(resource, below),
            "one value for each row of the window",
            help=("wrap it in an aggregate function such as `avg(...)`, `max(...)` or `count(*)`",),
        )
    elif below[-2:] == ("aggregate", "where") and (parsed.aggregates or parsed.windows):
        yield Diagnostic.error(
            "sql-syntax",
            f"the condition `where` of `{name}` has an aggregate function",
            view.span(resource, below),
            "`where` is evaluated for each row",
            help=("filter rows in `where`, and aggregate them in `sql`, such as `count(*) > 3`",),
        )
    elif below[-2:-1] == ("aggregate",) and parsed.windows:
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{name}` uses a window function inside of `aggregate`",
            view.span(resource, below),
            help=("remove `over (...)`: `window`, `match` and `where` select the rows",),
        )
    elif below[-2:-1] != ("aggregate",) and (parsed.aggregates or parsed.windows):
        kind = "a window function" if parsed.windows else "an aggregate function"
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{name}` uses {kind}, which reads rows of any time",
            view.span(resource, below),
            help=("use `aggregate: {of: ..., sql: ..., match: [...], window: ...}`, which sees only earlier rows",),
        )


def _name(below: tuple[str | int, ...]) -> str:
    """What the SQL belongs to: a feature, a check, or the source."""
    if below[:1] == ("features",):
        return str(below[1])
    return "source" if below[0] == "source" else f"{below[0]}[{below[1]}]"
