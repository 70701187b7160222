"""The trusted workflow runs the base's code alone, with the rights it needs, whatever a pull request holds."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".github" / "workflows"
TRUSTED = FOLDER / "penstock-review.yml"
AGAIN = FOLDER / "penstock-again.yml"
VERDICT = FOLDER / "penstock-verdict.yml"
OTHERS = [path for path in sorted(FOLDER.glob("*.yml")) if path not in (TRUSTED, AGAIN, VERDICT)]
BASE = "${{ github.event.merge_group.base_sha || github.event.repository.default_branch }}"

PRIVILEGED = {"pull_request_target", "workflow_run", "issue_comment", "merge_group"}
HEAD = re.compile(
    r"pull_request\.head|head_ref|head_sha|head\.(sha|ref)|refs/pull/|pull_request\.merge|head_repository|head_branch"
)
PEOPLE_S_TEXT = re.compile(
    r"\$\{\{[^}]*github\.(event\.(comment|review|pull_request|issue|head_commit|workflow_run)|head_ref)[^}]*\}\}"
)

FIT_FOR_AN_ARTIFACT = re.compile(r"""[^":<>|*?\r\n\\/]+""")
"""The name of an artifact, as GitHub allows it."""

OTHER_RUN = {"run-id", "github-token", "repository", "artifact-ids", "pattern"}
"""With these, artifacts of other runs are taken, or more than the one that this run made."""


def loaded(path: Path) -> dict[Any, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def triggers(workflow: dict[Any, Any]) -> set[str]:
    # YAML 1.1 reads the key `on` as true.
    found = workflow[True]
    return set(found) if isinstance(found, dict | list) else {found}


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def action() -> dict[Any, Any]:
    return loaded(ROOT / "action.yml")


def weaknesses(workflow: dict[Any, Any]) -> list[str]:
    """What would let a head's code run with the rights of a privileged workflow."""
    found = []
    for step in steps(workflow):
        values = step.get("with", {})
        if step.get("uses", "").startswith("actions/checkout@"):
            if HEAD.search(str(values.get("ref", ""))) or values.get("repository"):
                found.append("a checkout of the head")
            if values.get("ref") is None:
                found.append("a checkout of whatever the event names")
            if values.get("persist-credentials") is not False:
                found.append("a token left in the checkout")
            if values.get("submodules") or values.get("lfs"):
                found.append("more than the checkout")
        if HEAD.search(step.get("run", "")) or PEOPLE_S_TEXT.search(step.get("run", "")):
            found.append("a script that people's text is put into")
        if "actions/cache" in step.get("uses", "") or ("artifact@" in step.get("uses", "") and OTHER_RUN & set(values)):
            found.append("what another run left behind")
    return found


@pytest.mark.parametrize("path", [TRUSTED, AGAIN, VERDICT], ids=lambda path: path.name)
def test_the_trusted_workflows_never_check_out_or_run_the_head(path: Path) -> None:
    workflow = loaded(path)
    assert triggers(workflow) >= ({"pull_request_target", "merge_group", "workflow_run"} if path == TRUSTED else set())
    assert weaknesses(workflow) == []


def test_nobody_starts_the_verdict_but_the_trusted_workflows() -> None:
    assert triggers(loaded(VERDICT)) == {"workflow_call"}
    assert triggers(loaded(AGAIN)) == {"schedule"}, "nothing that people do, on no other branch than the default one"
    for path in (TRUSTED, AGAIN):
        called = [job["uses"] for job in loaded(path)["jobs"].values() if "uses" in job]
        assert called == [f"./{VERDICT.relative_to(ROOT)}"]


@pytest.mark.parametrize("path", [TRUSTED, VERDICT], ids=lambda path: path.name)
def test_they_take_their_code_from_the_base_in_a_merge_queue_too(path: Path) -> None:
    workflow = loaded(path)
    for job in workflow["jobs"].values():
        if "steps" not in job:
            continue
        checkout, action = job["steps"]
        assert checkout["uses"].startswith("actions/checkout@")
        assert checkout["with"]["ref"] == BASE
        assert action["uses"] == "./"


def test_the_action_runs_its_own_code_from_its_own_lock_and_imports_nothing_from_the_checkout() -> None:
    scripts = [step["run"] for step in action()["runs"]["steps"] if "run" in step]
    assert any("--require-hashes" in script and "$GITHUB_ACTION_PATH/requirements/" in script for script in scripts)
    assert any('/bin/python" -P -m penstock.cli.main' in script for script in scripts)
    assert not any("${{" in script for script in scripts)
    paths = [step.get("env", {}).get("PYTHONPATH") for step in action()["runs"]["steps"]]
    assert [path for path in paths if path] == ["${{ github.action_path }}/src"]


READ, WRITE = "read", "write"


def test_each_job_has_the_rights_for_its_step_and_no_other() -> None:
    jobs = loaded(TRUSTED)["jobs"] | loaded(AGAIN)["jobs"] | loaded(VERDICT)["jobs"]
    steps_of = {name: job["steps"][-1]["with"]["step"] for name, job in jobs.items() if "steps" in job}
    assert steps_of == {name: name for name in ("open", "find", "decide", "record", "show")}
    assert {name: jobs[name]["permissions"] for name in steps_of} == {
        "open": {"contents": READ, "pull-requests": READ},
        "find": {"checks": WRITE, "contents": READ, "pull-requests": READ},
        "decide": {"checks": READ, "contents": READ, "pull-requests": READ},
        "record": {"contents": WRITE},
        "show": {"checks": WRITE, "contents": READ, "pull-requests": WRITE},
    }
    for path in (TRUSTED, AGAIN, VERDICT):
        assert loaded(path)["permissions"] == {}
        assert "secrets" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [TRUSTED, AGAIN], ids=lambda path: path.name)
def test_what_calls_the_verdict_gives_no_more_than_its_jobs_have_together(path: Path) -> None:
    [caller] = [job for job in loaded(path)["jobs"].values() if "uses" in job]
    together: dict[str, str] = {}
    for job in loaded(VERDICT)["jobs"].values():
        together |= {name: right for name, right in job["permissions"].items() if together.get(name) != WRITE}
    assert caller["permissions"] == together


def test_what_is_handed_over_is_held_to_the_digest_that_its_maker_gave() -> None:
    jobs = loaded(VERDICT)["jobs"]
    assert jobs["decide"]["outputs"] == {"digest": "${{ steps.decide.outputs.digest }}"}
    assert jobs["record"]["steps"][-1]["with"]["digest"] == "${{ needs.decide.outputs.digest }}"
    assert (
        "needs.record.result == 'success' && needs.decide.outputs.digest" in jobs["show"]["steps"][-1]["with"]["digest"]
    )


def test_a_job_that_failed_is_shown() -> None:
    show = loaded(VERDICT)["jobs"]["show"]
    assert set(show["needs"]) == {"decide", "record"}
    assert show["if"].startswith("${{ !cancelled() && (needs.decide.result != 'success' ||")


def test_the_action_takes_an_artifact_of_its_own_run_alone() -> None:
    [taken] = [step for step in action()["runs"]["steps"] if "download-artifact@" in step.get("uses", "")]
    assert set(taken["with"]) == {"name", "path"}
    assert weaknesses({"jobs": {"action": action()["runs"]}}) == []


def test_each_folder_has_an_artifact_of_its_own(tmp_path: Path) -> None:
    """Reviews of several folders in one run would overwrite each other's decision otherwise."""
    [step] = [step for step in action()["runs"]["steps"] if step.get("id") == "install"]
    [line] = [line for line in step["run"].splitlines() if "decision=" in line]
    folders = ["", "ml", "ml-risk", "ml/risk", "ml_risk", "ml.risk", "ml--risk", "ml/-risk", "ml-/risk"]
    names = []
    for number, folder in enumerate(folders):
        output = tmp_path / str(number)
        environment = {"PATH": os.environ["PATH"], "ROOT": folder, "GITHUB_OUTPUT": str(output)}
        subprocess.run(["bash", "-c", line], env=environment, check=True)
        names.append(output.read_text(encoding="utf-8").strip().removeprefix("decision="))
    assert len(set(names)) == len(folders)
    assert all(FIT_FOR_AN_ARTIFACT.fullmatch(name) for name in names)


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_whatever_runs_proposed_code_has_no_rights_to_write_and_no_secret(path: Path) -> None:
    workflow = loaded(path)
    assert triggers(workflow) & PRIVILEGED == set()
    grants = [workflow["permissions"], *(job.get("permissions", {}) for job in workflow["jobs"].values())]
    assert all(set(grant.values()) <= {"read"} for grant in grants)
    assert "secrets." not in path.read_text(encoding="utf-8")


def test_a_review_in_a_fork_is_followed_by_a_run_of_the_default_branch_s_workflow() -> None:
    submitted = loaded(FOLDER / "review-submitted.yml")
    assert triggers(submitted) == {"pull_request_review", "pull_request_review_comment"}
    assert submitted["name"] in loaded(TRUSTED)[True]["workflow_run"]["workflows"]


def test_reviews_of_one_pull_request_take_turns_from_the_decision_to_what_is_shown() -> None:
    """Also those in forks, whose events do not name it: the number is found first, by the API and not by the event."""
    jobs = loaded(TRUSTED)["jobs"]
    assert "concurrency" not in loaded(TRUSTED), "what is known before the number is found would be another key"
    assert jobs["verdict"]["concurrency"] == {
        "group": "penstock-review-${{ needs.find.outputs.key }}",
        "cancel-in-progress": False,
    }
    assert jobs["verdict"]["needs"] == "find"
    assert loaded(AGAIN)["jobs"]["verdict"]["concurrency"] == {
        "group": "penstock-review-${{ matrix.pull.key }}",
        "cancel-in-progress": False,
    }
    assert not any("concurrency" in job for job in loaded(VERDICT)["jobs"].values())


def test_a_draft_is_judged_anew_when_it_becomes_one_and_when_it_is_ready() -> None:
    assert {"converted_to_draft", "ready_for_review"} <= set(loaded(TRUSTED)[True]["pull_request_target"]["types"])


def test_nothing_stays_green_that_is_closed() -> None:
    assert "closed" in loaded(TRUSTED)[True]["pull_request_target"]["types"]


def test_the_ten_lines_that_the_manual_gives_are_as_safe() -> None:
    text = (ROOT / "docs" / "review" / "README.md").read_text(encoding="utf-8")
    example = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0]
    assert len(example.strip().splitlines()) <= 10
    workflow = yaml.safe_load(example)
    assert workflow[True]["pull_request_target"] == loaded(TRUSTED)[True]["pull_request_target"]
    assert triggers(workflow) >= {"pull_request_target", "merge_group", "workflow_run", "schedule"}
    assert weaknesses(workflow) == []
    assert set(workflow["permissions"]) == {"checks", "contents", "pull-requests"}


CHECKOUT = "actions/checkout@" + "0" * 40


@pytest.mark.parametrize(
    ("step", "weakness"),
    [
        ({"uses": CHECKOUT, "with": {"ref": "${{ github.event.pull_request.head.sha }}"}}, "a checkout of the head"),
        ({"uses": CHECKOUT, "with": {"ref": "${{ github.head_ref }}"}}, "a checkout of the head"),
        ({"uses": CHECKOUT, "with": {"ref": "refs/pull/${{ github.event.number }}/merge"}}, "a checkout of the head"),
        ({"uses": CHECKOUT, "with": {"ref": "${{ github.event.workflow_run.head_sha }}"}}, "a checkout of the head"),
        ({"uses": CHECKOUT}, "a checkout of whatever the event names"),
        ({"uses": CHECKOUT, "with": {"ref": "main"}}, "a token left in the checkout"),
        ({"run": "git checkout ${{ github.head_ref }}"}, "a script that people's text is put into"),
        ({"run": "echo ${{ github.event.comment.body }}"}, "a script that people's text is put into"),
        ({"uses": "actions/cache@" + "0" * 40}, "what another run left behind"),
        (
            {
                "uses": "actions/download-artifact@" + "0" * 40,
                "with": {"run-id": "${{ github.event.workflow_run.id }}"},
            },
            "what another run left behind",
        ),
        ({"uses": "actions/download-artifact@" + "0" * 40, "with": {"pattern": "*"}}, "what another run left behind"),
    ],
)
def test_the_scan_sees(step: dict[str, Any], weakness: str) -> None:
    assert weakness in weaknesses({"jobs": {"review": {"steps": [step]}}})
