"""Paths of commits as they are from a folder of the repository: what stands outside of it begins with `../`."""

from __future__ import annotations

from typing import NamedTuple

_UP = ".."


class Folder(NamedTuple):
    """A folder of a repository; `path` is from the top, `""` for the top itself."""

    path: str = ""

    def inner(self, path: str) -> str:
        """A path from the top as it is from the folder."""
        if not self.path:
            return path
        if path.startswith(f"{self.path}/"):
            return path[len(self.path) + 1 :]
        own, parts = self.path.split("/"), path.split("/")
        # A file may stand where the folder does on the other side: its own name is no way up.
        shared = 0
        while shared < min(len(own), len(parts) - 1) and own[shared] == parts[shared]:
            shared += 1
        return "/".join([_UP] * (len(own) - shared) + parts[shared:])

    def outer(self, path: str) -> str:
        """A path from the folder as it is from the top; `""` leads to the folder itself.

        ValueError for one that is outside of the repository.
        """
        if not self.path:
            return path
        above = self.path.split("/")
        parts = path.split("/") if path else []
        while parts[:1] == [_UP]:
            if not above:
                raise ValueError(f"{path!r} is outside of the repository")
            parts, above = parts[1:], above[:-1]
        return "/".join([*above, *parts])


def is_outside(path: str) -> bool:
    """Whether a path from a folder, as `Folder.inner` gives it, leads out of it."""
    return path.startswith("../")
