"""Attacks by files that are none: links, submodules, twins of folders, attributes; the review reads blobs alone."""

from __future__ import annotations

import os

import pytest
from pydantic import TypeAdapter

from penstock.review.model import Plan
from penstock.review.record.inputs import encoded
from penstock.review.rendering import html, json, markdown, terminal
from review.pull_requests import ERROR, looser_gate, opened
from review.repositories import EITHER_FOLDER, Repository, directions

NOTES = "tools/notes.yaml"
COMMIT = "1" * 40

pytestmark = EITHER_FOLDER


@pytest.fixture
def compiled(repository: Repository) -> Repository:
    """The system with its generated files, on a branch."""
    repository.write(NOTES, "kind: Pod\n")
    repository.compile()
    repository.commit("Compiled")
    repository.branch()
    return repository


def codes(plan: Plan) -> dict[str, str]:
    return {str(found.path): found.code for found in plan.errors}


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("generated/production/.argocd-source.yaml", "../../tools/notes.yaml"),
        ("generated/production/delay/more.yaml", "../../../tools/notes.yaml"),
        ("generated/production/more", "../../tools"),
        ("generated/more", "nowhere"),
        ("specs/zz", "../tools"),
        ("specs/.zz", "../tools"),
        ("specs/.zz/more.yaml", "../../tools/notes.yaml"),
    ],
)
def test_a_link_that_comes_is_an_error(compiled: Repository, path: str, target: str) -> None:
    (compiled.root / path).parent.mkdir(exist_ok=True)
    (compiled.root / path).symlink_to(target)
    compiled.commit()
    assert codes(compiled.plan()) == {path: "irregular-file"}


@pytest.mark.parametrize("place", ["specs", "generated", "generated/production"])
@pytest.mark.parametrize("head", ["HEAD", "WORKTREE"])
def test_a_name_that_is_no_text_is_an_error_that_can_be_shown(compiled: Repository, place: str, head: str) -> None:
    name = compiled.root / place / os.fsdecode(b"\xff.yaml")
    name.write_text("kind: Pod\nis: yes\n")
    if head == "HEAD":
        compiled.commit()
    plan = compiled.plan(head=head)
    assert [found.path for found in plan.errors] == [f"{place}/\\xff.yaml"]
    for render in (terminal.render, markdown.render, html.render, json.render):
        assert "xff.yaml" in render(plan)
    encoded(plan, TypeAdapter(Plan))


def test_a_link_in_the_place_of_a_specification_is_told_once(compiled: Repository) -> None:
    (compiled.root / "specs/more.yaml").symlink_to("../tools/notes.yaml")
    compiled.commit()
    assert [found.code for found in compiled.plan().errors] == ["symbolic-link"]


@pytest.mark.parametrize("path", ["generated/production/sub", "specs/sub", "specs/sub.yaml"])
def test_a_submodule_that_comes_is_an_error(compiled: Repository, path: str) -> None:
    compiled.git("update-index", "--add", "--cacheinfo", f"160000,{COMMIT},{compiled.from_top(path)}")
    compiled.git("commit", "--quiet", "--message", "A submodule")
    assert codes(compiled.plan()) == {path: "irregular-file"}


def test_a_manifest_that_becomes_a_link_is_an_error(compiled: Repository) -> None:
    path = "generated/production/delay/training.yaml"
    (compiled.root / path).unlink()
    (compiled.root / path).symlink_to("../../../tools/notes.yaml")
    compiled.commit()
    assert "irregular-file" in [found.code for found in compiled.plan().errors]


def test_a_link_to_another_folder_of_manifests_is_an_error(compiled: Repository) -> None:
    compiled.git("rm", "-r", "--quiet", "generated/production/delay")
    (compiled.root / "generated/production/delay").symlink_to("../staging/delay")
    compiled.commit()
    assert codes(compiled.plan())["generated/production/delay"] == "irregular-file"


def test_what_a_link_of_the_base_leads_to_cannot_be_changed_unseen(compiled: Repository) -> None:
    compiled.git("checkout", "--quiet", "main")
    (compiled.root / "generated/production/old.yaml").symlink_to("../../tools/notes.yaml")
    compiled.commit()
    compiled.git("checkout", "--quiet", "-B", "change")
    compiled.write(NOTES, "kind: DaemonSet\n")
    compiled.commit()
    assert codes(compiled.plan()) == {"generated/production/old.yaml": "irregular-file"}


def test_nor_can_what_the_folder_itself_leads_to_where_it_is_a_link(compiled: Repository) -> None:
    compiled.git("checkout", "--quiet", "main")
    compiled.git("mv", "generated", "tools/made")
    (compiled.root / "generated").symlink_to("tools/made")
    compiled.commit()
    compiled.git("checkout", "--quiet", "-B", "change")
    compiled.write("tools/made/production/delay/training.yaml", "kind: DaemonSet\n")
    compiled.commit()
    assert codes(compiled.plan())["generated"] == "irregular-file"


def test_a_link_of_the_base_can_be_removed(compiled: Repository) -> None:
    compiled.git("checkout", "--quiet", "main")
    (compiled.root / "generated/production/old.yaml").symlink_to("../../tools/notes.yaml")
    compiled.commit()
    compiled.git("checkout", "--quiet", "-B", "change")
    (compiled.root / "generated/production/old.yaml").unlink()
    compiled.commit()
    assert codes(compiled.plan()) == {}


def test_it_is_never_approved(compiled: Repository) -> None:
    compiled.git("checkout", "--quiet", "main")
    compiled.git("branch", "--quiet", "-D", "change")
    pull_request = opened(compiled)
    (compiled.root / "generated/production/.argocd-source.yaml").symlink_to("../../tools/notes.yaml")
    pull_request.forge.push(compiled.commit())
    verdict = pull_request.verdict()
    assert verdict.state is ERROR
    assert "symbolic link" in verdict.headline


@pytest.mark.parametrize("twin", ["Generated", "SPECS", "gener\u200cated", "\uff53pecs", "\u017fpecs"])
def test_a_twin_of_a_folder_is_an_error(compiled: Repository, twin: str) -> None:
    compiled.write(f"{twin}/production/delay/training.yaml", "kind: Pod\n")
    compiled.commit()
    assert list(codes(compiled.plan()).values()) == ["case-collision"]


@pytest.mark.parametrize("path", ["generated/production/delay/Training.yaml", "generated/Production/delay/x.yaml"])
def test_a_twin_of_a_manifest_is_an_error(compiled: Repository, path: str) -> None:
    compiled.write(path, "kind: Pod\n")
    compiled.commit()
    assert codes(compiled.plan()) == {path: "unowned-file"}


def test_a_twin_of_a_specification_is_an_error(compiled: Repository) -> None:
    compiled.write("specs/System.yaml", "# Nothing yet.\n")
    compiled.commit()
    assert "case-collision" in codes(compiled.plan()).values()


@pytest.mark.parametrize(
    "attributes",
    [
        "specs/** working-tree-encoding=UTF-16\n",
        "* export-ignore export-subst\n",
        "* -diff binary\n",
        "* text eol=crlf ident\n",
        "specs/** diff=evil merge=ours filter=evil\n",
    ],
)
def test_attributes_change_nothing_of_what_is_read(repository: Repository, attributes: str) -> None:
    repository.branch()
    repository.write(".gitattributes", attributes)
    repository.git("add", ".gitattributes")
    text = repository.read("specs/system.yaml").replace("atLeast: 0.70", "atLeast: 0.60")
    # As bytes of an object, which no filter or encoding on the way from the work tree touches.
    (repository.root / "blob").write_text(text, encoding="utf-8")
    blob = repository.git("hash-object", "-w", "--no-filters", "blob").strip()
    repository.git("update-index", "--cacheinfo", f"100644,{blob},{repository.from_top('specs/system.yaml')}")
    repository.git("commit", "--quiet", "--message", "Attributes, and a looser gate")
    assert list(directions(repository.plan())) == ["Gate/delay-release.rules[quality].atLeast"]


def test_attributes_settle_no_conflict(repository: Repository) -> None:
    repository.write(".gitattributes", "specs/** merge=union\n")
    pull_request = opened(repository, looser_gate)
    repository.git("checkout", "--quiet", "main")
    repository.replace("atLeast: 0.70", "atLeast: 0.75")
    base = repository.commit("base goes on")
    git = repository.seen
    assert git.merged(base, pull_request.forge.facts.head_sha) is None
