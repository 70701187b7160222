"""The version that a run on this machine registered."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

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
        refused = refused_since(workspace, model)
        first = f"{refused}: what it says comes first" if refused else f"run `penstock run {model}` first"
        raise RefusalError(
            f"no run of `{model}` has succeeded in {workspace.root}; {first}, or "
            "name a version that a cluster trained with --evidence or --version"
        )
    again = f"run `penstock run {model}` again"
    registration = _registration(workspace, record)
    if registration is None:
        raise RefusalError(f"the run {record.get('id')} of `{model}` registered nothing; {again}")
    digest = registration.digest
    stored = workspace.models / model / digest.removeprefix("sha256:")
    actual = directory_digest(stored / "model") if (stored / "model").is_dir() else "nothing"
    if actual != digest:
        raise RefusalError(f"{stored / 'model'} holds {actual}, not {digest}; {again}")
    path = stored / "evidence" / STATEMENT_FILE
    try:
        evidence = path.read_bytes()
    except OSError as error:
        raise RefusalError(f"the evidence {path} cannot be read: {error.strerror}; {again}") from None
    if bytes_digest(evidence) != registration.evidence:
        raise RefusalError(f"{path} is not the evidence that was registered; {again}")
    found = candidate(
        model,
        evidence,
        Origin("run", str(record.get("id"))),
        where=str(path),
        remedy=again,
        registered=registration.version,
    )
    if found.digest != digest:
        raise RefusalError(f"{path} is about the version {found.digest}, not {digest}; {again}")
    return found


def refused_since(workspace: Workspace, model: str) -> str | None:
    """In words, that the newest training run of `model` was stopped by a check; None where it was not.

    `last_candidate` is about an older run then, which whoever has just trained may not expect.
    """
    record = workspace.refused_since(model)
    if record is None:
        return None
    steps = record.get("steps")
    states = steps.items() if isinstance(steps, dict) else ()
    by = [name for name, step in states if isinstance(step, dict) and step.get("state") == "refused"]
    return f"the newest run of `{model}`, {record.get('id')}, was refused by {', '.join(f'`{one}`' for one in by)}"


class _Registration(NamedTuple):
    """What a run registered: digests of the model and of its evidence, and its number in the registry."""

    digest: str
    evidence: str
    version: int


def _registration(workspace: Workspace, record: dict[str, Any]) -> _Registration | None:
    """None where the run registered nothing, and where its record or that of the registration is damaged."""
    try:
        folder = workspace.root / record["steps"]["register"]["outputs"]["registration"]
        found = json.loads((folder / "registration.json").read_bytes())
        return _Registration(str(found["digest"]), str(found["evidence"]["digest"]), int(found["version"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None
