"""Every diagnostic that is reported anywhere has its page."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import penstock
from penstock.cli.main import main
from penstock.cli.manual import CODES

PACKAGE = Path(penstock.__file__).parent
SEVERITIES = {"error", "warning", "note"}


def reported() -> dict[str, str]:
    """The codes that are written as texts where diagnostics are made, each with a file."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            made = isinstance(node, ast.Call) and ast.unparse(node.func) in {f"Diagnostic.{one}" for one in SEVERITIES}
            if made and node.args and isinstance(node.args[0], ast.Constant):
                found[node.args[0].value] = path.relative_to(PACKAGE).as_posix()
    return found


def test_every_code_has_a_page() -> None:
    assert {code: file for code, file in reported().items() if code not in CODES} == {}
    assert len(reported()) > 60


def test_a_page_begins_with_one_sentence() -> None:
    assert [code.name for code in CODES.values() if not code.summary.endswith(".") or len(code.summary) > 120] == []


def test_the_beginning_of_a_code_is_completed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "unknown-sql"]) == 2
    assert (
        capsys.readouterr().err == "error: there is no diagnostic `unknown-sql`; did you mean `unknown-sql-function`?\n"
    )
