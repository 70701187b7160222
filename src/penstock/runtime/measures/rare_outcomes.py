"""Proportions of rows in clusters, of which one outcome is rare: Korn and Graubard's interval.

Resamples of clusters repeat what the sample shows: if the few false alarms of 60 days all fell on three of them, no
resample knows of a day with more. Korn and Graubard (Survey Methodology 24, 1998, p. 193) take the rows as so many
independent ones as would vary as much, fewer by what Student's distribution asks for, and Clopper and Pearson's exact
interval of these. It is the standard of official statistics for such proportions (Parker and others, National Center
for Health Statistics, Vital and Health Statistics 2(175), 2017).

Where 30 or more such independent rows have either outcome, resamples say as much, and the interval stays theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penstock.runtime.measures.clusters import student

if TYPE_CHECKING:
    from penstock.runtime.measures.clusters import Clusters
    from penstock.runtime.measures.predictions import Array

ENOUGH = 30
"""Independent rows of either outcome from which resamples of clusters can be trusted."""


def rare_outcome_interval(success: Array, among: Array, clusters: Clusters, confidence: float) -> tuple[float, float]:
    """The interval of the share of `success` among some rows, both masks; NaN where neither outcome is rare, or where
    one does not occur.
    """
    from scipy.stats import beta, norm

    unknown = float("nan"), float("nan")
    rows, count = int(among.sum()), len(clusters)
    share = float((success & among).sum()) / max(rows, 1)
    if not 0 < share < 1:
        return unknown
    deviations = np.bincount(clusters.of_row, (success - share) * among, count)
    variance = float((deviations**2).sum()) / rows**2 * count / (count - 1)
    independent = min(float(rows), share * (1 - share) / variance) if variance > 0 else float(rows)
    if independent * min(share, 1 - share) >= ENOUGH:
        return unknown
    independent *= float((norm.ppf((1 + confidence) / 2) / student(confidence, clusters.effective)) ** 2)
    successes, failures, tail = share * independent, (1 - share) * independent, (1 - confidence) / 2
    return float(beta.ppf(tail, successes, failures + 1)), float(beta.isf(tail, successes + 1, failures))
