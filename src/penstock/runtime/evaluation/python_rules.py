"""Figures that a function of the repository computes, named by a gate as ``module:function``.

What such a figure is made of is not known, so its interval is of blocks of rows: percentiles of resamples, expanded as
the number of blocks asks for, and at least as wide as the studentized bootstrap has it, whose standard errors are those
of the jackknife (`penstock.runtime.measures.studentized`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from penstock.runtime.data.functions import failure, load
from penstock.runtime.evaluation.context import SEED, EvaluationContext, truth_and_decisions
from penstock.runtime.faults import InputError
from penstock.runtime.measures.clusters import Clusters, clusters_of
from penstock.runtime.measures.intervals import by_deviations, decided_by, looks, percentiles, reaching
from penstock.runtime.measures.rule_of_three import is_collapsed, smallest_class
from penstock.runtime.measures.studentized import studentized_by_jackknife
from penstock.specs.decision import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.runtime.measures.predictions import Array
    from penstock.specs.gate import PythonRule

RESAMPLES = 300
"""Calls for an interval: a custom function sees whole rows, which is slow."""
BLOCKS = 100
"""Blocks at most into which rows or clusters are put; the function is called once without each."""


def own_figure(rule: PythonRule, context: EvaluationContext) -> Figure:
    """The figure of the function; an `InputError` with the line of the user's file where it fails."""
    function = load(rule.python)
    truth, rows = truth_and_decisions(context.predictions, context.splits.classes)[0], test_rows(context)
    said = (
        context.predictions.output
        if context.task == "binary"
        else truth_and_decisions(context.predictions, context.splits.classes)[1]
    )
    estimate = _called(rule.python, function, truth, said, rows)
    if rule.confidence is None:
        return Figure(rule.python, estimate)
    units = _units(context)
    members, generator = units.members(), np.random.default_rng(SEED)

    def figure(chosen: Array) -> float:
        return _called(rule.python, function, truth[chosen], said[chosen], rows.iloc[chosen].reset_index(drop=True))

    picked = [generator.integers(0, len(units), len(units)) for _ in range(RESAMPLES)]
    drawn = np.array([figure(np.concatenate([members[unit] for unit in units])) for units in picked])
    without = np.array([figure(np.flatnonzero(units.of_row != unit)) for unit in range(len(units))])
    counts = np.array([np.bincount(each, minlength=len(units)) for each in picked])
    low, high = _ends(estimate, drawn, without, counts, float(rule.confidence), context)
    return Figure(rule.python, estimate, *reaching(estimate, low, high))


def _ends(
    estimate: float, drawn: Array, without: Array, counts: Array, confidence: float, context: EvaluationContext
) -> tuple[float, float]:
    """The ends of the interval, NaN where the rows say too little: by percentiles, and at least as far as deviations in
    standard errors of each resample reach, since a few rows may decide the figure.
    """
    clusters, predictions = context.clusters, context.predictions
    low, high = percentiles(drawn, confidence, clusters.looks([]) if clusters is not None else float(len(without)))
    if is_collapsed(low, high):
        # A figure that never moves may hang on the rows of a rare class.
        return decided_by(min(looks(predictions, clusters), smallest_class(predictions)), low, high)
    ends = by_deviations(studentized_by_jackknife(estimate, without, drawn, counts), confidence, low, high)
    return decided_by(looks(predictions, clusters), min(low, ends[0]), max(high, ends[1]))


def _units(context: EvaluationContext) -> Clusters:
    """What is drawn as one: rows, or whole clusters, or random blocks of too many of them."""
    rows = context.clusters.of_row if context.clusters is not None else np.arange(len(context.predictions))
    count = looks(context.predictions, context.clusters)
    blocks = np.random.default_rng(SEED).permutation(np.arange(count) % min(count, BLOCKS))
    return clusters_of(blocks[rows])


def test_rows(context: EvaluationContext) -> pd.DataFrame:
    """The features and slices of the test rows."""
    slices = context.rows.slices.to_pandas()
    features = context.rows.features
    return pd.concat([features, slices[[name for name in slices.columns if name not in features.columns]]], axis=1)


def _called(name: str, function: Callable[..., Any], truth: Any, said: Any, rows: pd.DataFrame) -> float:
    try:
        value = function(truth, said, rows)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(f"`{name}` failed{failure(error)}") from error
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InputError(f"`{name}` returned {type(value).__name__}; expected a number") from None
