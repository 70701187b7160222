"""The files of a work tree are read as those of a commit would be."""

from __future__ import annotations

from pathlib import Path

from penstock.catalog.repository import WorkTree


def test_a_link_that_leaves_the_repository_is_no_file_of_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    root = tmp_path / "repository"
    root.mkdir()
    (root / "evidence.json").symlink_to(outside)
    (root / "plain.json").write_text("[]")
    assert WorkTree(root).read("evidence.json") is None
    assert WorkTree(root).read("../outside.json") is None
    assert WorkTree(root).read("plain.json") == b"[]"
