"""Messages that are put together from words and numbers read like sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from penstock.diagnostics.grammar import counted, with_article

SOURCES = Path(__file__).resolve().parents[2] / "src" / "penstock"

# A number taken from a length and, behind it, a noun that is written in the plural whatever the number.
ALWAYS_MANY = re.compile(r"\{len\([\w.]+\)(?: - \w+)?(?::,)?\} (?!is\b|was\b|has\b)(?:\w+ )?[a-z]+s\b")
# More than one by the line above, or by what is counted.
MANY = {
    "checks/models/schedule_syntax.py",
    "checks/datasets/unknown_column.py",
    "cli/schema.py",
    "review/rendering/terminal.py",
}


@pytest.mark.parametrize(
    ("noun", "said"),
    [("Rollout", "a Rollout"), ("InferenceService", "an InferenceService"), ("Environment", "an Environment")],
)
def test_a_noun_gets_its_article(noun: str, said: str) -> None:
    assert with_article(noun) == said


@pytest.mark.parametrize(("count", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1_200, "1,200 files")])
def test_a_noun_agrees_with_its_number(count: int, said: str) -> None:
    assert counted(count, "file") == said


def test_no_message_counts_one_of_many() -> None:
    found = {
        path.relative_to(SOURCES).as_posix(): hits
        for path in sorted(SOURCES.rglob("*.py"))
        if "runtime" not in path.parts and (hits := ALWAYS_MANY.findall(path.read_text(encoding="utf-8")))
    }
    assert {path: hits for path, hits in found.items() if path not in MANY} == {}
