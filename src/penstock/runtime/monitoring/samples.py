"""Figures as samples of the series that monitoring pushes (`penstock.specs.series`)."""

from __future__ import annotations

import math
from typing import Any

from penstock.specs.series import GROUPING, Series


def sample(series: Series, value: float, **labels: str) -> dict[str, Any]:
    """A value of a series with its own labels; those of the group are added by the step that pushes.

    JSON has no infinity: it is written as text, which `float` reads.

    Raises:
        ValueError: the labels are not those of the series, or the value is NaN, which no rule can judge.
    """
    if (wanted := set(series.labels) - set(GROUPING)) != set(labels):
        raise ValueError(f"`{series.name}` has the labels {sorted(wanted)}, not {sorted(labels)}")
    if math.isnan(value):
        raise ValueError(f"`{series.name}` has no value")
    return {"name": series.name, "labels": labels, "value": "+Inf" if value == math.inf else value}
