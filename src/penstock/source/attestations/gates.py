"""The statement that a model passed its gates, of the predicate type that training writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from penstock.source.attestations.statement import (
    StatementError,
    Subject,
    checked_digest,
    checked_moment,
    read_statement,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter

GATES_TYPE = "urn:penstock:gate-evidence:v1"


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured; None where it could not be, and both ends where there is no interval."""

    name: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure was held against: `at_least` or `at_most` a value."""

    kind: str
    value: float


@dataclass(frozen=True, slots=True)
class JudgedFigure:
    """A figure with its bounds, and how it did."""

    figure: Figure
    bounds: tuple[Bound, ...]
    outcome: str
    unit: str = ""

    @property
    def text(self) -> str:
        """What people read, such as `roc_auc = 0.91 [0.88, 0.94], ≥ 0.85`."""
        one = self.figure
        value = "not measured" if one.estimate is None else f"{one.estimate:.4g} {self.unit}".rstrip()
        if one.low is not None and one.high is not None:
            value += f" [{one.low:.4g}, {one.high:.4g}]"
        signs = (f"{'≥' if b.kind == 'at_least' else '≤'} {b.value:.4g} {self.unit}".rstrip() for b in self.bounds)
        return ", ".join((f"{one.name} = {value}", *signs))


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What a gate decided of one rule."""

    id: str
    outcome: str
    figures: tuple[JudgedFigure, ...] = ()
    skipped: str | None = None
    """Why the rule was not judged."""


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
class Evaluation:
    """On what the gates decided."""

    rows: int | None = None
    """Held-out test rows."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """From what the model was made, and what its gates decided."""

    specs: str
    datasets: Mapping[str, str]
    gates: tuple[GateOutcome, ...]
    created: datetime
    evaluation: Evaluation = Evaluation()
    inputs: Mapping[str, str] | None = None
    """The type of each column that the model reads; None in a statement from before these were stated."""

    def gate(self, name: str) -> GateOutcome | None:
        """What a gate decided; None where it did not judge the model, or is named more than once."""
        found = [one for one in self.gates if one.gate == name]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _Statement:
    subject: tuple[Subject, ...]
    predicate: Predicate


@dataclass(frozen=True, slots=True)
class GateStatement:
    """That one model passed its gates."""

    model: str
    digest: str
    """Digest of the model's files: `sha256:...`."""
    predicate: Predicate

    def refusals(self) -> tuple[str, ...]:
        """What said no: blocking rules as `gate/rule`, and gates that did not pass although each of their rules did."""
        return tuple(
            name
            for gate in self.predicate.gates
            for name in (
                [f"{gate.gate}/{rule.id}" for rule in gate.rules if rule.outcome == "fail"]
                or ([] if gate.passed else [gate.gate])
            )
        )


def parse_gates(payload: bytes) -> GateStatement:
    """The statement that a payload holds; StatementError where it is none, or is about more than one model."""
    statement = read_statement(payload, GATES_TYPE, _form())
    if len(statement.subject) != 1:
        raise StatementError("it does not have exactly one model as its subject")
    predicate = statement.predicate
    checked_moment(predicate.created)
    checked_digest(predicate.specs, "predicate.specs")
    for name, fingerprint in predicate.datasets.items():
        checked_digest(fingerprint, f"predicate.datasets.{name}")
    [subject] = statement.subject
    return GateStatement(subject.name, subject.sha256(), predicate)


@cache
def _form() -> TypeAdapter[_Statement]:
    from pydantic import TypeAdapter

    return TypeAdapter(_Statement)
