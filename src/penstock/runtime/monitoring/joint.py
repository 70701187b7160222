"""Tests on samples of rows, of at most 1,000 on each side, so that their p says the same whatever a window's size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.runtime.artifacts import learner_frame
from penstock.runtime.measures.significance import anderson_darling, cramer_von_mises, maximum_mean_discrepancy
from penstock.runtime.monitoring.baseline import SAMPLE_ROWS, scaled

if TYPE_CHECKING:
    import pyarrow as pa

    from penstock.runtime.monitoring.observation import Observation

_SEED = 20_260_101
_FEWEST = 50


def joint_drift(observation: Observation, rows: pa.Table) -> dict[str, Any] | None:
    """Tests of a sample of `rows` against the baseline's sample, on numeric features in its standard deviations.

    All of them at once by the maximum mean discrepancy, which also sees columns whose relation has changed, with a
    kernel as wide as the root of the number of columns; each by Cramer and von Mises, and by Anderson and Darling.
    None without numeric features or with fewer than 50 rows on a side.
    """
    reference = observation.baseline.sample
    numeric = [feature for feature in observation.features if feature.name in reference.column_names]
    if not numeric or min(reference.num_rows, rows.num_rows) < _FEWEST:
        return None
    chosen = np.sort(np.random.default_rng(_SEED).permutation(rows.num_rows)[:SAMPLE_ROWS])
    window = scaled(learner_frame(rows.take(chosen), numeric), observation.baseline.features)
    names = [feature.name for feature in numeric]
    before, now = (_matrix(table, names) for table in (reference, window))
    together = maximum_mean_discrepancy(before, now, float(np.sqrt(len(names))), _SEED)
    return {
        "rows": [len(before), len(now)],
        "maximum_mean_discrepancy": {"statistic": together.statistic, "p_value": together.p_value},
        "columns": {
            name: {
                "cramer_von_mises_p": cramer_von_mises(before[:, number], now[:, number], _SEED).p_value,
                "anderson_darling_p": anderson_darling(before[:, number], now[:, number], _SEED).p_value,
            }
            for number, name in enumerate(names)
        },
    }


def _matrix(table: pa.Table, names: list[str]) -> np.ndarray[Any, Any]:
    return np.stack([table[name].to_numpy() for name in names], axis=1)
