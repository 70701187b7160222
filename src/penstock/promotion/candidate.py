"""The version that a run on this machine registered, with its evidence, held to be what it says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.local.workspace import Workspace
from penstock.promotion.refusal import RefusalError
from penstock.runtime.artifacts import directory_digest
from penstock.runtime.documents.statement import STATEMENT_FILE, Statement
from penstock.runtime.faults import InputError
from penstock.source.canonical import bytes_digest


@dataclass(frozen=True, slots=True)
class Candidate:
    """A registered version of a model."""

    model: str
    digest: str
    registered: int
    """Its number in the registry."""
    statement: Statement
    evidence: bytes
    """The statement's file."""

    @property
    def evidence_digest(self) -> str:
        """Digest of the statement's file."""
        return bytes_digest(self.evidence)

    @property
    def evidence_path(self) -> str:
        """Where the statement stands in the repository.

        Named by the version and by the statement: the same version can be judged anew, and a release that was made
        with the older statement keeps it.
        """
        version, statement = (each.removeprefix("sha256:") for each in (self.digest, self.evidence_digest))
        return f"evidence/{self.model}/{version[:12]}-{statement[:8]}.json"


def last_candidate(workspace: Workspace, model: str) -> Candidate:
    """The version that the newest successful training run of `model` registered.

    Raises:
        RefusalError: there is no such run, or the store no longer holds what it registered.
    """
    record = workspace.last_run(model)
    if record is None:
        raise RefusalError(f"no run of `{model}` has succeeded in {workspace.root}; run `penstock run {model}` first")
    registration = _registration(record)
    if registration is None:
        raise RefusalError(
            f"the run {record['id']} of `{model}` has left no registration; run `penstock run {model}` again"
        )
    digest = str(registration["digest"])
    stored = workspace.models / model / digest.removeprefix("sha256:")
    actual = directory_digest(stored / "model") if (stored / "model").is_dir() else "nothing"
    if actual != digest:
        raise RefusalError(f"{stored / 'model'} holds {actual}, not {digest}; run `penstock run {model}` again")
    return _with_evidence(model, registration, stored / "evidence" / STATEMENT_FILE)


def _registration(record: dict[str, Any]) -> dict[str, Any] | None:
    folder = record["steps"].get("register", {}).get("outputs", {}).get("registration")
    try:
        found: dict[str, Any] = json.loads((Path(folder) / "registration.json").read_bytes()) if folder else {}
    except (OSError, ValueError):
        return None
    return found or None


def _with_evidence(model: str, registration: dict[str, Any], path: Path) -> Candidate:
    try:
        evidence = path.read_bytes()
        statement = Statement(json.loads(evidence))
    except (OSError, ValueError, InputError) as error:
        raise RefusalError(f"the evidence {path} cannot be read: {error}; run `penstock run {model}` again") from None
    found = Candidate(model, str(registration["digest"]), int(registration["version"]), statement, evidence)
    if found.evidence_digest != registration["evidence"]["digest"]:
        raise RefusalError(f"{path} is not the evidence that was registered; run `penstock run {model}` again")
    if statement.digest != found.digest:
        raise RefusalError(f"{path} is about the version {statement.digest}, not {found.digest}")
    return found
