"""A review in several jobs, each with rights of its own: what one hands to the next is not taken at its word."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from forges import github_server
from forges.github_server import GitHubServer
from forges.github_shapes import account, comment, review
from penstock.cli.main import main
from penstock.source.canonical import bytes_digest
from penstock.source.git.repository import GitRepository
from review.actions import APPROVALS, Run


@pytest.fixture
def pull(run: Run) -> Run:
    run.event("pull_request_target", {"action": "synchronize", "pull_request": {"number": 1}})
    return run


def writes(run: Run) -> set[str]:
    """What was asked of GitHub that needs a right to write, without the numbers of what is changed."""
    asked = (one.path.rstrip("/0123456789") for one in run.server.seen if one.method != "GET")
    return {path.rpartition("/")[2] for path in asked if path != "/graphql"}


def found_and_decided(run: Run) -> tuple[dict[str, str], dict[str, str]]:
    found = run.step("find")
    return found, run.step("decide", number=found["number"])


def shown(run: Run, found: dict[str, str], digest: str, entries: str) -> dict[str, str]:
    where = {key: found[key] for key in ("number", "head", "began")}
    return run.step("show", **where, digest=digest, entries=entries)


def test_in_several_jobs_each_uses_its_own_rights_and_the_answer_is_the_same(pull: Run) -> None:
    pull.server.reviews = APPROVALS
    found = pull.step("find")
    assert found == {"key": "1", "number": "1", "head": pull.head, "began": "2026-03-02T12:00:00+00:00", "code": "0"}
    assert (writes(pull), pull.conclusion) == ({"check-runs"}, "action_required")

    pull.server.seen.clear()
    decided = pull.step("decide", number=found["number"])
    assert (writes(pull), decided["code"]) == (set(), "0")
    git = GitRepository.find(pull.checkout)
    assert git.remote_tip("origin", "refs/heads/penstock-record") is None

    pull.server.seen.clear()
    recorded = pull.step("record", digest=decided["digest"])
    assert (pull.server.seen, recorded["code"]) == ([], "0"), "who writes the repository asks nothing of the forge"
    tip = git.remote_tip("origin", "refs/heads/penstock-record")
    assert tip is not None

    assert shown(pull, found, decided["digest"], recorded["entries"])["code"] == "0"
    assert git.remote_tip("origin", "refs/heads/penstock-record") == tip
    assert (writes(pull), pull.conclusion) == ({"check-runs", "comments"}, "success")
    assert recorded["entries"].removeprefix("sha256:") in pull.server.comments[0]["body"]
    assert main(["record", "replay", "--root", str(pull.checkout)]) == 0


def test_what_waits_is_handed_on_too(pull: Run) -> None:
    found, decided = found_and_decided(pull)
    recorded = pull.step("record", digest=decided["digest"])
    assert shown(pull, found, decided["digest"], recorded["entries"])["code"] == "1"
    assert pull.conclusion == "action_required"
    assert pull.server.check_runs[-1]["annotations"]
    assert pull.server.requested


def altered(text: str) -> str:
    """A verdict that says yes, and a digest of it for whoever believes that."""
    value = json.loads(text)
    value["decisions"][0]["verdict"] = value["decisions"][0]["verdict"].replace('"pending"', '"approved"')
    return json.dumps(value)


def cut(text: str) -> str:
    return text[:-9]


def emptied(text: str) -> str:
    return json.dumps({**json.loads(text), "decisions": []})


@pytest.mark.parametrize("knows_the_digest", [False, True])
@pytest.mark.parametrize("alter", [altered, cut, emptied])
def test_what_was_altered_between_the_jobs_is_neither_recorded_nor_shown(
    pull: Run, alter: Callable[[str], str], knows_the_digest: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    found, decided = found_and_decided(pull)
    text = alter(pull.handover.read_text())
    pull.handover.write_text(text)
    digest = bytes_digest(text.encode()) if knows_the_digest else decided["digest"]
    assert pull.step("record", digest=digest)["code"] == "1"
    assert "the decision file" in capsys.readouterr().err
    assert GitRepository.find(pull.checkout).remote_tip("origin", "refs/heads/penstock-record") is None
    assert shown(pull, found, digest, "sha256:1")["code"] == "1"
    assert pull.conclusion == "failure"


def test_a_job_that_failed_before_is_shown_as_a_failure(pull: Run) -> None:
    pull.server.reviews = APPROVALS
    assert pull.on_pull_request() == 0
    found, decided = found_and_decided(pull)
    assert shown(pull, found, "", "")["code"] == "1"
    assert pull.conclusion == "failure"
    assert shown(pull, found, decided["digest"], "")["code"] == "1", "it is not on record"
    assert pull.conclusion == "failure"


def test_a_record_that_went_on_in_the_meantime_takes_no_older_decision(
    pull: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    _, old = found_and_decided(pull)
    kept = pull.handover.read_bytes()
    pull.server.reviews = APPROVALS
    _, new = found_and_decided(pull)
    assert pull.step("record", digest=new["digest"])["code"] == "0"
    pull.handover.write_bytes(kept)
    assert pull.step("record", digest=old["digest"])["code"] != "0"
    assert "another decision on the same pull request was recorded" in capsys.readouterr().err


def test_a_record_that_was_tampered_with_takes_nothing(pull: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert pull.on_pull_request() == 1
    pull.server.reviews = APPROVALS
    found, decided = found_and_decided(pull)
    git = GitRepository.find(pull.checkout)
    ref = "refs/heads/penstock-record"
    log = pull.upstream.git("-C", str(pull.checkout), "show", f"{ref}:decisions.jsonl")
    tampered = log.replace('"state":"pending"', '"state":"approved"').encode()
    assert git.commit_files(ref, git.ref(ref), {"decisions.jsonl": tampered}, "tampered")
    pull.upstream.git("-C", str(pull.checkout), "push", "--quiet", "origin", f"+{ref}:{ref}")
    assert pull.step("record", digest=decided["digest"])["code"] != "0"
    assert "the record is damaged" in capsys.readouterr().err
    assert shown(pull, found, "", "")["code"] == "1"
    assert pull.conclusion == "failure"


@pytest.mark.parametrize(
    "happens",
    [
        lambda server: server.reviews.append(review(3, "rita", "CHANGES_REQUESTED", "2026-03-02T11:00:00Z")),
        lambda server: server.comments.append(comment(7, account("ada"), "/penstock hold wait")),
        lambda server: server.pull.update(draft=True),
        lambda server: server.pull.update(state="closed"),
        lambda server: server.pull["base"].update(ref="release"),
        lambda server: server.collaborators.clear(),
    ],
    ids=["an objection", "a hold", "a draft", "closed", "another base branch", "no rights"],
)
def test_a_verdict_that_is_out_of_date_when_it_is_to_be_shown_is_not(
    pull: Run, happens: Callable[[GitHubServer], None]
) -> None:
    pull.server.reviews = list(APPROVALS)
    found, decided = found_and_decided(pull)
    recorded = pull.step("record", digest=decided["digest"])
    happens(pull.server)
    assert shown(pull, found, decided["digest"], recorded["entries"])["code"] == "1"
    assert pull.conclusion == "failure"
    assert "success" not in {one["conclusion"] for one in pull.server.check_runs}


def test_what_changes_nothing_in_the_verdict_holds_nothing_up(pull: Run) -> None:
    pull.server.reviews = APPROVALS
    found, decided = found_and_decided(pull)
    recorded = pull.step("record", digest=decided["digest"])
    pull.server.comments.append(comment(7, account("ada"), "Nice."))
    assert shown(pull, found, decided["digest"], recorded["entries"])["code"] == "0"


def test_an_older_run_does_not_overwrite_what_a_newer_one_said(
    pull: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pull.server.reviews = APPROVALS
    found, decided = found_and_decided(pull)
    recorded = pull.step("record", digest=decided["digest"])
    monkeypatch.setattr(github_server, "DATE", "Mon, 02 Mar 2026 12:01:00 GMT")
    pull.step("find")
    before = list(pull.server.check_runs)
    assert shown(pull, found, decided["digest"], recorded["entries"])["code"] == "0"
    assert "a newer review" in capsys.readouterr().out
    assert (pull.server.check_runs, pull.server.comments) == (before, [])
    assert shown(pull, found, "", "")["code"] == "1"
    assert pull.server.check_runs == before, "nor does its failure"


def test_nothing_that_is_closed_is_found_or_decided(pull: Run) -> None:
    found = pull.step("find")
    pull.server.pull["state"] = "closed"
    assert pull.step("find") == {"code": "0"}
    assert pull.step("decide", number=found["number"]) == {"code": "0"}


def test_a_verdict_that_time_has_overtaken_is_not_shown(pull: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the jobs that failed again, days later, shows nothing that was true then."""
    pull.server.comments = [
        comment(number, account(login), "/penstock break-glass the planes are late", "2026-03-02T11:00:00Z")
        for number, login in ((7, "sam"), (8, "rita"))
    ]
    found, decided = found_and_decided(pull)
    recorded = pull.step("record", digest=decided["digest"])
    assert shown(pull, found, decided["digest"], recorded["entries"])["code"] == "0"
    pull.server.check_runs.clear()
    monkeypatch.setattr(github_server, "DATE", "Mon, 02 Mar 2026 16:00:00 GMT")
    assert shown(pull, found, decided["digest"], recorded["entries"])["code"] == "1"
    assert "success" not in {one["conclusion"] for one in pull.server.check_runs}
