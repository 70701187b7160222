"""Paths of commits as they are from a folder of the repository, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.source.git.paths import Folder, is_outside

PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("folder", "top", "inner"),
    [
        ("", "a/b.yaml", "a/b.yaml"),
        ("ml", "ml/specs/a.yaml", "specs/a.yaml"),
        ("ml/eu", "ml/eu/specs/a.yaml", "specs/a.yaml"),
        ("ml/eu", "ml/us/a.yaml", "../us/a.yaml"),
        ("ml/eu", "README.md", "../../README.md"),
        ("ml/eu", "mlx/a", "../../mlx/a"),
        ("ml/eu", "ml/eu", "../eu"),
        ("ml/eu", "ml", "../../ml"),
    ],
)
def test_a_path_is_shown_from_the_folder(folder: str, top: str, inner: str) -> None:
    assert Folder(folder).inner(top) == inner
    assert Folder(folder).outer(inner) == top
    assert is_outside(inner) == inner.startswith("..")


@given(st.just("") | PATHS, PATHS)
def test_each_path_leads_back(folder: str, path: str) -> None:
    assert Folder(folder).outer(Folder(folder).inner(path)) == path


def test_nothing_leads_to_the_folder_itself() -> None:
    assert Folder("ml/eu").outer("") == "ml/eu"
    assert Folder("ml/eu").outer("..") == "ml"


@pytest.mark.parametrize("path", ["../..", "../../..", "../../../etc/passwd"])
def test_a_path_above_the_top_is_no_path(path: str) -> None:
    folder = Folder("ml")
    assert folder.outer("../x") == "x"
    with pytest.raises(ValueError, match="outside of the repository"):
        folder.outer(path)
