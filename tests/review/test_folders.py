"""Specs in a folder of a repository that holds other things too: what of those counts, and what is called after it."""

from __future__ import annotations

import shutil

import pytest

from forges.github_shapes import account, comment
from penstock.cli.main import main
from penstock.review.model import Direction, Plan
from penstock.review.record.log import read
from penstock.review.record.stores import BranchStore
from penstock.source.git.default_base import WORK_TREE
from penstock.source.git.repository import GitRepository
from review.actions import APPROVALS, Run
from review.pull_requests import looser_gate
from review.repositories import Documents, Repository, at, directions

LOOSE = "Gate/delay-release.rules[quality].atLeast"
STEP = {"id": "prepare", "after": "load", "command": ["sh", "../shared/prepare.sh"], "image": "img@sha256:" + "0" * 64}


@pytest.fixture
def folder() -> str:
    return "ml/risk"


def beside(repository: Repository, path: str, text: str) -> None:
    """A file outside of the folder; `path` is from the top."""
    full = repository.top / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_text(text)


def codes(plan: Plan) -> list[str]:
    return [found.code for found in plan.errors]


def test_a_change_is_seen_in_commits_and_in_the_work_tree(repository: Repository) -> None:
    plan = repository.changed(looser_gate)
    assert directions(plan) == {LOOSE: Direction.LOOSENED}
    assert at(plan, LOOSE).span is not None
    assert str(at(plan, LOOSE).span).startswith("specs/system.yaml:"), "a place is told from the folder"
    assert directions(repository.plan(head=WORK_TREE)) == {LOOSE: Direction.LOOSENED}


def test_what_others_do_in_their_folders_is_none_of_it(repository: Repository) -> None:
    """Specs and generated files of others, code that no name leads to, and code that leads anywhere."""
    flights = "import subprocess\n\ndef departures():\n    return subprocess.run(['python', 'x.py'])\n"
    repository.write("systems/flights.py", flights)
    beside(repository, "ml/other/specs/system.yaml", repository.read("specs/system.yaml"))
    beside(repository, "specs/system.yaml", repository.read("specs/system.yaml"))
    beside(repository, "shop/cart.py", "A = 1\n")
    repository.compile()
    repository.commit()
    repository.branch()
    for path in ("ml/other/specs/system.yaml", "specs/system.yaml"):
        beside(repository, path, (repository.top / path).read_text().replace("atLeast: 0.70", "atLeast: 0.1"))
    beside(repository, "ml/other/generated/production/delay/training.yaml", "kind: Pod\n")
    beside(repository, "shop/cart.py", "A = 2\n")
    repository.commit()
    for head in ("HEAD", WORK_TREE):
        plan = repository.plan(head=head)
        assert (plan.changes, plan.artifacts, codes(plan), plan.kind) == ((), (), [], "none")


def test_two_folders_are_told_apart(repository: Repository) -> None:
    shutil.copytree(repository.root, repository.top / "ml/other")
    repository.commit("Two")
    assert directions(repository.changed(looser_gate)) == {LOOSE: Direction.LOOSENED}
    other = Repository.__new__(Repository)
    other.top, other.folder, other.root = repository.top, "ml/other", repository.top / "ml/other"
    assert other.plan().changes == ()


def test_a_link_out_of_the_folder_leads_to_all_that_differs(repository: Repository) -> None:
    beside(repository, "shared/hidden.py", "A = 1\n")
    (repository.root / "lib").symlink_to("../../shared")
    repository.write("systems/flights.py", "from lib.hidden import A\n\ndef departures():\n    return A\n")
    repository.commit()
    repository.branch()
    beside(repository, "shared/hidden.py", "A = 2\n")
    repository.commit()
    assert at(repository.plan(), "Dataset/flights.source.python").direction is Direction.UNKNOWN


def test_a_command_may_name_what_is_outside(repository: Repository) -> None:
    def with_step(documents: Documents) -> None:
        documents["Model", "delay"]["spec"].setdefault("steps", []).append(STEP)

    repository.edit(with_step)
    beside(repository, "ml/shared/prepare.sh", "echo 1\n")
    repository.commit()
    repository.branch()
    beside(repository, "ml/shared/prepare.sh", "echo 2\n")
    repository.commit()
    [change] = [one for one in repository.plan().changes if one.through == ("../shared/prepare.sh",)]
    assert change.direction is Direction.UNKNOWN


@pytest.mark.parametrize("twin", ["ML/risk", "ml/Risk", "ml/r\u200cisk"])
def test_a_twin_of_the_folder_is_an_error(repository: Repository, twin: str) -> None:
    repository.branch()
    beside(repository, f"{twin}/generated/production/delay/training.yaml", "kind: Pod\n")
    repository.commit()
    assert codes(repository.plan()) == ["case-collision"]


def test_a_place_outside_is_told_from_the_top_too(repository: Repository) -> None:
    repository.branch()
    beside(repository, "ML/risk/specs/more.yaml", "kind: Pod\n")
    repository.commit()
    plan = repository.plan()
    assert [plan.in_repository(str(found.path)) for found in plan.errors] == ["ML/risk/specs/more.yaml"]


@pytest.mark.parametrize("place", ["ml/risk", "ml"])
def test_a_link_in_the_place_of_the_folder_is_an_error(repository: Repository, place: str) -> None:
    repository.branch()
    beside(repository, "shop/generated/production/delay/training.yaml", "kind: Pod\n")
    shutil.rmtree(repository.top / place)
    (repository.top / place).symlink_to("../shop" if "/" in place else "shop")
    git = ["-C", str(repository.top)]
    repository.root = repository.top
    repository.git(*git, "add", "--all")
    repository.git(*git, "commit", "--quiet", "--message", "A link")
    assert "irregular-file" in codes(repository.plan())


def test_a_folder_that_base_lacks_is_all_new(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--orphan", "empty")
    repository.git("-C", str(repository.top), "rm", "-r", "--quiet", "--cached", ".")
    repository.git("commit", "--quiet", "--allow-empty", "--message", "Nothing yet")
    repository.git("checkout", "--quiet", "--force", "main")
    plan = repository.plan(base="empty", head="main")
    assert "Gate/delay-release" in directions(plan)


def test_the_top_of_a_repository_whose_specs_are_in_a_folder_is_an_error(repository: Repository) -> None:
    """A review of the wrong folder would find that nothing changes, and approve."""
    repository.changed(looser_gate)
    wrong = Repository.__new__(Repository)
    wrong.top = wrong.root = repository.top
    wrong.folder = ""
    (found,) = wrong.plan().errors
    assert found.code == "no-specifications"
    assert found.help == ("the folder to review may be `ml/risk`: pass it as `root` of the action, or with `--root`",)
    wrong.folder = "ml/rsik"
    (found,) = wrong.plan().errors
    assert (
        found.headline
        == "neither base nor head has a specification in the folder `ml/rsik/specs` of the git repository"
    )
    assert found.help == ("the folder to review may be `ml/risk`: pass it as `root` of the action, or with `--root`",)


def test_what_the_forge_shows_is_called_after_the_folder(run: Run) -> None:
    run.server.comments = [comment(1, account(run.server.viewer, "Bot"), "<!-- penstock:review -->\nof the top")]
    run.on_pull_request()
    check = run.server.check_runs[-1]
    assert check["name"] == "penstock/ml/risk"
    assert {one["path"].partition("/risk/")[0] for one in check["annotations"]} == {"ml"}
    top, own = run.server.comments
    assert top["body"].endswith("of the top"), "each folder has a comment of its own"
    assert own["body"].startswith("<!-- penstock:review ml/risk -->\n")
    assert f"/blob/{run.head}/ml/risk/specs/system.yaml" in own["body"]


def test_the_record_of_one_folder_is_no_memory_of_another(run: Run) -> None:
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
    [own] = read(BranchStore(GitRepository(run.folder / "upstream.git")).log())
    assert (own.about.folder, own.value["folder"]) == ("ml/risk", "ml/risk")


def test_a_handover_is_about_the_folder_that_shows_it(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.event("pull_request_target", {"action": "synchronize", "pull_request": {"number": 1}})
    found = run.step("find")
    assert found["key"] == "ml/risk/1"
    decided = run.step("decide", number="1")
    recorded = run.step("record", digest=decided["digest"])
    run.upstream.folder = ""
    where = {key: found[key] for key in ("number", "head", "began")}
    shown = run.step("show", **where, digest=decided["digest"], entries=recorded["entries"])
    assert shown["code"] == "1"
    assert "the decision file is about another folder" in capsys.readouterr().err


def test_a_folder_that_the_base_does_not_have_yet_is_reviewed(run: Run) -> None:
    """The clone of the base has no such folder to go to."""
    run.upstream.folder = "ml/new"
    assert run.on_pull_request() == 1
    assert run.server.check_runs[-1]["name"] == "penstock/ml/new"


def test_a_folder_with_a_name_that_is_no_plain_one_is_refused(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.upstream.folder = "ml (main)"
    assert run.on_pull_request() == 2
    assert "the folder 'ml (main)' is not a plain path" in capsys.readouterr().err


def test_codeowners_and_the_ruleset_are_those_of_the_folder(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "codeowners", "--root", str(repository.root), "--organisation", "acme"]) == 0
    rows = [line.split()[0] for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    assert rows == [
        *("/ml/risk/", "/ml/risk/generated/", "/ml/risk/evidence/", "/ml/risk/specs/", "/ml/risk/specs/system.yaml"),
        *("/.github/", "/CODEOWNERS", "/.github/CODEOWNERS"),
    ]
    assert main(["policy", "codeowners", "--root", str(repository.root), "--ruleset", "json"]) == 0
    assert '"context": "penstock/ml/risk"' in capsys.readouterr().out
