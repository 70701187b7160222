"""What a model said about rows whose truth is known, in the form that every measure reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from penstock.specs.metrics import Task

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Predictions:
    """Truth and prediction of the same rows, in the same order."""

    task: Task
    truth: Array
    """Binary: 0 or 1. Multiclass: the number of the class. Regression: the value."""
    output: Array
    """Binary: the probability of 1. Multiclass: one column of probabilities a class. Regression: the value."""
    decision: Array
    """Predicted class, as in `truth`; the value itself for regression."""

    def __len__(self) -> int:
        return len(self.truth)

    def take(self, rows: Array) -> Predictions:
        """The predictions of some rows: a mask or positions."""
        return Predictions(self.task, self.truth[rows], self.output[rows], self.decision[rows])

    def answered(self) -> Predictions:
        """The predictions of the rows that got a finite number."""
        return self.take(self.has_answer())

    def has_answer(self) -> Array:
        """Which rows got a finite number."""
        finite = np.isfinite(self.output)
        return np.asarray(finite.all(axis=1) if finite.ndim > 1 else finite)


def binary(truth: Array, score: Array, threshold: float) -> Predictions:
    """Binary predictions: a row whose score reaches `threshold` counts as positive."""
    score = np.asarray(score, dtype=np.float64)
    return Predictions("binary", np.asarray(truth, dtype=np.int64), score, (score >= threshold).astype(np.int64))


def multiclass(truth: Array, probabilities: Array) -> Predictions:
    """Multiclass predictions: the most probable class is predicted, the first of equal ones."""
    probabilities = np.asarray(probabilities, dtype=np.float64)
    return Predictions("multiclass", np.asarray(truth, dtype=np.int64), probabilities, probabilities.argmax(axis=1))


def regression(truth: Array, value: Array) -> Predictions:
    """Predictions of a number."""
    value = np.asarray(value, dtype=np.float64)
    return Predictions("regression", np.asarray(truth, dtype=np.float64), value, value)
