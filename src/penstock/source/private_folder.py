"""The folder of a repository for the files of this machine alone, which git ignores."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

NAME = ".penstock"
_IGNORED = "# Created by Penstock: everything here can be recreated; do not commit it.\n*\n"


def make_private(folder: Path) -> None:
    """Make the folder, and where it is called `.penstock` let git ignore it; one of another name is its owner's affair.

    A `.gitignore` that is there stays as it is. Where nothing can be written, whoever needs the folder will say so.
    """
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if folder.name == NAME:
            handle = os.open(folder / ".gitignore", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(_IGNORED)
