"""Text that others wrote, made harmless for where it is shown.

Names, descriptions, values and paths of a pull request are its author's. Shown as they are they could mention people,
close a table or a fold, forge a line of the log as a command of the runner, or move the reader's cursor.
"""

from __future__ import annotations

import html
import re
import unicodedata

_MARKDOWN = re.compile(r"[^A-Za-z0-9 /.,%=()\"';?-]")
_AUTOLINK = re.compile(r"(?i)(?<=www)\.")
_QUOTED = re.compile(r"`([^`]*)`")
_ALIKE = str.maketrans(
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0430\u0435\u0455\u0456\u0458\u043e\u0440\u0441\u0443\u0445\u0501\u04bb\u051b\u051d"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf",
    "ABESIJKMHOPCTYXaesijopcyxdhqwABEZHIKMNOPTYXvo",
)
"""Letters of Cyrillic and Greek that look like Latin ones."""
_FILLER = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")
"""What counts as printable, and shows nothing."""
_UNSEEN = re.compile('[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"]')
"""What chooses between forms of the letter before it; and quotes, which stand around some values only."""
_SPACES = re.compile(r"(?<= ) |^ | $")
"""Each space that a page leaves out: at the ends, and after another one."""
_CUT = "…"
_RUNNER = "##["
"""Wherever it stands in a line of the log, GitHub's runner reads a command after it."""


def visible(text: str) -> str:
    """The text on one line: what cannot be seen, or turns the direction of writing, is written as an escape."""
    if text.isprintable() and (text.isascii() or _FILLER.search(text) is None):
        return text
    return "".join(one if one.isprintable() and not _FILLER.match(one) else _escape(one) for one in text)


def told_apart(one: str, other: str) -> tuple[str, str]:
    """Two texts for somebody who compares them; where they look the same and are not, what is no ASCII is an escape."""
    if one == other or _look(one) != _look(other):
        return one, other
    return _spelled(one), _spelled(other)


def log_line(text: str) -> str:
    """One line of a log: nothing of it reaches the terminal or the runner as a command."""
    shown = visible(text).replace(_RUNNER, "##\\[")
    if shown.lstrip(" +-\\").startswith("::"):
        place = shown.index("::")
        shown = f"{shown[:place]}:\\{shown[place + 1 :]}"
    return shown


def markdown(text: str) -> str:
    """The text as code in Markdown, within a table or not: no markup, no link, no mention, no formula of it is one."""
    return f"<code>{markdown_text(text)}</code>"


def markdown_text(text: str) -> str:
    """The text in Markdown, every character with a meaning as an entity. It may still mention somebody."""
    escaped = _MARKDOWN.sub(lambda match: _entity(match[0]), visible(text))
    return _AUTOLINK.sub("&#46;", escaped)


def markdown_prose(text: str) -> str:
    """A sentence that may quote anybody, in Markdown, with what stands between backticks as code.

    A space of no width after each `@` keeps it from calling people.
    """
    parts = _QUOTED.split(text)
    return "".join(
        markdown(part) if number % 2 else markdown_text(part).replace("&#64;", "&#64;&#8203;")
        for number, part in enumerate(parts)
    )


def html_text(text: str) -> str:
    """The text in HTML, in an element or in a quoted attribute."""
    return html.escape(visible(text), quote=True)


def html_prose(text: str) -> str:
    """The text in HTML, with what stands between backticks as code."""
    return _QUOTED.sub(r"<code>\1</code>", html_text(text))


def fenced(text: str, language: str) -> str:
    """A block of code in Markdown that its content cannot close."""
    lines = [log_line(line) for line in text.split("\n")]
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])


def json_text(text: str) -> str:
    """JSON in which no string is read by the runner as a command; it stays the same JSON."""
    return text.replace(_RUNNER, "#\\u0023[")


def _look(text: str) -> str:
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).translate(_ALIKE)
    return " ".join(plain.split())


def _spelled(text: str) -> str:
    shown = _SPACES.sub(lambda match: _escape(match[0]), text)
    return "".join(one if one.isascii() or one == _CUT else _escape(one) for one in shown)


def _escape(character: str) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    return known if known is not None else f"\\u{{{ord(character):x}}}"


def _entity(character: str) -> str:
    return character if ord(character) > 127 else f"&#{ord(character)};"
