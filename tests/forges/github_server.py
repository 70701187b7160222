"""A GitHub on the loopback interface: one repository with one pull request, and faults on demand."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from forges.github_shapes import BASE, HEAD, REPOSITORY, account, comment, commit, move, pull_request, review

TOKEN = "ghs_aTokenThatNobodyMaySee0123456789"
DATE = "Mon, 02 Mar 2026 12:00:00 GMT"


@dataclass
class Reply:
    """What the server sends instead of its usual answer."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    """Seconds before each piece of ten bytes."""
    cut: int = 0
    """How many bytes less are sent than announced."""


@dataclass
class Seen:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class GitHubServer:
    """State as JSON, changed at will between requests. `url` is where it listens."""

    def __init__(self, url: str = "", templates: dict[str, Any] | None = None) -> None:
        self.pull = pull_request()
        self.tip = BASE
        self.commits = [commit(HEAD, account("ada"))]
        self.reviews: list[dict] = [review(1, "bob")]
        self.comments: list[dict] = []
        self.line_comments: list[dict] = []
        self.activity = [move("2026-03-02T08:55:00Z", "0" * 40, HEAD, "branch_creation")]
        self.moves_of: Callable[[str], list[dict] | None] = lambda _: None
        """The activity of other branches than that of the pull request, newest first, by their full names."""
        self.timeline: list[dict] = []
        self.history: dict[str, list[dict]] = {}
        """The edits of a comment or a review by its node id."""
        self.queue: list[dict] = []
        self.collaborators = [{**account(login), "permissions": {"push": True}} for login in ("ada", "bob", "sre-1")]
        self.accounts: dict[str, dict] = {}
        self.authors: dict[str, list[dict]] = {}
        self.check_runs: list[dict] = []
        self.rulesets: list[dict] = []
        self.requested: list[str] = []
        self.unaskable: set[str] = set()
        self.viewer = "penstock[bot]"
        self.page_size: int | None = None
        self.sends_links = True
        self.next_link = ""
        """A link to the next page that is sent with every page."""
        self.templates = templates or {}
        """Examples by kind, which give every answer the fields that this server does not know of."""
        self.seen: list[Seen] = []
        self._replies: dict[str, deque[Reply]] = defaultdict(deque)
        self._forever: dict[str, Reply] = {}
        self._before: list[tuple[str, str, Callable[[], object]]] = []
        self.url = url

    def answers(self, path: str, *replies: Reply) -> None:
        """The next requests whose path ends like this get these replies, one after the other."""
        self._replies[path].extend(replies)

    def always_answers(self, path: str, reply: Reply) -> None:
        """Every request whose path ends like this gets this reply."""
        self._forever[path] = reply

    def before(self, method: str, path: str, act: Callable[[], object]) -> None:
        """Something that others do right before the next such request whose path ends like this is answered."""
        self._before.append((method, path, act))

    def count(self, path: str) -> int:
        """How often a path that ends like this was asked for."""
        return sum(one.path.endswith(path) for one in self.seen)

    def reply_to(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        due = [one for one in self._before if one[0] == seen.method and seen.path.endswith(one[1])]
        if due:
            self._before.remove(due[0])
            due[0][2]()
        for path, replies in self._replies.items():
            if replies and seen.path.endswith(path):
                return replies.popleft()
        for path, reply in self._forever.items():
            if seen.path.endswith(path):
                return reply
        if seen.path == "/graphql":
            return Reply(body={"data": self._graphql(seen.body)})
        for pattern, method, answer in _ROUTES:
            if method == seen.method and (found := re.fullmatch(pattern, seen.path)):
                return answer(self, seen, *found.groups())
        return Reply(404, {"message": "Not Found"})

    def listed(self, seen: Seen, kind: str, items: list) -> Reply:
        """One page of a list, with its link to the next."""
        size = self.page_size or int(seen.query.get("per_page", 30))
        page = int(seen.query.get("page") or seen.query.get("after") or 1)
        shown = items[(page - 1) * size : page * size]
        link = self._link(seen, page, page * size < len(items))
        return Reply(body=[self.complete(kind, one) for one in shown], headers={"Link": link} if link else {})

    def complete(self, kind: str, shape: Any) -> Any:
        """The answer with all the fields that its kind has on GitHub."""
        return merged(self.templates.get(kind, {}), shape)

    def _link(self, seen: Seen, page: int, more: bool) -> str:
        if self.next_link:
            return f'<{self.next_link}>; rel="next"'
        key = "after" if seen.path.endswith("/activity") else "page"
        if not self.sends_links or (not more and page == 1):
            return ""
        query = urlencode({**seen.query, key: page + 1 if more else page - 1})
        return f'<{seen.path}?{query}>; rel="{"next" if more else "prev"}"'

    def _graphql(self, body: dict) -> dict:
        query, variables = body["query"], body["variables"]
        if "query Me" in query:
            return {"viewer": {"login": self.viewer}}
        if "query Timeline" in query:
            return {"repository": {"pullRequest": {"timelineItems": self._connection(self.timeline, variables)}}}
        if "query Queue" in query:
            return {"repository": {"mergeQueue": {"entries": self._connection(self.queue, variables)}}}
        if "query History" in query:
            return {"nodes": [self._edits(node_id) for node_id in variables["ids"]]}
        assert "query Authors" in query
        asked = re.findall(r'(c\d+): object\(oid: "(\w+)"\)', query)
        return {
            "repository": {name: {"oid": oid, "authors": {"nodes": self.authors.get(oid, [])}} for name, oid in asked}
        }

    def _edits(self, node_id: str) -> dict:
        edits = {"nodes": self.history.get(node_id, []), "pageInfo": {"hasNextPage": False}}
        last = max((one["editedAt"] for one in edits["nodes"]), default=None)
        return {"id": node_id, "lastEditedAt": last, "userContentEdits": edits}

    def _connection(self, nodes: list, variables: dict) -> dict:
        start = int(variables.get("after") or 0)
        end = start + (self.page_size or 100)
        return {"nodes": nodes[start:end], "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end)}}

    def compare(self, seen: Seen) -> Reply:
        size, page = int(seen.query["per_page"]), int(seen.query["page"])
        shape = {
            "total_commits": len(self.commits),
            "commits": [self.complete("commit", one) for one in self.commits[(page - 1) * size : page * size]],
        }
        return Reply(body=self.complete("comparison", shape))

    def show_repository(self, seen: Seen) -> Reply:
        return Reply(body=self.complete("full-repository", {"full_name": REPOSITORY, "default_branch": "main"}))

    def show_pull(self, seen: Seen) -> Reply:
        return Reply(body=self.complete("pull", self._labelled()))

    def list_pulls(self, seen: Seen) -> Reply:
        return self.listed(seen, "pull-simple", [self._labelled()])

    def _labelled(self) -> dict:
        return self.pull | {"labels": [self.complete("label", one) for one in self.pull["labels"]]}

    def list_reviews(self, seen: Seen) -> Reply:
        of_the_head = {"commit_id": self.pull["head"]["sha"]}
        return self.listed(seen, "review", [of_the_head | one for one in self.reviews])

    def list_comments(self, seen: Seen) -> Reply:
        return self.listed(seen, "comment", self.comments)

    def list_line_comments(self, seen: Seen) -> Reply:
        return self.listed(seen, "line-comment", self.line_comments)

    def list_activity(self, seen: Seen) -> Reply:
        moves = self.moves_of(seen.query.get("ref", ""))
        return self.listed(seen, "activity", self.activity if moves is None else moves)

    def list_collaborators(self, seen: Seen) -> Reply:
        return self.listed(seen, "collaborator", self.collaborators)

    def show_branch(self, seen: Seen, branch: str) -> Reply:
        return Reply(body=self.complete("ref", {"ref": f"refs/heads/{unquote(branch)}", "object": {"sha": self.tip}}))

    def show_permission(self, seen: Seen, login: str) -> Reply:
        known = {one["login"].lower() for one in self.collaborators}
        role = "write" if login.lower() in known else "read"
        return Reply(body={"permission": role, "role_name": role, "user": None})

    def list_requested(self, seen: Seen) -> Reply:
        users = [self.complete("account", account(one)) for one in self.requested]
        return Reply(body={"users": users, "teams": []})

    def write_comment(self, seen: Seen) -> Reply:
        user = account(self.viewer, "Bot" if self.viewer.endswith("[bot]") else "User")
        self.comments.append(comment(len(self.comments) + 100, user, seen.body["body"]))
        return Reply(201, self.complete("comment", self.comments[-1]))

    def rewrite_comment(self, seen: Seen, number: str) -> Reply:
        for one in self.comments:
            if one["id"] == int(number):
                one |= {"body": seen.body["body"], "updated_at": "2026-03-02T11:00:00Z"}
                return Reply(body=self.complete("comment", one))
        return Reply(404, {"message": "Not Found"})

    def make_check_run(self, seen: Seen) -> Reply:
        slug = self.viewer.removesuffix("[bot]")
        made = {
            "id": len(self.check_runs) + 1,
            "app": {"slug": slug},
            "annotations": [],
            "html_url": "https://x.test/1",
        }
        self.check_runs.append(made)
        return Reply(201, self._changed(made, seen.body))

    def change_check_run(self, seen: Seen, number: str) -> Reply:
        return Reply(body=self._changed(self.check_runs[int(number) - 1], seen.body))

    def _changed(self, run: dict, body: dict) -> dict:
        run["annotations"] += body.get("output", {}).get("annotations", [])
        run |= {key: value for key, value in body.items() if key != "output"}
        run |= {key: value for key, value in body.get("output", {}).items() if key != "annotations"}
        run["output"] = {key: run.get(key) for key in ("title", "summary", "text")}
        return self.complete("check-run", {key: run.get(key) for key in _CHECK_RUN})

    def list_check_runs(self, seen: Seen, ref: str) -> Reply:
        ours = [one for one in self.check_runs if one["name"] == seen.query["check_name"] and one["head_sha"] == ref]
        size, page = int(seen.query["per_page"]), int(seen.query["page"])
        listed = ours[(page - 1) * size : page * size]
        shown = [self.complete("check-run", {key: one.get(key) for key in _CHECK_RUN}) for one in listed]
        return Reply(body={"total_count": len(ours), "check_runs": shown})

    def ask_reviewers(self, seen: Seen) -> Reply:
        if self.unaskable & set(seen.body["reviewers"]):
            return Reply(422, {"message": "Reviews may only be requested from collaborators."})
        self.requested += seen.body["reviewers"]
        return Reply(201, self.complete("pull-simple", {}))

    def make_ruleset(self, seen: Seen) -> Reply:
        self.rulesets.append(seen.body)
        return Reply(201, self.complete("ruleset", {}))

    def show_account(self, seen: Seen, key: str) -> Reply:
        found = self.accounts.get(unquote(key))
        return Reply(body=self.complete("user", found)) if found else Reply(404, {"message": "Not Found"})


def merged(template: Any, shape: Any) -> Any:
    """The shape, with what only the template has."""
    if isinstance(template, dict) and isinstance(shape, dict):
        return template | {key: merged(template.get(key), value) for key, value in shape.items()}
    return shape


_CHECK_RUN = ("id", "head_sha", "external_id", "status", "conclusion", "name", "app", "html_url", "output")
_R = f"/repos/{REPOSITORY}"
_ROUTES: list[tuple[str, str, Callable[..., Reply]]] = [
    (_R, "GET", GitHubServer.show_repository),
    (rf"{_R}/pulls/1", "GET", GitHubServer.show_pull),
    (rf"{_R}/pulls", "GET", GitHubServer.list_pulls),
    (rf"{_R}/pulls/1/reviews", "GET", GitHubServer.list_reviews),
    (rf"{_R}/pulls/1/comments", "GET", GitHubServer.list_line_comments),
    (rf"{_R}/issues/1/comments", "GET", GitHubServer.list_comments),
    (rf"{_R}/issues/1/comments", "POST", GitHubServer.write_comment),
    (rf"{_R}/issues/comments/(\d+)", "PATCH", GitHubServer.rewrite_comment),
    (rf"{_R}/git/ref/heads%2F(.+)", "GET", GitHubServer.show_branch),
    (rf"{_R}/compare/.+", "GET", GitHubServer.compare),
    (r"/repos/[^/]+/[^/]+/activity", "GET", GitHubServer.list_activity),
    (rf"{_R}/collaborators", "GET", GitHubServer.list_collaborators),
    (rf"{_R}/collaborators/([^/]+)/permission", "GET", GitHubServer.show_permission),
    (rf"{_R}/check-runs", "POST", GitHubServer.make_check_run),
    (rf"{_R}/check-runs/(\d+)", "PATCH", GitHubServer.change_check_run),
    (rf"{_R}/commits/([^/]+)/check-runs", "GET", GitHubServer.list_check_runs),
    (rf"{_R}/pulls/1/requested_reviewers", "GET", GitHubServer.list_requested),
    (rf"{_R}/pulls/1/requested_reviewers", "POST", GitHubServer.ask_reviewers),
    (rf"{_R}/rulesets", "POST", GitHubServer.make_ruleset),
    (r"/users?/([^/]+)", "GET", GitHubServer.show_account),
]


@contextmanager
def serving(server: GitHubServer) -> Iterator[GitHubServer]:
    """Listens on a free port until the test ends."""

    class Exchange(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(self.rfile.read(length)) if length else None
            reply = server.reply_to(Seen(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body))
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            with suppress(ConnectionError):
                self.send_response_only(reply.status)
                for name, value in {"Date": DATE, "Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self._send(content[: len(content) - reply.cut], reply.pause)
                if reply.cut:
                    self.close_connection = True

        def _send(self, content: bytes, pause: float) -> None:
            if not pause:
                self.wfile.write(content)
                return
            for start in range(0, len(content), 10):
                time.sleep(pause)
                self.wfile.write(content[start : start + 10])
                self.wfile.flush()

        do_GET = do_POST = do_PATCH = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing is logged."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(timeout=5)
