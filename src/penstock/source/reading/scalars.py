"""What a plain (unquoted) YAML scalar means, and which ones mean different things to different readers.

The meaning is the core schema of YAML 1.2 without everything that YAML 1.1 reads differently:
`true`, `false`, `null`, decimal integers, floats with digits on both sides of the point; every
other text is a string, unless some reader in use would take it for something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

LARGEST_INTEGER = 2**63 - 1
SMALLEST_INTEGER = -(2**63)

PlainValue = str | int | float | bool | None


class Ambiguous(NamedTuple):
    """A plain scalar that we refuse to interpret.

    `readings` says what readers make of it; `instead` is what to write where the likelier of them
    is meant, in words that follow "write", and `rewrite` the bare text of that.
    """

    readings: str
    instead: str = ""
    rewrite: str = ""
    out_of_range: bool = False


_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?")

_WORDS: dict[str, PlainValue | Ambiguous] = {
    "true": True,
    "false": False,
    "null": None,
    "~": Ambiguous("null, or a home directory", "`null`", "null"),
    "=": Ambiguous("a default value in YAML 1.1, text in YAML 1.2"),
    "<<": Ambiguous("a merge key in YAML 1.1, text in YAML 1.2"),
}
for _word, _meant in (("yes", "true"), ("on", "true"), ("no", "false"), ("off", "false")):
    for _spelling in (_word, _word.capitalize(), _word.upper()):
        _WORDS[_spelling] = Ambiguous(f"{_meant} in YAML 1.1, text in YAML 1.2", f"`{_meant}`", _meant)
for _word in ("true", "false", "null"):
    for _spelling in (_word.capitalize(), _word.upper()):
        _WORDS[_spelling] = Ambiguous(f"{_word} to some parsers, text to others", f"`{_word}`", _word)

_NUMBER_STARTS = frozenset("0123456789+-.")


@lru_cache(maxsize=16_384)
def plain_value(text: str) -> PlainValue | Ambiguous:
    """The value of a plain scalar; `text` is not empty."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    for pattern, explain in _AMBIGUOUS_SHAPES:
        if pattern.fullmatch(text):
            return explain(text)
    return text


def _integer(text: str) -> int | Ambiguous:
    too_long = len(text) > 20
    if too_long or not SMALLEST_INTEGER <= int(text) <= LARGEST_INTEGER:
        return Ambiguous("more than 64 bits, so some parsers round it", out_of_range=True)
    return int(text)


def _float(text: str) -> float | Ambiguous:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        return Ambiguous("more than a 64-bit float holds", out_of_range=True)
    return value


def _underscores(text: str) -> Ambiguous:
    plain = text.replace("_", "")
    known = isinstance(plain_value(plain), int | float)
    readings = f"the number {plain} in YAML 1.1, text in YAML 1.2"
    return Ambiguous(readings, f"`{plain}`", plain) if known else Ambiguous(readings)


def _leading_zero(text: str) -> Ambiguous:
    sign, digits = _sign_and_rest(text)
    decimal = sign + (digits.lstrip("0") or "0")
    if set(digits) <= set("01234567"):
        octal = f"{sign}{int(digits, 8)}" if len(digits) <= 20 else "an octal number"
        return Ambiguous(f"{octal} in YAML 1.1, {decimal} in YAML 1.2", f"`{decimal}`", decimal)
    return Ambiguous(f"text in YAML 1.1, {decimal} in YAML 1.2", f"`{decimal}`", decimal)


def _other_base(text: str) -> Ambiguous:
    sign, digits = _sign_and_rest(text)
    try:
        decimal = f"{sign}{int(digits.replace('_', ''), 0)}"
    except ValueError:
        return Ambiguous("a number to some parsers, text to others")
    return Ambiguous(f"the number {decimal} to some parsers, text to others", f"`{decimal}`", decimal)


def _sexagesimal(text: str) -> Ambiguous:
    sign, digits = _sign_and_rest(text)
    total = 0.0
    for part in digits.replace("_", "").split(":"):
        total = total * 60 + float(part)
    shown = f"{sign}{total:.15g}"
    return Ambiguous(f"the number {shown} (in base 60) in YAML 1.1, text in YAML 1.2")


def _moment(_text: str) -> Ambiguous:
    return Ambiguous("a date in YAML 1.1, text in YAML 1.2")


def _not_finite(_text: str) -> Ambiguous:
    return Ambiguous("not a comparable number", "a number with digits")


def _odd_float(text: str) -> Ambiguous:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        return Ambiguous("more than a 64-bit float holds", out_of_range=True)
    clear = float_text(value)
    return Ambiguous(f"the number {clear} to some parsers, text to others", f"`{clear}`", clear)


def float_text(value: float) -> str:
    """The shortest text of a finite float that every YAML and JSON reader takes for a float."""
    text = repr(value)
    if "e" in text:
        mantissa, exponent = text.split("e")
        if "." not in mantissa:
            mantissa += ".0"
        sign = exponent[0] if exponent[0] in "+-" else "+"
        return f"{mantissa}e{sign}{exponent.lstrip('+-')}"
    return text


def _sign_and_rest(text: str) -> tuple[str, str]:
    if text[0] == "-":
        return "-", text[1:]
    return "", text.removeprefix("+")


_AMBIGUOUS_SHAPES: tuple[tuple[re.Pattern[str], Callable[[str], Ambiguous]], ...] = (
    (re.compile(r"[-+]?0[0-9]+"), _leading_zero),
    (re.compile(r"[-+]?0(?:o[0-7]+|x[0-9a-fA-F_]+|b[01_]+)"), _other_base),
    (re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"), _sexagesimal),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}.*)?"), _moment),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|[-+]?\.(?:nan|NaN|NAN)"), _not_finite),
    (re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"), _odd_float),
    (re.compile(r"[-+]?(?=[0-9._]*_)[0-9.][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?"), _underscores),
)
"""In order: the first shape that fits explains the text."""
