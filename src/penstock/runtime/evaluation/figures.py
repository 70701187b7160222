"""The output of the step ``evaluate``: what was measured of a model, as ``figures.json`` holds it.

``metrics`` has every metric of the task with its 95 % interval; ``classes`` has, for a multiclass task, the figures of
each class and how often each class is said of its rows; ``gates`` has, by gate and rule, the figures that the
rule is about, each under the name of its `penstock.specs.limits.Limit`. A figure that could not be measured is null,
for which no bound holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.diagnostics.grammar import counted
from penstock.runtime.artifacts import read_json
from penstock.runtime.faults import InputError
from penstock.specs.decision import Figure
from penstock.specs.gate import FEWEST_CLUSTERS

FIGURES_FILE = "figures.json"
PREDICTIONS_FILE = "predictions.parquet"
REPORT_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured for one rule."""

    figures: Mapping[str, Figure]
    """By part of the rule."""
    skipped: str | None = None
    """Why there is nothing to judge, where there is not."""
    notes: tuple[str, ...] = ()
    """What a reader should know: groups that are too small, how an interval was computed."""
    details: Mapping[str, Any] | None = None
    """Further values for the report, such as the metric in each group."""

    def as_json(self) -> dict[str, Any]:
        """The form in which it stands in ``figures.json``."""
        return {
            "figures": {part: figure_as_json(figure) for part, figure in self.figures.items()},
            "skipped": self.skipped,
            "notes": list(self.notes),
            "details": dict(self.details or {}),
        }


def figure_as_json(figure: Figure) -> dict[str, Any]:
    """The form of a figure in JSON; NaN becomes null, and a negative zero zero."""
    low, high = (None if end is None else end + 0.0 for end in (figure.low, figure.high))
    return {"name": figure.name, "estimate": figure.estimate + 0.0, "low": low, "high": high}


def figure_from_json(value: Mapping[str, Any], interval: bool) -> Figure:
    """The figure that JSON holds; with `interval`, an end that is null is unknown instead of absent."""
    unknown = float("nan") if interval else None
    return Figure(
        value["name"],
        float("nan") if value["estimate"] is None else value["estimate"],
        unknown if value["low"] is None else value["low"],
        unknown if value["high"] is None else value["high"],
    )


def clusters_said(clusters: Mapping[str, Any]) -> str:
    """Clusters in words: what rows are clustered by, how many there are, and whether they allow an interval."""
    count = clusters["count"]
    without = clusters["rows_without"]
    rest = f", one of them for {without:,} rows without a value" if without else ""
    few = f", too few for an interval: {FEWEST_CLUSTERS} are needed" if clusters["effective"] < FEWEST_CLUSTERS else ""
    return f"{clusters['by'].replace('`', '')} ({counted(count, 'cluster')}{rest}{few})"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A ``figures.json`` that was read."""

    facts: Mapping[str, Any]

    @classmethod
    def read(cls, directory: Path) -> Evaluation:
        """The evaluation in a directory; an `InputError` where it holds none."""
        return cls(read_json(directory / FIGURES_FILE))

    def clusters(self, gate: str) -> Mapping[str, Any] | None:
        """The clusters that the intervals of a gate are of; None where single rows are independent."""
        found: Mapping[str, Any] | None = self.facts.get("gate_clusters", {}).get(gate)
        return found

    def rules(self, gate: str) -> Mapping[str, Mapping[str, Any]]:
        """What was measured for each rule of a gate; an `InputError` for a gate that was not evaluated."""
        gates = self.facts["gates"]
        if gate not in gates:
            known = ", ".join(f"`{name}`" for name in gates) or "none"
            raise InputError(f"the evaluation has no gate `{gate}`; known: {known}")
        found: Mapping[str, Mapping[str, Any]] = gates[gate]
        return found
