"""Fairness of decisions between groups, by Fairlearn's measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penstock.specs.metrics import FAIRNESS_METRICS

if TYPE_CHECKING:
    from penstock.runtime.measures.predictions import Predictions
    from penstock.runtime.measures.slices import Groups

_NEEDS = {
    "demographic_parity_difference": (),
    "demographic_parity_ratio": (),
    "equal_opportunity_difference": (1,),
    "equalized_odds_difference": (0, 1),
    "equalized_odds_ratio": (0, 1),
}
"""The classes of which every group must have a row: Fairlearn takes a rate without a denominator for 0."""
MEASURED = frozenset(_NEEDS)
"""The measures that `fairness` knows; a test holds them equal to the language's."""


def fairness(measure: str, predictions: Predictions, groups: Groups) -> float:
    """A measure of `penstock.specs.metrics.FAIRNESS_METRICS` over the groups that are large enough.

    NaN where fewer than two groups are, or where a group lacks the rows that its rates are about.
    """
    from fairlearn import metrics

    if FAIRNESS_METRICS[measure].tasks.isdisjoint({predictions.task}):
        raise ValueError(f"`{measure}` does not apply to a {predictions.task} task")
    if len(groups.rows) < 2 or any(
        not (predictions.truth[rows] == each).any() for rows in groups.rows.values() for each in _NEEDS[measure]
    ):
        return float("nan")
    rows = np.concatenate(list(groups.rows.values()))
    names = np.repeat(list(groups.rows), [len(each) for each in groups.rows.values()])
    with np.errstate(divide="ignore", invalid="ignore"):
        value = getattr(metrics, measure)(predictions.truth[rows], predictions.decision[rows], sensitive_features=names)
    return float(value)
