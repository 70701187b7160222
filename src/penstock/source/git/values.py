"""Values that git is given, and gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class TreeEntry(NamedTuple):
    """A file of a commit: its path from the repository's root, its blob's id, its size in bytes.

    A byte of the path that is no UTF-8 is a lone surrogate (PEP 383). The size of a link is that
    of its target's name.
    """

    path: str
    blob: str
    size: int
    is_link: bool = False


class TreeChange(NamedTuple):
    """A path at which two commits differ, with the blob of each side; None where a side has no file there."""

    path: str
    before: str | None
    after: str | None
    is_edit: bool = False
    """Whether it is known to be a plain file on both sides."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """A header for one server; git gets it in its environment, where no list of processes shows it."""

    server: str
    """Such as `https://github.com/`."""
    header: str = field(repr=False)

    def as_environment(self) -> dict[str, str]:
        """The variables that make git send the header to that server alone."""
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{self.server.rstrip('/')}/.extraheader",
            "GIT_CONFIG_VALUE_0": self.header,
        }
