"""Text in Markdown: what people wrote in specs stands in a card as they wrote it, and formats nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_SPECIAL = re.compile(r"([\\`*{}\[\]<>#|~$&]|(?<!\w)_|_(?!\w))")
_QUOTED = re.compile(r"`([^`]+)`")
_FIRST = re.compile(r"^(\d*)([-+.)])(?=\s|$)|^()([-=])(?=[-=]*$)")


class Markdown(str):
    """Text that is Markdown already and goes into a document as it is."""

    __slots__ = ()


def escaped(text: object) -> str:
    """`text` on one line, with a backslash before whatever Markdown or HTML would read as more than text."""
    if isinstance(text, Markdown):
        return text
    return _without_block(_without_markup(" ".join(str(text).split())))


def prose(text: object) -> Markdown:
    """`text` on one line, with what stands between backticks as code, and all else as `escaped` has it."""
    parts = _QUOTED.split(" ".join(str(text).split()))
    shown = [code(part) if number % 2 else _without_markup(part) for number, part in enumerate(parts)]
    return Markdown(_without_block("".join(shown)))


def _without_markup(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _without_block(line: str) -> str:
    """A line that begins no list, no rule and no heading."""
    return _FIRST.sub(r"\1\3\\\2\4", line)


def code(text: object) -> Markdown:
    """`text` as code: in one backtick more than it holds in a row, since nothing can be escaped there."""
    line = " ".join(str(text).split())
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return Markdown(f"{fence}{pad}{line}{pad}{fence}".replace("|", "\\|"))


def table(header: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()) -> Markdown:
    """A table of GitHub's Markdown with aligned columns; the columns in `right` stand to the right."""
    cells = [[escaped(each) for each in header], *([escaped(cell) for cell in row] for row in rows)]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(header))]
    rule = ["-" * (width - 1) + ":" if column in right else "-" * width for column, width in enumerate(widths)]
    lines = [
        "| "
        + " | ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in [cells[0], rule, *cells[1:]]
    ]
    return Markdown("\n".join(lines))


def value_text(value: float | None) -> str:
    """A figure with four digits; a dash for one that could not be measured."""
    return "–" if value is None else f"{value:.4g}"


def interval_text(figure: Mapping[str, Any]) -> str:
    """From where to where the interval of a figure reaches; a dash where it has none."""
    low, high = figure["low"], figure["high"]
    return "–" if low is None or high is None else f"{low:.4g} to {high:.4g}"
