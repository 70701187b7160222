"""Point 21: an approval that nobody gave shows what it would do, before anybody is asked for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from penstock.cli.main import main
from penstock.forges.recorded import dump
from penstock.review.decision import Decision
from review.points.test_point_11_evidence import released
from review.pull_requests import (
    POLICY,
    looser_gate,
    opened,
    rules_of,
)
from review.releases import signer
from review.repositories import Repository


def test_simulate_shows_what_an_approval_would_do(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    opened(repository, looser_gate)
    arguments = ["policy", "simulate", "--root", str(repository.root), "--base", "main", "--author", "eve"]
    assert main([*arguments, "--pretend-approved-by", "ada"]) == 1
    assert "1 more approval missing" in capsys.readouterr().out
    assert main([*arguments, "--pretend-approved-by", "ada", "--pretend-approved-by", "rita"]) == 0
    shown = capsys.readouterr()
    assert (shown.out.startswith("approved"), shown.err) == (True, "")
    assert main([*arguments, "--pretend-approved-by", "Ada", "--pretend-approved-by", "ritta"]) == 1
    assert capsys.readouterr().err == "hint: `ritta` is in no team; did you mean `rita`?\n"


def test_simulate_takes_it_that_whoever_is_asked_may_write(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    people = {"from": {"teams": ["risk"], "logins": ["bela"]}, "count": 3}
    rule = {"id": "all", "why": "Whatever changes.", "when": {}, "require": people}
    opened(repository, looser_gate, policy=rules_of(POLICY, [rule]))
    arguments = ["policy", "simulate", "--root", str(repository.root), "--base", "main", "--author", "eve"]
    assert main([*arguments, "--format", "json", "--pretend-approved-by", "rita"]) == 1
    assert json.loads(capsys.readouterr().out)["suggested"] == ["bela", "remo"]


def _record_of(decision: Decision, folder: Path) -> Path:
    folder.mkdir()
    record = folder / "1.json"
    record.write_text(dump(decision.inputs.facts), encoding="utf-8")
    return record


def test_simulate_and_the_review_agree_on_a_release(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = signer()
    decision = released(repository, key, by=key)
    record = _record_of(decision, tmp_path / "records")
    simulate = ["policy", "simulate", "--root", str(repository.root), "--record", str(record), "--format", "json"]
    assert main([*simulate, "--head", "main"]) == 2
    assert "the saved pull request names base and head" in capsys.readouterr().err
    assert main(simulate) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["state"], shown["headline"]) == (decision.verdict.state.value, decision.verdict.headline)


def test_simulate_reads_the_evidence_of_a_release_without_a_record(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    key = signer(until="2999-01-01T00:00:00+00:00")
    released(repository, key, by=key, created=datetime.now(UTC).replace(microsecond=0))
    simulate = ["policy", "simulate", "--root", str(repository.root), "--base", "main", "--author", "eve"]
    assert main([*simulate, "--pretend-approved-by", "ada", "--pretend-approved-by", "sam"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("approved")
    assert shown.err.startswith("evidence of Release/production-delay-online: valid: gates: signed by the key `ci`")


def test_simulate_takes_the_work_tree_as_it_lies_there(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(repository)
    repository.edit(looser_gate)
    arguments = ["policy", "simulate", "--root", str(repository.root), "--base", "main", "--author", "eve"]
    assert main([*arguments, "--head", "WORKTREE", "--pretend-approved-by", "ada"]) == 1
    assert "1 more approval missing" in capsys.readouterr().out


def test_simulate_says_what_would_make_a_verdict_possible(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(repository)
    arguments = ["policy", "simulate", "--root", str(repository.root), "--author", "eve"]
    main([*arguments, "--base", "HEAD"])
    assert capsys.readouterr().err == "hint: no committed changes; `--head WORKTREE` includes uncommitted ones\n"
    repository.compile()
    next((repository.root / "generated").rglob("*.yaml")).unlink()
    assert main([*arguments, "--base", "main", "--head", "WORKTREE"]) == 1
    assert capsys.readouterr().err == "hint: next: penstock compile && git add --all generated && git commit\n"


def test_simulate_says_why_evidence_does_not_verify(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    released(repository, by=signer())
    simulate = ["policy", "simulate", "--root", str(repository.root), "--base", "main", "--author", "eve"]
    assert main(simulate) == 1
    said = capsys.readouterr().err
    assert said.startswith("hint: evidence of Release/")
    assert ": unsigned: " in said
    assert "the policy of the base lists no key" in said
