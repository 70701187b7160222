"""Figures that a function of the repository computes, named by a gate as ``module:function``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from penstock.runtime.data.functions import failure, load
from penstock.runtime.evaluation.context import SEED, EvaluationContext, truth_and_decisions
from penstock.runtime.faults import InputError
from penstock.runtime.measures.intervals import decided_by, looks, percentiles, reaching
from penstock.specs.decision import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.runtime.measures.predictions import Array
    from penstock.specs.gate import PythonRule

RESAMPLES = 300
"""Calls for an interval: a custom function sees whole rows, which is slow."""


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
    drawn = []
    for chosen in _draws(context):
        resampled = rows.iloc[chosen].reset_index(drop=True)
        drawn.append(_called(rule.python, function, truth[chosen], said[chosen], resampled))
    low, high = percentiles(np.array(drawn), float(rule.confidence), context.clusters)
    low, high = decided_by(looks(context.predictions, context.clusters), low, high)
    return Figure(rule.python, estimate, *reaching(estimate, low, high))


def _draws(context: EvaluationContext) -> Iterator[Array]:
    """The positions of the rows of each resample: of single rows, or of whole clusters."""
    generator, rows = np.random.default_rng(SEED), len(context.predictions)
    if context.clusters is not None:
        yield from context.clusters.draws(RESAMPLES, generator)
        return
    for _ in range(RESAMPLES):
        yield generator.integers(0, rows, rows)


def test_rows(context: EvaluationContext) -> pd.DataFrame:
    """The features and slices of the test rows."""
    slices = context.rows.slices.to_pandas()
    features = context.rows.features
    return pd.concat([features, slices[[name for name in slices.columns if name not in features.columns]]], axis=1)


def _called(name: str, function: Callable[..., Any], truth: Any, said: Any, rows: pd.DataFrame) -> float:
    try:
        value = function(truth, said, rows)
    except (Exception, SystemExit) as error:
        raise InputError(f"`{name}` failed{failure(error)}") from error
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InputError(f"`{name}` returned {type(value).__name__}; expected a number") from None
