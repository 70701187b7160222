"""Reads the specs of a work tree or of a commit into a catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from penstock.catalog.model import Catalog
from penstock.catalog.repository import CommittedFiles, RepositoryFiles, WorkTree
from penstock.diagnostics.model import Diagnostic
from penstock.source.files import read_commit, read_file, scan
from penstock.source.git.repository import GitRepository
from penstock.source.model import Document, SourceFile
from penstock.source.reading.characters import decode
from penstock.source.reading.yaml_reader import read_documents


def load_work_tree(root: Path, edited: Mapping[str, bytes] | None = None) -> Catalog:
    """The catalog of the files as they lie on the disk in the repository at `root`.

    `edited` are bytes to read in place of those on the disk, by path.
    """
    stats, diagnostics = scan(root)
    files = []
    for status in stats:
        body = edited.get(status.path) if edited is not None else None
        file, found = read_file(root, status.path) if body is None else decode(status.path, body)
        diagnostics += found
        if file is not None:
            files.append(file)
    return load_files(files, WorkTree(root), diagnostics)


def load_commit(repository: GitRepository, revision: str) -> Catalog:
    """The catalog of a commit. GitError where git fails."""
    files, diagnostics = read_commit(repository, revision)
    return load_files(files, CommittedFiles(repository, revision), diagnostics)


def load_files(
    files: Iterable[SourceFile], repository: RepositoryFiles | None = None, diagnostics: Iterable[Diagnostic] = ()
) -> Catalog:
    """The catalog of files that have been read; `diagnostics` are what was found at that."""
    documents: list[Document] = []
    found = list(diagnostics)
    unsound = []
    for file in files:
        of_file, in_file = read_documents(file)
        documents += of_file
        found += in_file
        if in_file:
            unsound.append(file)
    return Catalog(documents, repository, found, unsound)
