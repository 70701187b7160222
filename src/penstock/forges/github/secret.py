"""A token that shows itself to nobody but the code that sends it."""

from __future__ import annotations

import re

from penstock.forges.protocol import ForgeError

_TOKEN = re.compile(r"[!-~]{4,4096}")
_HIDDEN = "***"
_LONGEST_QUOTE = 200


class Secret:
    """A token. Its text is in no `repr`, no `str` and no error."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """ForgeError for a text that no token can be; the error does not repeat it."""
        if not _TOKEN.fullmatch(text):
            raise ForgeError(
                "the GitHub token is empty, or contains characters that no token contains: "
                "pass GITHUB_TOKEN to this step, without quotes or line breaks."
            )
        self._text = text

    def reveal(self) -> str:
        """The token itself, for the one header that carries it."""
        return self._text

    def quote(self, text: str) -> str:
        """Somebody else's text, fit to be part of an error: one short line without control characters or the token."""
        hidden = text.replace(self._text, _HIDDEN)
        line = " ".join("".join(letter if letter.isprintable() else " " for letter in hidden).split())
        return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"

    def __repr__(self) -> str:
        return f"Secret({_HIDDEN})"
