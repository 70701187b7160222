"""One way to speak to GitHub: complete answers, or an error that says what to do.

What is only read is repeated after faults; what writes is repeated only where GitHub surely did not do it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from penstock.forges.github import rate_limits
from penstock.forges.github.errors import GitHubError, refusal
from penstock.forges.github.secret import Secret
from penstock.forges.github.transport import Answer, BrokenAnswerError, Transport

if TYPE_CHECKING:
    import httpx

API_VERSION = "2022-11-28"
"""https://docs.github.com/rest/about-the-rest-api/api-versions; also the one that Enterprise Server speaks."""
PER_PAGE = 100
_MOST_PAGES = 1000
_MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 307, 308)
_FAULTS = (500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the client tries. The bounds hold however slowly the other side speaks."""

    attempts: int = 5
    """For one request."""
    silence_seconds: float = 20.0
    """Between two pieces of an answer, and for the connection."""
    answer_seconds: float = 90.0
    """For one whole answer."""
    wait_seconds: float = 300.0
    """Between attempts and for rate limits, all waits of this client together."""
    answer_bytes: int = 64 * 1024 * 1024


class GitHubClient:
    """A connection to one GitHub with one token. Not for several threads at once.

    All methods raise GitHubError. A context manager, which closes the connections.
    """

    def __init__(
        self,
        token: Secret,
        api_url: str = "https://api.github.com",
        *,
        graphql_url: str | None = None,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`api_url` is `GITHUB_API_URL`; on Enterprise Server it ends in `/api/v3`."""
        self._token = token
        self.api_url = _checked_url(api_url)
        self._graphql_url = _checked_url(graphql_url) if graphql_url else graphql_url_of(self.api_url)
        self._patience = patience or Patience()
        self._sleep = sleep
        self._jitter = jitter
        self._waited = 0.0
        self._transport = Transport(
            {
                "Authorization": f"Bearer {token.reveal()}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": API_VERSION,
                "User-Agent": "penstock",
            },
            silence_seconds=self._patience.silence_seconds,
            answer_seconds=self._patience.answer_seconds,
            answer_bytes=self._patience.answer_bytes,
        )
        self._server_time: datetime | None = None

    def __repr__(self) -> str:
        return f"GitHubClient({self.api_url})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    @property
    def server_time(self) -> datetime:
        """GitHub's clock at its last answer."""
        if self._server_time is None:
            raise GitHubError(
                "GitHub's responses have no `Date` header: check the proxies between Penstock and GitHub."
            )
        return self._server_time

    @property
    def web_host(self) -> str:
        """The host that people see, `github.com` or the Enterprise Server's."""
        host = urlsplit(self.api_url).hostname or ""
        return host.removeprefix("api.")

    def wait(self, seconds: float) -> None:
        """Wait, within the bounds of patience, for GitHub to catch up with itself."""
        self._pause("GitHub", seconds)

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON at a path such as `/repos/acme/models/pulls/1`."""
        return self._ask("GET", self._url(path, params), repeatable=True).decoded

    def items(
        self, path: str, params: Mapping[str, str | int] | None = None, *, numbered: bool = True
    ) -> Iterator[Any]:
        """The items of a list, page by page to its end.

        `numbered` says that pages have numbers: then a full last page is followed by asking for
        the next number, lest a proxy that drops the `Link` header cuts the list. Pages that lead in
        a circle, or to another host, are an error.
        """
        query = {**(params or {}), "per_page": PER_PAGE}
        url: httpx.URL | None = self._url(path, query)
        seen: set[str] = set()
        for number in range(1, _MOST_PAGES + 1):
            if url is None:
                return
            if str(url) in seen:
                raise GitHubError(f"the pages of {path} form a loop: run again later.")
            seen.add(str(url))
            answer = self._ask("GET", url, repeatable=True)
            page = answer.decoded
            if not isinstance(page, list):
                raise GitHubError(
                    f"the response to {path} is not a list: check the proxies between Penstock and GitHub."
                )
            yield from page
            url = self._next(answer, url)
            if url is None and numbered and len(page) >= PER_PAGE and "link" not in answer.headers:
                url = self._url(path, {**query, "page": number + 1})
        if url is not None:
            raise GitHubError(f"{path} has more than {_MOST_PAGES} pages, which Penstock does not read.")

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that answers a request that writes.

        After an error without a status it is unknown whether GitHub did it.
        """
        return self._ask(method, self._url(path), body=body, repeatable=False).decoded

    def graphql(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The `data` of a query, which only reads; any error in the answer is an error."""
        body = {"query": query, "variables": dict(variables or {})}
        url = self._transport.url(self._graphql_url)
        attempt = 0
        while True:
            attempt += 1
            answer = self._ask("POST", url, body=body, repeatable=True)
            content = answer.decoded
            if not isinstance(content, dict):
                raise GitHubError("GitHub's GraphQL response is not a mapping: run again later.")
            if not content.get("errors"):
                break
            self._graphql_fault(attempt, answer, content["errors"])
        data = content.get("data")
        if not isinstance(data, dict):
            raise GitHubError("GitHub's GraphQL response has no data: run again later.")
        return data

    def _graphql_fault(self, attempt: int, answer: Answer, errors: object) -> None:
        """Waits where the errors are a rate limit, and raises otherwise."""
        first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
        if first.get("type") == "RATE_LIMITED":
            # GraphQL tells of its limits with status 200.
            self._wait_for_limit("POST /graphql", attempt, answer, as_status=429)
            return
        said = self._token.quote(str(first.get("message", "")))
        raise GitHubError(
            f"GitHub rejected a GraphQL query: allow the token to read contents and pull requests. GitHub says: {said}"
        )

    def _ask(self, method: str, url: httpx.URL, *, repeatable: bool, body: Mapping[str, Any] | None = None) -> Answer:
        """One answer that is a success, after as many attempts as it takes and patience allows."""
        request = f"{method} {url.path}"
        redirects = 0
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._transport.exchange(method, url, body)
            except BrokenAnswerError as broken:
                if broken.is_hopeless or attempt >= self._patience.attempts or (broken.was_sent and not repeatable):
                    raise self._gave_up(request, attempt, broken, repeatable) from None
                self._pause(request, self._backoff(attempt))
                continue
            self._server_time = answer.date or self._server_time
            if answer.status in _REDIRECTS and method == "GET" and redirects < _MOST_REDIRECTS:
                redirects += 1
                attempt -= 1
                url = self._same_host(answer.headers.get("location", ""), url)
            elif answer.is_success:
                return answer
            else:
                self._recover(request, attempt, answer, repeatable)

    def _recover(self, request: str, attempt: int, answer: Answer, repeatable: bool) -> None:
        """Waits where the request may be repeated, and raises otherwise."""
        said = self._token.quote(answer.message)
        if rate_limits.wait_seconds(answer.status, answer.headers, said, self._now(answer)) is not None:
            self._wait_for_limit(request, attempt, answer)
        elif answer.status in _FAULTS and repeatable and attempt < self._patience.attempts:
            self._pause(request, rate_limits.after(answer.headers) or self._backoff(attempt))
        else:
            raise refusal(request, answer.status, answer.headers, said)

    def _wait_for_limit(self, request: str, attempt: int, answer: Answer, as_status: int | None = None) -> None:
        status = as_status or answer.status
        asked = rate_limits.wait_seconds(status, answer.headers, answer.message, self._now(answer)) or 0.0
        # Who is told to wait no time at all would otherwise ask for ever.
        seconds = max(asked, self._backoff(attempt))
        if self._waited + seconds > self._patience.wait_seconds:
            raise GitHubError(
                f"{request} hit GitHub's rate limit, which resets in {seconds:.0f} seconds: run again then, "
                "or use the token of a GitHub App, whose limit is higher.",
                status,
            )
        self._pause(request, seconds)

    def _pause(self, request: str, seconds: float) -> None:
        if self._waited + seconds > self._patience.wait_seconds:
            raise GitHubError(
                f"{request} got no successful response within {self._patience.wait_seconds:.0f} seconds of waiting: "
                "run again later."
            )
        self._waited += seconds
        self._sleep(seconds)

    def _backoff(self, attempt: int) -> float:
        """1, 2, 4, ... seconds, of which up to a half is left to chance, so that clients do not march in step."""
        return float(2 ** (attempt - 1)) * (0.5 + self._jitter() / 2)

    def _gave_up(self, request: str, attempts: int, broken: BrokenAnswerError, repeatable: bool) -> GitHubError:
        tried = "" if attempts == 1 else f" in {attempts} attempts"
        doubt = "" if repeatable or not broken.was_sent else " It may have taken effect all the same;"
        advice = broken.advice or "run again later"
        return GitHubError(
            f"{request} got no successful response{tried}: {self._token.quote(broken.reason)}.{doubt} {advice}."
        )

    def _now(self, answer: Answer) -> datetime:
        return answer.date or datetime.now(UTC)

    def _url(self, path: str, params: Mapping[str, str | int] | None = None) -> httpx.URL:
        return self._transport.url(self.api_url + path, params)

    def _next(self, answer: Answer, current: httpx.URL) -> httpx.URL | None:
        return self._same_host(answer.next_link, current) if answer.next_link else None

    def _same_host(self, link: str, current: httpx.URL) -> httpx.URL:
        """A link in an answer; the token goes to no other host than the one it was made for."""
        target = self._transport.joined(current, link)
        ours = self._transport.url(self.api_url)
        if (target.scheme, target.host, target.port) != (ours.scheme, ours.host, ours.port):
            raise GitHubError(
                f"a response of {ours.host} redirects to another host, where the token is not sent: "
                "check GITHUB_API_URL, and the proxies between Penstock and GitHub."
            )
        return target


def graphql_url_of(api_url: str) -> str:
    """https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql for Enterprise Server."""
    server = api_url.removesuffix("/api/v3")
    return f"{server}/api/graphql" if server != api_url else f"{api_url}/graphql"


def _checked_url(url: str) -> str:
    """The address without its last slash; encrypted, unless it is this machine's own."""
    parts = urlsplit(url)
    is_local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise GitHubError("GITHUB_API_URL must begin with https://, because the token is sent there.")
    if not parts.hostname or parts.username or parts.password or parts.query or parts.fragment:
        raise GitHubError("GITHUB_API_URL is not a plain URL such as https://github.example.com/api/v3.")
    return url.rstrip("/")
