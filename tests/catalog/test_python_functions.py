"""The functions of a module are found wherever its top level defines them."""

from __future__ import annotations

import warnings

import pytest

from catalog.repositories import load, small
from penstock.catalog.python.functions import module_of
from penstock.checks.engine import check
from penstock.python.syntax import parsed_module


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
        understood = parsed_module("systems/rushes.py", text.encode())
    assert printed == []
    assert module is not None
    assert module.error is None
    assert not understood.may_run_any_code


_ONE, _TWO = "def rush(table): ...", "def rush(table, more): ..."


@pytest.mark.parametrize(
    ("text", "can_be_called"),
    [
        (f"if FAST:\n    {_ONE}\nelse:\n    {_TWO}", True),
        (f"if FAST:\n    {_TWO}\nelse:\n    {_ONE}", True),
        (f"try:\n    from fast import rush\nexcept ImportError:\n    {_TWO}", True),
        (f"{_ONE}\nif FAST:\n    {_TWO}", True),
        (f"if FAST:\n    {_TWO}\nelse:\n    class rush: ...", False),
        (f"{_ONE}\n{_TWO}", False),
        (f"if FAST:\n    {_ONE}\n{_TWO}", False),
        (f"{_TWO}\n{_ONE}", True),
    ],
)
def test_a_function_under_conditions_is_called_as_one_of_its_definitions(text: str, can_be_called: bool) -> None:
    files = small() | {"systems/rushes.py": text}
    files["specs/features.yaml"] = files["specs/features.yaml"].replace("systems.flights:rush", "systems.rushes:rush")
    assert (check(load(files)) == ()) is can_be_called


def test_the_line_of_a_character_that_no_text_has() -> None:
    text = "FAST = True\n\nrush = '\0'\n"
    module = module_of(load(small() | {"systems/rushes.py": text}).view(None), "systems.rushes:rush")
    assert module is not None
    assert module.error == (3, "source code string cannot contain null bytes")
