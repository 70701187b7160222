"""Write the model card: ``card.md`` for people, and the same facts as ``card.json``."""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.runtime.arguments import by_name, directory, named_directory, output_directory, spec
from penstock.runtime.artifacts import directory_digest, read_json, write_json
from penstock.runtime.documents.card_text import Facts, render
from penstock.runtime.documents.requests import request_facts
from penstock.runtime.documents.verdicts import read_verdicts
from penstock.runtime.learning.model_files import TRAINING_FILE
from penstock.specs.model import Card, SensitiveUse

MARKDOWN_FILE = "card.md"
JSON_FILE = "card.json"

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument("--card", type=spec(Card), required=True, help="the model's `card` as JSON")
    parser.add_argument(
        "--sensitive-use",
        action="append",
        type=spec(SensitiveUse),
        default=[],
        help="one of the model's `sensitiveUses` as JSON; may be repeated",
    )
    parser.add_argument(
        "--dataset", action="append", type=named_directory, default=[], help="NAME=DIRECTORY of a validated table"
    )
    parser.add_argument("--splits", type=directory, required=True, help="output of `split`")
    parser.add_argument("--model-dir", type=directory, required=True, help="output of `train`")
    parser.add_argument("--evaluation", type=directory, required=True, help="output of `evaluate`")
    parser.add_argument(
        "--verdict", action="append", type=named_directory, default=[], help="GATE=DIRECTORY of its verdict"
    )
    parser.add_argument("--spec-digest", required=True, help="digest of the specs that it is made from")
    parser.add_argument("--card-dir", type=output_directory, required=True, help="output directory of the card")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    digest = directory_digest(arguments.model_dir)
    facts = card_facts(
        declared=arguments.card,
        sensitive_uses=arguments.sensitive_use,
        digest=digest,
        specs=arguments.spec_digest,
        tables={
            name: read_json(table / "table.json") for name, table in by_name(arguments.dataset, "--dataset").items()
        },
        splits=read_json(arguments.splits / "splits.json"),
        training=read_json(arguments.model_dir / TRAINING_FILE),
        figures=read_json(arguments.evaluation / "figures.json"),
        verdicts=read_verdicts(arguments.verdict, digest, arguments.evaluation),
    )
    write_json(arguments.card_dir / JSON_FILE, facts)
    (arguments.card_dir / MARKDOWN_FILE).write_text(render(facts), encoding="utf-8")
    log.info("Wrote the card of `%s`.", arguments.model)


def card_facts(
    *,
    declared: Card,
    sensitive_uses: Sequence[SensitiveUse],
    digest: str,
    specs: str,
    tables: Mapping[str, Facts],
    splits: Facts,
    training: Facts,
    figures: Facts,
    verdicts: Sequence[Facts],
) -> dict[str, Any]:
    """Everything that the card tells, as plain data."""
    estimator = training["estimator"]
    return {
        "model": training["model"],
        "purpose": declared.purpose,
        "risk_tier": declared.risk_tier,
        "limitations": declared.limitations,
        "out_of_scope": declared.out_of_scope,
        "task": training["task"],
        "threshold": figures["threshold"],
        "digest": digest,
        "specs": specs,
        "gates": [dict(each) for each in verdicts],
        "test_rows": figures["rows"],
        "confidence": figures["confidence"],
        "metrics": figures["metrics"],
        "classes": figures.get("classes", []),
        "clusters": figures.get("clusters"),
        "slices": _slices(figures),
        "datasets": {
            name: {"rows": table["rows"], "fingerprint": table["fingerprint"]} for name, table in sorted(tables.items())
        },
        "parts": splits["parts"],
        "left_out": splits["left_out"],
        "split": splits["split"],
        "horizon": splits["label"].get("horizon"),
        "label": f"{splits['label']['dataset']}.{splits['label']['column']}",
        "positive": splits["label"].get("positive"),
        "features": _features(training["features"]),
        "requests": request_facts(training),
        "dropped_features": training["dropped_features"],
        "sensitive_uses": [use.model_dump() for use in sensitive_uses],
        "learner": estimator.get("class") or estimator.get("python") or training["type"],
        "external": estimator.get("external"),
        "params": training["params"],
        "searched": sorted(training["searched"]),
        "preprocess": training["preprocess"],
        "seed": training["seed"],
        "libraries": {"python": training["python"], **training["libraries"]},
    }


def _slices(figures: Facts) -> list[dict[str, Any]]:
    """What was measured by group, from the rules that ask for it: a value by metric and group, and rows by group."""
    found = []
    for gate in figures["gates"].values():
        for rule, measured in gate.items():
            groups, rows = measured["details"].get("groups"), measured["details"].get("rows")
            if not groups or not rows:
                continue
            if not all(isinstance(each, dict) for each in groups.values()):
                # A rule about one metric; its figures are named after it, as in `recall[north]`.
                name = next((each["name"] for each in measured["figures"].values()), rule)
                groups = {name.partition("[")[0]: groups}
            found.append({"rule": rule, "by": measured["details"]["by"], "metrics": groups, "rows": rows})
    return found


def _features(columns: Sequence[Facts]) -> list[Facts]:
    """The features by the names of the specs: the columns of a vector are one, with as many numbers as were kept."""
    lengths = Counter(column["vector"] for column in columns if "vector" in column)
    whole = {
        column.get("vector", column["name"]): column
        if "vector" not in column
        else {"name": column["vector"], "set": column["set"], "type": f"float[{lengths[column['vector']]}]"}
        for column in columns
    }
    return list(whole.values())
