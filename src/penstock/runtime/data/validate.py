"""Hold the snapshot of a dataset to its contract: columns, keys, checks, age, and the shape of its source.

Every violation is found in one run. What stops the pipeline is decided by the contract: ``onViolation`` for rows,
``onSchemaChange`` for columns, each check's ``severity``; too old a dataset always stops it.
"""

from __future__ import annotations

import argparse
import logging
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from penstock.runtime import arguments
from penstock.runtime.artifacts import DATA_FILE, read_json, write_json
from penstock.runtime.data.advice import advice, on_no_row
from penstock.runtime.data.checks import judge_age, judge_checks, judge_schema
from penstock.runtime.data.contract import RowJudgement, judge_columns
from penstock.runtime.data.engine import written
from penstock.runtime.data.findings import Finding
from penstock.runtime.data.fingerprint import fingerprint
from penstock.runtime.data.missing_rows import missing_rows
from penstock.runtime.data.stored import stored
from penstock.runtime.faults import RefusedError
from penstock.specs.dataset import DatasetSpec

QUARANTINE_FILE = "quarantine.parquet"

_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the step."""
    parser.add_argument("--dataset", required=True, help="name of the dataset")
    parser.add_argument("--contract", required=True, type=arguments.spec(DatasetSpec), help="its spec as JSON")
    parser.add_argument(
        "--as-of", default="", type=arguments.moment, help="time at which to measure its age; now if empty"
    )
    parser.add_argument("--snapshot", required=True, type=arguments.directory, help="directory of its snapshot")
    parser.add_argument("--table", required=True, type=arguments.output_directory, help="output directory")


def run(args: argparse.Namespace) -> None:
    """Write ``data.parquet``, ``table.json`` and, where rows were set aside, ``quarantine.parquet``."""
    contract: DatasetSpec = args.contract
    snapshot = read_json(args.snapshot / "snapshot.json")
    judgement = judge(args.snapshot, args.dataset, contract, args.as_of, args.table)
    for finding in judgement.findings:
        if finding.result != "fail":
            effect = "quarantined" if finding.result == "quarantine" else "warning"
            _log.info("%s: %s", effect, finding.sentence)
    stopping = [finding.sentence for finding in judgement.findings if finding.result == "fail"]
    if judgement.table.num_rows == 0 and not stopping:
        # Whoever reads it would take the missing rows for missing values.
        aside = [finding.sentence for finding in judgement.findings if finding.result == "quarantine"]
        if aside:
            stopping += [f"{args.dataset}: every row violates the contract and is quarantined", *aside]
        else:
            stopping += on_no_row(args.dataset, contract.source, snapshot)
    if stopping:
        for unfinished in (DATA_FILE, QUARANTINE_FILE):
            (args.table / unfinished).unlink(missing_ok=True)
        where = missing_rows(args.dataset, contract, judgement.findings, stored(args.snapshot / DATA_FILE))
        raise RefusedError(*stopping, *where, *advice(args.dataset, contract, judgement.findings))
    facts = _facts(args.dataset, contract, judgement)
    write_json(args.table / "table.json", {**facts, "source": snapshot["source"]})
    _log.info("%s: %s rows satisfy the contract", args.dataset, f"{judgement.table.num_rows:,}")


def judge(snapshot_directory: Path, dataset: str, contract: DatasetSpec, as_of: datetime, output: Path) -> RowJudgement:
    """Everything that is found in the snapshot, and the rows that remain, in files of the directory `output`."""
    snapshot = read_json(snapshot_directory / "snapshot.json")
    schema = judge_schema(dataset, contract, snapshot)
    keep, aside = (partial(written, path=output / name) for name in (DATA_FILE, QUARANTINE_FILE))
    judgement = judge_columns(stored(snapshot_directory / DATA_FILE), dataset, contract, keep, aside)
    found: list[Finding] = [*schema, *judgement.findings]
    found += judge_age(judgement.table, dataset, contract, as_of)
    found += judge_checks(judgement.table, dataset, contract)
    return RowJudgement(judgement.table, judgement.quarantine, tuple(found))


def _facts(dataset: str, contract: DatasetSpec, judgement: RowJudgement) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "fingerprint": fingerprint(judgement.table),
        "rows": judgement.table.num_rows,
        "quarantined": 0 if judgement.quarantine is None else judgement.quarantine.num_rows,
        "primary_key": contract.primary_key,
        "event_time": contract.event_time,
        "known_at": contract.known_at,
        "columns": {
            name: {"type": column.type, "sensitivity": column.sensitivity} for name, column in contract.columns.items()
        },
        "findings": [finding.as_json() for finding in judgement.findings],
    }
