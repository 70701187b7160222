"""Text that others wrote, made harmless for where it is shown.

Names, descriptions, values and paths of a pull request are its author's. Shown as they are they could mention people,
close a table or a fold, forge a line of the log as a command of the runner, or move the reader's cursor.
"""

from __future__ import annotations

import html
import re

_MARKDOWN = re.compile(r"[^A-Za-z0-9 /.,%=()\"';?-]")
_AUTOLINK = re.compile(r"(?i)(?<=www)\.")
_QUOTED = re.compile(r"`([^`]*)`")
_RUNNER = "##["
"""Wherever it stands in a line of the log, GitHub's runner reads a command after it."""


def visible(text: str) -> str:
    """The text on one line: what cannot be seen, or turns the direction of writing, is written as an escape."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escape(one) for one in text)


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


def fenced(text: str, language: str = "") -> str:
    """A block of code in Markdown that its content cannot close."""
    lines = [log_line(line) for line in text.split("\n")]
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])


def json_text(text: str) -> str:
    """JSON in which no string is read by the runner as a command; it stays the same JSON."""
    return text.replace(_RUNNER, "#\\u0023[")


def _escape(character: str) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    return known if known is not None else f"\\u{{{ord(character):x}}}"


def _entity(character: str) -> str:
    return character if ord(character) > 127 else f"&#{ord(character)};"
