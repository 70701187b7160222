"""State what the model was made from and how it passed its gates.

The time of the statement is SOURCE_DATE_EPOCH, where the environment sets it, or now; a step whose inputs have not
changed is not run again, so its statement stays as it is.
"""

from __future__ import annotations

import argparse
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from penstock import __version__
from penstock.runtime.arguments import by_name, directory, named_directory, output_directory
from penstock.runtime.artifacts import directory_digest, read_json
from penstock.runtime.documents.statement import STATEMENT_FILE, make_statement
from penstock.runtime.documents.verdicts import read_verdicts
from penstock.runtime.faults import InputError
from penstock.runtime.learning.model_files import TRAINING_FILE

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument("--spec-digest", required=True, help="digest of the specs that it is made from")
    parser.add_argument(
        "--dataset", action="append", type=named_directory, default=[], help="NAME=DIRECTORY of a validated table"
    )
    parser.add_argument("--evaluation", type=directory, required=True, help="output of `evaluate`")
    parser.add_argument(
        "--verdict", action="append", type=named_directory, default=[], help="GATE=DIRECTORY of its verdict"
    )
    parser.add_argument("--model-dir", type=directory, required=True, help="output of `train`")
    parser.add_argument("--evidence", type=output_directory, required=True, help="output directory of the statement")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    digest = directory_digest(arguments.model_dir)
    figures = read_json(arguments.evaluation / "figures.json")
    _refuse_strangers(arguments, digest, figures)
    tables = by_name(arguments.dataset, "--dataset")
    statement = make_statement(
        model=arguments.model,
        digest=digest,
        specs=arguments.spec_digest,
        datasets={name: read_json(table / "table.json")["fingerprint"] for name, table in tables.items()},
        evaluation={
            "digest": directory_digest(arguments.evaluation),
            "rows": figures["rows"],
            "seed": figures["seed"],
            "champion": figures["champion"],
        },
        gates=read_verdicts(arguments.verdict, digest, arguments.evaluation),
        inputs=_inputs(arguments.model_dir),
        code=_code(arguments.model_dir),
        created=_moment(os.environ.get("SOURCE_DATE_EPOCH")),
    )
    (arguments.evidence / STATEMENT_FILE).write_bytes(statement.as_bytes())
    log.info("Wrote the statement that `%s` %s passed %d gates.", arguments.model, digest, len(arguments.verdict))


def _refuse_strangers(arguments: argparse.Namespace, digest: str, figures: dict[str, Any]) -> None:
    name = read_json(arguments.model_dir / TRAINING_FILE)["model"]
    if name != arguments.model:
        raise InputError(f"--model-dir holds the model `{name}`, but --model is `{arguments.model}`")
    if figures["digest"] != digest:
        raise InputError(f"the evaluation is of the model {figures['digest']}, but --model-dir holds {digest}")


def _inputs(model: Path) -> dict[str, str]:
    """What a request has to bring: the columns that the model reads, with their types."""
    return {each["name"]: each["type"] for each in read_json(model / TRAINING_FILE)["features"]}


def _code(model: Path) -> dict[str, str]:
    training = read_json(model / TRAINING_FILE)
    return {
        "penstock": __version__,
        "python": training["python"],
        **training["libraries"],
    }


def _moment(epoch: str | None) -> str:
    try:
        moment = datetime.now(UTC) if not epoch else datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        raise InputError(f"SOURCE_DATE_EPOCH is `{epoch}`; expected seconds since 1970") from None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
