"""Reading JSON that somebody else wrote: every value has the type that is asked for, or there is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from penstock.forges.github.errors import GitHubError

_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPOSITORY = re.compile(r"[A-Za-z0-9_-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")


def is_repository(text: str) -> bool:
    """Whether this can be the full name of a repository; nothing in it needs quoting in a path."""
    return _REPOSITORY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Shape:
    """A value of an answer, and its place for the error. All methods raise GitHubError."""

    value: object
    place: str

    def __getitem__(self, key: str) -> Shape:
        """The value of a key, null where there is none."""
        if not isinstance(self.value, dict):
            raise self._wrong("a mapping")
        return Shape(self.value.get(key), f"`{key}` of {self.place}")

    @property
    def is_null(self) -> bool:
        """Whether it is null, or was not there. GitHub shows a missing account as null or as an empty mapping."""
        return self.value is None or self.value == {}

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self._wrong("a string")
        return self.value

    def text_or_empty(self) -> str:
        """A text; the empty one for null."""
        return "" if self.value is None else self.text()

    def truth(self) -> bool:
        if not isinstance(self.value, bool):
            raise self._wrong("true or false")
        return self.value

    def number(self) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self._wrong("an integer")
        return self.value

    def count(self) -> int:
        """A whole number that is too big for some readers, and so may be written as a text."""
        if isinstance(self.value, str) and self.value.isascii() and self.value.isdecimal():
            return int(self.value)
        return self.number()

    def object_id(self) -> str:
        """The full id of a git object."""
        if not _OBJECT_ID.fullmatch(self.text()):
            raise self._wrong("the full id of a commit")
        return self.text()

    def repository(self) -> str:
        """The full name of a repository, `owner/name`."""
        if not is_repository(self.text()):
            raise self._wrong("the full name of a repository")
        return self.text()

    def instant(self) -> datetime:
        """A moment, with its offset."""
        try:
            moment = datetime.fromisoformat(self.text())
        except ValueError:
            raise self._wrong("a timestamp") from None
        if moment.tzinfo is None:
            raise self._wrong("a timestamp with a time zone")
        return moment

    def items(self) -> list[Shape]:
        if not isinstance(self.value, list):
            raise self._wrong("a list")
        return [Shape(item, f"item {index} of {self.place}") for index, item in enumerate(self.value, 1)]

    def _wrong(self, wanted: str) -> GitHubError:
        return GitHubError(
            f"{self.place} is not {wanted}, unlike what GitHub documents; "
            "run again, and if it persists, update Penstock or check the proxies between it and GitHub."
        )
