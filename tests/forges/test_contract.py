"""The client against GitHub's own description of its interface.

Prism stands between the client and the server of these tests, and holds every request and every answer to the
description: neither side can have a shape that only the two of them believe in. It is given the part of the
description that the client uses, for it takes long over all thirteen megabytes.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from jsonschema import Draft202012Validator

from forges.fake import object_id
from forges.github_server import TOKEN, GitHubServer, serving
from forges.github_shapes import HEAD, REPOSITORY, account, comment, commit, line_comment, move, review
from loopback import free_port, running
from penstock.cli.main import main
from penstock.forges.github import comments, identity, merge_queue, people, timeline
from penstock.forges.github.check_run import Annotation, CheckRun, publish_check_run
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.comment import publish_comment
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.identity import Identity
from penstock.forges.github.pull_request import default_branch, find_open, read_pull_request
from penstock.forges.github.reviewers import request_reviewers
from penstock.forges.github.secret import Secret
from penstock.forges.protocol import Person

ME = Identity("penstock[bot]")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
R = "/repos/{owner}/{repo}"
PATHS = (
    "/repos/{owner}/{repo}",
    f"{R}/pulls",
    f"{R}/pulls/{{pull_number}}",
    f"{R}/pulls/{{pull_number}}/reviews",
    f"{R}/pulls/{{pull_number}}/comments",
    f"{R}/pulls/{{pull_number}}/requested_reviewers",
    f"{R}/issues/{{issue_number}}/comments",
    f"{R}/issues/comments/{{comment_id}}",
    f"{R}/git/ref/{{ref}}",
    f"{R}/compare/{{basehead}}",
    f"{R}/activity",
    f"{R}/collaborators",
    f"{R}/collaborators/{{username}}/permission",
    f"{R}/check-runs",
    f"{R}/check-runs/{{check_run_id}}",
    f"{R}/commits/{{ref}}/check-runs",
    f"{R}/rulesets",
    "/users/{username}",
    "/user/{account_id}",
)


@pytest.fixture(scope="module")
def tools(root: Path, lacking: Callable[[str], NoReturn]) -> Path:
    """The folder of npm's packages, with node on the PATH."""
    if shutil.which("node") is None:
        lacking("node is missing, and prism runs on it")
    folder = root / ".tools" / "node_modules"
    for name in ("@octokit/openapi", "@stoplight/prism-cli", "@octokit/graphql-schema", "graphql"):
        if not (folder / name / "package.json").is_file():
            lacking(f"{name} is missing: `make tools` installs it")
    return folder


@pytest.fixture(scope="module")
def description(tools: Path) -> dict[str, Any]:
    """GitHub's description of its interface."""
    path = tools / "@octokit" / "openapi" / "generated" / "api.github.com.json"
    return json.loads(path.read_text(encoding="utf-8"))


def used_part(description: dict[str, Any]) -> dict[str, Any]:
    """The paths that the client uses, with all that they refer to, for a server at any address."""
    parts: dict[str, dict[str, Any]] = {}
    paths = {path: description["paths"][path] for path in PATHS}
    rest: list[Any] = [paths]
    while rest:
        node = rest.pop()
        if isinstance(node, list):
            rest += node
        elif isinstance(node, dict):
            rest += node.values()
            if isinstance(reference := node.get("$ref"), str):
                _, _, kind, name = reference.split("/", 3)
                if name not in parts.setdefault(kind, {}):
                    parts[kind][name] = description["components"][kind][name]
                    rest.append(parts[kind][name])
    return {"openapi": description["openapi"], "info": description["info"], "paths": paths, "components": parts}


@pytest.fixture(scope="module")
def github(tools: Path, description: dict[str, Any]) -> Iterator[GitHubServer]:
    """A server whose answers have all the fields that GitHub's have: those of its own examples."""
    examples = {name: example["value"] for name, example in description["components"]["examples"].items()}
    user = examples["pull-request-review-items"][0]["user"]
    with serving(GitHubServer()) as server:
        # Repositories, teams and activities in the examples lack what the description requires of them.
        server.templates = {
            "pull": examples["pull-request"] | {"requested_teams": []},
            "pull-simple": examples["pull-request-simple-items"][0] | {"requested_teams": []},
            "full-repository": examples["full-repository"] | {"has_discussions": False},
            "label": examples["pull-request"]["labels"][0],
            "review": examples["pull-request-review-items"][0],
            "comment": examples["issue-comment-items"][0],
            "line-comment": examples["pull-request-review-comment-items"][0],
            "ref": examples["git-ref"],
            "comparison": examples["commit-comparison"],
            "commit": examples["commit-items"][0],
            "collaborator": examples["collaborator-items"][0],
            "ruleset": examples["repository-ruleset"],
            "check-run": examples["check-run-example-of-completed-conclusion"],
            "activity": examples["activity-items"][0] | {"actor": user},
            "user": examples["public-user-default-response"],
            "account": user,
        }
        yield server


@pytest.fixture(scope="module")
def prism(
    tools: Path, description: dict[str, Any], github: GitHubServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of prism, which passes everything on to the server that fits the description."""
    folder = tmp_path_factory.mktemp("prism")
    (folder / "github.json").write_text(json.dumps(used_part(description)), encoding="utf-8")
    program = tools / "@stoplight" / "prism-cli" / "dist" / "index.js"
    port = free_port()
    options = ("--errors", "--host", "127.0.0.1", "--port", str(port))
    with running(("node", program, "proxy", folder / "github.json", github.url, *options), port, folder) as address:
        yield address


@pytest.fixture
def client(prism: str, github: GitHubServer) -> Iterator[GitHubClient]:
    """Through prism for REST; it knows no GraphQL, which has a description of its own below."""
    github.__init__(url=github.url, templates=github.templates)
    graphql = f"{github.url}/graphql"
    with GitHubClient(Secret(TOKEN), prism, graphql_url=graphql, sleep=[].append) as made:
        yield made


def test_a_pull_request_is_read_in_githubs_words(github: GitHubServer, client: GitHubClient) -> None:
    other = object_id("other")
    github.commits = [
        commit(other, account("eve"), "x\n\nCo-authored-by: E <5+eve@users.noreply.127.0.0.1>"),
        commit(HEAD, account("ada"), parents=(other, object_id("base"))),
    ]
    github.accounts["5"] = account("eve")
    github.reviews = [review(number, "bob") for number in range(120)]
    github.comments = [comment(1, account("bob"), "/penstock hold")]
    github.line_comments = [line_comment(1, account("bob"), "/penstock hold", 7)]
    github.activity = [
        move("2026-03-02T09:30:00Z", other, HEAD, "force_push"),
        move("2026-03-02T08:55:00Z", "0" * 40, other, "branch_creation"),
    ]
    view = read_pull_request(client, REPOSITORY, 1, ["sre-1", "stranger"])
    assert view.title == "Raise the canary"
    assert len(view.reviews()) == 120
    assert [one.body for one in view.line_comments()] == ["/penstock hold"]
    assert view.commits()[0].co_authors == (Person("eve"),)
    assert [one.kind for one in view.pushes()] == ["opened", "force-push"]
    assert view.facts.writers == ("bob", "sre-1")


def test_a_person_is_asked_about_in_githubs_words(client: GitHubClient) -> None:
    shown = client.get(f"/repos/{REPOSITORY}/collaborators/bob/permission")
    assert shown["permission"] == "write"


def test_a_pull_request_is_found_in_githubs_words(client: GitHubClient) -> None:
    assert find_open(client, REPOSITORY, "eve", "topic", HEAD) == (1,)
    assert default_branch(client, REPOSITORY) == "main"


def test_a_comment_is_written_in_githubs_words(github: GitHubServer, client: GitHubClient) -> None:
    assert publish_comment(client, REPOSITORY, 1, "pending", ME, "cut").outcome == "created"
    assert publish_comment(client, REPOSITORY, 1, "approved", ME, "cut").outcome == "updated"
    assert len(github.comments) == 1


def test_a_check_run_is_written_in_githubs_words(github: GitHubServer, client: GitHubClient) -> None:
    remarks = [Annotation("specs/a.yaml", line, line, "failure", "m" * 999, "t" * 999, 1, 5) for line in range(1, 121)]
    run = CheckRun(
        "Penstock", HEAD, "sha256:1", NOON, "action_required", "t", "s" * 99_999, "https://x.test/1", remarks
    )
    assert publish_check_run(client, REPOSITORY, run, ME, "cut").outcome == "created"
    assert len(github.check_runs[0]["annotations"]) == 120
    assert publish_check_run(client, REPOSITORY, run, ME, "cut").outcome == "unchanged"
    later = replace(run, evaluated=NOON + timedelta(minutes=1))
    assert publish_check_run(client, REPOSITORY, later, ME, "cut").outcome == "unchanged"
    assert github.check_runs[0]["external_id"].endswith("12:01:00+00:00")


def test_reviews_are_requested_in_githubs_words(github: GitHubServer, client: GitHubClient) -> None:
    github.unaskable = {"stranger"}
    asked = request_reviewers(client, REPOSITORY, 1, ["bob", "stranger"], Person("ada"))
    assert (asked.asked, asked.refused) == (("bob",), ("stranger",))


def printed_ruleset(root: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What people are told to send."""
    capsys.readouterr()
    assert main(["policy", "codeowners", "--ruleset", "json", "--root", str(root)]) == 0
    return json.loads(capsys.readouterr().out)


def closed(schema: Any, components: dict[str, Any]) -> Any:
    """The schema with what it refers to, and with no other keys than those that it names."""
    if isinstance(schema, list):
        return [closed(one, components) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return closed(components[schema["$ref"].rpartition("/")[2]], components)
    made = {key: closed(value, components) for key, value in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made["additionalProperties"] = False
    return made


def test_the_ruleset_is_made_in_githubs_words(
    root: Path, github: GitHubServer, client: GitHubClient, capsys: pytest.CaptureFixture[str]
) -> None:
    ruleset = printed_ruleset(root, capsys)
    client.send("POST", f"/repos/{REPOSITORY}/rulesets", ruleset)
    assert github.rulesets == [ruleset]


@pytest.fixture(scope="module")
def rulesets(description: dict[str, Any]) -> Draft202012Validator:
    body = description["paths"][f"{R}/rulesets"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return Draft202012Validator(closed(body, description["components"]["schemas"]))


def test_the_ruleset_holds_nothing_that_github_would_overlook(
    root: Path, rulesets: Draft202012Validator, capsys: pytest.CaptureFixture[str]
) -> None:
    rulesets.validate(printed_ruleset(root, capsys))


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.update(enforcement="on"),
        lambda made: made.update(bypass=[]),
        lambda made: made["conditions"].update(ref_names={}),
        lambda made: made["rules"].append({"type": "no_force_push"}),
        lambda made: made["rules"][2]["parameters"].update(require_code_owners=True),
        lambda made: made["rules"][2]["parameters"].pop("require_code_owner_review"),
        lambda made: made["rules"][3]["parameters"]["required_status_checks"][0].update(integration_id="15368"),
    ],
)
def test_a_ruleset_that_does_not_fit_would_be_seen(
    root: Path,
    rulesets: Draft202012Validator,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[dict[str, Any]], object],
) -> None:
    made = printed_ruleset(root, capsys)
    change(made)
    assert not rulesets.is_valid(made)


def test_a_request_that_does_not_fit_would_be_seen(github: GitHubServer, client: GitHubClient) -> None:
    with pytest.raises(GitHubError, match="422"):
        client.send("POST", f"/repos/{REPOSITORY}/check-runs", {"name": "Penstock", "head_sha": 1})
    assert github.check_runs == []


def test_an_answer_that_does_not_fit_would_be_seen(github: GitHubServer, client: GitHubClient) -> None:
    github.activity = [{**move("2026-03-02T08:55:00Z", "0" * 40, HEAD), "activity_type": "teleport"}]
    with pytest.raises(GitHubError, match="500"):
        read_pull_request(client, REPOSITORY, 1)


def test_githubs_own_example_of_a_push_that_lacks_its_time_is_no_push(
    github: GitHubServer, description: dict[str, Any]
) -> None:
    """The example of the description is older than its schema; were GitHub to answer so, nothing could be known."""
    example = description["components"]["examples"]["activity-items"]["value"]
    with serving(GitHubServer()) as server, GitHubClient(Secret(TOKEN), server.url) as client:
        server.activity = example
        with pytest.raises(GitHubError, match="`timestamp` of the repository's activity is not a string"):
            read_pull_request(client, REPOSITORY, 1)


CHECK_QUERIES = """
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const load = createRequire(process.argv[1] + "/");
const { buildSchema, parse, validate } = load("graphql");
const text = readFileSync(process.argv[1] + "/@octokit/graphql-schema/schema.graphql", "utf8");
// The published schema defines some fields twice, which the language forbids: it is taken as it is.
const schema = buildSchema(text, { assumeValidSDL: true });
for (const query of JSON.parse(readFileSync(0, "utf8")))
  for (const { message } of validate(schema, parse(query))) console.log(message);
"""


def test_queries_fit_githubs_schema(tools: Path) -> None:
    assert mistakes_in(tools, queries()) == []


def test_a_query_that_does_not_fit_would_be_seen(tools: Path) -> None:
    (found,) = mistakes_in(tools, ["query Me { viewer { name_of_login } }"])
    assert "name_of_login" in found


def mistakes_in(tools: Path, asked: list[str]) -> list[str]:
    command = ["node", "--eval", CHECK_QUERIES, str(tools)]
    run = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=120)
    return run.stdout.splitlines()


def queries() -> list[str]:
    """Every query that the client asks, as it asks them."""
    with serving(GitHubServer()) as server, GitHubClient(Secret(TOKEN), server.url) as client:
        server.queue = [{"position": 1, "headCommit": {"oid": HEAD}, "pullRequest": {"number": 1, "headRefOid": HEAD}}]
        identity.own_identity(client)
        timeline.read_timeline(client, REPOSITORY, 1)
        server.comments = [comment(1, account("bob"), "b", edited="2026-03-02T10:06:00Z")]
        comments.read_comments(client, REPOSITORY, 1)
        merge_queue.read_group(client, REPOSITORY, "main", HEAD)
        people.Emails(client, REPOSITORY).resolve({HEAD: ["a@x.test"], object_id("b"): ["b@x.test"]})
        asked = [one.body["query"] for one in server.seen if one.path == "/graphql"]
    assert {re.findall(r"query (\w+)", query)[0] for query in asked} == {
        "Me",
        "Timeline",
        "Queue",
        "Authors",
        "History",
    }
    return asked
