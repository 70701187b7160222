"""What every tracked file keeps to: length, no loose ends, nothing that holds on one machine or network only."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

LONGEST = 450

# Written so that the patterns do not find themselves.
LOOSE_END = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
REGISTRY = re.compile(
    r"py" r"pi\.org|python" r"hosted\.org|npm" r"js\.org|deb\.debian" r"\.org|proxy\.golang" r"\.org|crates" r"\.io"
)
ONE_MACHINE = re.compile(r"(?<![\w.$}-])/(?:work/" r"main|ro" r"ot|home/\w+|Users/\w+)\b")


@pytest.fixture(scope="module")
def texts(root: Path) -> dict[str, str]:
    """Every tracked text file, by path."""
    if not (root / ".git").exists():
        pytest.skip("not a git checkout, so nothing says which files are tracked")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    contents = {name: (root / name).read_bytes() for name in listed.split("\0") if name and (root / name).is_file()}
    assert "pyproject.toml" in contents
    return {name: body.decode() for name, body in contents.items() if b"\0" not in body and _is_utf8(body)}


def test_no_module_outgrows_a_sitting(texts: dict[str, str]) -> None:
    lengths = {name: text.count("\n") for name, text in texts.items() if name.endswith(".py")}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_nothing_is_left_for_later(texts: dict[str, str]) -> None:
    # The licence is not ours to word, and locks are hashes.
    assert _lines(LOOSE_END, texts, without=("LICENSE", "requirements/")) == []


def test_no_registry_is_named(texts: dict[str, str]) -> None:
    assert _lines(REGISTRY, texts) == []


def test_no_path_of_one_machine_is_written_down(texts: dict[str, str]) -> None:
    assert _lines(ONE_MACHINE, texts) == []


@pytest.mark.parametrize("path", ["/work/" + "main/src", "see /home/" + "ada/x", '"/ro' + 'ot/.cache"'])
def test_a_path_of_one_machine_is_seen(path: str) -> None:
    assert ONE_MACHINE.search(path)


@pytest.mark.parametrize("path", ["/workspace/data", "${HOME}/ro" + "ot", "https://example.org/home/" + "x", "/opt/x"])
def test_other_paths_are_left_alone(path: str) -> None:
    assert not ONE_MACHINE.search(path)


def _lines(pattern: re.Pattern[str], texts: dict[str, str], without: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts.items()
        if not name.startswith(without)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
