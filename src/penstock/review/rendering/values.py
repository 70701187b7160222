"""Values of a change in short, as they would be written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from penstock.review.artifacts import line_diff
from penstock.review.rendering.text_safety import told_apart
from penstock.source.writing.emit_yaml import emit_yaml, emit_yaml_line

_LONGEST_VALUE = 400
"""Characters of a value that comes or goes: of a waiver, its end and what follows; of a raw patch, what it does."""
_LONGEST_PART = 60
"""Characters of each of two values, of which the difference is what matters."""
_BEFORE_WHAT_DIFFERS = 20
"""Characters that stand before it."""
_WHOLE = 2**53
"""From here on not all whole numbers are floats, and a power of ten reads better than its digits."""


def shown_value(value: Any) -> str:
    """A value in short, as it would be written."""
    return _cut(_written(value), _LONGEST_VALUE)


def shown_if_short(value: Any) -> str:
    """A value as it would be written; empty where that is too long for a row."""
    text = _written(value)
    return text if len(text) <= _LONGEST_VALUE else ""


def whole_difference(before: Any, after: Any) -> str:
    """All of two values, as lines of a unified diff without a header; None stands for a value that is not there.

    Empty where a row shows as much.
    """
    longest = _LONGEST_VALUE if before is None or after is None else _LONGEST_PART
    if max(len(_written(before)), len(_written(after))) <= longest:
        return ""
    lines, new = _lines(before), _lines(after)
    return line_diff.unified(lines, new, line_diff.blocks(lines, new), (), max(len(lines), len(new)))


def shown_values(before: Any, after: Any) -> tuple[str, str]:
    """Two values that differ, in short; of long ones, the part that differs, with the keys that lead to it."""
    first, second = _written(before), _written(after)
    is_long = max(len(first), len(second)) > _LONGEST_PART
    if is_long and isinstance(before, dict) and isinstance(after, dict) and (found := [*_differences(before, after)]):
        (path, one, other), *more = found
        first, second = shown_values(one, other)
        return f"{'.'.join(path)}: {first}", f"{second}, and {len(more)} more" if more else second
    if first == second:
        # What differs in its type alone, such as 1 and 1.0, or `true` and true.
        first, second = emit_yaml_line(before), emit_yaml_line(after)
    if max(len(first), len(second)) > _LONGEST_PART:
        same = next((n for n, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), None)
        start = (min(len(first), len(second)) if same is None else same) - _BEFORE_WHAT_DIFFERS
        if start > 0:
            first, second = f"…{first[start:]}", f"…{second[start:]}"
    return told_apart(_cut(first, _LONGEST_PART), _cut(second, _LONGEST_PART))


def _differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Where two mappings differ, in the order of the second: the keys that lead there, and what stands there."""
    for key in dict.fromkeys((*after, *before)):
        one, other = before.get(key), after.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from (((key, *path), *values) for path, *values in _differences(one, other))
        elif key not in before or key not in after or orjson.dumps(one) != orjson.dumps(other):
            yield (key,), one, other


def _lines(value: Any) -> list[str]:
    if value is None:
        return []
    return value.splitlines() if isinstance(value, str) else emit_yaml(value).splitlines()


def _written(value: Any) -> str:
    if value is None or value == "":
        return "nothing" if value is None else '""'
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
        value = int(value)
    return value if isinstance(value, str) else emit_yaml_line(value)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
