"""Registration as it is in a cluster: MLflow's own server over HTTP, and an object store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from loopback import free_port, running
from penstock.promotion.cluster_run import registered_candidate
from penstock.runtime.artifacts import read_json, write_json
from penstock.runtime.main import main
from runtime.made_model import MadeModel, document, make_model


@pytest.fixture(scope="module")
def tracking(root: Path, lacking: Callable[[str], NoReturn], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of MLflow's tracking server."""
    program = root / ".tools" / "serving" / "bin" / "mlflow"
    if not program.is_file():
        lacking("MLflow's server is missing: `make tools` installs it")
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    command = (program, "server", "--host", "127.0.0.1", "--port", str(port))
    stores = ("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination", folder)
    quiet = {"DO_NOT_TRACK": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with running((*command, *stores), port, folder, quiet) as address:
        yield address


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeModel:
    model = make_model(tmp_path_factory.mktemp("made"))
    document(model)
    (model.root / "baseline").mkdir()
    write_json(model.root / "baseline" / "profile.json", {})
    return model


def test_a_registered_version_is_what_is_promoted(
    tracking: str, s3_bucket: str, made: MadeModel, tmp_path: Path
) -> None:
    store = f"{s3_bucket}/models"
    command = ["register", "--model", "made", "--environment", "production", "--model-dir", str(made.model)]
    for part in ("baseline", "card", "evidence"):
        command += [f"--{part}", str(made.root / part)]
    command += ["--tracking", tracking, "--model-store", store]
    for attempt in ("first", "again"):
        assert main([*command, "--registration", str(tmp_path / attempt)]) == 0
        registration = read_json(tmp_path / attempt / "registration.json")
        assert (registration["digest"], registration["version"]) == (made.digest, 1)
    promoted = registered_candidate("made", 1, tracking=tracking, model_store=store)
    assert promoted.digest == made.digest
    assert not promoted.statement.refusals()
