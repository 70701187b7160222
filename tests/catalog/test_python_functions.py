"""The functions of a module are found wherever its top level defines them."""

from __future__ import annotations

import warnings

import pytest

from catalog.repositories import load, small
from penstock.catalog.python.functions import module_of
from penstock.checks.engine import check
from penstock.python.syntax import understand


@pytest.mark.parametrize(
    "text",
    [
        "def rush(table): ...",
        "if FAST:\n    pass\nelse:\n    def rush(table): ...",
        "if FAST:\n    pass\nelif SLOW:\n    def rush(table): ...",
        "try:\n    import fast\nexcept ImportError:\n    def rush(table): ...",
        "try:\n    import fast\nexcept ImportError:\n    pass\nelse:\n    def rush(table): ...",
        "with quiet():\n    from fast import rush",
        "match MODE:\n    case 1:\n        def rush(table): ...",
        "rush, other = make()",
        "[rush] = make()",
    ],
)
def test_a_function_is_found_wherever_it_is_defined(text: str) -> None:
    module = module_of(load(small() | {"systems/rushes.py": text}).view(None), "systems.rushes:rush")
    assert module is not None
    assert module.find("rush") is not None


@pytest.mark.parametrize("text", ["def other(table):\n    def rush(table): ...", "class A:\n    def rush(table): ..."])
def test_what_a_function_or_a_class_holds_is_none_of_the_module(text: str) -> None:
    module = module_of(load(small() | {"systems/rushes.py": text}).view(None), "systems.rushes:rush")
    assert module is not None
    assert module.find("rush") is None


@pytest.mark.parametrize("text", ["from systems.flights import *", "def __getattr__(name): ..."])
def test_names_that_a_text_does_not_show_are_not_missed(text: str) -> None:
    files = small() | {"systems/rushes.py": text}
    files["specs/features.yaml"] = files["specs/features.yaml"].replace("systems.flights:rush", "systems.rushes:rush")
    assert check(load(files)) == ()


def test_what_the_parser_warns_of_is_printed_nowhere() -> None:
    text = 'RULE = """\n::error::Not a word of the forge\'s \\d\n"""\nif 1 is 1:\n    def rush(table): ...\n'
    with warnings.catch_warnings(record=True) as printed:
        warnings.simplefilter("always")
        module = module_of(load(small() | {"systems/rushes.py": text}).view(None), "systems.rushes:rush")
        understood = understand("systems/rushes.py", text.encode())
    assert printed == []
    assert module is not None
    assert module.error is None
    assert not understood.may_run_any_code
