"""The version that a run on this machine registered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from penstock.local.workspace import Workspace
from penstock.promotion.candidate import Candidate, candidate
from penstock.promotion.refusal import RefusalError
from penstock.runtime.artifacts import directory_digest
from penstock.runtime.documents.statement import STATEMENT_FILE
from penstock.source.attestations.promotion import Origin
from penstock.source.canonical import bytes_digest


def last_candidate(workspace: Workspace, model: str) -> Candidate:
    """The version that the newest successful training run of `model` registered.

    Raises:
        RefusalError: there is no such run, or the store no longer holds what it registered.
    """
    record = workspace.last_run(model)
    if record is None:
        raise RefusalError(
            f"no run of `{model}` has succeeded in {workspace.root}; run `penstock run {model}` first, or "
            "name a version that a cluster trained with --evidence or --version"
        )
    again = f"run `penstock run {model}` again"
    registration = _registration(record)
    if registration is None:
        raise RefusalError(f"the run {record['id']} of `{model}` registered nothing; {again}")
    digest = str(registration["digest"])
    stored = workspace.models / model / digest.removeprefix("sha256:")
    actual = directory_digest(stored / "model") if (stored / "model").is_dir() else "nothing"
    if actual != digest:
        raise RefusalError(f"{stored / 'model'} holds {actual}, not {digest}; {again}")
    path = stored / "evidence" / STATEMENT_FILE
    try:
        evidence = path.read_bytes()
    except OSError as error:
        raise RefusalError(f"the evidence {path} cannot be read: {error.strerror}; {again}") from None
    if bytes_digest(evidence) != registration["evidence"]["digest"]:
        raise RefusalError(f"{path} is not the evidence that was registered; {again}")
    found = candidate(
        model,
        evidence,
        Origin("run", str(record["id"])),
        where=str(path),
        remedy=again,
        registered=int(registration["version"]),
    )
    if found.digest != digest:
        raise RefusalError(f"{path} is about the version {found.digest}, not {digest}; {again}")
    return found


def _registration(record: dict[str, Any]) -> dict[str, Any] | None:
    folder = record["steps"].get("register", {}).get("outputs", {}).get("registration")
    try:
        found: dict[str, Any] = json.loads((Path(folder) / "registration.json").read_bytes()) if folder else {}
    except (OSError, ValueError):
        return None
    return found or None
