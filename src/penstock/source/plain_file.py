"""Reads files by their own bytes: never over a link, and never from what would keep the reader waiting."""

from __future__ import annotations

import errno
import os
import stat

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def read_plain_file(path: str) -> bytes:
    """A plain file's bytes; OSError where the last part of the path is a link, a pipe, a device."""
    handle = os.open(path, _FLAGS)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", path)
        return file.read()


class PlainFolders:
    """The folders below a root, each looked at once: whether the way to a file leads through folders alone."""

    def __init__(self, root: str) -> None:
        """`root` counts as a folder, whatever it is."""
        self._root = root
        self._blocking: dict[str, str | None] = {"": None}

    def blocking(self, path: str) -> str | None:
        """The first part of the way to `path` that is no folder but a link or a file; None where there is none."""
        parent = path.rpartition("/")[0]
        if parent not in self._blocking:
            blocking = self.blocking(parent)
            if blocking is None:
                try:
                    if not stat.S_ISDIR(os.lstat(f"{self._root}/{parent}").st_mode):
                        blocking = parent
                except FileNotFoundError:
                    blocking = None
            self._blocking[parent] = blocking
        return self._blocking[parent]

    def are_plain(self, path: str) -> bool:
        """Whether the way to `path` leads through folders alone, as far as it leads."""
        try:
            return self.blocking(path) is None
        except OSError:
            return False

    def status(self, path: str) -> os.stat_result | None:
        """The status of a plain file; None where there is none, or where only a link leads to it."""
        try:
            status = os.lstat(f"{self._root}/{path}") if self.are_plain(path) else None
        except OSError:
            return None
        return status if status is not None and stat.S_ISREG(status.st_mode) else None
