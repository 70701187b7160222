"""Whatever a review or a forge reports has its page in the manual."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import penstock
from penstock.cli.main import main
from penstock.cli.manual import CODES
from penstock.review.codes import REVIEWING

SOURCES = Path(penstock.__file__).parent
ROOMS = ("review", "forges")


def used() -> Iterator[tuple[str, str]]:
    """Where a diagnostic is made, and its code."""
    for path in sorted(path for room in ROOMS for path in (SOURCES / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _makes_a_diagnostic(node):
                yield f"{path.relative_to(SOURCES)}:{node.lineno}", _code(path, node)


def _makes_a_diagnostic(call: ast.Call) -> bool:
    """Whether it is made anew, or from another one by a code of its own."""
    called = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    if isinstance(called, ast.Name) and called.id == "Diagnostic":
        return True
    return any(one.arg == "code" and isinstance(one.value, ast.Constant) for one in call.keywords)


def _code(path: Path, call: ast.Call) -> str:
    """The code: the first argument, a text or the name of one."""
    given = next((one.value for one in call.keywords if one.arg == "code"), call.args[0] if call.args else None)
    if isinstance(given, ast.Constant):
        return str(given.value)
    assert isinstance(given, ast.Name), f"{path}:{call.lineno}: a code that can be looked up is written out"
    module = ".".join(("penstock", *path.relative_to(SOURCES).with_suffix("").parts))
    return str(getattr(importlib.import_module(module), given.id))


USED = dict(used())


def test_the_walk_finds_them() -> None:
    assert set(USED.values()) >= {"merge-conflict", "not-compiled", "base-unreadable", "policy-test"}


@pytest.mark.parametrize(("place", "code"), USED.items(), ids=USED.keys())
def test_a_code_has_its_page(place: str, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", code]) == 0, place
    shown = capsys.readouterr().out
    assert shown.startswith(f"{code}\n\n")
    assert len(shown) > 150


def test_no_page_is_for_a_code_that_is_gone() -> None:
    assert {code.name for code in REVIEWING} <= set(USED.values())
    assert CODES.keys() >= set(USED.values())
