"""How long GitHub wants to be left alone.

After https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: obey `retry-after`;
else, with nothing remaining, wait until the reset; else, for a secondary limit, at least a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

_LIMITING = (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
_SECONDARY_SECONDS = 60.0


def wait_seconds(status: int, headers: Mapping[str, str], said: str, now: datetime) -> float | None:
    """Seconds to wait before the request may be repeated; None where the answer is no rate limit."""
    if status not in _LIMITING:
        return None
    asked = after(headers)
    if asked is not None:
        return asked
    if headers.get("x-ratelimit-remaining") == "0":
        reset = headers.get("x-ratelimit-reset", "")
        # A second more, for the two clocks may disagree about the fraction.
        return max(0.0, int(reset) - now.timestamp()) + 1 if _is_count(reset) else _SECONDARY_SECONDS
    limited = status == HTTPStatus.TOO_MANY_REQUESTS or "secondary rate limit" in said.lower()
    return _SECONDARY_SECONDS if limited else None


def after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `retry-after` asks for, which GitHub writes as a number."""
    asked = headers.get("retry-after", "")
    return float(asked) if _is_count(asked) else None


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
