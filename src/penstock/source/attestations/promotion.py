"""The statement of a promotion: that a Release was written for one version, on the strength of one gates' statement.

It has two subjects, the model and the Release. The Release counts by what it says, without the files that it names as
proof, and the gates' statement by its payload: whoever signs one of the two statements later, in whatever order,
changes neither digest. So the statements form a chain, from the promotion to the gates' statement, the model and the
specs, which holds link by link or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import orjson

from penstock.source.attestations.statement import (
    STATEMENT_TYPE,
    StatementError,
    Subject,
    checked_digest,
    checked_moment,
    read_statement,
)
from penstock.source.canonical import digest as canonical_digest

if TYPE_CHECKING:
    from pydantic import TypeAdapter

PROMOTION_TYPE = "urn:penstock:promotion:v1"
_PREFIX = "Release/"


@dataclass(frozen=True, slots=True)
class Released:
    """What a Release says, as far as a promotion is of it."""

    release: str
    """Name of the Release."""
    content: str
    """Digest of its spec, without the files that it names as proof."""
    model: str
    digest: str
    """Digest of the model's files."""
    rollout: str
    environment: str
    step: int | None
    previous: str | None
    """Digest of the version that it replaces."""

    @classmethod
    def of(cls, name: str, spec: Mapping[str, Any], model: str) -> Released:
        """What the Release `name` says; `spec` is its plain data, without absent fields."""
        content = {key: value for key, value in spec.items() if key not in ("evidence", "promotion")}
        return cls(
            release=name,
            content=canonical_digest({"name": name, "spec": content}),
            model=model,
            digest=spec["version"]["digest"],
            rollout=spec["rollout"],
            environment=spec["environment"],
            step=spec.get("step"),
            previous=spec["previous"]["digest"] if "previous" in spec else None,
        )

    def differences(self, other: Released) -> Iterator[str]:
        """What a promotion of this is, in words, where it is none of the other; the content is not compared."""
        if self.release != other.release:
            yield f"it promotes the Release `{self.release}`, not `{other.release}`"
        if self.environment != other.environment:
            yield f"it promotes to `{self.environment}`, not to `{other.environment}`"
        if self.rollout != other.rollout:
            yield f"it promotes with the rollout `{self.rollout}`, not with `{other.rollout}`"
        if (self.model, self.digest) != (other.model, other.digest):
            yield f"it promotes `{self.model}` {_short(self.digest)}, not `{other.model}` {_short(other.digest)}"
        if self.step != other.step:
            yield f"it promotes to {_step(self.step)}, not to {_step(other.step)}"
        if self.previous != other.previous:
            yield f"it replaces {_version(self.previous)}, not {_version(other.previous)}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the promoted version was found."""

    kind: Literal["run", "evidence", "registry", "release"]
    """`run`: of this name on the machine that promoted; `evidence`: a file; `registry`: a version of MLflow's;
    `release`: what the Release said before, by its digest, for a canary that moves."""
    name: str


@dataclass(frozen=True, slots=True)
class PromotionStatement:
    """That one Release was written by a promotion."""

    of: Released
    gates: str
    """Digest of the payload of the gates' statement that it rests on."""
    origin: Origin
    created: datetime
    engine: str
    """Version of Penstock that promoted."""

    def as_bytes(self) -> bytes:
        """The statement as JSON with sorted keys, indented for the people who review it, and a line feed."""
        of = self.of
        value = {
            "_type": STATEMENT_TYPE,
            "subject": [_subject(of.model, of.digest), _subject(_PREFIX + of.release, of.content)],
            "predicateType": PROMOTION_TYPE,
            "predicate": {
                "rollout": of.rollout,
                "environment": of.environment,
                "step": of.step,
                "previous": of.previous,
                "gates": self.gates,
                "origin": {"kind": self.origin.kind, "name": self.origin.name},
                "created": self.created.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                "engine": self.engine,
            },
        }
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"

    def contradictions(self, released: Released, gates: str | None) -> Iterator[str]:
        """In what the statement is not the promotion of what is released on the strength of that gates' statement.

        `gates` is the digest of that statement's payload; None where there is none that can be read.
        """
        told = tuple(self.of.differences(released))
        yield from told
        if not told and self.of.content != released.content:
            yield "the Release has been edited since it was promoted"
        if self.gates != gates:
            yield "it refers to another gate attestation than the Release"


@dataclass(frozen=True, slots=True)
class _Predicate:
    rollout: str
    environment: str
    step: int | None
    previous: str | None
    gates: str
    origin: Origin
    created: datetime
    engine: str


@dataclass(frozen=True, slots=True)
class _Statement:
    subject: tuple[Subject, ...]
    predicate: _Predicate


def parse_promotion(payload: bytes) -> PromotionStatement:
    """The statement that a payload holds; StatementError where it is none, or not about a model and a Release."""
    statement = read_statement(payload, PROMOTION_TYPE, _form())
    if len(statement.subject) != 2 or not statement.subject[1].name.startswith(_PREFIX):
        raise StatementError("its subjects are not exactly one model and one Release")
    model, release = statement.subject
    found = statement.predicate
    of = Released(
        release=release.name.removeprefix(_PREFIX),
        content=release.sha256(),
        model=model.name,
        digest=model.sha256(),
        rollout=found.rollout,
        environment=found.environment,
        step=found.step,
        previous=None if found.previous is None else checked_digest(found.previous, "predicate.previous"),
    )
    gates = checked_digest(found.gates, "predicate.gates")
    return PromotionStatement(of, gates, found.origin, checked_moment(found.created), found.engine)


@cache
def _form() -> TypeAdapter[_Statement]:
    from pydantic import TypeAdapter

    return TypeAdapter(_Statement)


def _subject(name: str, digest: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}


def _step(step: int | None) -> str:
    return "all of the traffic" if step is None else f"step {step} of its canary"


def _version(digest: str | None) -> str:
    return "nothing" if digest is None else _short(digest)


def _short(digest: str) -> str:
    return f"{digest[:19]}…"
