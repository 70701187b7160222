"""What the text of a custom expression tells: which series it reads, and how it may be nested."""

from __future__ import annotations

import re
from functools import lru_cache

from penstock.ir.monitoring import Labels

_WITHOUT_SERIES = re.compile(
    r"\b(?:vector|scalar|absent|absent_over_time|time)\s*\("
    r"|\b(?:minute|hour|day_of_week|day_of_month|day_of_year|days_in_month|month|year)\s*\(\s*\)"
)
"""Functions that have a value where there is no series; those of the calendar are about now without an argument."""
_NAMELESS = re.compile(r"(?:^|[^\w:\s])\s*\{")


def may_read(promql: str, name: str) -> bool:
    """Whether an expression holds the metric's name, or a selector without any."""
    is_named = re.search(rf"(?<![\w:]){re.escape(name)}(?![\w:])", promql) is not None
    return is_named or "__name__" in promql or _NAMELESS.search(promql) is not None


def closable(promql: str) -> str:
    """An expression behind which a bracket may stand: a comment would reach to the end of its line."""
    text = promql.strip()
    return f"{text}\n" if "#" in text.rpartition("\n")[2] else text


def is_of_series(promql: str) -> bool:
    """Whether an expression can only have a value where there are series."""
    return _WITHOUT_SERIES.search(promql) is None


@lru_cache(maxsize=256)
def plain_selector(promql: str) -> tuple[str, Labels] | None:
    """Name and labels of a series that a bare selector picks; None for any other expression, or if there is none."""
    from promql_parser import VectorSelector, parse

    try:
        found = parse(promql)
    except ValueError:
        return None
    if not isinstance(found, VectorSelector) or found.name is None or found.offset is not None or found.at is not None:
        return None
    matchers = found.matchers.matchers
    if found.matchers.or_matchers or any(str(matcher.op) != "MatchOp.Equal" for matcher in matchers):
        return None
    labels = tuple((matcher.name, matcher.value) for matcher in matchers)
    # An empty value means that the label is absent, and no series has a label twice.
    return (found.name, labels) if all(dict(labels).values()) and len(dict(labels)) == len(labels) else None
