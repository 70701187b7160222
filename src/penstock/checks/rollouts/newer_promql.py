"""What of PromQL the Prometheus of an environment does not know, which keeps it from loading the whole rule file.

Everything else that the parser takes is known to 2.42, the language's default; a test asks promtool.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_SINCE = (3, 0)
"""The first version that knows whatever is newer than 2.42 and not experimental."""
_EXPERIMENTAL = (
    "double_exponential_smoothing", "first_over_time", "info", "limit_ratio", "limitk", "mad_over_time",
    "sort_by_label", "sort_by_label_desc", "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time",
    "ts_of_min_over_time",
)  # fmt: skip
"""Functions and aggregations that every version has behind a feature flag alone."""
_TEXT = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*""")
_UNIT = r"(?:ms|[smhdwy])"
_CALL = re.compile(rf"\b({'|'.join(_EXPERIMENTAL)})(?=\s*(?:\(|by\b|without\b))|\bfill(?:_left|_right)?(?=\s*\()")
_BOUND = re.compile(r"(@\s*)?\b(?:start|end|step|range)\s*\(\s*\)")
_NEWER = (
    (re.compile(r"\bhistogram_(?:avg|stddev|stdvar)(?=\s*\()"), ""),
    (re.compile(r'\{(?:[^}]*,)?\s*"|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*"'), "a quoted name"),
    (re.compile(rf"\[\s*\d+\s*[\]:]|\[[^\]]*:\s*\d+\s*\]|\boffset\s+-?\d+(?!\d*{_UNIT})"), "a duration without a unit"),
    (re.compile(rf"(?<![\w.\[:])\d+{_UNIT}(?:\d+{_UNIT})*\b(?!\s*[\]:])"), "a duration in place of a number"),
)
_AFTER_OFFSET = re.compile(rf"\boffset\s+-?(?:\d+{_UNIT})+")


class Newer(NamedTuple):
    """What is not known, and which characters of the expression it is."""

    what: str
    at: tuple[int, int]
    is_experimental: bool = False


def newer(text: str, version: str) -> Newer | None:
    """The first part of an expression that a Prometheus of this version refuses, as far as it is configured."""
    bare = without_texts(text)
    for pattern in (_CALL, _BOUND):
        for found in pattern.finditer(bare):
            if pattern is _CALL or found[1] is None:
                return Newer(f"`{found[0]}`", found.span(), True)
    if tuple(int(part) for part in version.split(".")) >= _SINCE:
        return None
    for pattern, what in _NEWER:
        # A duration behind `offset` is none in place of a number.
        searched = _AFTER_OFFSET.sub(lambda one: " " * len(one[0]), bare) if what.endswith("a number") else bare
        found_ = pattern.search(searched)
        if found_ is not None:
            return Newer(what or f"`{found_[0]}`", found_.span())
    return None


def without_texts(text: str) -> str:
    """An expression of the same length whose strings and comments say nothing."""
    return _TEXT.sub(_blank, text)


def _blank(text: re.Match[str]) -> str:
    """A text of the same length that says nothing; of a comment nothing is left."""
    inner = "_" * (len(text[0]) - 2)
    return " " * len(text[0]) if text[0].startswith("#") else f'"{inner}"'
