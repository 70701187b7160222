"""What to write instead of a value of the wrong form: units of other systems, quotes, lists."""

from __future__ import annotations

import json
import re
import shlex
from decimal import Decimal
from typing import Any

from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Edit, Fix, Safety, Span
from penstock.specs.shapes import Items, Scalar, Shape

Remedy = tuple[tuple[str, ...], Fix | None]
"""Advice, and the edit that follows it where there is but one."""

EVERYTHING = ("all", "*")
_UNITS_OF_TIME = {
    "ms": "ms", "msec": "ms", "millisecond": "ms", "s": "s", "sec": "s", "second": "s", "m": "m", "min": "m",
    "minute": "m", "h": "h", "hr": "h", "hour": "h", "d": "d", "day": "d", "w": "w", "week": "w",
}  # fmt: skip
_DAYS = {"month": 30, "year": 365}
"""Spans that the language has no unit for, in the days that are meant."""
_WORDS_OF_TIME = {"hourly": "1h", "daily": "1d", "weekly": "7d"}
_SMALLER = {"s": (1000, "ms"), "m": (60, "s"), "h": (60, "m"), "d": (24, "h"), "w": (7, "d")}
_WORDS_OF_TRUTH = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
_FEWEST_MEBIBYTES = 64
"""A bare number of memory from here on was meant as mebibytes: nobody asks for as many gibibytes in passing."""


def remedy(value: Any, text: str, shape: Shape, span: Span, short: str) -> Remedy:
    """What to write instead of a value, here as its text, where that can be told; `short` is what was expected."""
    if value is None:
        return ("give it a value, or delete the key",), None
    if isinstance(shape, Items) and isinstance(value, str | int | float):
        if value in EVERYTHING and isinstance(shape.item, Scalar) and shape.item.refers:
            return (f"list each {shape.item.refers}: there is no wildcard",), None
        if isinstance(shape.item, Scalar) and shape.item.holds == "command" and isinstance(value, str):
            words = _words_of(value)
            return _rewritten(span, f"[{words}]") if words else ((), None)
        return _rewritten(span, f"[{text}]")
    if isinstance(shape, Scalar) and isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return _rewritten(span, value[0])
    if isinstance(value, bool | dict | list):
        return (), None
    instead = meant(value, text, short)
    if instead is not None:
        return _rewritten(span, instead, f"did you mean `{instead}`?")
    if short.startswith("a duration") and isinstance(value, int | float):
        units = ("s", "m", "h", "d") if "whole seconds" in short else ("ms", "s", "m", "h", "d")
        return (f"add a unit: {alternatives(tuple(f'{text}{unit}' for unit in units))}",), None
    if (short in ("text", "a list") or short.startswith("the name")) and isinstance(value, int | float):
        return _rewritten(span, f'"{text}"', f'quote it: "{text}"')
    if isinstance(value, str) and short in ("a number", "a whole number") and is_number(value):
        return _rewritten(span, value, "write it without quotes")
    if isinstance(value, str) and short == "`true` or `false`" and value.lower() in _WORDS_OF_TRUTH:
        return _rewritten(span, _WORDS_OF_TRUTH[value.lower()])
    if short == "a whole number" and isinstance(value, float):
        return (f"write `{round(value) or 1}`",), None
    return (), None


def is_number(text: str) -> bool:
    """Whether a text would be a number without its quotes."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_quoted(text: str) -> bool:
    """Whether a text would be something else without its quotes."""
    return is_number(text) or text in ("true", "false")


def short_text(value: Any) -> str:
    """A value for a sentence, on one line, cut where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:39] + "…"


def alternatives(values: tuple[str, ...]) -> str:
    """Words of which one is right: `` `a`, `b` or `c` ``."""
    # A tab is seen as it is written between double quotes.
    tab = "\\t"
    return listed((value.replace("\t", tab) for value in values), "or")


def meant(value: str | int | float, text: str, short: str) -> str | None:
    """The value in the form of the language, where somebody wrote it in another."""
    if short.startswith("a CPU quantity"):
        return f"{value * 1000:.0f}m" if isinstance(value, float) and (value * 1000).is_integer() else None
    if short == "a memory quantity":
        return _memory(text)
    if short.startswith("a duration") and isinstance(value, str):
        return _duration(text, in_seconds="whole seconds" in short)
    if short.startswith("a quoted timestamp"):
        return f'"{text}T00:00:00Z"' if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    if short.startswith("a confidence"):
        return _confidence(text)
    if short.startswith("a percentage"):
        return f"{text}%" if isinstance(value, int | float) and 1 < value <= 100 else None
    if short in ("a number", "a whole number") and (found := re.fullmatch(r"(\d+(?:\.\d+)?)%", text)):
        return found[1] if short == "a whole number" else f"{float(found[1]) / 100:g}"
    return None


def _memory(text: str) -> str | None:
    """Bytes, thousandths of a byte, or units that Kubernetes does not know, for mebibytes or gibibytes."""
    found = re.fullmatch(r"([1-9]\d*)\s*([kKmMgGtT]?)([iI]?[bB])?", text)
    if found is None:
        return None
    number, unit = found[1], found[2].upper()
    if unit == "K":
        return f"{number}Ki"
    return f"{number}{unit or ('Mi' if int(number) >= _FEWEST_MEBIBYTES else 'Gi')}{'i' if unit else ''}"


def _duration(text: str, *, in_seconds: bool) -> str | None:
    """A span in words, of a fraction, or as ISO 8601 has it; None where it has no place among whole seconds."""
    if text.lower() in _WORDS_OF_TIME:
        return _WORDS_OF_TIME[text.lower()]
    iso = re.fullmatch(r"P(?:T(?=.*[HMS])(\d+)([HMS])|(\d+)([DW]))", text)
    if iso is not None:
        return f"{iso[1] or iso[3]}{(iso[2] or iso[4]).lower()}"
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)", text)
    if found is not None and found[1].isdigit() and (word := found[2].lower().removesuffix("s")) in _DAYS:
        return f"{int(found[1]) * _DAYS[word]}d"
    unit = _UNITS_OF_TIME.get(found[2].lower().removesuffix("s") or "s") if found is not None else None
    if found is None or unit is None:
        return None
    number = Decimal(found[1])
    if number % 1 and unit in _SMALLER:
        number, unit = number * _SMALLER[unit][0], _SMALLER[unit][1]
    return f"{number:.0f}{unit}" if not number % 1 and number and not (in_seconds and unit == "ms") else None


def _words_of(command: str) -> str:
    """The words of a command as items of a list on one line; empty where its quotes do not say which they are."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    return ", ".join(word if re.fullmatch(r"[\w./=@+-]+", word) else json.dumps(word) for word in words)


def _confidence(text: str) -> str | None:
    """A percentage without its sign, or the error that is allowed in the place of the confidence."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", text)
    if found is None:
        return None
    number = float(found[1]) * (1 if found[2] or float(found[1]) >= 1 else 100)
    confident = 100 - number if number < 50 else number
    return f"{confident:g}%" if 50 <= confident < 100 else None


def _rewritten(span: Span, text: str, advice: str = "") -> tuple[tuple[str, ...], Fix]:
    """Advice to write `text` instead, in words of one's own or plain ones, and the fix that does it."""
    plain = f"write `{text}`"
    return (advice or plain,), Fix(Safety.UNSAFE, plain, (Edit(span, text),))
