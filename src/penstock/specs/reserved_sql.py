"""The words that DuckDB's SQL keeps for itself: a column of such a name has to be quoted.

Those of `duckdb_keywords()` of DuckDB 2.0 that it refuses as a column; a test asks the DuckDB that is installed.
"""

from __future__ import annotations

RESERVED = frozenset({
    "all", "analyse", "analyze", "and", "anti", "any", "array", "as", "asc", "asof", "asymmetric", "at",
    "authorization", "binary", "both", "by", "case", "cast", "check", "collate", "collation", "column",
    "concurrently", "constraint", "create", "cross", "default", "deferrable", "desc", "describe", "distinct", "do",
    "else", "end", "except", "fetch", "for", "foreign", "freeze", "from", "full", "glob", "group", "having", "ilike",
    "in", "initially", "inner", "intersect", "into", "is", "isnull", "join", "lambda", "lateral", "leading", "left",
    "like", "limit", "natural", "not", "notnull", "offset", "on", "only", "or", "order", "outer", "overlaps", "pivot",
    "pivot_longer", "pivot_wider", "placing", "positional", "primary", "qualify", "references", "returning", "right",
    "select", "semi", "show", "similar", "some", "summarize", "symmetric", "table", "tablesample", "then", "to",
    "trailing", "union", "unique", "unpack", "unpivot", "using", "variadic", "verbose", "when", "where", "window",
    "with",
})  # fmt: skip
