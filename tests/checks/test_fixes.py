"""What a fix writes is what its diagnostic asks for."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from golden.case import Case
from golden.test_golden import load, problems
from penstock.diagnostics.model import Diagnostic, Safety
from penstock.source.writing.fixes import mend

CASES = sorted((Path(__file__).parents[1] / "golden" / "mistakes").glob("*.txt"))


def mended(files: dict[str, str], diagnostic: Diagnostic) -> dict[str, str]:
    """The files with the fix of one diagnostic made, safe or not."""
    assert diagnostic.fix is not None
    safe = replace(diagnostic, fix=replace(diagnostic.fix, safety=Safety.SAFE))
    changed = mend([safe], lambda path: files[path].encode()).files
    assert changed
    return files | {path: data.decode() for path, data in changed.items()}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_of_what_a_fix_has_written_the_same_is_not_said_again(path: Path) -> None:
    files = Case.read(path).files
    for one in problems(load(files)):
        if one.fix is not None and one.primary is not None:
            start = str(one.primary.span)
            after = problems(load(mended(files, one)))
            assert (one.code, start) not in [(other.code, str(other.primary and other.primary.span)) for other in after]


def test_the_value_that_a_learner_would_take_is_the_fix() -> None:
    (path,) = (path for path in CASES if path.stem == "values-that-a-learner-refuses")
    found = [
        one
        for one in problems(load(Case.read(path).files))
        if one.help and re.match("write `|did you mean `", one.help[0])
    ]
    assert len(found) > 5
    for one in found:
        assert one.fix is not None
        assert [edit.replacement for edit in one.fix.edits] == re.findall(r"`([^`]*)`", one.help[0])[:1]
