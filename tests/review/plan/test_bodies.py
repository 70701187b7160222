"""Generated files are known by their blobs: what they hold is read when somebody looks at them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from penstock.review.rendering import terminal
from penstock.review.trees import CommitFiles
from penstock.source.git.default_base import WORK_TREE
from penstock.source.git.repository import GitRepository
from review.repositories import Repository, loosen

TRAINING = "generated/production/delay/training.yaml"


@pytest.fixture
def compiled(repository: Repository) -> Repository:
    """The system with its generated files, and a branch with a looser gate and what it compiles to."""
    return loosened(repository)


def loosened(repository: Repository) -> Repository:
    repository.compile()
    repository.commit("Compiled")
    repository.branch()
    repository.recompile(loosen)
    return repository


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The blobs that were read, by their ids."""
    seen: list[str] = []
    original = GitRepository.blobs

    def counted(self: GitRepository, ids: Iterable[str]) -> dict[str, bytes]:
        found = original(self, ids)
        seen.extend(found)
        return found

    monkeypatch.setattr(GitRepository, "blobs", counted)
    return seen


def generated(repository: Repository) -> dict[str, str]:
    """The paths of all generated files of both sides, by their blobs."""
    lines = [
        line for side in ("main", "HEAD") for line in repository.git("ls-tree", "-r", side, "generated").split("\n")
    ]
    return {line.split()[2]: line.split("\t")[1] for line in lines if line}


def test_a_plan_reads_an_index_and_kustomizations_and_nothing_else_that_is_generated(
    compiled: Repository, read: list[str]
) -> None:
    plan = compiled.plan()
    assert len(plan.artifacts) >= 3
    terminal.render(plan)
    paths, of_base = generated(compiled), compiled.git("ls-tree", "-r", "main", "generated")
    assert {paths[blob].rpartition("/")[2] for blob in read if blob in paths} == {"index.json", "kustomization.yaml"}
    assert {paths[blob] for blob in read if blob in paths and blob not in of_base} == set()


def test_what_is_shown_is_read_and_nothing_beside_it(compiled: Repository, read: list[str]) -> None:
    plan = compiled.plan()
    (training,) = (one for one in plan.artifacts if f"generated/{one.path}" == TRAINING)
    read.clear()
    assert "0.6" in training.diff
    assert {generated(compiled)[blob] for blob in read} == {TRAINING}
    before, after = training.read()
    assert before == compiled.git("show", f"main:{TRAINING}").encode()
    assert after == compiled.read(TRAINING).encode()


def test_what_head_does_not_hold_is_shown_as_its_specs_compile_to(repository: Repository) -> None:
    repository.compile()
    repository.commit("Compiled")
    stale = compiled_text(repository)
    repository.branch()
    repository.edit(loosen)
    repository.commit()
    (training,) = (one for one in repository.plan().artifacts if f"generated/{one.path}" == TRAINING)
    repository.compile()
    assert [body.decode() for body in training.read()] == [stale, compiled_text(repository)]


def compiled_text(repository: Repository) -> str:
    return repository.read(TRAINING)


def test_the_work_tree_is_held_against_its_specs_by_the_same_ids(compiled: Repository) -> None:
    plan = compiled.plan(head=WORK_TREE)
    assert plan.errors == ()
    assert plan.artifacts == compiled.plan().artifacts
    compiled.write(TRAINING, compiled.read(TRAINING) + "\n")
    (problem,) = compiled.plan(head=WORK_TREE).errors
    assert (problem.code, str(problem.path)) == ("edited-artifact", TRAINING)


def test_a_repository_of_longer_ids_is_compared_by_them(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository", object_format="sha256")
    repository.commit("A system")
    loosened(repository)
    plan = repository.plan()
    assert (plan.errors, len(plan.base)) == ((), 64)
    assert TRAINING in {f"generated/{one.path}" for one in plan.artifacts}
    assert repository.plan(head=WORK_TREE).artifacts == plan.artifacts
    repository.replace("penstock-step", "penstock-stop", TRAINING)
    repository.commit()
    assert [problem.code for problem in repository.plan().errors] == ["edited-artifact"]


def test_a_link_in_the_place_of_a_file_is_none(compiled: Repository) -> None:
    path = compiled.root / TRAINING
    body = path.read_bytes()
    path.unlink()
    # The blob of a link is where it leads: here the very text of the file that it stands for.
    link = compiled.git("hash-object", "-w", "--stdin", given=body).strip()
    compiled.git("rm", "--quiet", "--cached", TRAINING)
    compiled.git("update-index", "--add", "--cacheinfo", f"120000,{link},{TRAINING}")
    compiled.git("commit", "--quiet", "--message", "A link")
    found = {(one.code, str(one.path)) for one in compiled.plan().errors}
    assert found == {("missing-artifact", TRAINING), ("irregular-file", TRAINING)}


@pytest.mark.parametrize("is_listed", [False, True], ids=["folder by folder", "all at once"])
def test_a_path_that_no_tree_holds_is_no_file(repository: Repository, is_listed: bool) -> None:
    files = CommitFiles(GitRepository(repository.root), repository.git("rev-parse", "HEAD").strip(), {})
    if is_listed:
        files.blobs_in(f"folder-{number}" for number in range(200))
    odd = (
        "",
        "../x",
        "/etc/passwd",
        "specs",
        "specs//system.yaml",
        "./specs/system.yaml",
        "a\0b",
        "x\ud800/y",
        "a\nb/c",
    )
    assert [path for path in odd if files.read(path) is not None] == []
    assert set(files.blobs(["specs/system.yaml", *odd])) == {"specs/system.yaml"}
