"""`penstock plan` as one runs it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.cli.main import main
from review.repositories import Repository

_POLICY_OF_PRIVACY_ALONE = """\
apiVersion: penstock/v1
kind: ApprovalPolicy
metadata: {name: policy, owner: flight-ml}
spec:
  rules:
    - {id: privacy, why: Personal data., when: {area: [privacy]}, require: {from: {roles: [owner]}}}
"""


def run(repository: Repository, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "penstock.cli.main", "plan", "--root", str(repository.root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def loosened(repository: Repository) -> Repository:
    repository.branch()
    repository.replace("atLeast: 0.70", "atLeast: 0.60")
    repository.commit()
    return repository


def test_it_compares_with_where_the_branch_left_main(loosened: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--root", str(loosened.root)]) == 0
    assert "~ Gate/delay-release.rules[quality].atLeast 0.7 -> 0.6   loosened (quality)" in capsys.readouterr().out


def test_a_head_that_is_merged_already_is_told(loosened: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--root", str(loosened.root), "--base", "HEAD", "--head", "main"]) == 0
    told = capsys.readouterr()
    assert told.out == "No change in meaning.\n"
    assert told.err == "hint: main is part of the base already, so that merging it changes nothing\n"


def test_it_tells_who_must_approve_by_the_policy_of_the_base(
    loosened: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["plan", "--root", str(loosened.root)]
    main(command)
    shown = capsys.readouterr().out
    (row,) = [text for text in shown.split("\n~ ") if text.startswith("Gate/")]
    assert "\n    needs 1 of " in row
    main([*command, "--format", "json"])
    (direct,) = [one for one in json.loads(capsys.readouterr().out)["changes"] if one["cause"] == "direct"]
    assert f"\n    needs {direct['needs']}\n" in row
    assert "state" not in direct
    main([*command, "--format", "markdown"])
    assert "| who must approve |\n" in capsys.readouterr().out
    main([*command, "--format", "html"])
    assert '<p class="note">needs 1 of ' in capsys.readouterr().out


def test_a_change_that_no_rule_speaks_of_is_told_as_such(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write("specs/approval.yaml", _POLICY_OF_PRIVACY_ALONE)
    repository.commit()
    repository.branch()
    repository.replace("atLeast: 0.70", "atLeast: 0.60")
    repository.commit()
    main(["plan", "--root", str(repository.root)])
    assert "needs a policy rule that covers it: the base's policy has none" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("form", "beginning"), [("markdown", "### 1 loosened change"), ("json", "{"), ("html", "<!doctype html>")]
)
def test_it_has_other_formats(
    loosened: Repository, capsys: pytest.CaptureFixture[str], form: str, beginning: str
) -> None:
    assert main(["plan", "--root", str(loosened.root), "--format", form]) == 0
    assert capsys.readouterr().out.startswith(beginning)


def test_what_is_not_committed_is_shown_when_asked_for(repository: Repository) -> None:
    repository.replace("atLeast: 0.70", "atLeast: 0.60")
    shown = run(repository, "--head", "WORKTREE", "--format", "json")
    assert [change["address"] for change in json.loads(shown.stdout)["changes"] if change["cause"] == "direct"] == [
        "Gate/delay-release.rules[quality].atLeast"
    ]
    nothing = run(repository)
    assert nothing.stdout.startswith("No change in meaning")
    assert "--head WORKTREE" in nothing.stderr


def test_errors_on_head_fail_it(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.branch()
    repository.replace("maxGap: 0.08", "maxGap: often")
    repository.commit()
    assert main(["plan", "--root", str(repository.root)]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("1 error in the merge result")
    assert shown.rstrip().endswith("next: penstock check")


def test_generated_files_that_nobody_compiled_are_one_error(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.compile()
    repository.commit()
    repository.branch()
    repository.replace("maxGap: 0.08", "maxGap: 0.09")
    repository.commit()
    assert main(["plan", "--root", str(repository.root)]) == 1
    head, first, *_ = capsys.readouterr().out.splitlines()
    assert head.startswith("1 error in the merge result")
    assert re.fullmatch(
        r"  error\[stale-artifact\] generated/index\.json and \d+ more files a generated file is out of date", first
    )


def test_what_no_check_of_the_specs_finds_is_not_left_to_it(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.compile()
    repository.commit()
    repository.branch()
    repository.write("generated/production/own.yaml", "kind: Own\n")
    repository.commit()
    assert main(["plan", "--root", str(repository.root)]) == 1
    shown = capsys.readouterr().out
    assert shown.rstrip().endswith("next: move what Penstock did not write out of generated/, then penstock compile")


def test_of_a_spec_that_is_invalid_on_head_the_plan_shows_what_was_written(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.branch()
    repository.replace("stage: production", "stage: prodution")
    repository.commit()
    main(["plan", "--root", str(repository.root)])
    shown = capsys.readouterr().out
    assert "~ Environment/production spec.stage: production -> prodution   unknown (governance)" in shown


def test_a_wrong_revision_is_one_sentence(repository: Repository) -> None:
    shown = run(repository, "--base", "nowhere")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert shown.stderr.startswith("error: git has no commit 'nowhere'")
    assert "Traceback" not in shown.stderr


def test_a_folder_without_git_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    shown = subprocess.run(
        [sys.executable, "-m", "penstock.cli.main", "plan", "--root", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 2
    assert "git init" in shown.stderr


def test_a_repository_without_a_commit_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "specs").mkdir()
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    assert main(["plan", "--root", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "error: git has no commit 'HEAD': there are no commits yet.\n"


@pytest.mark.parametrize("form", ["--bare", "--no-checkout"])
@pytest.mark.parametrize("command", [["plan"], ["policy", "simulate", "--author", "ada"]])
def test_two_commits_are_compared_without_a_work_tree(
    form: str,
    command: list[str],
    loosened: Repository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clone = tmp_path / "clone"
    loosened.git("clone", "--quiet", form, "--branch", "change", str(loosened.top), str(clone))
    whole = [*command, "--base", "origin/main" if form == "--no-checkout" else "main"]
    main([*whole, "--root", str(clone)])
    shown = capsys.readouterr()
    assert ("rules[quality].atLeast" in shown.out) if command == ["plan"] else shown.out.startswith("pending:")
    monkeypatch.chdir(clone)
    main(whole)
    assert capsys.readouterr() == shown
    assert main([*whole, "--head", "WORKTREE"]) == 2
    assert "there is no folder specs/ in" in capsys.readouterr().err


def test_of_a_base_that_moved_on_only_what_merging_would_do_is_shown(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """Compared with each other, the two commits differ in what others have changed, too, the wrong way round."""
    repository.branch()
    repository.replace("max: 4", "max: 8")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.replace("atLeast: 0.70", "atLeast: 0.75")
    repository.commit()
    repository.git("checkout", "--quiet", "change")
    assert main(["plan", "--root", str(repository.root), "--base", "main", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [one["address"] for one in shown["changes"]] == ["Rollout/delay-online.serve.replicas.max"]
    assert shown["head"] == repository.git("rev-parse", "change").strip()


def test_a_head_that_conflicts_with_its_base_says_so(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.branch()
    repository.replace("max: 4", "max: 8")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.replace("max: 4", "max: 6")
    repository.commit()
    assert main(["plan", "--root", str(repository.root), "--base", "main", "--head", "change"]) == 1
    shown = capsys.readouterr().out
    assert "error[merge-conflict] the head and its base conflict in `specs/system.yaml`" in shown
    assert "next: merge the base into the branch, resolve the conflicts, and push" in shown
