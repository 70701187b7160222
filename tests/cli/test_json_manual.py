"""docs/json.md names the keys that the JSON has, each of them and no others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from penstock.cli.main import main
from review.repositories import Repository, loosen

_MANUAL = Path(__file__).parents[2] / "docs" / "json.md"
_BEFORE = re.compile(r"^## (?P<command>.+)$|^(?P<each>Each \w+):$", re.MULTILINE)


def tables() -> dict[str, set[str]]:
    """The keys of each table, by the heading or the line above it."""
    text = _MANUAL.read_text(encoding="utf-8")
    starts = list(_BEFORE.finditer(text))
    ends = [one.start() for one in starts[1:]] + [len(text)]
    return {
        start["command"] or start["each"]: {
            key
            for row in re.findall(r"^\| (`.+?) \|", text[start.end() : end], re.MULTILINE)
            for key in re.findall(r"`(\w+)`", row)
        }
        for start, end in zip(starts, ends, strict=True)
    }


def printed(capsys: pytest.CaptureFixture[str], repository: Repository, *words: str) -> dict[str, Any]:
    main([*words, "--root", str(repository.root), "--format", "json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_a_check_prints_what_the_manual_says(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, repository, "check")
    keys = tables()
    assert set(found) == keys["`penstock check` and `penstock compile`"]
    assert found["diagnostics"], "the functions that the specs name are not there"
    assert all(set(one) == keys["Each diagnostic"] for one in found["diagnostics"])


def test_a_plan_prints_what_the_manual_says(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.commit("base")
    repository.branch()
    repository.edit(loosen)
    repository.commit()
    found = printed(capsys, repository, "plan", "--base", "main")
    keys = tables()
    assert set(found) == keys["`penstock plan`"]
    assert found["changes"]
    assert all(set(one) == keys["Each change"] for one in found["changes"])
    text = _MANUAL.read_text(encoding="utf-8")
    assert all(f"`{key}`" in text for key in found["changes"][0]["impact"])
