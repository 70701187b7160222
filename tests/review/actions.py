"""A run of GitHub Actions: a runner with a clone of the base, and a GitHub that it speaks to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from forges.github_server import TOKEN, GitHubServer, serving
from forges.github_shapes import REPOSITORY, account, commit, move, review
from penstock.cli.main import main
from penstock.forges.github import client as client_module
from review.pull_requests import looser_gate, with_policy
from review.repositories import Repository

APPROVALS = [review(1, "ada"), review(2, "rita")]
RECORD = "refs/heads/penstock-record"
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
    pushed_by: dict[str, str] = field(default_factory=dict)
    """Who else pushed a commit of the record."""

    def event(self, name: str, payload: dict[str, Any]) -> None:
        self.environment(name, {"repository": {"full_name": REPOSITORY, "id": 7}, **payload})

    def review(self, *more: str) -> int:
        where = ["--root", str(self.checkout / self.upstream.folder), "--record", "branch:penstock-record"]
        return main(["review", *where, *more])

    def step(self, name: str, *flags: str, **given: str) -> dict[str, str]:
        """One job of several: what it puts out. Its exit code is `code`."""
        output = self.folder / f"output-{name}"
        output.write_text("")
        os.environ["GITHUB_OUTPUT"] = str(output)
        more = [*flags]
        more += [word for key, value in given.items() for word in (f"--{key}", value)]
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

    def after_a_review(self) -> None:
        """The event that follows a review, which does not say of which pull request."""
        self.event(
            "workflow_run",
            {
                "action": "completed",
                "workflow_run": {
                    "event": "pull_request_review",
                    "pull_requests": [],
                    "head_sha": self.head,
                    "head_branch": "topic",
                    "head_repository": {"owner": {"login": "acme"}},
                },
            },
        )

    def on_pull_request(self, *more: str) -> int:
        self.event("pull_request_target", {"action": "synchronize", "pull_request": {"number": 1}})
        return self.review(*more)

    def record_moves(self, ref: str) -> list[dict[str, Any]] | None:
        """What GitHub saw of the record: each commit was a push, by the review itself unless `pushed_by` says who."""
        if ref != RECORD:
            return None
        bare = ["-C", str(self.folder / "upstream.git")]
        if not self.upstream.git(*bare, "for-each-ref", RECORD):
            return []
        commits = self.upstream.git(*bare, "rev-list", "--first-parent", RECORD).split()
        moves = []
        for after, before in zip(commits, [*commits[1:], "0" * 40], strict=True):
            made = move("2026-03-02T12:00:00Z", before, after, by=self.pushed_by.get(after, self.server.viewer))
            made["actor"]["type"] = "Bot" if made["actor"]["login"].endswith("[bot]") else "User"
            moves.append(made | {"ref": RECORD})
        return moves

    @property
    def conclusion(self) -> str:
        return str(self.server.check_runs[-1]["conclusion"])


@contextmanager
def running(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(client_module.time, "sleep", lambda _: None)
    repository.write("src/README.md", "")
    base = with_policy(repository)
    repository.branch("topic")
    repository.edit(looser_gate)
    # Were anything of the head imported or run, the tests would know.
    repository.write("src/penstock/__init__.py", "raise SystemExit('the head was imported')\n")
    repository.write("sitecustomize.py", "raise SystemExit('the head was imported')\n")
    head = repository.commit()
    repository.git("checkout", "--quiet", "main")
    upstream = tmp_path / "upstream.git"
    repository.git("clone", "--quiet", "--bare", str(repository.top), str(upstream))
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

        run = Run(server, repository, checkout, head, environment, tmp_path)
        server.moves_of = run.record_moves
        yield run
