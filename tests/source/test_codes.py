"""Every code that this room can say has a manual page, and every page a code that is said."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from penstock import source
from penstock.diagnostics.codes import code_table
from penstock.source.reading.codes import READING
from penstock.source.writing.codes import WRITING

CODES = (*READING, *WRITING)


def said() -> set[str]:
    """The first arguments of all calls `Diagnostic.error(...)`, `.warning(...)` and `.note(...)`."""
    codes: set[str] = set()
    for file in Path(source.__file__ or "").parent.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if isinstance(call.func.value, ast.Name) and call.func.value.id == "Diagnostic":
                codes |= {part.value for part in ast.walk(call.args[0]) if isinstance(part, ast.Constant)}
    return codes


def test_every_code_has_its_page_and_every_page_its_code() -> None:
    assert said() == set(code_table(CODES))


def test_a_page_says_more_than_its_summary() -> None:
    assert [code.name for code in CODES if "\n\n" not in code.manual] == []


def test_importing_diagnostics_loads_nothing_but_the_standard_library() -> None:
    program = (
        "import sys; before = set(sys.modules); import penstock.diagnostics.terminal, penstock.diagnostics.github;"
        "print({name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "{'penstock'}\n"
