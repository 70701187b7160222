"""The rows that a metric is about, and in how many clusters the scarcest kind of them is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penstock.runtime.measures.clusters import FEWEST_OF_A_KIND
from penstock.specs.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.runtime.measures.clusters import Clusters
    from penstock.runtime.measures.predictions import Array, Predictions

_OF_EVERY_CLASS = frozenset(
    {"roc_auc", "average_precision", "brier_score", "balanced_accuracy", "macro_f1", "matthews_correlation"}
)
"""Metrics whose sampling error is mostly that of the class with the fewest rows."""


@dataclass(frozen=True, slots=True)
class Scarcest:
    """The kind of rows of a metric that is in the fewest clusters."""

    kind: str
    """In words, as in "the positive test rows are in 5 clusters"."""
    clusters: int
    """Clusters that have such a row."""
    effective: float
    """How many clusters with equally many such rows would vary as much."""

    @property
    def are_too_few(self) -> bool:
        """Whether so few clusters allow no interval."""
        return self.effective < FEWEST_OF_A_KIND


def scarcest(metric: str, clusters: Clusters, classes: Sequence[str], *predictions: Predictions) -> Scarcest:
    """The scarcest kind of rows that a metric of one or more predictions of the same rows is about.

    `classes`: the names of the classes of a multiclass task, for its words.
    """
    found = [
        Scarcest(kind, clusters.having(rows), clusters.effective_of(rows))
        for each in predictions
        for kind, rows in _kinds(metric, each, classes).items()
    ]
    return min(found, key=lambda each: each.effective)


def looks_of(metric: str, clusters: Clusters, *predictions: Predictions) -> float:
    """How many clusters an interval of a metric of one or more predictions of the same rows counts on; NaN for none."""
    return clusters.looks(rows for each in predictions for rows in _kinds(metric, each, ()).values())


def fewest_rows(metric: str, predictions: Predictions) -> int:
    """Rows of the scarcest kind that a metric is about."""
    return min(int(rows.sum()) for rows in _kinds(metric, predictions, ()).values())


def _kinds(metric: str, predictions: Predictions, classes: Sequence[str]) -> dict[str, Array]:
    """The kinds of rows that a metric is about, in words, with a mask each; no class without any row."""
    truth, decision = predictions.truth, predictions.decision
    if metric in _OF_EVERY_CLASS:
        return {_of_class(each, predictions, classes): truth == each for each in np.unique(truth).tolist()}
    if metric == "f1":
        return {"test rows that are positive or predicted so": (truth == 1) | (decision == 1)}
    match METRICS[metric].rate_of:
        case "positives":
            return {"positive test rows": truth == 1}
        case "negatives":
            return {"negative test rows": truth == 0}
        case "predicted_positives":
            return {"test rows predicted positive": decision == 1}
        case _:
            return {"test rows": np.ones(len(truth), dtype=bool)}


def _of_class(number: int, predictions: Predictions, classes: Sequence[str]) -> str:
    if predictions.task == "binary":
        return "positive test rows" if number else "negative test rows"
    return f"test rows of the class `{classes[number] if number < len(classes) else number}`"
