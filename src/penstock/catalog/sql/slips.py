"""SQL that can be read, or nearly, and hardly means what it says: what comes from templates, Python and other habits.

Each is found in the text itself, without what stands in quotes and comments.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlglot import exp

from penstock.catalog.sql.values import NO_WINDOW, SqlError

_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/""", re.DOTALL)


class _Slip(NamedTuple):
    pattern: re.Pattern[str]
    """With a group, where only that is at fault."""
    headline: str
    message: str
    """What would be right; `{}` stands for what was found."""


_SLIPS = (
    _Slip(
        re.compile(r"\{\{|\{%|\$\{"),
        "contains a template",
        "templates are not supported: write the dataset's name, without `ref` or `source`",
    ),
    _Slip(
        re.compile(r"(?:(?<![<>:=!])==?|<>|!=)\s*null\b", re.IGNORECASE),
        "compares with null",
        "never true: write `is null` or `is not null`",
    ),
    _Slip(
        re.compile(r"(?<![\w.-])(?:19|20)\d\d-[01]\d-[0-3]\d(?![\w.-])"),
        "contains a date without quotes",
        "this subtracts numbers: write `date '{}'`",
    ),
    _Slip(
        re.compile(
            r"\bdate_?(?:diff|part|sub|trunc)\s*\(\s*(year|quarter|month|week|day|hour|minute|second)\s*,",
            re.IGNORECASE,
        ),
        "has a unit without quotes",
        "to DuckDB this is a column: write `'{}'`",
    ),
    _Slip(
        re.compile(r"(?<![\w.])\d+(?:\.\d+)?\s*&&|&&\s*\d"),
        "joins conditions by `&&`",
        "write `and`: `&&` tests whether two lists overlap",
    ),
)
_ABOVE_ONE = "has a quantile above 1"


def slip(text: str) -> SqlError | None:
    """The first slip in a text."""
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), text)
    for one in _SLIPS:
        found = one.pattern.search(bare)
        if found is not None:
            which = one.pattern.groups
            return SqlError(one.message.format(found[which]), found.span(which), one.headline)
    return None


_FACTORIAL = re.compile(r"(?<=[\w)\]'\"])(\s*)!(?![^\s:,;)\]}])")


def without_factorials(text: str) -> str:
    """The text with a blank for the mark of ``5!``, which sqlglot does not know: a whole number as before."""
    if "!" not in text:
        return text
    bare = _QUOTED.sub(lambda found: found[0][0] + "_" * (len(found[0]) - 2) + found[0][-1], text)
    marks = {found.end() - 1 for found in _FACTORIAL.finditer(bare)}
    return "".join(" " if at in marks else character for at, character in enumerate(text))


def share_above_one(tree: exp.Expr) -> SqlError | None:
    """A quantile by its percentage, which the engine refuses once it has the data."""
    for node in tree.find_all(exp.Quantile, exp.PercentileCont, exp.PercentileDisc, exp.ApproxQuantile):
        share = node.args.get("quantile") or node.args.get("expression")
        if isinstance(share, exp.Literal) and not share.is_string and float(share.name) > 1 and "start" in share.meta:
            at = (share.meta["start"], share.meta["end"] + 1)
            return SqlError(f"a quantile is a share: write `{float(share.name) / 100:g}`", at, _ABOVE_ONE)
    return None


_WINDOWS = (
    exp.Lag, exp.Lead, exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist, exp.Ntile, exp.NthValue, exp.FirstValue,
    exp.LastValue, exp.RowNumber,
)  # fmt: skip


def bare_window(tree: exp.Expr) -> SqlError | None:
    """A window function without its window, which the engine has under no other form."""
    for node in tree.find_all(*_WINDOWS):
        above = node.parent
        while isinstance(above, exp.IgnoreNulls | exp.RespectNulls | exp.Filter):
            above = above.parent
        if not isinstance(above, exp.Window) and "start" in node.meta:
            at = (node.meta["start"], node.meta["end"] + 1)
            return SqlError(
                "a window function needs `over (...)`, which only the query of a Dataset can have",
                at,
                NO_WINDOW,
            )
    return None


_PLACEHOLDER = re.compile(r"\?|(?<!:)[$:]\w+")


def placeholder(tree: exp.Expr, text: str) -> SqlError | None:
    """A parameter of a prepared statement, which nobody gives a value."""
    if tree.find(exp.Placeholder) is None:
        return None
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), text)
    found = _PLACEHOLDER.search(bare)
    at = found.span() if found is not None else (0, len(text))
    return SqlError("a placeholder has no value here: write the value itself", at, "contains a placeholder")


_OF_FUNCTIONS = (exp.Transform, exp.ArrayFilter, exp.Reduce, exp.Columns)
_MORE_OF_FUNCTIONS = re.compile(r"(?:list_|array_)?(?:transform|apply|filter|reduce)")
_ARROW = re.compile(r"[\s)]*->")


def arrow(tree: exp.Expr, text: str) -> SqlError | None:
    """A function of one value as older versions of the engine have it; this one takes the arrow for JSON's."""
    if "->" not in text:
        return None
    for node in tree.find_all(exp.Lambda):
        above = node.parent
        takes = isinstance(above, _OF_FUNCTIONS) or (
            isinstance(above, exp.Anonymous) and _MORE_OF_FUNCTIONS.fullmatch(above.name.lower()) is not None
        )
        last = node.expressions[-1].meta if node.expressions else {}
        if takes and "end" in last and (found := _ARROW.match(text, last["end"] + 1)) is not None:
            names = ", ".join(one.name for one in node.expressions)
            at = (node.expressions[0].meta["start"], found.end())
            return SqlError(f"write `lambda {names}: ...`", at, "writes a function by `->`")
    return None
