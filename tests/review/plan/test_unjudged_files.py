"""Files that no spec leads to: a plan says that nobody looked at them, so that no reader takes silence for harmless."""

from __future__ import annotations

import json as standard_json

import pytest

from penstock.review.changes.unjudged_files import role_of
from penstock.review.model import Plan
from penstock.review.rendering import html, json, markdown, terminal
from penstock.review.rendering.rows import headline
from review.repositories import EITHER_FOLDER, Repository, loosen, with_step


def _plan(repository: Repository, *paths: str) -> Plan:
    """The plan of a branch that writes these files."""
    repository.branch()
    for path in paths:
        repository.write(path, f"# of {path}\n")
    repository.commit()
    return repository.plan()


@EITHER_FOLDER
def test_a_file_that_no_spec_leads_to_is_told_in_every_format(repository: Repository) -> None:
    plan = _plan(repository, "Dockerfile", "requirements/runtime.lock", "README.md")
    assert headline(plan) == "No change in meaning; 3 files not judged."
    for text in (terminal.render(plan), markdown.render(plan), html.render(plan)):
        for path in ("Dockerfile", "requirements/runtime.lock", "README.md"):
            assert path in text
    assert [one["role"] for one in standard_json.loads(json.render(plan))["notJudged"]] == ["images", None, "packages"]


def test_it_is_told_beside_changes_and_errors_too(repository: Repository) -> None:
    repository.branch()
    repository.edit(loosen)
    repository.write("Dockerfile", "FROM scratch\n")
    repository.commit()
    assert headline(repository.plan()).endswith("; 1 file not judged.")
    repository.replace("roc_auc", "roc_acu")
    repository.commit()
    plan = repository.plan()
    assert headline(plan).endswith("; 1 file not judged.")
    assert "in the merge result" in headline(plan)


def test_many_files_of_a_folder_take_one_word(repository: Repository) -> None:
    plan = _plan(repository, *(f"docs/page{number}.md" for number in range(40)), "notes.md")
    assert "  other files: docs/ (40 files), notes.md\n" in terminal.render(plan)


def test_more_than_a_few_places_are_counted(repository: Repository) -> None:
    plan = _plan(repository, *(f"page{number}.md" for number in range(9)))
    assert "page5.md, 3 more files" in terminal.render(plan)


def test_what_a_spec_leads_to_is_looked_at(repository: Repository) -> None:
    """Code, what it imports and opens, data, and what a command runs are compared, comments in code included."""
    repository.write("systems/helper.py", "LIMIT = 1\n")
    repository.write("systems/limits.json", "{}\n")
    repository.write("shared/prepare.sh", "echo one\n")
    repository.write(
        "systems/flights.py",
        'from systems.helper import LIMIT\n\n\ndef departures():\n    return open("systems/limits.json"), LIMIT\n',
    )
    repository.edit(with_step(["sh", "shared/prepare.sh"]))
    repository.commit()
    repository.branch()
    repository.write("systems/helper.py", "# a comment\nLIMIT = 1\n")
    repository.write("systems/limits.json", '{"a": 1}\n')
    repository.write("shared/prepare.sh", "echo two\n")
    repository.write("systems/unused.py", "LIMIT = 1\n")
    repository.commit()
    assert [one.path for one in repository.plan().files] == ["systems/unused.py"]


def test_specs_and_generated_files_are_looked_at(repository: Repository) -> None:
    repository.branch()
    repository.recompile(loosen)
    assert repository.plan().files == ()


def test_a_text_among_the_specs_is_none(repository: Repository) -> None:
    assert [one.path for one in _plan(repository, "specs/README.md").files] == ["specs/README.md"]


@pytest.mark.parametrize("folder", ["ml/risk"])
def test_of_what_is_outside_of_the_folder_only_what_works_everywhere_is_told(repository: Repository) -> None:
    repository.branch()
    for path in (".github/workflows/review.yml", "CODEOWNERS", "web/package.json", "Dockerfile", "README.md"):
        (repository.top / path).parent.mkdir(parents=True, exist_ok=True)
        (repository.top / path).write_text("# new\n")
    repository.git("-C", str(repository.top), "add", "--all")
    repository.commit()
    told = {one.path: one.role for one in repository.plan().files}
    assert told == {"../../.github/workflows/review.yml": "workflows", "../../CODEOWNERS": "owners"}


@pytest.mark.parametrize(
    ("path", "role"),
    [
        (".github/workflows/ci.yml", "workflows"),
        (".github/actions/setup/action.yml", "workflows"),
        ("action.yaml", "workflows"),
        (".gitlab-ci.yml", "workflows"),
        ("CODEOWNERS", "owners"),
        (".github/CODEOWNERS", "owners"),
        (".gitattributes", "git"),
        ("data/.gitattributes", "git"),
        (".gitmodules", "git"),
        ("Dockerfile", "images"),
        ("dockerfile", "images"),
        ("docker/Dockerfile.mlserver", "images"),
        ("server.Dockerfile", "images"),
        ("Containerfile", "images"),
        (".dockerignore", "images"),
        ("requirements.txt", "packages"),
        ("requirements-dev.in", "packages"),
        ("requirements/runtime.lock", "packages"),
        ("uv.lock", "packages"),
        ("pyproject.toml", "packages"),
        ("environment.yml", "packages"),
        ("README.md", ""),
        ("Makefile", ""),
        ("docs/requirements.md", ""),
        ("src/dockerfiles.py", ""),
        ("docs/.github/workflows.md", ""),
        ("specs/environment.yaml.md", ""),
    ],
)
def test_what_a_file_decides_is_told_by_its_name(path: str, role: str) -> None:
    assert role_of(path) == role
