"""Decide whether a model may pass: every blocking rule must hold. Says no with the rule, the figure and the bound."""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from collections.abc import Sequence
from math import isnan

from penstock.runtime.arguments import directory, output_directory, spec
from penstock.runtime.artifacts import directory_digest, write_json
from penstock.runtime.evaluation.figures import Evaluation, clusters_said
from penstock.runtime.evaluation.verdict import Judgement, RuleVerdict, verdicts
from penstock.runtime.faults import RefusedError
from penstock.specs.gate import AnyRule

GATE_FILE = "gate.json"

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--gate", required=True, help="the gate's name")
    parser.add_argument("--rules", type=spec(list[AnyRule]), required=True, help="the gate's rules as JSON")
    parser.add_argument("--evaluation", type=directory, required=True, help="output of `evaluate`")
    parser.add_argument("--verdict", type=output_directory, required=True, help="output directory of the verdict")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    evaluation = Evaluation.read(arguments.evaluation)
    found = verdicts(arguments.rules, evaluation.rules(arguments.gate))
    clusters = evaluation.clusters(arguments.gate)
    if clusters is not None:
        log.info("Intervals are clustered by %s.", clusters_said(clusters))
    for line in table(found):
        log.info("%s", line)
    failed = [rule for rule in found if rule.outcome == "fail"]
    facts = {
        "gate": arguments.gate,
        "passed": not failed,
        "model": evaluation.facts["model"],
        "digest": evaluation.facts["digest"],
        "evaluation": directory_digest(arguments.evaluation),
        "champion": evaluation.facts["champion"],
        "clusters": clusters,
        "rules": [rule.as_json() for rule in found],
        "outcomes": dict(Counter(rule.outcome for rule in found)),
    }
    write_json(arguments.verdict / GATE_FILE, facts)
    if failed:
        refused = [f"gate `{arguments.gate}`, {reason}" for rule in failed for reason in rule.reasons()]
        raise RefusedError(*refused)
    log.info("The model passes the gate `%s`.", arguments.gate)


def table(found: Sequence[RuleVerdict]) -> tuple[str, ...]:
    """The verdicts as lines of a table: rule, figure, its interval, the bound, the outcome; notes below their rule."""
    rows = [("rule", "figure", "value", "interval", "bound", "outcome")]
    notes: dict[int, tuple[str, ...]] = {}
    for rule in found:
        if rule.skipped is not None:
            rows.append((rule.rule.id, "-", "-", "-", "-", "skip"))
            notes[len(rows) - 1] = (rule.skipped,)
        rows.extend((rule.rule.id, *_cells(judgement), judgement.outcome) for judgement in rule.judgements)
        if rule.notes:
            notes[len(rows) - 1] = (*notes.get(len(rows) - 1, ()), *rule.notes)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        lines.extend(f"    {note}" for note in notes.get(number, ()))
    return tuple(lines)


def _cells(judgement: Judgement) -> tuple[str, str, str, str]:
    figure, unit = judgement.figure, judgement.limit.unit and f" {judgement.limit.unit}"
    low, high = figure.low, figure.high
    interval = "-" if low is None or high is None or isnan(low) or isnan(high) else f"[{low:.4g}, {high:.4g}]"
    bound = " and ".join(str(bound) for bound in judgement.limit.bounds)
    return figure.name, f"{figure.estimate:.4g}{unit}", interval, f"{bound}{unit}"
