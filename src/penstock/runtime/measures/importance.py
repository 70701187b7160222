"""How much of a model's skill hangs on each feature, by permutation (Breiman 2001; Fisher, Rudin, Dominici 2019)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

REPEATS = 3
ROWS = 5_000
"""Rows at most: more would cost time and change no share by more than the permutation itself does."""


def permutation_shares(
    skill: Callable[[pd.DataFrame], float], rows: pd.DataFrame, features: Mapping[str, Sequence[str]], seed: int
) -> dict[str, float]:
    """The share of each feature in the sum of what is lost when one feature's values are shuffled among the rows.

    `features` names the columns of each: those of a vector are shuffled together. `skill` is what the model achieves on
    rows, more being better, in the order of `rows`. A feature whose shuffling
    loses nothing has the share 0; every share is NaN where no feature matters, or where the skill is not known.
    """
    generator = np.random.default_rng(seed)
    whole = skill(rows)
    losses = {}
    for feature, columns in features.items():
        values = [rows[column].to_numpy() for column in columns]
        orders = (generator.permutation(len(rows)) for _ in range(REPEATS))
        shuffled = (
            rows.assign(**{column: own[order] for column, own in zip(columns, values, strict=True)}) for order in orders
        )
        # `np.maximum` keeps NaN, which Python's `max` turns into no loss.
        losses[feature] = float(np.maximum(0.0, whole - np.mean([skill(each) for each in shuffled])))
    total = sum(losses.values())
    return {feature: loss / total if total > 0 else float("nan") for feature, loss in losses.items()}
