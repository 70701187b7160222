"""The cache: what was saved comes back, and whatever cannot be relied on counts as nothing."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from penstock.source.cache import Cache

VALUE = {"version": 1, "files": {"specs/a.yaml": [1, 2, "é"]}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".penstock/cache/compile.json"


def test_what_was_saved_comes_back(path: Path) -> None:
    assert Cache(path, "engine 1").load() is None
    assert Cache(path, "engine 1").save(VALUE)
    assert Cache(path, "engine 1").load() == VALUE
    assert [entry.name for entry in path.parent.iterdir()] == ["compile.json"]


def test_another_engine_finds_nothing(path: Path) -> None:
    Cache(path, "engine 1").save(VALUE)
    assert Cache(path, "engine 2").load() is None


def test_any_change_of_the_file_makes_it_nothing(path: Path) -> None:
    Cache(path, "engine").save(VALUE)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at])
        assert Cache(path, "engine").load() is None
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert Cache(path, "engine").load() is None


def test_a_hostile_file_runs_nothing(path: Path, tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "sprung",)

    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps(Hostile()))
    assert Cache(path, "engine").load() is None
    assert not (tmp_path / "sprung").exists()


def test_what_a_killed_run_left_half_written_is_in_nobodys_way(path: Path) -> None:
    """In a container each run has the same process id."""
    path.parent.mkdir(parents=True)
    path.with_name(f"{path.name}.{os.getpid()}.tmp").write_bytes(b"half")
    assert Cache(path, "engine").save(VALUE)
    assert Cache(path, "engine").load() == VALUE
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_place_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not Cache(tmp_path / "file/cache.json", "engine").save(VALUE)
    (tmp_path / "folder/cache.json").mkdir(parents=True)
    assert not Cache(tmp_path / "folder/cache.json", "engine").save(VALUE)
    assert [entry.name for entry in (tmp_path / "folder").iterdir()] == ["cache.json"]
