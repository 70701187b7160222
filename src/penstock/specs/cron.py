"""Cron schedules of five fields, as Kubernetes' CronJob reads them.

Kubernetes reads them by robfig/cron v3: Sunday is 0 and not 7, names have three letters, `?` is `*`, and a `*` with a
step restricts its field. What that reader lets pass for no good reason, such as empty parts of a list, is refused.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from penstock.diagnostics.grammar import counted

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 6))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMED = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    "hourly": "0 * * * *", "daily": "0 0 * * *", "weekly": "0 0 * * 0", "monthly": "0 0 1 * *",
}  # fmt: skip
"""What other programs call some schedules."""
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PART = re.compile(r"(?P<first>[*?]|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?", re.ASCII)


class CronError(ValueError):
    """The text is no schedule; `at` are the characters at fault."""

    def __init__(self, message: str, at: tuple[int, int]) -> None:
        super().__init__(message)
        self.at = at


class Cron(NamedTuple):
    """When a schedule fires: the values of each field."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    by_day: bool
    """Whether the field of the day of the month restricts anything."""
    by_weekday: bool
    """Whether the field of the weekday does; where both do, a day fires that fits either."""

    @property
    def ever_fires(self) -> bool:
        """Whether any year has such a day."""
        return self.by_weekday or any(min(self.days) <= _LONGEST[month - 1] for month in self.months)


def parse(text: str) -> Cron:
    """The schedule that `text` writes; CronError where it writes none."""
    words = [(match[0], match.start()) for match in re.finditer(r"\S+", text)]
    if len(words) != len(_FIELDS):
        meant = _NAMED.get(text.strip().lower())
        fault = f"other programs read it as `{meant}`" if meant else f"it has {counted(len(words), 'field')}"
        raise CronError(fault, (0, len(text)))
    values = [
        _values(word, start, name, low, high) for (word, start), (name, low, high) in zip(words, _FIELDS, strict=True)
    ]
    minutes, hours, days, months, weekdays = values
    return Cron(minutes, hours, days, months, weekdays, _restricts(words[2][0]), _restricts(words[4][0]))


def _restricts(word: str) -> bool:
    """Whether a field names values: no part of it is a `*`, which a step makes a list of values like others."""
    return all(part[:1] not in ("*", "?") or (part[2:].isdigit() and int(part[2:]) > 1) for part in word.split(","))


def _values(word: str, start: int, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    position = start
    for part in word.split(","):
        at = (position, position + max(len(part), 1))
        match = _PART.fullmatch(part)
        if match is None:
            raise CronError(f"`{part}` is not a valid {name}", at)
        step = int(match["step"] or 1)
        if step < 1:
            raise CronError("a step must be at least 1", at)
        if match["first"] in ("*", "?"):
            if match["last"]:
                raise CronError(f"`{part}` is not a valid {name}", at)
            first, last = low, high
        else:
            first = _number(match["first"], name, low, high, at)
            last = _number(match["last"], name, low, high, at) if match["last"] else (high if match["step"] else first)
        if first > last:
            raise CronError(f"`{part}` is a reversed range", at)
        found.update(range(first, last + 1, step))
        position += len(part) + 1
    return frozenset(found)


def _number(text: str, name: str, low: int, high: int, at: tuple[int, int]) -> int:
    names = {"month": _MONTHS, "day of the week": _DAYS}.get(name, ())
    if text.lower() in names:
        return names.index(text.lower()) + low
    if not text.isdigit():
        short = text.lower()[:3]
        raise CronError(f"`{text}` is not a valid {name}" + (f": write `{short}`" if short in names else ""), at)
    if not low <= int(text) <= high:
        sunday = "; Sunday is 0" if name == "day of the week" and text == "7" else ""
        raise CronError(f"a {name} is between {low} and {high}{sunday}", at)
    return int(text)
