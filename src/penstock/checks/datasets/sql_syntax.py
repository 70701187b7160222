"""SQL in a spec does not parse, or could not run.

What it does: parses every SQL expression and query of the specs in DuckDB's dialect, which is what runs them, and
counts the arguments of functions. It also finds what reads well and cannot be meant: templates, comparisons with null.

Why: otherwise the mistake shows up in the cluster, after the pipeline has read its data.

Example:

    hour: {type: int, sql: "extract(hour from departs"}

Use instead:

    hour: {type: int, sql: "extract(hour from departs)"}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.embedded_code import embedded_code
from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.specs.base import Resource
from penstock.specs.dataset import Dataset
from penstock.specs.marked_fields import Found
from penstock.specs.row_order_sql import CALL


@rule("sql-syntax")
def sql_syntax(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each SQL text that cannot be parsed, or is of the wrong form."""
    for found in embedded_code(view, resource, "sql"):
        yield from _problem(view, resource, found)


def _problem(view: View, resource: Resource, found: Found) -> Iterator[Diagnostic]:
    below = found.pointer[1:]
    is_query = isinstance(resource, Dataset)
    parsed = analysis.query(found.text) if is_query else analysis.expression(found.text)
    if isinstance(parsed, analysis.SqlError):
        if parsed.headline == analysis.NO_WINDOW and below[-2:] == ("aggregate", "sql") and CALL.search(found.text):
            return  # `row-order` tells what to write instead
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{_name(below)}` {parsed.headline}",
            view.span(resource, below, within=parsed.at),
            parsed.message,
        )
    elif parsed.volatile:
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{_name(below)}` is another one at each run",
            view.span(resource, below),
            f"`{parsed.volatile}` has no value of its own",
            help=("take a time of the rows; what is known by when follows from `--as-of` and `knownAt`",),
        )
    elif isinstance(parsed, analysis.Expression):
        yield from _form(view, resource, below, parsed)


def _form(
    view: View, resource: Resource, below: tuple[str | int, ...], parsed: analysis.Expression
) -> Iterator[Diagnostic]:
    name = _name(below)
    if parsed.subquery is not None:
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{name}` holds a query of its own",
            view.span(resource, below, within=parsed.subquery),
            help=("make the query a Dataset with `source: {sql: ...}`, and read that with `latest` or `aggregate`",),
        )
    elif below[-2:-1] == ("aggregate",) and below[-1] == "sql" and not (parsed.aggregates or parsed.unknown):
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{name}` aggregates nothing",
            view.span(resource, below),
            "one value for each row of the window",
            help=("wrap it in an aggregate function such as `avg(...)`, `max(...)` or `count(*)`",),
        )
    elif below[-2:] == ("aggregate", "where") and (parsed.aggregates or parsed.windows):
        yield Diagnostic.error(
            "sql-syntax",
            f"the condition `where` of `{name}` aggregates",
            view.span(resource, below),
            "it is asked of each row by itself",
            help=("say in `where` which rows count, and aggregate them in `sql`, such as `count(*) > 3`",),
        )
    elif below[-2:-1] == ("aggregate",) and parsed.windows:
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{name}` uses a window function within the window of `aggregate`",
            view.span(resource, below),
            help=("take `over (...)` away: `window`, `match` and `where` say which rows are seen",),
        )
    elif below[-2:-1] != ("aggregate",) and (parsed.aggregates or parsed.windows):
        kind = "a window function" if parsed.windows else "an aggregate function"
        yield Diagnostic.error(
            "sql-syntax",
            f"the SQL of `{name}` uses {kind}, which looks at rows of any time",
            view.span(resource, below),
            help=("use `aggregate: {of: ..., sql: ..., match: [...], window: ...}`, which sees only earlier rows",),
        )


def _name(below: tuple[str | int, ...]) -> str:
    """What the SQL belongs to: a feature, a check, or the source."""
    if below[:1] == ("features",):
        return str(below[1])
    return "source" if below[0] == "source" else f"{below[0]}[{below[1]}]"
