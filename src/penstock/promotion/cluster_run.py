"""The version that a pipeline on a cluster registered: by the statement that it wrote, or by its number in MLflow."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from penstock.promotion.candidate import Candidate, candidate
from penstock.promotion.refusal import RefusalError
from penstock.runtime.documents.statement import STATEMENT_FILE
from penstock.source.attestations.promotion import Origin
from penstock.source.canonical import bytes_digest

_LARGEST = 16 * 1024 * 1024
"""Bytes of a statement; what is larger is something else, such as the model."""


def candidate_of_file(model: str, path: Path, root: Path) -> Candidate:
    """The version that the statement at `path` is about: the file, or the folder that the step `evidence` wrote.

    Raises:
        RefusalError: there is no such file, or it is no statement about `model`.
    """
    file = path / STATEMENT_FILE if path.is_dir() else path
    remedy = (
        f"pass the `{STATEMENT_FILE}` that the step `evidence` wrote, which the model store keeps in the folder "
        "`evidence` beside the version's files"
    )
    try:
        too_large = file.stat().st_size > _LARGEST
        evidence = b"" if too_large else file.read_bytes()
    except OSError as error:
        raise RefusalError(f"the evidence {file} cannot be read: {error.strerror}; {remedy}") from None
    if too_large:
        raise RefusalError(f"{file} is too large to be a statement; {remedy}")
    resolved = file.resolve()
    name = resolved.relative_to(root.resolve()).as_posix() if resolved.is_relative_to(root.resolve()) else file.name
    return candidate(model, evidence, Origin("evidence", name), where=str(file), remedy=remedy)


def registered_candidate(model: str, version: int, *, tracking: str, model_store: str) -> Candidate:
    """Version `version` of `model` in MLflow at `tracking`, with the statement that stands in the model store.

    Raises:
        RefusalError: there is no such version, it was registered by something else, or the store does not hold what
            the registry says.
        ModuleNotFoundError: the extra `runtime` is not installed.
    """
    from penstock.runtime.faults import InputError
    from penstock.runtime.registry.mlflow_registry import Registry
    from penstock.runtime.registry.store import MODEL, ModelStore

    # Somebody waits, unlike before a pipeline: MLflow would try for minutes to reach a server that is not there.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    again = "let the training pipeline register it again"
    try:
        found = Registry(tracking).version(model, version)
        store = ModelStore.open(model_store)
        folders = store.manifest(model, found.digest) or {}
        if folders.get(MODEL) != found.digest:
            raise RefusalError(
                f"the model store {model_store} does not hold version {version} of `{model}`, {found.digest}; promote "
                "to an environment whose `modelStore` it was registered in"
            )
        with tempfile.TemporaryDirectory(prefix="penstock-evidence-") as folder:
            store.fetch(model, found.digest, "evidence", Path(folder) / "evidence")
            evidence = (Path(folder) / "evidence" / STATEMENT_FILE).read_bytes()
    except InputError as error:
        raise RefusalError(str(error)) from None
    except FileNotFoundError:
        raise RefusalError(f"the store {model_store} has no {STATEMENT_FILE} beside {found.digest}; {again}") from None
    where = f"the evidence of version {version} in {model_store}"
    if bytes_digest(evidence) != found.evidence:
        raise RefusalError(f"{where} is not the one that was registered, {found.evidence}; {again}")
    made = candidate(
        model,
        evidence,
        Origin("registry", f"{model} {version}"),
        where=where,
        remedy=again,
        registered=version,
    )
    if made.digest != found.digest:
        raise RefusalError(f"{where} is about {made.digest}, not {found.digest}; {again}")
    return made
