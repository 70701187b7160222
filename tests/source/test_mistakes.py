"""One file for each mistake: what somebody wrote, and what they are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from golden_files import Golden
from penstock.diagnostics.terminal import render
from penstock.source.model import SourceFile
from penstock.source.reading.yaml_reader import read_documents

MISTAKES = sorted((Path(__file__).parent / "mistakes").glob("*.txt"))
DIVIDER = "=== says\n"
SEVERAL_CAUSES = ("broken-document-hides-no-other", "two-mistakes-in-one-document")


@pytest.mark.parametrize("path", MISTAKES, ids=lambda path: path.stem)
def test_each_mistake_is_told_in_these_words(path: Path, golden: Golden) -> None:
    written = path.read_text("utf-8").partition(DIVIDER)[0]
    documents, diagnostics = read_documents(SourceFile("specs/example.yaml", "0" * 40, written))
    told = render(diagnostics, lambda _: written)
    told += "".join(f"read: {document.value}\n" for document in documents)
    golden(path, written + DIVIDER + told)


def test_one_cause_gives_one_diagnostic() -> None:
    of_one_cause = [path for path in MISTAKES if path.stem not in SEVERAL_CAUSES]
    said = {path.stem: path.read_text("utf-8").partition(DIVIDER)[2] for path in of_one_cause}
    assert [
        stem for stem, told in said.items() if not re.search(r"^1 (error|warning) in 1 file$", told, re.MULTILINE)
    ] == []
