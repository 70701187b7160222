"""SQL that can be read, or nearly, and hardly means what it says: what comes from templates, Python and other habits.

Each is found in the text itself, without what stands in quotes and comments.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlglot import exp

from penstock.catalog.sql import SqlError

_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/""", re.DOTALL)


class _Slip(NamedTuple):
    pattern: re.Pattern[str]
    headline: str
    message: str
    """What would be right; `{}` stands for what was found."""


_SLIPS = (
    _Slip(
        re.compile(r"\{\{|\{%|\$\{"),
        "holds a template",
        "SQL is run as it stands: a dataset is named itself, without `ref` or `source`",
    ),
    _Slip(
        re.compile(r"(?:(?<![<>:=!])==?|<>|!=)\s*null\b", re.IGNORECASE),
        "compares with null",
        "never true, whatever the value: write `is null` or `is not null`",
    ),
    _Slip(
        re.compile(r"(?<![\w.-])(?:19|20)\d\d-[01]\d-[0-3]\d(?![\w.-])"),
        "holds a date without quotes",
        "this subtracts numbers: write `date '{}'`",
    ),
    _Slip(
        re.compile(r"(?<![\w.])\d+(?:\.\d+)?\s*&&|&&\s*\d"),
        "joins conditions by `&&`",
        "write `and`: `&&` asks whether lists have a member in common",
    ),
)
_ABOVE_ONE = "asks for a quantile above 1"


def slip(text: str) -> SqlError | None:
    """The first slip in a text."""
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), text)
    for one in _SLIPS:
        found = one.pattern.search(bare)
        if found is not None:
            return SqlError(one.message.format(found[0]), found.span(), one.headline)
    return None


def share_above_one(tree: exp.Expr) -> SqlError | None:
    """A quantile by its percentage, which the engine refuses once it has the data."""
    for node in tree.find_all(exp.Quantile, exp.PercentileCont, exp.PercentileDisc, exp.ApproxQuantile):
        share = node.args.get("quantile") or node.args.get("expression")
        if isinstance(share, exp.Literal) and not share.is_string and float(share.name) > 1 and "start" in share.meta:
            at = (share.meta["start"], share.meta["end"] + 1)
            return SqlError(f"a quantile is a share: write `{float(share.name) / 100:g}`", at, _ABOVE_ONE)
    return None
