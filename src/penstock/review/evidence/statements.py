"""The statement that a model passed its gates, read strictly: it comes from a pull request.

An in-toto Statement v1 (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md) of the predicate type
that training writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from pydantic import TypeAdapter

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:penstock:gate-evidence:v1"


class StatementError(ValueError):
    """The payload is no statement of a gate; the message says why."""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What a gate decided of one rule."""

    id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """What a gate decided."""

    gate: str
    passed: bool
    rules: tuple[RuleOutcome, ...]

    def outcome(self, rule: str) -> str | None:
        """What was decided of a rule; None where it was not judged, or more than once."""
        found = [one.outcome for one in self.rules if one.id == rule]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Predicate:
    """From what the model was made, and what its gates decided."""

    specs: str
    datasets: Mapping[str, str]
    gates: tuple[GateOutcome, ...]
    created: datetime

    def gate(self, name: str) -> GateOutcome | None:
        """What a gate decided; None where it did not judge the model, or is named more than once."""
        found = [one for one in self.gates if one.gate == name]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _Subject:
    name: str
    digest: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Statement:
    subject: tuple[_Subject, ...]
    predicate: Predicate


@dataclass(frozen=True, slots=True)
class GateStatement:
    """That one model passed its gates."""

    model: str
    digest: str
    """Digest of the model's files: `sha256:...`."""
    predicate: Predicate


def parse_statement(payload: bytes) -> GateStatement:
    """The statement that a payload holds; StatementError where it is none, or is about more than one model."""
    from pydantic import ValidationError

    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise StatementError("it is no JSON") from None
    types = (value.get("_type"), value.get("predicateType")) if isinstance(value, dict) else None
    if types != (STATEMENT_TYPE, PREDICATE_TYPE):
        raise StatementError(f"it is no in-toto statement of the type {PREDICATE_TYPE}")
    try:
        statement = _adapter().validate_python(value)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
        raise StatementError(f"its `{place}` is not what a gate writes there") from None
    if len(statement.subject) != 1 or set(statement.subject[0].digest) != {"sha256"}:
        raise StatementError("it is not about one model with one sha256")
    if statement.predicate.created.tzinfo is None:
        raise StatementError("its `created` has no time zone")
    [subject] = statement.subject
    return GateStatement(subject.name, f"sha256:{subject.digest['sha256']}", statement.predicate)


def _adapter() -> TypeAdapter[_Statement]:
    from pydantic import TypeAdapter

    return TypeAdapter(_Statement)
