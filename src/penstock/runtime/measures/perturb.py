"""Test rows as a worse day would bring them: numbers off by some noise, values missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def with_noise(rows: pd.DataFrame, deviations: dict[str, float], amount: float, seed: int) -> pd.DataFrame:
    """The rows with Gaussian noise of `amount` times the given standard deviation on each named column."""
    generator = np.random.default_rng(seed)
    noisy: dict[str, Any] = {
        name: rows[name] + generator.normal(0.0, amount * deviation, len(rows)) if deviation > 0 else rows[name]
        for name, deviation in deviations.items()
    }
    return rows.assign(**noisy)


def with_missing(rows: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """The rows with each value taken away with a probability of `share`: NaN for a number, None for a category."""
    generator = np.random.default_rng(seed)
    taken: dict[str, Any] = {}
    for name in rows.columns:
        column = rows[name]
        absent = generator.random(len(rows)) < share
        taken[str(name)] = column.mask(absent, np.nan if column.dtype.kind == "f" else None)
    return rows.assign(**taken)
