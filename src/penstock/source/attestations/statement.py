"""An in-toto Statement v1, read strictly: it comes from a pull request.

The form is that of https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

if TYPE_CHECKING:
    from pydantic import TypeAdapter

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

T = TypeVar("T")


class StatementError(ValueError):
    """The payload is no such statement; the message says why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a statement is about."""

    name: str
    digest: Mapping[str, str]

    def sha256(self) -> str:
        """`sha256:...`; StatementError where the subject has another digest, or one beside it."""
        if set(self.digest) != {"sha256"} or not _SHA256.fullmatch(self.digest["sha256"]):
            raise StatementError(f"its subject `{self.name}` must have exactly one digest, a hexadecimal sha256")
        return f"sha256:{self.digest['sha256']}"


def read_statement(payload: bytes, predicate_type: str, form: TypeAdapter[T]) -> T:
    """The payload in its form; StatementError where it is no statement of the type, or not of the form."""
    from pydantic import ValidationError

    value = _plain(payload)
    types = (value.get("_type"), value.get("predicateType")) if isinstance(value, dict) else None
    if types != (STATEMENT_TYPE, predicate_type):
        raise StatementError(f"it is not an in-toto statement of the type {predicate_type}")
    try:
        found = form.validate_python(value)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
        raise StatementError(f"its `{place}` is missing or invalid") from None
    return found


def checked_digest(text: str, place: str) -> str:
    """`text`, which is to be `sha256:...`; StatementError names the place of another text."""
    if not _DIGEST.fullmatch(text):
        raise StatementError(f"its `{place}` is not a digest: expected `sha256:` and 64 hexadecimal digits")
    return text


def checked_moment(moment: datetime) -> datetime:
    """`moment`, which is to say in which zone it is meant; StatementError where it does not.

    Nothing is to be near an end of the calendar, where it could not be compared in another zone.
    """
    if moment.tzinfo is None:
        raise StatementError("its `created` has no time zone")
    if not MINYEAR < moment.year < MAXYEAR:
        raise StatementError("its `created` is beyond the calendar")
    return moment


def _plain(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise StatementError("it is not valid JSON") from None
