"""A line of a user's text as a terminal shows it: widths, tabs, and nothing that a terminal obeys."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

TAB_WIDTH = 4


def neutral(text: str) -> str:
    """The text on one line, with every character that a terminal or a browser obeys made visible."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character == "\t":
        return " " * TAB_WIDTH
    if character == "\n":
        return " "
    number = ord(character)
    if number < 0x20:
        return chr(0x2400 + number)
    if number == 0x7F:
        return "\u2421"
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character != "\u200d":
        return "\ufffd"
    return character


def width(text: str) -> int:
    """How many columns of a terminal the text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or character == "\u200d" or "\ufe00" <= character <= "\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A window on a line, and where characters of the line stand in it."""

    text: str
    _starts: tuple[int, ...]
    """Of each character up to the window's end, and the end itself for all behind it."""

    def column(self, column: int) -> int:
        """The terminal column (from 0) of the line's character `column` (from 1), within the window."""
        position = min(max(column - 1, 0), len(self._starts) - 1)
        return self._starts[position]


def show_line(line: str, first: int, last: int, limit: int) -> ShownLine:
    """The line as a terminal shows it, at most `limit` columns wide around the columns [first, last).

    What is cut away on a side is shown as `…`.
    """
    cells = [neutral(character) for character in line]
    widths = [width(cell) for cell in cells]
    begin, end = _window(widths, first - 1, last - 1, limit)
    left, right = "…" if begin else "", "…" if end < len(cells) else ""
    starts = [0] * begin
    at = len(left)
    for cell_width in widths[begin:end]:
        starts.append(at)
        at += cell_width
    starts.append(at)
    return ShownLine(left + "".join(cells[begin:end]) + right, tuple(starts))


def _window(widths: list[int], first: int, last: int, limit: int) -> tuple[int, int]:
    """The characters [begin, end) to show: all if they fit, else the span with what fits around it."""
    if sum(widths) <= limit:
        return 0, len(widths)
    room = limit - 2
    begin = min(max(first, 0), len(widths))
    end = begin
    used = 0
    while end < len(widths) and end < last and used + widths[end] <= room:
        used += widths[end]
        end += 1
    lead = max((room - used) // 2, 0)
    while begin > 0 and widths[begin - 1] <= lead:
        begin -= 1
        lead -= widths[begin]
        used += widths[begin]
    while end < len(widths) and used + widths[end] <= room:
        used += widths[end]
        end += 1
    while begin > 0 and used + widths[begin - 1] <= room:
        begin -= 1
        used += widths[begin]
    return begin, end
