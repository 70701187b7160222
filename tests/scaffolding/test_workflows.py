"""The workflows that are written are those of the documentation and of this repository itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.scaffolding.refusal import RefusalError
from penstock.scaffolding.workflows import workflow_files

ROOT = Path(__file__).resolve().parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REVIEW, SUBMITTED = ".github/workflows/penstock.yml", ".github/workflows/review-submitted.yml"


def read(text: str) -> Any:
    """YAML whose `on` is a text, as GitHub reads it."""
    return yaml.load(text, yaml.BaseLoader)


def test_the_review_is_the_one_that_the_documentation_shows() -> None:
    (shown,) = re.findall(r"```yaml\n(name: Penstock\n.+?)```", (ROOT / "docs/review/README.md").read_text(), re.DOTALL)
    made = workflow_files(f"OWNER/penstock@{COMMIT}")[REVIEW]
    assert read(re.sub(r"@[0-9a-f]{40}", "@COMMIT", made)) == read(shown)


def test_what_starts_it_after_a_review_is_this_repositorys_own() -> None:
    own = (ROOT / SUBMITTED).read_text()
    assert read(workflow_files(f"OWNER/penstock@{COMMIT}")[SUBMITTED]) == read(own)


def test_the_checkout_is_the_one_that_this_repository_uses() -> None:
    pins = set(
        re.findall(r"actions/checkout@[0-9a-f]{40}", (ROOT / ".github/workflows/penstock-review.yml").read_text())
    )
    assert set(re.findall(r"actions/checkout@[0-9a-f]{40}", workflow_files(f"a/b@{COMMIT}")[REVIEW])) == pins


def test_specs_in_a_subfolder_are_named() -> None:
    steps = read(workflow_files(f"a/b@{COMMIT}", "ml/risk")[REVIEW])["jobs"]["review"]["steps"]
    assert steps[-1] == {"uses": f"a/b@{COMMIT}", "with": {"root": "ml/risk"}}


@pytest.mark.parametrize(
    "action", ["a/b@main", "a/b@v1", f"a/b/c@{COMMIT}", COMMIT, f"a/b@{COMMIT[:7]}", f"a/b@{COMMIT}\n"]
)
def test_what_can_be_moved_is_no_action(action: str) -> None:
    with pytest.raises(RefusalError, match="40 digits of a commit"):
        workflow_files(action)
