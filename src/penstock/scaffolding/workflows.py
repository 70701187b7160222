"""The GitHub workflows that have pull requests reviewed by the action of a Penstock repository."""

from __future__ import annotations

import re
from typing import Any

from penstock.scaffolding.commented import Noted, commented_yaml
from penstock.scaffolding.refusal import RefusalError

_ACTION = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+@[0-9a-f]{40}")
_CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
_PULL_REQUEST_TYPES = (
    "opened", "reopened", "closed", "synchronize", "edited", "converted_to_draft", "ready_for_review", "labeled",
    "unlabeled",
)  # fmt: skip
_SUBMITTED = "Review submitted"


def workflow_files(action: str, root: str = "") -> dict[str, str]:
    """The workflows, by their paths from the top of the git repository.

    Args:
        action: where the action is, as ``OWNER/REPOSITORY@COMMIT``.
        root: the folder that holds the specs, where it is not the top.

    Raises:
        RefusalError: `action` names no commit, so that others could change what it runs.
    """
    if not _ACTION.fullmatch(action):
        raise RefusalError(
            f"--action: `{action}` is not OWNER/REPOSITORY@COMMIT with the 40 digits of a commit of your copy of "
            f"Penstock; a branch or a tag can be moved"
        )
    made = {"penstock": _review(action, root), "review-submitted": _submitted()}
    return {f".github/workflows/{name}.yml": commented_yaml(workflow) for name, workflow in made.items()}


def _review(action: str, root: str) -> dict[str, Any]:
    checkout = {
        "ref": "${{ github.event.repository.default_branch }}",
        "fetch-depth": 0,
        "persist-credentials": False,
    }
    review: dict[str, Any] = {"uses": action}
    if root:
        review["with"] = {"root": root}
    return {
        "name": Noted("Penstock", "Reviews pull requests: nothing of them is checked out, imported or run."),
        "on": {
            "pull_request_target": {"types": list(_PULL_REQUEST_TYPES)},
            "issue_comment": {},
            "merge_group": {},
            "workflow_run": {"workflows": [_SUBMITTED], "types": ["completed"]},
            "schedule": [{"cron": "23 * * * *"}],
        },
        "permissions": {"checks": "write", "contents": "write", "pull-requests": "write"},
        "jobs": {
            "review": {"runs-on": "ubuntu-latest", "steps": [{"uses": _CHECKOUT, "with": checkout}, review]},
        },
    }


def _submitted() -> dict[str, Any]:
    return {
        "name": Noted(
            _SUBMITTED,
            "Starts the trusted review after somebody reviewed, or wrote a command at a line. In a fork this runs "
            "without permissions, and needs none.",
        ),
        "on": {
            "pull_request_review": {"types": ["submitted", "edited", "dismissed"]},
            "pull_request_review_comment": {"types": ["created", "edited", "deleted"]},
        },
        "permissions": {},
        "concurrency": {"group": "${{ github.workflow }}-${{ github.ref }}", "cancel-in-progress": True},
        "jobs": {
            "notify": {
                "name": "Notify",
                "if": Noted(
                    "github.event_name == 'pull_request_review' || contains(github.event.comment.body, '/penstock') "
                    "|| contains(github.event.changes.body.from, '/penstock')",
                    "The trusted review does not follow a run of which this was skipped.",
                ),
                "runs-on": "ubuntu-latest",
                "timeout-minutes": 5,
                "steps": [{"run": 'echo "The workflow that follows evaluates the review."'}],
            }
        },
    }
