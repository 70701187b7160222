"""What started a run is read from recorded webhooks and from what nobody should have sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from forges.github_server import TOKEN
from forges.github_shapes import HEAD
from penstock.forges.github.event import Event, Head, MergeGroup, actions_run, parse_event
from penstock.forges.protocol import ForgeError

REPOSITORY = "octo/models"
BASE = "b" * 40


def payload(**more: object) -> str:
    return json.dumps({"action": "did", "repository": {"id": 7, "full_name": REPOSITORY}, **more})


def parsed(name: str, **more: object) -> Event:
    return parse_event(name, payload(**more), REPOSITORY)


def workflow_run(**more: object) -> dict:
    source = {"owner": {"login": "eve"}}
    return {
        "event": "pull_request",
        "head_sha": HEAD,
        "head_branch": "topic",
        "head_repository": source,
        "pull_requests": [],
        **more,
    }


def listed(number: int, repository: int = 7) -> dict:
    return {"number": number, "base": {"repo": {"id": repository}}}


@pytest.fixture(scope="module")
def examples(root: Path, lacking: Callable[[str], NoReturn]) -> dict[str, list[dict]]:
    """Payloads that GitHub sent, by event."""
    path = root / ".tools" / "node_modules" / "@octokit" / "webhooks-examples" / "api.github.com" / "index.json"
    if not path.is_file():
        lacking("GitHub's recorded webhooks are missing: `make tools` installs them")
    return {one["name"]: one["examples"] for one in json.loads(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(("name", "fewest"), [("pull_request", 20), ("pull_request_review", 4), ("issue_comment", 5)])
def test_recorded_webhooks_name_their_pull_request(examples: dict, name: str, fewest: int) -> None:
    events = [parse_event(name, json.dumps(one), one["repository"]["full_name"]) for one in examples[name]]
    assert len(events) >= fewest
    for event, sent in zip(events, examples[name], strict=True):
        issue = sent.get("issue")
        expected = (
            sent["pull_request"]["number"] if issue is None else issue["number"] if "pull_request" in issue else None
        )
        assert (event.name, event.action, event.number) == (name, sent["action"], expected)


def test_a_recorded_push_names_the_head_before_it(examples: dict) -> None:
    for sent in examples["pull_request"]:
        event = parse_event("pull_request", json.dumps(sent), sent["repository"]["full_name"])
        assert event.former_head == (sent["before"] if sent["action"] == "synchronize" else "")


def test_recorded_merge_groups_name_their_head(examples: dict) -> None:
    for sent in examples["merge_group"]:
        event = parse_event("merge_group", json.dumps(sent), sent["repository"]["full_name"])
        assert event.group == MergeGroup(sent["merge_group"]["head_sha"], sent["merge_group"]["base_sha"], "main")


def test_recorded_runs_of_other_workflows_ask_for_nothing(examples: dict) -> None:
    for sent in examples["workflow_run"]:
        event = parse_event("workflow_run", json.dumps(sent), sent["repository"]["full_name"])
        asks = sent["workflow_run"]["event"] in ("pull_request", "pull_request_target")
        assert (event.number is None and event.head is None) != asks


HEARD = {
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "issue_comment",
    "merge_group",
    "workflow_run",
}


def test_recorded_webhooks_of_other_events_are_refused(examples: dict) -> None:
    others = [
        (name, one) for name, sent in examples.items() for one in sent if "repository" in one and name not in HEARD
    ]
    assert len(others) > 50
    for name, one in others:
        with pytest.raises(ForgeError):
            parse_event(name, json.dumps(one), one["repository"]["full_name"])


@pytest.mark.parametrize(
    ("changes", "former"), [({"base": {"ref": {"from": "main"}}}, "main"), ({"title": {"from": "A"}}, ""), (None, "")]
)
def test_a_pull_request_that_turns_to_another_branch_names_the_one_before(changes: dict | None, former: str) -> None:
    assert parsed("pull_request", pull_request={"number": 5}, changes=changes).former_base == former


def test_a_comment_on_an_issue_asks_for_nothing() -> None:
    assert parsed("issue_comment", issue={"number": 5}).number is None


def test_a_workflow_names_its_pull_request() -> None:
    assert parsed("workflow_run", workflow_run=workflow_run(pull_requests=[listed(5)])).number == 5


def test_a_workflow_in_a_fork_names_its_head() -> None:
    assert parsed("workflow_run", workflow_run=workflow_run()).head == Head(HEAD, "eve", "topic")


def test_a_workflow_whose_fork_is_gone_names_its_commit() -> None:
    assert parsed("workflow_run", workflow_run=workflow_run(head_repository=None)).head == Head(HEAD, "", "topic")


@pytest.mark.parametrize("pulls", [[listed(5, 8)], [listed(5), listed(6)], None])
def test_a_workflow_with_doubtful_pull_requests_names_its_head(pulls: list | None) -> None:
    event = parsed("workflow_run", workflow_run=workflow_run(pull_requests=pulls))
    assert (event.number, event.head) == (None, Head(HEAD, "eve", "topic"))


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("pull_request", {}),
        ("pull_request", {"pull_request": {"number": "1; rm -rf"}}),
        ("pull_request", {"pull_request": {"number": True}}),
        ("merge_group", {"merge_group": {"head_sha": HEAD, "base_sha": BASE, "head_ref": "refs/heads/x"}}),
        ("merge_group", {"merge_group": {"head_ref": "refs/heads/gh-readonly-queue/main/pr-1-x", "head_sha": "$(id)"}}),
        ("workflow_run", {"workflow_run": workflow_run(head_sha="HEAD")}),
        ("push", {}),
        ("repository_dispatch", {}),
        ("pull_request\n::error::", {}),
    ],
)
def test_an_event_that_names_nothing_safe_is_refused(name: str, more: dict) -> None:
    with pytest.raises(ForgeError) as caught:
        parsed(name, **more)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xff", b"[" * 100_000])
def test_what_is_no_event_is_refused(content: bytes) -> None:
    with pytest.raises(ForgeError, match=r"run the workflow again|unlike what GitHub documents"):
        parse_event("pull_request", content, REPOSITORY)


def test_an_event_of_another_repository_is_refused() -> None:
    with pytest.raises(ForgeError, match="of another repository"):
        parse_event("pull_request", payload(pull_request={"number": 1}), "octo/other")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "event.json"
    path.write_text(payload(pull_request={"number": 5}), encoding="utf-8")
    return {
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_EVENT_NAME": "pull_request_target",
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_API_URL": "https://github.example.com/api/v3",
        "GITHUB_GRAPHQL_URL": "https://github.example.com/api/graphql",
        "GITHUB_SERVER_URL": "https://github.example.com",
        "GITHUB_RUN_ID": "99",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }


def test_a_run_knows_where_it_is(environment: dict[str, str], tmp_path: Path) -> None:
    run = actions_run(environment)
    assert run.event == Event("pull_request_target", "did", REPOSITORY, number=5)
    assert run.api_url == "https://github.example.com/api/v3"
    assert run.graphql_url == "https://github.example.com/api/graphql"
    assert run.run_url == "https://github.example.com/octo/models/actions/runs/99"
    assert run.summary_path == tmp_path / "summary.md"
    assert TOKEN not in repr(run)


def test_a_run_outside_of_actions_can_do_without_the_rest(environment: dict[str, str]) -> None:
    needed = ("GITHUB_REPOSITORY", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_TOKEN")
    run = actions_run({name: environment[name] for name in needed})
    assert (run.api_url, run.graphql_url, run.run_url, run.summary_path) == ("https://api.github.com", "", "", None)


@pytest.mark.parametrize("name", ["GITHUB_REPOSITORY", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_TOKEN"])
def test_a_variable_that_is_missing_is_named(environment: dict[str, str], name: str) -> None:
    environment[name] = ""
    hint = "pass `GITHUB_TOKEN: " if name == "GITHUB_TOKEN" else "run in GitHub Actions"
    with pytest.raises(ForgeError, match=f"^{name} is not set: {hint}"):
        actions_run(environment)


@pytest.mark.parametrize("path", ["missing.json", "."])
def test_an_event_file_that_cannot_be_read_is_an_error(environment: dict[str, str], tmp_path: Path, path: str) -> None:
    environment["GITHUB_EVENT_PATH"] = str(tmp_path / path)
    with pytest.raises(ForgeError, match="cannot be read"):
        actions_run(environment)


def test_an_event_file_beyond_what_github_sends_is_not_read(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = (tmp_path / "event.json").stat().st_size
    monkeypatch.setattr("penstock.forges.github.event._MOST_BYTES", size)
    assert actions_run(environment).event.number == 5
    monkeypatch.setattr("penstock.forges.github.event._MOST_BYTES", size - 1)
    with pytest.raises(ForgeError, match="is too large for an event"):
        actions_run(environment)
