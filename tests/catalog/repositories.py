"""Repositories given as texts."""

from __future__ import annotations

from pathlib import Path

from golden.case import Case
from penstock.catalog.load import load_files
from penstock.catalog.model import Catalog
from penstock.catalog.repository import FilesInMemory
from penstock.source.model import SourceFile, blob_id

GOLDEN = Path(__file__).parents[1] / "golden"


def small(**replaced: str) -> dict[str, str]:
    """The golden base `small`, with the files below ``specs/`` that are given appended to, by their stem."""
    files = Case("base: small\n", ()).files
    for stem, text in replaced.items():
        files[f"specs/{stem}.yaml"] = files.get(f"specs/{stem}.yaml", "") + text
    return files


def edited(files: dict[str, str], path: str, old: str, new: str) -> dict[str, str]:
    """The same files with one text in one of them replaced; it must stand there exactly once."""
    assert files[path].count(old) == 1
    return {**files, path: files[path].replace(old, new)}


def load(files: dict[str, str]) -> Catalog:
    """The catalog of a repository."""
    sources = [
        SourceFile(path, blob_id(text.encode()), text)
        for path, text in sorted(files.items())
        if path.startswith("specs/")
    ]
    return load_files(sources, FilesInMemory({path: text.encode() for path, text in files.items()}))
