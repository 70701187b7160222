"""How long GitHub wants to be left alone is what it says, and a minute where it says nothing that is a number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from penstock.forges.github.rate_limits import after, wait_seconds

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def reset(seconds: float) -> str:
    return f"{(NOW + timedelta(seconds=seconds)).timestamp():.0f}"


@pytest.mark.parametrize(
    ("status", "headers", "said", "seconds"),
    [
        (403, {"retry-after": "7"}, "", 7),
        (429, {"retry-after": "7", "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset(42)}, "", 7),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset(42)}, "", 43),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset(-42)}, "", 1),
        (403, {"x-ratelimit-remaining": "0"}, "", 60),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, "", 60),
        (429, {}, "", 60),
        (429, {"x-ratelimit-remaining": "17", "x-ratelimit-reset": reset(42)}, "", 60),
        (403, {"x-ratelimit-remaining": "17"}, "You have exceeded a Secondary Rate Limit.", 60),
        (403, {"x-ratelimit-remaining": "17", "x-ratelimit-reset": reset(42)}, "Resource not accessible", None),
        (403, {}, "", None),
        (404, {"retry-after": "7", "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset(42)}, "", None),
        (503, {"retry-after": "7"}, "", None),
    ],
)
def test_the_wait_is_what_github_asks_for(
    status: int, headers: dict[str, str], said: str, seconds: float | None
) -> None:
    assert wait_seconds(status, headers, said, NOW) == seconds


@pytest.mark.parametrize("asked", ["", "-1", "1.5", "1e3", "٣", "9" * 16, "Mon, 02 Mar 2026 12:00:00 GMT"])
def test_what_is_no_count_of_seconds_asks_for_nothing(asked: str) -> None:
    assert after({"retry-after": asked}) is None


def test_a_count_of_seconds_has_up_to_fifteen_digits() -> None:
    assert after({"retry-after": "9" * 15}) == 999_999_999_999_999
