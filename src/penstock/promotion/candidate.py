"""A version that may be promoted, with the statement of its gates, held to be what it says."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.promotion.refusal import RefusalError
from penstock.source.attestations.gates import GateStatement, parse_gates
from penstock.source.attestations.promotion import Origin
from penstock.source.attestations.statement import StatementError
from penstock.source.canonical import bytes_digest
from penstock.source.envelope import EnvelopeError, payload_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version of a model, and where it was found."""

    statement: GateStatement
    evidence: bytes
    """The statement's file: the bare statement, or an envelope around it."""
    origin: Origin
    registered: int | None
    """Its number in the registry, where that is known."""

    @property
    def model(self) -> str:
        """The model's name."""
        return self.statement.model

    @property
    def digest(self) -> str:
        """Digest of the model's files."""
        return self.statement.digest

    @property
    def evidence_path(self) -> str:
        """Where the statement stands in the repository.

        Named by the version and by the statement: the same version can be judged anew, and a release that was made
        with the older statement keeps it.
        """
        return evidence_path(self.model, self.digest, self.evidence)

    @property
    def payload(self) -> bytes:
        """The statement, without an envelope around it."""
        return payload_of(self.evidence)


def candidate(
    model: str, evidence: bytes, origin: Origin, *, where: str, remedy: str, registered: int | None = None
) -> Candidate:
    """The version that a statement's file is about.

    `where` names the file in what is said of it, `remedy` says what would be right.

    Raises:
        RefusalError: the file is no statement of the gates, or one about another model.
    """
    try:
        statement = parse_gates(payload_of(evidence))
    except (EnvelopeError, StatementError) as error:
        raise RefusalError(f"{where} is not a gate statement: {error}; {remedy}") from None
    if statement.model != model:
        raise RefusalError(f"{where} is about the model `{statement.model}`, not `{model}`; {remedy}")
    return Candidate(statement, evidence, origin, registered)


def evidence_path(model: str, version: str, data: bytes, *, environment: str = "") -> str:
    """Where a statement about a version stands in the repository; that of a promotion names its environment."""
    between = f"-{environment}" if environment else ""
    return f"evidence/{model}/{_hexadecimal(version)[:12]}{between}-{_hexadecimal(bytes_digest(data))[:8]}.json"


def _hexadecimal(digest: str) -> str:
    return digest.removeprefix("sha256:")
