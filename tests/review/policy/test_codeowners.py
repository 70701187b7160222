"""CODEOWNERS and the ruleset, as the forge reads them."""

from __future__ import annotations

import json

import pytest

from penstock.catalog.load import load_work_tree
from penstock.cli.main import main
from penstock.review.check_name import CHECK_NAME
from penstock.review.policy.codeowners import codeowners, ruleset
from review.pull_requests import with_policy
from review.repositories import Repository


def _lines(repository: Repository, organisation: str | None = None) -> dict[str, list[str]]:
    with_policy(repository)
    text = codeowners(load_work_tree(repository.root), organisation)
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {row[0]: row[1:] for row in rows}


def test_each_file_belongs_to_the_owners_of_what_stands_in_it(repository: Repository) -> None:
    lines = _lines(repository, "acme")
    assert lines["/specs/approval.yaml"] == ["@acme/platform"]
    assert lines["/.github/"] == ["@acme/flight-data", "@acme/flight-ml", "@acme/platform", "@acme/risk"]


def test_without_an_organisation_people_are_named(repository: Repository) -> None:
    assert _lines(repository)["/specs/approval.yaml"] == ["@paul", "@petra"]


def test_the_last_lines_guard_what_runs_the_review(repository: Repository) -> None:
    assert list(_lines(repository))[-3:] == ["/.github/", "/CODEOWNERS", "/.github/CODEOWNERS"]


def test_whatever_is_not_a_spec_belongs_to_those_who_govern(repository: Repository) -> None:
    lines = _lines(repository, "acme")
    assert next(iter(lines)) == "*", "the last line that matches wins, so that the first is what no other says"
    assert lines["*"] == lines["/.github/"]
    assert all(owners for owners in lines.values())


def test_what_follows_from_specs_belongs_to_all_who_own_some(repository: Repository) -> None:
    lines = _lines(repository, "acme")
    for path in ("/generated/", "/evidence/"):
        assert lines[path] == ["@acme/flight-data", "@acme/flight-ml", "@acme/platform", "@acme/risk"]


def test_without_anybody_who_governs_no_line_is_left_to_everybody(repository: Repository) -> None:
    text = "apiVersion: penstock/v1\nkind: Gate\nmetadata: {name: odd, owner: risk}\nspec: {}\n"
    repository.write("specs/system.yaml", text)
    lines = codeowners(load_work_tree(repository.root), "acme").splitlines()[1:]
    assert {line.partition(" ")[2] for line in lines} == {"@acme/risk"}


def test_a_file_whose_owner_is_no_team_is_left_to_nobody(repository: Repository) -> None:
    text = "apiVersion: penstock/v1\nkind: Gate\nmetadata: {name: odd, owner: nowhere}\nspec: {}\n"
    repository.write("specs/odd.yaml", text)
    lines = _lines(repository)
    assert lines["/specs/odd.yaml"] == lines["*"], "a line without owners would let anybody change the file"


def test_a_name_that_is_a_pattern_is_taken_as_it_is(repository: Repository) -> None:
    text = "apiVersion: penstock/v1\nkind: Team\nmetadata: {name: odd, owner: risk}\nspec: {members: [odd]}\n"
    repository.write("specs/a b*.yaml", text)
    catalog = load_work_tree(repository.root)
    assert "/specs/a\\ b\\*.yaml @acme/risk" in codeowners(catalog, "acme").splitlines()


def test_the_ruleset_asks_for_the_check_of_one_source(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "codeowners", "--ruleset", "json", "--root", str(repository.root)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == ruleset()
    (checks,) = [rule for rule in shown["rules"] if rule["type"] == "required_status_checks"]
    (check,) = checks["parameters"]["required_status_checks"]
    assert check["context"] == CHECK_NAME
    assert check["integration_id"], "a status of this name by anybody else would count"
    assert shown["bypass_actors"] == []


def test_a_ruleset_names_no_teams(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", "codeowners", "--ruleset", "json", "--organisation", "acme", "--root", str(repository.root)])
    assert ended.value.code == 2
    assert "not allowed with argument" in capsys.readouterr().err
