"""Put a model that passed its gates into the store and into MLflow's registry, and make it the champion.

Each stage can be done again: a run that was killed is finished by the next one. The stages are the files in the store,
the version in the registry with its run of parameters and figures, and last the alias, so whoever follows the alias
always finds a whole version.
"""

from __future__ import annotations

import argparse
import logging

from penstock.runtime.arguments import directory, output_directory
from penstock.runtime.artifacts import directory_digest, file_digest, read_json, write_json
from penstock.runtime.documents.card import JSON_FILE
from penstock.runtime.documents.statement import STATEMENT_FILE, Statement
from penstock.runtime.faults import InputError
from penstock.runtime.registry.mlflow_registry import CHAMPION, EVIDENCE_TAG, PREDECESSOR_TAG, Registry
from penstock.runtime.registry.mlflow_runs import Figures
from penstock.runtime.registry.store import ModelStore

REGISTRATION_FILE = "registration.json"

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument("--model-dir", type=directory, required=True, help="output of `train`")
    parser.add_argument("--baseline", type=directory, required=True, help="output of `baseline`")
    parser.add_argument("--card", type=directory, required=True, help="output of `card`")
    parser.add_argument("--evidence", type=directory, required=True, help="output of `evidence`")
    parser.add_argument("--tracking", required=True, help="address of MLflow")
    parser.add_argument("--model-store", required=True, help="address of the model store")
    parser.add_argument("--environment", required=True, help="environment that registers")
    parser.add_argument(
        "--registration", type=output_directory, required=True, help="output directory of the registration"
    )


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    model: str = arguments.model
    digest = directory_digest(arguments.model_dir)
    statement = Statement(read_json(arguments.evidence / STATEMENT_FILE))
    if statement.model != model:
        raise InputError(f"the evidence is of the model `{statement.model}`, not of `{model}`")
    if statement.digest != digest:
        raise InputError(f"the evidence is of the model {statement.digest}, but the model here is {digest}")
    if failed := statement.blocking_failures():
        raise InputError(f"the evidence says that `{model}` did not pass: {', '.join(failed)}")
    evidence_digest = file_digest(arguments.evidence / STATEMENT_FILE)
    store = ModelStore.open(arguments.model_store)
    folders = {
        "model": arguments.model_dir,
        "baseline": arguments.baseline,
        "card": arguments.card,
        "evidence": arguments.evidence,
    }
    store.put(model, digest, folders)
    log.info("The files are at %s.", store.address(model, digest))
    registry = Registry(arguments.tracking)
    tags = {
        "penstock.specs": statement.specs,
        EVIDENCE_TAG: evidence_digest,
        "penstock.environment": arguments.environment,
        **{f"penstock.dataset.{name}": fingerprint for name, fingerprint in statement.datasets.items()},
    }
    champion = registry.champion(model)
    if champion is not None and champion != digest:
        tags[PREDECESSOR_TAG] = champion
    figures = Figures.of_card(read_json(arguments.card / JSON_FILE))
    version = registry.register(model, digest, store.address(model, digest), tags, figures)
    registry.crown(model, version)
    log.info("Version %d of `%s` is the %s.", version, model, CHAMPION)
    write_json(
        arguments.registration / REGISTRATION_FILE,
        {
            "model": model,
            "environment": arguments.environment,
            "digest": digest,
            "uri": store.address(model, digest),
            "version": version,
            "specs": statement.specs,
            "datasets": statement.datasets,
            "evidence": {"digest": evidence_digest, "file": STATEMENT_FILE},
        },
    )
