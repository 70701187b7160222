"""Cron schedules of five fields, as Kubernetes' CronJob reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")


class CronError(ValueError):
    """The text is no schedule; `at` are the characters at fault."""

    def __init__(self, message: str, at: tuple[int, int]) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Cron:
    """When a schedule fires: the values of each field."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    by_weekday: bool
    """Whether the field of the weekday restricts anything; then a day fires that fits either field."""

    @property
    def ever_fires(self) -> bool:
        """Whether any year has such a day."""
        return self.by_weekday or any(min(self.days) <= _LONGEST[month - 1] for month in self.months)


def parse(text: str) -> Cron:
    """The schedule that `text` writes; CronError where it writes none."""
    words = [(match[0], match.start()) for match in re.finditer(r"\S+", text)]
    if len(words) != len(_FIELDS):
        hint = ", which only some programs read" if text.startswith("@") else ""
        raise CronError(f"it has {len(words)} field{'s' if len(words) != 1 else ''}{hint}", (0, len(text)))
    values = [
        _values(word, start, name, low, high) for (word, start), (name, low, high) in zip(words, _FIELDS, strict=True)
    ]
    minutes, hours, days, months, weekdays = values
    weekdays = frozenset(day % 7 for day in weekdays)
    return Cron(minutes, hours, days, months, weekdays, by_weekday=not words[4][0].startswith("*"))


def _values(word: str, start: int, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    position = start
    for part in word.split(","):
        at = (position, position + max(len(part), 1))
        match = _PART.fullmatch(part)
        if match is None:
            raise CronError(f"`{part}` is no {name}", at)
        step = int(match["step"] or 1)
        if step < 1:
            raise CronError("a step of 0 never moves on", at)
        if match["first"] == "*":
            if match["last"]:
                raise CronError(f"`{part}` is no {name}", at)
            first, last = low, high
        else:
            first = _number(match["first"], name, low, high, at)
            last = _number(match["last"], name, low, high, at) if match["last"] else (high if match["step"] else first)
        if first > last:
            raise CronError(f"`{part}` runs backwards", at)
        found.update(range(first, last + 1, step))
        position += len(part) + 1
    return frozenset(found)


def _number(text: str, name: str, low: int, high: int, at: tuple[int, int]) -> int:
    names = {"month": _MONTHS, "day of the week": _DAYS}.get(name, ())
    short = text.lower()[:3]
    if short in names and text.isalpha():
        return names.index(short) + (1 if name == "month" else 0)
    if not text.isdigit():
        raise CronError(f"`{text}` is no {name}", at)
    if not low <= int(text) <= high:
        raise CronError(f"a {name} lies between {low} and {high}", at)
    return int(text)
