"""The columns that steps add to rows while they work, beside those of the user's own.

A test finds each name that the steps use among these.
"""

from __future__ import annotations

import re

_OWN = re.compile(
    r"@(class|event_time|label|moment|number|part|place|position|prediction|reasons|rows?|window"
    r"|(cluster|score)(\..*)?|(entity|place|slice|\d+)\..*|(key|size)\d+)",
    re.IGNORECASE,
)


def is_own_column(name: str) -> bool:
    """Whether a step adds a column of that name, in any case, since DuckDB knows no difference of case."""
    return _OWN.fullmatch(name) is not None
