"""`penstock review` as it runs in GitHub Actions: from the event to the comment, the check run and the record."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from forges import github_server
from forges.github_server import (
    REPOSITORY,
    TOKEN,
    GitHubServer,
    Reply,
    Seen,
    account,
    comment,
    commit,
    move,
    review,
    serving,
)
from penstock.cli.main import main
from penstock.forges.github import client as client_module
from penstock.source.canonical import bytes_digest
from penstock.source.git import GitRepository
from review.pull_requests import looser_gate, with_policy
from review.repositories import Repository

APPROVALS = [review(1, "ada"), review(2, "rita")]
PEOPLE = ("ada", "bela", "rita", "sam", "eve")


@dataclass
class Run:
    """A runner: the base checked out, the repository that it was cloned from, and GitHub."""

    server: GitHubServer
    upstream: Repository
    checkout: Path
    head: str
    environment: Callable[[str, dict[str, Any]], None]
    folder: Path

    def event(self, name: str, payload: dict[str, Any]) -> None:
        self.environment(name, {"repository": {"full_name": REPOSITORY, "id": 7}, **payload})

    def review(self, *more: str) -> int:
        where = ["--root", str(self.checkout), "--record", "branch:penstock-record"]
        return main(["review", *where, *more])

    def step(self, name: str, **given: str) -> dict[str, str]:
        """One job of several: what it puts out. Its exit code is `code`."""
        output = self.folder / f"output-{name}"
        output.write_text("")
        os.environ["GITHUB_OUTPUT"] = str(output)
        more = [word for key, value in given.items() for word in (f"--{key}", value)]
        if name == "record":
            where = ["--root", str(self.checkout), "--record", "branch:penstock-record", "--remote", "origin"]
            code = main(["record", "append", str(self.handover), *where, *more])
        else:
            code = self.review("--step", name, "--handover", str(self.handover), *more)
        lines = [line.partition("=") for line in output.read_text().splitlines()]
        return {key: value for key, _, value in lines} | {"code": str(code)}

    @property
    def handover(self) -> Path:
        return self.folder / "handover" / "decision.json"

    def on_pull_request(self, *more: str) -> int:
        self.event("pull_request_target", {"action": "synchronize", "pull_request": {"number": 1}})
        return self.review(*more)

    @property
    def conclusion(self) -> str:
        return str(self.server.check_runs[-1]["conclusion"])


@pytest.fixture
def run(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(client_module.time, "sleep", lambda _: None)
    base = with_policy(repository)
    repository.branch("topic")
    repository.edit(looser_gate)
    # Were anything of the head imported or run, the tests would know.
    repository.write("src/penstock/__init__.py", "raise SystemExit('the head was imported')\n")
    repository.write("sitecustomize.py", "raise SystemExit('the head was imported')\n")
    head = repository.commit()
    repository.git("checkout", "--quiet", "main")
    upstream = tmp_path / "upstream.git"
    repository.git("clone", "--quiet", "--bare", str(repository.root), str(upstream))
    repository.git("-C", str(upstream), "update-ref", "refs/pull/1/head", head)
    repository.git("-C", str(upstream), "branch", "-D", "topic")
    checkout = tmp_path / "checkout"
    repository.git("clone", "--quiet", "--branch", "main", f"file://{upstream}", str(checkout))
    with serving(GitHubServer()) as server:
        server.tip = base
        server.pull["head"]["sha"] = head
        server.pull["user"] = account("eve")
        server.commits = [commit(head, account("eve"), parents=(base,))]
        server.activity = [move("2026-03-02T08:55:00Z", "0" * 40, head, "branch_creation", by="eve")]
        server.reviews = []
        server.collaborators = [{**account(login), "permissions": {"push": True}} for login in PEOPLE]
        summary = tmp_path / "summary.md"

        def environment(name: str, payload: dict[str, Any]) -> None:
            file = tmp_path / "event.json"
            file.write_text(json.dumps(payload))
            for key, value in {
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_EVENT_NAME": name,
                "GITHUB_EVENT_PATH": str(file),
                "GITHUB_TOKEN": TOKEN,
                "GITHUB_API_URL": server.url,
                "GITHUB_GRAPHQL_URL": f"{server.url}/graphql",
                "GITHUB_STEP_SUMMARY": str(summary),
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_RUN_ID": "42",
                "GITHUB_OUTPUT": str(tmp_path / "output"),
            }.items():
                monkeypatch.setenv(key, value)

        yield Run(server, repository, checkout, head, environment, tmp_path)


def test_a_pull_request_that_waits_is_shown_and_red(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.on_pull_request() == 1
    assert run.conclusion == "action_required"
    shown = run.server.check_runs[-1]
    assert shown["head_sha"] == run.head
    [comment] = run.server.comments
    assert "Gate/delay&#45;release" in comment["body"] or "Gate/delay-release" in comment["body"]
    annotated = [one for one in shown["annotations"] if one["path"] == "specs/system.yaml"]
    assert annotated
    assert "needs" in annotated[0]["message"]
    assert run.server.requested
    text = capsys.readouterr()
    summary = (run.folder / "summary.md").read_text()
    assert "#1" in summary
    assert TOKEN not in text.out + text.err + summary + json.dumps(run.server.check_runs) + comment["body"]


def test_approved_it_is_green_in_the_same_comment_and_on_record(run: Run) -> None:
    assert run.on_pull_request() == 1
    run.server.reviews = APPROVALS
    run.event(
        "workflow_run",
        {
            "action": "completed",
            "workflow_run": {
                "event": "pull_request_review",
                "pull_requests": [],
                "head_sha": run.head,
                "head_branch": "topic",
                "head_repository": {"owner": {"login": "acme"}},
            },
        },
    )
    assert run.review() == 0
    assert run.conclusion == "success"
    assert len(run.server.comments) == 1
    git = GitRepository.find(run.checkout)
    git.fetch("origin", "refs/heads/penstock-record", "refs/heads/penstock-record")
    where = ["--root", str(run.checkout)]
    assert main(["record", "verify", *where]) == 0
    assert main(["record", "replay", *where]) == 0


def test_nothing_of_the_head_is_checked_out(run: Run) -> None:
    before = run.upstream.git("-C", str(run.checkout), "status", "--porcelain")
    run.on_pull_request()
    assert run.upstream.git("-C", str(run.checkout), "status", "--porcelain") == before == ""
    assert not (run.checkout / "src").exists()


def test_a_dry_run_writes_nothing(run: Run) -> None:
    assert run.on_pull_request("--dry-run") == 1
    assert {one.method for one in run.server.seen if one.path != "/graphql"} == {"GET"}
    assert GitRepository.find(run.checkout).remote_tip("origin", "refs/heads/penstock-record") is None


def test_a_fault_of_the_forge_takes_an_earlier_green_back(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.server.reviews = APPROVALS
    assert run.on_pull_request() == 0
    assert run.conclusion == "success"
    run.server.always_answers("/requested_reviewers", Reply(500, {"message": f"a fault that repeats {TOKEN}"}))
    run.server.always_answers("/issues/1/comments", Reply(403, {"message": f"a fault that repeats {TOKEN}"}))
    assert run.on_pull_request() == 1
    assert run.conclusion == "failure"
    assert TOKEN not in capsys.readouterr().err


def test_what_is_said_while_it_is_judged_is_judged_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run.server.reviews = APPROVALS
    answer = run.server.reply_to

    def interrupted(seen: Seen) -> Reply:
        reply = answer(seen)
        if seen.path.endswith("/pulls/1/reviews"):
            run.server.reviews = [*APPROVALS, review(3, "rita", "CHANGES_REQUESTED", "2026-03-02T11:00:00Z")]
        return reply

    monkeypatch.setattr(run.server, "reply_to", interrupted)
    assert run.on_pull_request() == 1
    assert run.conclusion == "failure"


def test_a_hold_that_its_author_deletes_is_remembered_by_the_record(run: Run) -> None:
    run.server.reviews = APPROVALS
    run.server.comments = [comment(7, account("sam"), "/penstock hold the dashboard is red")]
    assert run.on_pull_request() == 1
    run.server.comments = [one for one in run.server.comments if one["id"] != 7]
    assert run.on_pull_request() == 1
    assert run.conclusion == "failure"
    run.server.comments.append(comment(8, account("sam"), "/penstock unhold", "2026-03-02T11:30:00Z"))
    assert run.on_pull_request() == 0


def test_an_objection_that_another_dismisses_is_read_from_the_timeline(run: Run) -> None:
    run.server.reviews = [*APPROVALS, review(3, "rita", "DISMISSED", "2026-03-02T11:00:00Z"), review(4, "ada")]
    event = {
        "__typename": "ReviewDismissedEvent",
        "createdAt": "2026-03-02T11:30:00Z",
        "actor": {"__typename": "User", "login": "eve"},
        "previousReviewState": "CHANGES_REQUESTED",
        "review": {"fullDatabaseId": "3"},
    }
    run.server.timeline = [event]
    assert run.on_pull_request() == 1
    assert run.conclusion == "failure"
    run.server.timeline = [{**event, "actor": {"__typename": "User", "login": "rita"}}]
    run.server.reviews.append(review(5, "rita", at="2026-03-02T11:45:00Z"))
    assert run.on_pull_request() == 0


def test_a_closed_pull_request_is_left_alone(run: Run) -> None:
    run.server.pull["state"] = "closed"
    assert run.on_pull_request() == 0
    assert run.server.check_runs == []
    assert run.server.comments == []


def test_a_merge_group_gets_its_answer_at_its_own_commit(run: Run) -> None:
    run.server.reviews = APPROVALS
    bare = str(run.folder / "upstream.git")
    run.upstream.git("checkout", "--quiet", "-B", "queue", "main")
    run.upstream.git("merge", "--quiet", "--no-ff", "-m", "queued", "topic")
    group = run.upstream.git("rev-parse", "HEAD").strip()
    run.upstream.git("push", "--quiet", bare, f"{group}:refs/heads/gh-readonly-queue/main/pr-1")
    run.server.queue = [
        {"position": 1, "headCommit": {"oid": group}, "pullRequest": {"number": 1, "headRefOid": run.head}}
    ]
    run.event(
        "merge_group",
        {
            "action": "checks_requested",
            "merge_group": {
                "head_ref": "refs/heads/gh-readonly-queue/main/pr-1",
                "head_sha": group,
                "base_ref": "refs/heads/main",
                "base_sha": run.server.tip,
            },
        },
    )
    assert run.review() == 0
    assert (run.server.check_runs[-1]["head_sha"], run.conclusion) == (group, "success")
    run.server.reviews = []
    assert run.review() == 1
    assert run.conclusion == "failure"


def test_outside_of_actions_it_says_what_is_missing(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GITHUB_REPOSITORY", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert main(["review", "--root", str(repository.root)]) == 2
    assert "GITHUB_REPOSITORY is not set" in capsys.readouterr().err


# In several jobs, each with rights of its own.


@pytest.fixture
def pull(run: Run) -> Run:
    run.event("pull_request_target", {"action": "synchronize", "pull_request": {"number": 1}})
    return run


def writes(run: Run) -> set[str]:
    """What was asked of GitHub that needs a right to write."""
    return {one.path.rpartition("/")[2] for one in run.server.seen if one.method != "GET" and one.path != "/graphql"}


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
    assert "handed over" in capsys.readouterr().err
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
    assert "somebody else decided" in capsys.readouterr().err


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
