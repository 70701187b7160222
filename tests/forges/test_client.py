"""Whatever GitHub answers, the client has a whole answer or a sentence that says what to do."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from forges.conftest import Waits
from forges.github_server import TOKEN, GitHubServer, Reply
from penstock.forges.github.client import GitHubClient, Patience, graphql_url_of
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.secret import Secret
from penstock.forges.protocol import ForgeError

PATH = "/repos/acme/models/pulls/1"
REVIEWS = f"{PATH}/reviews"


def refused(call: Callable[[], object]) -> str:
    """The sentence of the error that a call ends in."""
    with pytest.raises(ForgeError) as caught:
        call()
    shown = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in shown
    return str(caught.value)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "update Penstock"),
        (401, "pass a valid one"),
        (403, "give it the permission"),
        (404, "check the name, and that the token may read that repository"),
        (409, "run again"),
        (410, "enable it"),
        (418, "run again, and if it persists, update Penstock"),
        (422, "GitHub found the request invalid"),
        (451, "GitHub has blocked the repository"),
        (499, "run again"),
        (599, "run again later"),
    ],
)
def test_a_refusal_says_what_to_do(server: GitHubServer, client: GitHubClient, status: int, advice: str) -> None:
    server.always_answers(PATH, Reply(status, {"message": "No\nway \x1b[31m"}))
    said = refused(lambda: client.get(PATH))
    assert advice in said
    assert said.startswith(f"GET {PATH} was answered with {status}: ")
    assert said.endswith("GitHub says: No way [31m")
    assert server.count(PATH) == 1


def test_a_missing_permission_is_named(server: GitHubServer, client: GitHubClient) -> None:
    headers = {"X-Accepted-GitHub-Permissions": "checks=write"}
    server.always_answers(PATH, Reply(403, {"message": "Resource not accessible by integration"}, headers))
    assert "it needs checks=write: add it to the job's `permissions`" in refused(lambda: client.get(PATH))


def test_single_sign_on_is_named(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers(PATH, Reply(403, {}, {"X-GitHub-SSO": "required; url=https://x.test"}))
    assert "requires single sign-on" in refused(lambda: client.get(PATH))


def test_a_fault_that_passes_is_waited_out(server: GitHubServer, client: GitHubClient, waits: Waits) -> None:
    server.answers(PATH, Reply(500), Reply(502, b"<html>"), Reply(503))
    assert client.get(PATH)["number"] == 1
    assert waits == [1.0, 2.0, 4.0]


def test_a_fault_that_stays_is_an_error(server: GitHubServer, client: GitHubClient, waits: Waits) -> None:
    server.always_answers(PATH, Reply(502, b"<html>Bad gateway</html>"))
    assert refused(lambda: client.get(PATH)).endswith(
        "was answered with 502: GitHub had an internal error: run again later."
    )
    assert server.count(PATH) == 5
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_chance_takes_up_to_half_of_a_wait(server: GitHubServer) -> None:
    waits: list[float] = []
    server.answers(PATH, Reply(500), Reply(500))
    with GitHubClient(Secret(TOKEN), server.url, sleep=waits.append, jitter=lambda: 0.0) as client:
        client.get(PATH)
    assert waits == [0.5, 1.0]


def test_a_fault_that_says_how_long_it_lasts_is_waited_out_as_long(
    server: GitHubServer, client: GitHubClient, waits: Waits
) -> None:
    server.answers(PATH, Reply(503, {}, {"Retry-After": "9"}), Reply(504, {}, {"Retry-After": "0"}))
    assert client.get(PATH)["number"] == 1
    assert waits == [9.0, 2.0]


@pytest.mark.parametrize(("asked", "slept"), [("301", []), ("300", [300.0]), ("200", [200.0])])
def test_all_waits_of_a_client_together_have_an_end(
    server: GitHubServer, client: GitHubClient, waits: Waits, asked: str, slept: list[float]
) -> None:
    server.always_answers(PATH, Reply(503, {}, {"Retry-After": asked}))
    said = refused(lambda: client.get(PATH))
    assert said == f"GET {PATH} got no successful response within 300 seconds of waiting: run again later."
    assert waits == slept


def test_what_writes_is_not_repeated_after_a_fault(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers("/comments", Reply(502))
    assert "run again later" in refused(
        lambda: client.send("POST", "/repos/acme/models/issues/1/comments", {"body": "x"})
    )
    assert server.count("/comments") == 1


def test_what_writes_is_not_repeated_after_silence(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers("/comments", Reply(201, b"{}", pause=3))
    said = refused(lambda: client.send("POST", "/repos/acme/models/issues/1/comments", {"body": "x"}))
    assert "It may have taken effect all the same; run again later." in said
    assert server.count("/comments") == 1


def test_what_was_refused_for_its_rate_is_repeated_even_if_it_writes(
    server: GitHubServer, client: GitHubClient, waits: Waits
) -> None:
    server.answers("/comments", Reply(403, {"message": "You have exceeded a secondary rate limit"}))
    client.send("POST", "/repos/acme/models/issues/1/comments", {"body": "x"})
    assert waits == [60.0]
    assert len(server.comments) == 1


def test_a_rate_limit_is_waited_out(server: GitHubServer, client: GitHubClient, waits: Waits) -> None:
    # 2026-03-02T12:00:00Z, the server's clock, is 1772452800.
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1772452842"}
    server.answers(
        PATH, Reply(403, {"message": "API rate limit exceeded"}, spent), Reply(429, {}, {"Retry-After": "7"})
    )
    assert client.get(PATH)["number"] == 1
    assert waits == [43.0, 7.0]


def test_a_rate_limit_that_ends_too_late_is_an_error(server: GitHubServer, client: GitHubClient, waits: Waits) -> None:
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1772456400"}
    server.always_answers(PATH, Reply(403, {"message": "API rate limit exceeded"}, spent))
    said = refused(lambda: client.get(PATH))
    assert "rate limit, which resets in 3601 seconds: run again then, or use the token of a GitHub App" in said
    assert waits == []


def test_a_rate_limit_that_ends_just_in_time_is_waited_out(
    server: GitHubServer, client: GitHubClient, waits: Waits
) -> None:
    server.answers(PATH, *(Reply(429, {}, {"Retry-After": asked}) for asked in ("180", "120")))
    assert client.get(PATH)["number"] == 1
    assert waits == [180.0, 120.0]
    server.answers(PATH, Reply(429, {}, {"Retry-After": "1"}))
    assert "hit GitHub's rate limit" in refused(lambda: client.get(PATH))


def test_a_rate_limit_without_end_is_an_error(server: GitHubServer, client: GitHubClient, waits: Waits) -> None:
    server.always_answers(PATH, Reply(429, {}, {"Retry-After": "0"}))
    assert "rate limit" in refused(lambda: client.get(PATH))
    assert sum(waits) <= Patience().wait_seconds


def test_a_server_that_does_not_answer_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers(PATH, Reply(200, b"{}", pause=1))
    assert "got no successful response in 5 attempts: it took too long. run again later." in refused(
        lambda: client.get(PATH)
    )


def test_a_server_that_drips_is_an_error(server: GitHubServer, waits: Waits) -> None:
    server.always_answers(PATH, Reply(200, b" " * 4000 + b"{}", pause=0.1))
    patience = Patience(attempts=1, silence_seconds=5, answer_seconds=0.5)
    began = time.monotonic()
    with GitHubClient(Secret(TOKEN), server.url, patience=patience, sleep=waits.append) as client:
        said = refused(lambda: client.get(PATH))
    assert "not complete after 0 seconds" in said
    # Ten bytes at a time, the whole answer would take 40 s.
    assert time.monotonic() - began < 20


def test_an_answer_without_end_is_an_error(server: GitHubServer, waits: Waits) -> None:
    server.always_answers(PATH, Reply(200, b"[" + b"1," * 100_000 + b"1]"))
    with GitHubClient(Secret(TOKEN), server.url, patience=Patience(answer_bytes=100_000), sleep=waits.append) as client:
        assert "longer than 100,000 bytes" in refused(lambda: client.get(PATH))
    assert server.count(PATH) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b'{"number": 1'),
        Reply(200, b"<html>Please log in</html>"),
        Reply(200, b'{"number": 1}' + b" " * 200, cut=100),
        Reply(200, b"[" * 100_000),
        Reply(200, b"\xff\xfe\xfd"),
        Reply(200, b"garbled", {"Content-Encoding": "gzip"}),
    ],
    ids=["cut JSON", "a page for people", "cut body", "bottomless JSON", "no UTF-8", "no gzip"],
)
def test_half_an_answer_is_none(server: GitHubServer, client: GitHubClient, reply: Reply) -> None:
    server.answers(PATH, reply)
    assert client.get(PATH)["number"] == 1
    server.always_answers(PATH, reply)
    assert "got no successful response in 5 attempts" in refused(lambda: client.get(PATH))


def test_nobody_there_is_an_error(waits: Waits) -> None:
    with GitHubClient(Secret(TOKEN), "http://127.0.0.1:9", sleep=waits.append) as client:
        said = refused(lambda: client.send("POST", PATH, {}))
    assert "no connection" in said
    assert "Check the network and GITHUB_API_URL." in said
    assert len(waits) == 4


def test_a_list_is_read_to_its_end(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [{"id": number} for number in range(3000)]
    assert [one["id"] for one in client.items(REVIEWS)] == list(range(3000))
    assert server.count(REVIEWS) == 30


def test_a_list_whose_links_get_lost_is_read_to_its_end(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [{"id": number} for number in range(250)]
    server.sends_links = False
    assert len(list(client.items(REVIEWS))) == 250


def test_a_list_of_exactly_one_page_is_whole(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [{"id": number} for number in range(100)]
    assert len(list(client.items(REVIEWS))) == 100


@pytest.mark.parametrize("page", [1, 2])
def test_pages_that_lead_in_a_circle_are_an_error(server: GitHubServer, client: GitHubClient, page: int) -> None:
    server.reviews = [{"id": number} for number in range(250)]
    server.next_link = f"{REVIEWS}?per_page=100&page={page}"
    assert "form a loop" in refused(lambda: list(client.items(REVIEWS)))
    assert server.count(REVIEWS) <= 3


def test_a_list_of_more_pages_than_are_read_is_an_error(
    server: GitHubServer, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.forges.github.client._MOST_PAGES", 2)
    server.reviews = [{"id": number} for number in range(200)]
    assert len(list(client.items(REVIEWS))) == 200
    server.reviews.append({"id": 200})
    assert f"{REVIEWS} has more than 2 pages" in refused(lambda: list(client.items(REVIEWS)))


def test_a_page_that_fails_fails_the_list(server: GitHubServer, client: GitHubClient) -> None:
    server.reviews = [{"id": number} for number in range(250)]
    listed = client.items(REVIEWS)
    next(listed)
    server.always_answers(REVIEWS, Reply(404))
    assert "404" in refused(lambda: list(listed))


def test_a_list_that_is_none_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers(REVIEWS, Reply(200, {"items": []}))
    assert "is not a list" in refused(lambda: list(client.items(REVIEWS)))


@pytest.mark.parametrize("link", ["https://evil.example/next", "http://127.0.0.1:1/next", "//evil.example/x"])
def test_the_token_follows_no_link_to_another_host(server: GitHubServer, client: GitHubClient, link: str) -> None:
    server.next_link = link
    assert "redirects to another host, where the token is not sent" in refused(lambda: list(client.items(REVIEWS)))


def test_a_link_that_is_no_address_is_an_error(server: GitHubServer, client: GitHubClient) -> None:
    server.next_link = "http://127.0.0.1:port/"
    assert "a link in GitHub's response is not a URL: run again later." in refused(lambda: list(client.items(REVIEWS)))


def test_the_time_is_that_of_the_last_answer_and_no_guess(server: GitHubServer, client: GitHubClient) -> None:
    for date in ("", "no date", "Mon, 02 Mar 2026 12:00:00 -0000"):
        server.answers(PATH, Reply(200, {}, {"Date": date}))
        client.get(PATH)
        assert "no `Date` header: check the proxies" in refused(lambda: client.server_time)
    client.get(PATH)
    assert client.server_time == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_renamed_repository_is_followed(server: GitHubServer, client: GitHubClient) -> None:
    server.answers(PATH, Reply(301, {"message": "Moved Permanently"}, {"Location": f"{PATH}"}))
    assert client.get(PATH)["number"] == 1


@pytest.mark.parametrize("location", ["https://evil.example/", PATH, ""])
def test_a_redirect_elsewhere_or_for_ever_is_an_error(
    server: GitHubServer, client: GitHubClient, location: str
) -> None:
    server.always_answers(PATH, Reply(302, b"", {"Location": location}))
    assert refused(lambda: client.get(PATH))
    assert server.count(PATH) <= 4


def test_what_writes_follows_no_redirect(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers("/comments", Reply(307, b"", {"Location": "/elsewhere/comments"}))
    assert "307" in refused(lambda: client.send("POST", "/repos/acme/models/issues/1/comments", {}))
    assert server.count("/comments") == 1


def test_graphql_tells_of_its_limit_with_success(server: GitHubServer, client: GitHubClient, waits: Waits) -> None:
    limited = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    server.answers("/graphql", Reply(200, limited, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1772452810"}))
    assert client.graphql("query Me { viewer { login } }") == {"viewer": {"login": "penstock[bot]"}}
    assert waits == [11.0]


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {"viewer": None}, "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]},
        {"errors": [None]},
        {"errors": "odd"},
        {"data": None},
        {},
        [],
        None,
    ],
)
def test_half_a_graphql_answer_is_an_error(server: GitHubServer, client: GitHubClient, answer: object) -> None:
    server.always_answers("/graphql", Reply(200, answer))
    assert "GraphQL" in refused(lambda: client.graphql("query Me { viewer { login } }"))


def test_every_request_says_which_interface_it_means(server: GitHubServer, client: GitHubClient) -> None:
    client.get(PATH)
    headers = server.seen[0].headers
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["accept"] == "application/vnd.github+json"


@pytest.mark.parametrize(
    ("rest", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://github.example.com/api/v3", "https://github.example.com/api/graphql"),
        ("https://api.octo.ghe.com", "https://api.octo.ghe.com/graphql"),
    ],
)
def test_an_enterprise_server_has_other_addresses(rest: str, graphql: str) -> None:
    assert graphql_url_of(rest) == graphql


@pytest.mark.parametrize(
    "url",
    [
        "http://github.example.com/api/v3",
        "ftp://x",
        "github.com",
        "https://",
        "https://me:pw@x.test",
        "https://me@x.test",
        "https://:pw@x.test",
        "https://x.test#a",
        "https://x.test?a=1",
    ],
)
def test_the_token_goes_to_no_odd_address(url: str) -> None:
    assert "GITHUB_API_URL" in refused(lambda: GitHubClient(Secret(TOKEN), url))


@pytest.mark.parametrize("token", ["", "  ", "ghs_with blank", "ghs_with\nnewline", "ghs_ümlaut"])
def test_what_is_no_token_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ForgeError) as caught:
        Secret(token)
    assert "pass GITHUB_TOKEN" in str(caught.value)
    assert not token.strip() or token not in str(caught.value)


def test_the_token_is_nowhere_to_be_seen(
    server: GitHubServer, client: GitHubClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.always_answers(PATH, Reply(422, {"message": f"bad {TOKEN}", "errors": [{"message": TOKEN}]}))
    said = refused(lambda: client.get(PATH))
    assert "bad *** ***" in said
    server.always_answers(REVIEWS, Reply(200, b"", cut=0))
    refused(lambda: list(client.items(REVIEWS)))
    secret = Secret(TOKEN)
    for shown in (caplog.text, repr(client), str(client), repr(secret), f"{secret}", repr(vars(client))):
        assert TOKEN not in shown
    assert "HTTP Request" in caplog.text


def test_an_error_carries_its_status(server: GitHubServer, client: GitHubClient) -> None:
    server.always_answers(PATH, Reply(404))
    with pytest.raises(GitHubError) as caught:
        client.get(PATH)
    assert caught.value.status == 404
