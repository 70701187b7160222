"""What of a regular expression the steps cannot compile, which match with RE2: its syntax is not quite that of Python.

The syntax is https://github.com/google/re2/wiki/Syntax. What RE2 alone knows is replaced by something of the same
length that Python knows, and Python tells of the rest. A test holds the outcome against the DuckDB that is installed.
"""

from __future__ import annotations

import re
import warnings
from typing import NamedTuple

_MOST_REPEATED = 1_000


class Fault(NamedTuple):
    """Why a regular expression is not valid, and which characters of it are at fault."""

    headline: str
    at: tuple[int, int]
    message: str = ""
    """Words for the place."""
    advice: str = ""


_ESCAPE = re.compile(
    r"(?P<literal>\\Q[\s\S]*?(?:\\E|\Z)|\\x\{[0-9a-fA-F]+\}|\\[1-7][0-7]{1,2})"
    r"|(?P<letters>\\[pP](?:\{\^?\w+\}|\w)|\\C)"
    r"|(?P<end>\\z)"
    r"|(?P<foreign>\\[1-9ZuUN])"
    r"|(?P<other>\\[\s\S])"
)
_CLASS = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|[^\]])*\]")
_FLAGS = re.compile(r"\(\?[imsU]*(?:-[imsU]+)?[:)]")
_NO_SUCH_THING = "RE2 has no lookaround, backreferences or possessive quantifiers"
_FOREIGN = (
    (re.compile(r"\(\?(?:[=!(]|<[=!]|P=)|(?:[*+?]|\{\d+(?:,\d*)?\})\+"), _NO_SUCH_THING),
    (re.compile(r"\(\?[>#]"), "RE2 has no atomic groups and no comments"),
    (re.compile(r"\(\?[imsU-]*[aLux]"), "the flags of RE2 are `i`, `m`, `s` and `U`"),
    (re.compile(r"\{,\d+\}"), "RE2 takes this literally: write the lower bound, such as `{0,9}`"),
)
_FOREIGN_ESCAPES = {
    "Z": r"write `\z`, or nothing: the whole value has to match",
    **dict.fromkeys("uUN", r"write the character itself, or `\x{...}` with its number"),
}
_REPEATED = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def fault(pattern: str) -> Fault | None:
    """The first fault of a regular expression; None where it is valid RE2."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(_as_python(pattern))
    except (re.error, OverflowError) as error:
        position = min(getattr(error, "pos", None) or 0, max(len(pattern) - 1, 0))
        message = getattr(error, "msg", str(error))
        return Fault("the regular expression does not compile", (position, position + 1), message)
    except RecursionError:
        return Fault("the regular expression does not compile", (0, len(pattern)), "nested too deeply")
    for escape in _ESCAPE.finditer(pattern):
        if escape["foreign"] is not None:
            return _foreign(escape.span(), _FOREIGN_ESCAPES.get(escape["foreign"][1], _NO_SUCH_THING))
    bare = _without_classes(_ESCAPE.sub(_blank, pattern))
    found = [(match.span(), advice) for part, advice in _FOREIGN if (match := part.search(bare)) is not None]
    found += [
        (match.span(), f"RE2 repeats at most {_MOST_REPEATED:,} times")
        for match in _REPEATED.finditer(bare)
        if any(number and int(number) > _MOST_REPEATED for number in match.groups())
    ]
    return _foreign(*min(found)) if found else None


def _foreign(at: tuple[int, int], advice: str) -> Fault:
    return Fault("the regular expression is not valid RE2", at, advice=advice)


def _as_python(pattern: str) -> str:
    """The pattern with what only RE2 knows replaced, character for character."""
    text = _ESCAPE.sub(_escape_of_python, pattern)
    bare = _without_classes(_ESCAPE.sub(_blank, pattern))
    for match in _FLAGS.finditer(bare):
        # Python takes flags at the beginning alone, and others.
        end = ")" if match[0].endswith(")") else ""
        text = text[: match.start()] + "(?:".ljust(len(match[0]) - len(end), "x") + end + text[match.end() :]
    return text


def _escape_of_python(escape: re.Match[str]) -> str:
    if escape["literal"] is not None:
        return _blank(escape)
    if escape["letters"] is not None:
        return r"\w".ljust(len(escape[0]), "w")
    return r"\Z" if escape["end"] is not None else escape[0]


def _without_classes(text: str) -> str:
    return _CLASS.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return "x" * len(match[0])
