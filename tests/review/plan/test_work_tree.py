"""The files as they lie on the disk can be what is reviewed."""

from __future__ import annotations

import os

import pytest

from penstock.catalog.load import load_work_tree
from penstock.catalog.repository import WorkTree
from penstock.review.model import Direction
from penstock.source.git.call import GitError
from penstock.source.git.default_base import WORK_TREE
from review.repositories import Repository, at, directions, loosen


def test_the_work_tree_can_be_the_head(repository: Repository) -> None:
    repository.edit(loosen)
    repository.write("systems/flights.py", "def departures():\n    return 1\n")
    plan = repository.plan("HEAD", WORK_TREE)
    assert directions(plan) == {"Gate/delay-release.rules[quality].atLeast": Direction.LOOSENED}
    assert at(plan, "Dataset/flights.source.python").cause == "indirect"
    assert repository.plan("HEAD", "HEAD").changes == ()


def test_the_work_tree_has_new_files_too(repository: Repository) -> None:
    repository.edit(lambda documents: documents["Dataset", "arrivals"]["spec"].update(source={"csv": "data/*.csv"}))
    repository.write(".gitignore", "*.old.csv\n")
    repository.commit()
    repository.write("data/2025.old.csv", "flight_id\n")
    assert repository.plan("HEAD", WORK_TREE).changes == ()
    repository.write("data/2026.csv", "flight_id\n")
    change = at(repository.plan("HEAD", WORK_TREE), "Dataset/arrivals.source.csv")
    assert (change.direction, change.through) == (Direction.UNKNOWN, ("data/2026.csv",))


def test_a_new_file_that_is_staged_is_there(repository: Repository) -> None:
    repository.edit(lambda documents: documents["Dataset", "arrivals"]["spec"].update(source={"csv": "data/*.csv"}))
    repository.commit()
    repository.write("data/2026.csv", "flight_id\n")
    repository.git("add", "data/2026.csv")
    change = at(repository.plan("HEAD", WORK_TREE), "Dataset/arrivals.source.csv")
    assert (change.direction, change.through) == (Direction.UNKNOWN, ("data/2026.csv",))


def test_files_that_nobody_touched_are_not_read(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        repository.write(f"other/{number}.txt", f"{number}\n")
        os.utime(repository.root / f"other/{number}.txt", (1_000_000_000, 1_000_000_000))
    repository.commit()
    repository.write("other/7.txt", "edited\n")
    read = set()
    before = WorkTree.read
    monkeypatch.setattr(WorkTree, "read", lambda tree, path: read.add(path) or before(tree, path))
    plan = repository.plan("HEAD", WORK_TREE)
    assert plan.changes == ()
    assert {path for path in read if path.startswith("other/")} == {"other/7.txt"}


def test_specs_that_a_sparse_checkout_leaves_out_are_not_taken_for_removed(repository: Repository) -> None:
    system = repository.read("specs/system.yaml")
    repository.write("specs/far/team.yaml", system[: system.index("---")])
    repository.write("specs/system.yaml", system[system.index("---") + 4 :])
    repository.commit()
    repository.branch()
    repository.replace("atLeast: 0.70", "atLeast: 0.60")
    commit = repository.commit()
    repository.git("sparse-checkout", "set", "--no-cone", "/*", "!/specs/far/", "!/systems/")
    assert not (repository.root / "specs/far").exists()
    with pytest.raises(GitError, match=r"leaves out 1 file of the specifications: `git sparse-checkout add specs`"):
        repository.plan("main", WORK_TREE)
    (error,) = load_work_tree(repository.root).diagnostics
    assert (error.code, error.path) == ("sparse-checkout", "specs/far/team.yaml")
    assert directions(repository.plan("main", commit)) == {
        "Gate/delay-release.rules[quality].atLeast": Direction.LOOSENED
    }
    repository.git("sparse-checkout", "set", "--no-cone", "/*", "!/systems/")
    assert directions(repository.plan("main", WORK_TREE)) == directions(repository.plan("main", commit))
    repository.git("sparse-checkout", "disable")
    assert not load_work_tree(repository.root).has_errors
