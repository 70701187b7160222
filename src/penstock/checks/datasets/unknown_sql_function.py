"""SQL calls a function that DuckDB does not have.

What it does: looks up every function that the SQL of features, datasets and their checks calls among those of the
DuckDB version that the steps use. No extensions are loaded.

Why: functions of other databases are easily overlooked in a review. The step would fail, after the pipeline has read
its data.

Example:

    distance: {type: float, sql: "nvl(distance, 0)"}

Use instead:

    distance: {type: float, sql: "coalesce(distance, 0)"}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.embedded_code import embedded_code
from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.sql.functions import SYNTAX, functions
from penstock.catalog.sql.values import SqlError
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.model import Diagnostic, Span
from penstock.specs.base import Resource
from penstock.specs.dataset import Dataset

ELSEWHERE = {
    "approx_percentile": "approx_quantile", "array_size": "len", "astype": "cast", "charindex": "instr",
    "collect_list": "list", "convert": "cast", "date_format": "strftime", "dateadd": "date_add",
    "days_between": "date_diff", "fillna": "coalesce", "format_date": "strftime", "format_timestamp": "strftime",
    "from_unixtime": "to_timestamp", "iff": "if", "isnull": "coalesce", "json_extract_scalar": "json_extract_string",
    "locate": "instr", "nvl": "coalesce", "parse_date": "strptime", "parse_timestamp": "strptime",
    "percentile": "quantile_cont", "regexp_contains": "regexp_matches", "regexp_count": "regexp_extract_all",
    "regexp_like": "regexp_matches", "regexp_substr": "regexp_extract", "rlike": "regexp_matches",
    "safe_cast": "try_cast", "size": "len", "stdev": "stddev", "timestamp_diff": "date_diff",
    "timestamp_trunc": "date_trunc", "timestampdiff": "date_diff", "to_char": "strftime", "to_date": "strptime",
    "try_convert": "try_cast", "unix_timestamp": "epoch", "zeroifnull": "coalesce",
}  # fmt: skip
"""Functions of other databases with the one of DuckDB that does it, its arguments perhaps in another order."""

_WRITTEN_OUT = {
    "log1p": "ln(1 + x)",
    "expm1": "exp(x) - 1",
    "sigmoid": "1 / (1 + exp(-x))",
    "clip": "least(greatest(x, low), high)",
}
"""Functions of other languages with the expression that does it."""


@rule("unknown-sql-function", once=True)
def unknown_sql_function(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each call of a function that DuckDB does not have."""
    for found in embedded_code(view, resource, "sql"):
        parsed = analysis.query(found.text) if isinstance(resource, Dataset) else analysis.expression(found.text)
        if not isinstance(parsed, SqlError):
            for called in parsed.unknown:
                yield _diagnostic(view.span(resource, found.pointer[1:], within=called.at), called.name)


def _diagnostic(at: Span, name: str) -> Diagnostic:
    headline = f"DuckDB has no function `{name}`"
    meant = ELSEWHERE.get(name.lower())
    if meant is not None:
        return Diagnostic.error("unknown-sql-function", headline, at, help=(f"the equivalent in DuckDB is `{meant}`",))
    expression = _WRITTEN_OUT.get(name.lower())
    if expression is not None:
        return Diagnostic.error("unknown-sql-function", headline, at, help=(f"write `{expression}`",))
    known = [one for one in {*functions(), *SYNTAX} if not one.startswith(("collate_", "icu_collate_"))]
    return unknown_word("unknown-sql-function", headline, at, name.lower(), known)
