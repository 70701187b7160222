"""What is wrong with a spec by itself has words for each error of the language."""

from __future__ import annotations

import ast
from pathlib import Path

import penstock.specs
from penstock.catalog.errors import explanations


def own_errors() -> set[str]:
    """The types of the errors that the language raises itself."""
    (folder,) = penstock.specs.__path__
    calls = (
        node
        for path in Path(folder).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "PydanticCustomError"
    )
    return {ast.literal_eval(call.args[0]) for call in calls}


def test_every_error_of_the_language_is_explained() -> None:
    assert len(own_errors()) > 10
    assert own_errors() <= explanations._TABLE.keys()
