"""The trials of a search: what a step writes of them, and which of them is the best."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from penstock.runtime.artifacts import write_json, write_table
from penstock.runtime.faults import InputError
from penstock.runtime.learning.inputs import BEST_FILE
from penstock.specs.search import Search

TRIALS_FILE = "trials.parquet"

log = logging.getLogger(__name__)

Score = float | str
"""Of the metric on the validation rows; text says why there is none."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A finished trial."""

    number: int
    params: dict[str, Any]
    score: Score


class Share(NamedTuple):
    """One of several equal parts of a search's trials: every `of`-th of them."""

    at: int
    """From 1."""
    of: int

    @classmethod
    def parse(cls, text: str) -> Share:
        """A flag's type: ``K-of-N``."""
        at, _, of = text.partition("-of-")
        if not (at.isdecimal() and of.isdecimal() and 1 <= int(at) <= int(of)):
            raise argparse.ArgumentTypeError(f"expected K-of-N with K from 1 to N, not `{text}`")
        return cls(int(at), int(of))

    def __str__(self) -> str:
        return f"{self.at}-of-{self.of}"


def write_trials(output: Path, trials: Sequence[Trial]) -> None:
    """Write the table of trials: ``number``, ``value`` or ``failure``, and ``params`` as JSON."""
    import pyarrow as pa

    columns = {
        "number": pa.array([trial.number for trial in trials], pa.int64()),
        "value": pa.array([t.score if isinstance(t.score, float) else None for t in trials], pa.float64()),
        "failure": pa.array([t.score if isinstance(t.score, str) else None for t in trials], pa.string()),
        "params": pa.array([json.dumps(trial.params, sort_keys=True) for trial in trials], pa.string()),
    }
    write_table(output / TRIALS_FILE, pa.table(columns))


def read_trials(output: Path) -> list[Trial]:
    """The trials that a step has written.

    Raises:
        InputError: it has written none.
    """
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(output / TRIALS_FILE).to_pylist()
    except FileNotFoundError:
        raise InputError(f"{output} has no {TRIALS_FILE}: it is not the output of a search") from None
    return [
        Trial(row["number"], json.loads(row["params"]), row["value"] if row["failure"] is None else row["failure"])
        for row in rows
    ]


def write_best(output: Path, search: Search, trials: Sequence[Trial]) -> None:
    """Write the best of all trials of a search, of equals the first.

    Raises:
        InputError: no trial has a score.
    """
    scored = [(trial.score, trial) for trial in trials if isinstance(trial.score, float)]
    if not scored:
        raise InputError(f"none of the {len(trials)} trials could be scored; the last: {trials[-1].score}")
    sign = 1.0 if search.maximize else -1.0
    value, best = max(scored, key=lambda pair: (sign * pair[0], -pair[1].number))
    metric = str(search.maximize or search.minimize)
    write_json(
        output / BEST_FILE,
        {
            "metric": metric,
            "direction": "maximize" if search.maximize else "minimize",
            "value": value,
            "trial": best.number,
            "params": best.params,
            "sampler": search.sampler,
            "trials": len(trials),
            "failed": len(trials) - len(scored),
        },
    )
    log.info("Best: trial %d with %s %.6g.", best.number, metric, value)
