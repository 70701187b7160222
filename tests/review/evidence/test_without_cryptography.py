"""Commands that verify signatures say what is missing where Penstock was installed without its extra `review`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from forges.fake import FakePullRequest
from penstock.cli.main import main
from penstock.forges.recorded import dump
from review.points.test_point_11_evidence import policy_with
from review.pull_requests import EVERYBODY, with_policy
from review.releases import release, signer
from review.repositories import Repository


@pytest.fixture
def saved(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A saved pull request that brings a key and a Release with signed evidence, on a machine without cryptography."""
    old, new = signer("old"), signer("new")
    base = with_policy(repository, policy_with(old))
    repository.branch()
    release(repository, old)
    repository.write("specs/approval.yaml", policy_with(new))
    repository.compile()
    head = repository.commit()
    file = tmp_path / "pull.json"
    file.write_text(dump(FakePullRequest.opened("eve", head=head, base=base, writers=EVERYBODY).facts))
    for name in [each for each in sys.modules if each.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    return file


@pytest.mark.parametrize(
    "command",
    [
        ["plan", "--base", "main"],
        ["policy", "simulate", "--base", "main", "--author", "eve"],
        ["policy", "simulate", "--record", "SAVED"],
        ["policy", "replay", "SAVED"],
        ["review", "--recorded", "SAVED"],
    ],
    ids=" ".join,
)
def test_the_extra_is_named(
    repository: Repository, saved: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(saved) if word == "SAVED" else word for word in command]
    assert main([*words, "--root", str(repository.root)]) == 2
    shown = capsys.readouterr().err
    assert "is missing: signatures need the extra `review`" in shown
    assert "bug" not in shown
