"""The names that steps give to columns of their own are those that no column of a user's may have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import penstock.runtime
from penstock.specs.own_columns import is_own_column

CODE = sorted(Path(penstock.runtime.__path__[0]).rglob("*.py"))


def used(text: str) -> set[str]:
    """Names in quotes that begin with the mark, with a number or a name where one is put together."""
    found = {match[1] for match in re.finditer(r"[\"'](@[a-z_]+(?:\.|\{)?)", text)}
    numbered = {f"@7{match[1]}" for match in re.finditer(r"[\"']@\{[a-z_]+\}(\.)", text)}
    return {name.replace("{", "7").replace(".", ".flight") for name in found | numbered}


def test_the_names_that_the_steps_use_are_all_known() -> None:
    names = set[str]().union(*(used(path.read_text(encoding="utf-8")) for path in CODE))
    assert len(names) > 15
    assert {name for name in names if not is_own_column(name)} == set()


@pytest.mark.parametrize("name", ["@class", "@ROW", "@key0", "@entity.flight", "@0.1", "@score", "@score.late"])
def test_a_name_of_the_steps_is_told(name: str) -> None:
    assert is_own_column(name)


@pytest.mark.parametrize("name", ["@timestamp", "@version", "class", "row", "@keys", "@entity", "a@row"])
def test_a_name_of_others_is_none(name: str) -> None:
    assert not is_own_column(name)
