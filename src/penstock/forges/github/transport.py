"""One HTTP exchange: an answer that arrived whole, within its bounds, or the reason why not. httpx is loaded here."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from penstock.forges.github.errors import GitHubError

if TYPE_CHECKING:
    import httpx


class BrokenAnswerError(Exception):
    """No answer, or one that is not whole."""

    def __init__(self, reason: str, *, was_sent: bool = True, is_hopeless: bool = False, advice: str = "") -> None:
        """`was_sent`: GitHub may have got the request. `is_hopeless`: another attempt would end the same way."""
        super().__init__(reason)
        self.reason = reason
        self.was_sent = was_sent
        self.is_hopeless = is_hopeless
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    decoded: Any
    """The content, where it is JSON; None otherwise."""
    next_link: str
    """The link to the next page; empty for none."""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def message(self) -> str:
        """What an error says of itself, with the first of its details."""
        if not isinstance(self.decoded, dict):
            return ""
        errors = self.decoded.get("errors")
        first = errors[0] if isinstance(errors, list) and errors else None
        detail = first.get("message") or first.get("field") if isinstance(first, dict) else first
        return " ".join(str(part) for part in (self.decoded.get("message"), detail) if part)

    @property
    def date(self) -> datetime | None:
        """The server's clock."""
        try:
            date = parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None
        return date if date.tzinfo else None


class Transport:
    """Connections with fixed headers. `exchange` raises BrokenAnswerError."""

    def __init__(
        self, headers: Mapping[str, str], *, silence_seconds: float, answer_seconds: float, answer_bytes: int
    ) -> None:
        try:
            import httpx
        except ModuleNotFoundError:
            raise GitHubError(
                "httpx is missing: speaking to GitHub needs the extra `review` "
                '(in a checkout of Penstock: `pip install ".[review]"`).'
            ) from None
        self._httpx = httpx
        self._answer_seconds = answer_seconds
        self._answer_bytes = answer_bytes
        # Redirects are followed by the client, which looks where they lead.
        self._http = httpx.Client(headers=dict(headers), timeout=silence_seconds, follow_redirects=False)

    def close(self) -> None:
        self._http.close()

    def url(self, text: str, params: Mapping[str, str | int] | None = None) -> httpx.URL:
        """An address with its query."""
        return self._httpx.URL(text, params=dict(params)) if params else self._httpx.URL(text)

    def joined(self, base: httpx.URL, link: str) -> httpx.URL:
        """A link of an answer, which may be relative."""
        try:
            return base.join(link)
        except self._httpx.InvalidURL:
            raise GitHubError("a link in GitHub's response is not a URL: run again later.") from None

    def exchange(self, method: str, url: httpx.URL, body: Mapping[str, Any] | None) -> Answer:
        """Send one request, and receive all of its answer."""
        httpx = self._httpx
        try:
            with self._http.stream(method, url, json=body) as response:
                content = self._receive(response)
        except httpx.TimeoutException as error:
            unsent = isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout)
            raise BrokenAnswerError("it took too long", was_sent=not unsent) from None
        except httpx.ConnectError as error:
            raise BrokenAnswerError(
                f"no connection ({error})", was_sent=False, advice="Check the network and GITHUB_API_URL"
            ) from None
        except httpx.TransportError:
            raise BrokenAnswerError("the connection was lost") from None
        except httpx.DecodingError:
            raise BrokenAnswerError("the response was garbled") from None
        next_link = response.links.get("next", {}).get("url", "")
        headers = {name.lower(): value for name, value in response.headers.items()}
        is_success = 200 <= response.status_code < 300
        return Answer(response.status_code, headers, content, _decoded(content, is_success), next_link)

    def _receive(self, response: httpx.Response) -> bytes:
        """A server that sends a byte now and then keeps no timeout of httpx waiting, hence the deadline."""
        deadline = time.monotonic() + self._answer_seconds
        pieces = []
        size = 0
        for piece in response.iter_bytes():
            size += len(piece)
            if size > self._answer_bytes:
                raise BrokenAnswerError(
                    f"the response is longer than {self._answer_bytes:,} bytes",
                    is_hopeless=True,
                    advice="Split the pull request",
                )
            if time.monotonic() > deadline:
                raise BrokenAnswerError(f"the response was not complete after {self._answer_seconds:.0f} seconds")
            pieces.append(piece)
        return b"".join(pieces)


def _decoded(content: bytes, is_success: bool) -> Any:
    """The JSON of an answer; an error may be a page for people, a success may not."""
    if not content and is_success:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        if is_success:
            raise BrokenAnswerError("the response is not complete JSON") from None
        return None
