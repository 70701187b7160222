"""Made-up predictions of every task."""

from __future__ import annotations

import numpy as np

from penstock.runtime.measures.predictions import Predictions, binary, multiclass, regression
from penstock.specs.metrics import METRICS, Task


def predictions(task: Task, rows: int, seed: int = 0) -> Predictions:
    """Predictions that are often right; scores are rounded, so that some are equal."""
    rng = np.random.default_rng(seed)
    if task == "binary":
        score = np.round(rng.random(rows), 3)
        return binary((rng.random(rows) < score).astype(int), score, 0.6)
    if task == "multiclass":
        probabilities = rng.dirichlet([1, 1, 1], rows)
        return multiclass(np.array([rng.choice(3, p=each) for each in probabilities]), probabilities)
    value = rng.gamma(2, size=rows)
    return regression(rng.poisson(value * 3) + 1.0, value * 3)


def metrics_of(task: Task) -> list[str]:
    """The metrics of a task."""
    return [name for name, metric in METRICS.items() if task in metric.tasks]


EVERY: list[tuple[Task, str]] = [
    (task, name) for task in ("binary", "multiclass", "regression") for name in metrics_of(task)
]
"""Every metric of every task."""
