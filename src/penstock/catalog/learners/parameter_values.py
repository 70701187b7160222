"""The values that a parameter of a learner takes, as the table of `penstock.catalog.learners.scikit_learn` says them.

The text lists alternatives, parted by `` | ``, of which a value must be one:

- ``int``, ``number``, ``float``: a number without a point, any number, a number with a point (`1.0` is one, `1` is
  not). An interval may follow in the notation of mathematics: ``int [1, inf)``, ``float (0, 1]``.
- ``'gini'``: this word.
- ``text``, ``bool``, ``list``, ``mapping``, ``null``: any such value.
- ``object``: what only Python can make, a function or another estimator.

What follows ``silent`` is taken and not offered to anybody: it is on its way out, or was never meant to be written.
A truth value counts as 0 or 1 for an ``int`` and a ``number``, as it does for Python and so for scikit-learn.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from math import inf, nextafter
from typing import Any, NamedTuple

from penstock.diagnostics.grammar import joined
from penstock.specs.numbers import number

SILENT = "silent "
_NUMBERS = {"int": "a whole number", "number": "a number", "float": "a float"}
_KINDS = {
    "text": ("text",),
    "bool": ("`true`", "`false`"),
    "list": ("a list",),
    "mapping": ("a mapping",),
    "null": ("`null`",),
}
_MOST_NAMED = 8
"""Words beyond which a sentence only says that there are words."""


class Interval(NamedTuple):
    """The numbers of one type between two ends."""

    type_: str
    """`int`, `number` or `float`."""
    low: float
    high: float
    with_low: bool
    with_high: bool

    def takes(self, value: float) -> bool:
        """Whether a number, or a truth value, is one of them."""
        if self.type_ != "number" and isinstance(value, float) is not (self.type_ == "float"):
            return False
        above = value >= self.low if self.with_low else value > self.low
        return above and (value <= self.high if self.with_high else value < self.high)

    @property
    def words(self) -> str:
        """What it holds, in words: ``a number above 0``."""
        what, low, high = _NUMBERS[self.type_], number(self.low), number(self.high)
        if self.with_low and self.with_high:
            return f"{what} from {low} to {high}"
        ends = []
        if self.low != -inf:
            ends.append(f"of at least {low}" if self.with_low else f"above {low}")
        if self.high != inf:
            ends.append(f"at most {high}" if self.with_high else f"below {high}")
        return " ".join((what, " and ".join(ends))).rstrip()


class Values(NamedTuple):
    """The values that a parameter takes."""

    intervals: tuple[Interval, ...]
    words: tuple[str, ...]
    """Words that are offered, sorted."""
    kinds: frozenset[str]
    """Of `text`, `bool`, `list`, `mapping`, `null` and `object` those of which any value is taken."""
    silent: frozenset[str]
    """Alternatives that are taken and not offered."""

    def takes(self, value: Any) -> bool:
        """Whether a value of YAML is taken."""
        if value is None:
            return self._has("null")
        if isinstance(value, bool) and self._has("bool"):
            return True
        if isinstance(value, int | float):
            return any(interval.takes(value) for interval in self.intervals)
        if isinstance(value, str):
            return self._has("text") or value in self.words or f"'{value}'" in self.silent
        return self._has("list" if isinstance(value, list) else "mapping")

    def takes_type(self, type_: type[int] | type[float]) -> bool:
        """Whether any number of a type is taken."""
        other = "float" if type_ is int else "int"
        return any(interval.type_ != other for interval in self.intervals)

    def takes_within(self, low: float, high: float) -> tuple[bool, bool]:
        """Whether the floats beside the two ends are taken: a number drawn between them is never an end itself."""
        return self.takes(nextafter(low, high)), self.takes(nextafter(high, low))

    @property
    def names_words(self) -> bool:
        """Whether `described` names each word."""
        return len(self.words) <= _MOST_NAMED

    @property
    def described(self) -> str:
        """What is offered, in words; empty where a spec can write nothing that is."""
        parts = [interval.words for interval in self.intervals]
        parts += [f"`{word}`" for word in self.words] if self.names_words else ["a word that it knows"]
        parts += [words for kind, each in _KINDS.items() if kind in self.kinds for words in each]
        return joined(parts, "or")

    def _has(self, kind: str) -> bool:
        return kind in self.kinds or kind in self.silent


@cache
def values_of(text: str) -> Values:
    """The values that a text of the table says."""
    alternatives = text.split(" | ") if text else []
    open_ = [each for each in alternatives if not each.startswith(SILENT)]
    return Values(
        intervals=tuple(_interval(each) for each in open_ if each.partition(" ")[0] in _NUMBERS),
        words=tuple(sorted(each[1:-1] for each in open_ if each.startswith("'"))),
        kinds=frozenset(each for each in open_ if each in _KINDS or each == "object"),
        silent=frozenset(each.removeprefix(SILENT) for each in alternatives if each.startswith(SILENT)),
    )


def text_of(value: Any) -> str:
    """A scalar as the language writes it: a float without an exponent."""
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _interval(text: str) -> Interval:
    type_, _, ends = text.partition(" ")
    if not ends:
        return Interval(type_, -inf, inf, with_low=False, with_high=False)
    low, high = ends[1:-1].split(", ")
    return Interval(type_, _end(low), _end(high), with_low=ends[0] == "[", with_high=ends[-1] == "]")


def _end(text: str) -> float:
    return float(text) if "." in text or "inf" in text else int(text)
