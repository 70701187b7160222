"""Shows diagnostics in the form that was asked for."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

from penstock.cli.repository import folder_in_git
from penstock.diagnostics.model import Diagnostic

FORMATS = ("text", "json", "sarif", "github")
_OF_FORGES = ("sarif", "github")


def add_format(parser: argparse.ArgumentParser) -> None:
    """The option that chooses the form."""
    parser.add_argument("--format", choices=FORMATS, default="text", help="output format (default: text)")


def show(diagnostics: Iterable[Diagnostic], root: Path, form: str) -> None:
    """Print diagnostics: text to the error stream, the machine-readable forms to the output.

    The forms for a forge name files as it knows them, from the top of the git repository.
    """
    found = tuple(diagnostics)
    if form in _OF_FORGES:
        from penstock.diagnostics.rebase_paths import from_top

        folder = folder_in_git(root)
        found = tuple(from_top(diagnostic, folder) for diagnostic in found)
    if form == "text":
        if found:
            from penstock.diagnostics.terminal import render

            print(render(found, source_of(root), colour=wants_colour(sys.stderr)), file=sys.stderr)
    elif form == "json":
        from penstock.diagnostics.json import render as render_json

        print(render_json(found))
    elif form == "github":
        from penstock.diagnostics.github import render as render_github

        if found:
            print(render_github(found))
    else:
        from penstock import __version__
        from penstock.cli.manual import CODES
        from penstock.diagnostics.sarif import render as render_sarif

        print(render_sarif(found, CODES, tool_version=__version__))


def source_of(root: Path) -> Callable[[str], str | None]:
    """Reads the text that a diagnostic points into: of plain files of the repository alone.

    What stands behind a link or outside is not the author's to show, and a pipe would be waited for.
    """
    from penstock.catalog.repository import WorkTree

    tree = WorkTree(root)

    def text_of(path: str) -> str | None:
        body = tree.read(path)
        return None if body is None else body.decode("utf-8", errors="replace")

    return text_of


def wants_colour(stream: TextIO) -> bool:
    """Whether `stream` goes to a terminal that shows colour, by the usual conventions."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")
