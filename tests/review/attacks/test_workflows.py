"""The trusted workflow runs the base's code alone, with the rights it needs, whatever a pull request holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".github" / "workflows"
TRUSTED = FOLDER / "penstock-review.yml"
OTHERS = [path for path in sorted(FOLDER.glob("*.yml")) if path != TRUSTED]

PRIVILEGED = {"pull_request_target", "workflow_run", "issue_comment", "merge_group"}
HEAD = re.compile(
    r"pull_request\.head|head_ref|head_sha|head\.(sha|ref)|refs/pull/|pull_request\.merge|head_repository|head_branch"
)
PEOPLE_S_TEXT = re.compile(
    r"\$\{\{[^}]*github\.(event\.(comment|review|pull_request|issue|head_commit|workflow_run)|head_ref)[^}]*\}\}"
)


def loaded(path: Path) -> dict[Any, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def triggers(workflow: dict[Any, Any]) -> set[str]:
    # YAML 1.1 reads the key `on` as true.
    found = workflow[True]
    return set(found) if isinstance(found, dict | list) else {found}


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


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
        if re.search(r"actions/(cache|download-artifact)", step.get("uses", "")):
            found.append("what another run left behind")
    return found


def test_the_trusted_workflow_never_checks_out_or_runs_the_head() -> None:
    workflow = loaded(TRUSTED)
    assert triggers(workflow) >= {"pull_request_target", "merge_group", "workflow_run"}
    assert weaknesses(workflow) == []


def test_it_takes_its_code_from_the_base_in_a_merge_queue_too() -> None:
    [checkout] = [one for one in steps(loaded(TRUSTED)) if one["uses"].startswith("actions/checkout@")]
    wanted = "${{ github.event.merge_group.base_sha || github.event.repository.default_branch }}"
    assert checkout["with"]["ref"] == wanted


def test_the_action_runs_its_own_code_from_its_own_lock_and_imports_nothing_from_the_checkout() -> None:
    scripts = [step["run"] for step in action()["runs"]["steps"] if "run" in step]
    assert any("--require-hashes" in script and "$GITHUB_ACTION_PATH/requirements/" in script for script in scripts)
    assert any('/bin/python" -P -m penstock.cli.main' in script for script in scripts)
    assert not any("${{" in script for script in scripts)
    paths = [step.get("env", {}).get("PYTHONPATH") for step in action()["runs"]["steps"]]
    assert [path for path in paths if path] == ["${{ github.action_path }}/src"]


def test_the_trusted_workflow_has_the_rights_that_it_needs_and_no_other() -> None:
    workflow = loaded(TRUSTED)
    assert workflow["permissions"] == {}
    [job] = workflow["jobs"].values()
    assert job["permissions"] == {"checks": "write", "contents": "write", "pull-requests": "write"}
    assert "secrets" not in TRUSTED.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_whatever_runs_proposed_code_has_no_rights_to_write_and_no_secret(path: Path) -> None:
    workflow = loaded(path)
    assert triggers(workflow) & PRIVILEGED == set()
    grants = [workflow["permissions"], *(job.get("permissions", {}) for job in workflow["jobs"].values())]
    assert all(set(grant.values()) <= {"read"} for grant in grants)
    assert "secrets." not in path.read_text(encoding="utf-8")


def test_a_review_in_a_fork_is_followed_by_a_run_of_the_default_branch_s_workflow() -> None:
    submitted = loaded(FOLDER / "review-submitted.yml")
    assert triggers(submitted) == {"pull_request_review"}
    assert submitted["name"] in loaded(TRUSTED)[True]["workflow_run"]["workflows"]


def test_events_of_one_pull_request_are_judged_one_after_the_other() -> None:
    concurrency = loaded(TRUSTED)["concurrency"]
    assert concurrency["cancel-in-progress"] is False
    assert "github.event.pull_request.number" in concurrency["group"]


def test_the_ten_lines_that_the_manual_gives_are_as_safe() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "review.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(example.strip().splitlines()) <= 10
    workflow = yaml.safe_load(example)
    assert triggers(workflow) >= {"pull_request_target", "merge_group", "workflow_run"}
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
        ({"uses": "actions/download-artifact@" + "0" * 40}, "what another run left behind"),
    ],
)
def test_the_scan_sees(step: dict[str, Any], weakness: str) -> None:
    assert weakness in weaknesses({"jobs": {"review": {"steps": [step]}}})
