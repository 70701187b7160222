"""Measure how far the rows of the last windows are from those that the model was trained on.

Distances decide, since they do not grow with the number of rows; the p of several tests stand beside them. A window
with fewer than 200 rows decides nothing: chance alone moves its distances too far.

So it does with few training rows. Two samples of 200 rows of one distribution are further apart than 0.1 in 36 % of
cases by `psi`, in 78 % by `jensen_shannon` and in 24 % by `ks`; samples of 20,000 and 200 rows in 3 %, 26 % and 4 %. A
distance that chance alone makes in more than one of 1,000 windows therefore counts as 0, and every other as it is, so
that it is comparable with those of other tools. For `psi` and `jensen_shannon` Pearson's chi-square of the same counts
says so (small ones are multiples of it: Yurdakul and Naranjo, Journal of Risk Model Validation 14, 2020, p. 89; Grosse
and others, Physical Review E 65, 2002, 041905), for `ks` Kolmogorov's distribution. Nothing is held against
`wasserstein`, which a few wild values are meant to move: of n and m normal values chance makes more than 3.5 * sqrt(1/n
+ 1/m) of it in one of 1,000 windows.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.runtime.arguments import directory, output_directory, spec
from penstock.runtime.artifacts import EVENT_TIME, write_json
from penstock.runtime.faults import InputError
from penstock.runtime.measures.drift import (
    CHOSEN,
    Distances,
    category_counts,
    chance_psi,
    distances_of_categories,
    distances_of_numbers,
    interval_counts,
    window_of,
)
from penstock.runtime.measures.profile import Categories, Numbers
from penstock.runtime.measures.significance import Test, adjusted, chi_square, ks_chance, ks_test
from penstock.runtime.monitoring.joint import joint_drift
from penstock.runtime.monitoring.observation import Observation
from penstock.runtime.monitoring.samples import sample
from penstock.specs.monitor import DriftMonitor
from penstock.specs.series import (
    DRIFT_BREACHES,
    DRIFT_CHANCE,
    DRIFT_DISTANCE,
    DRIFT_ROWS,
    FEWEST_DRIFT_ROWS,
    OBSERVED_ROWS,
    PREDICTION,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from penstock.runtime.measures.predictions import Array

DRIFT_FILE = "drift.json"
SIGNIFICANT = 0.05

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--observation", type=directory, required=True, help="output of `observe`")
    parser.add_argument("--monitors", type=spec(list[DriftMonitor]), required=True, help="the monitors as JSON")
    parser.add_argument("--drift", type=output_directory, required=True, help="output directory of the distances")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    observation = Observation.read(arguments.observation)
    found = [_monitored(monitor, observation) for monitor in arguments.monitors]
    longest = max((monitor.window.seconds for monitor in arguments.monitors), default=0.0)
    newest = observation.newest(timedelta(seconds=longest))
    facts = {
        "model": observation.model,
        "digest": observation.digest,
        "as_of": observation.as_of.isoformat(),
        "rows": newest.num_rows,
        "drifted": any(monitor["drifted"] for monitor in found),
        "monitors": found,
        "joint": joint_drift(observation, newest),
        "samples": [
            sample(OBSERVED_ROWS, float(newest.num_rows)),
            *(each for monitor in found for each in _samples(monitor)),
        ],
    }
    write_json(arguments.drift / DRIFT_FILE, facts)
    for monitor in found:
        log.info("%s (%s > %g): %s.", monitor["id"], monitor["test"], monitor["above"], _told(monitor))


def _told(monitor: dict[str, Any]) -> str:
    """What a monitor has found, in words: that nothing drifted only where something was measured."""
    if monitor["drifted"]:
        return f"{', '.join(monitor['drifted'])} drifted"
    if all(np.isnan(column["distance"]) for column in monitor["columns"]):
        return f"{monitor['rows']} rows in the newest window, fewer than the {FEWEST_DRIFT_ROWS} needed"
    return "nothing drifted"


@dataclass(frozen=True, slots=True)
class Column:
    """One watched column of one window, measured."""

    rows: int
    distances: Distances
    test: Test
    """Kolmogorov and Smirnov for numbers, chi-square for categories."""
    chance_psi: float
    """The PSI that chance alone makes of so many rows on average."""
    chances: Mapping[str, float]
    """By distance: how often chance alone makes as much or more; of those that are not here nobody knows."""


def _monitored(monitor: DriftMonitor, observation: Observation) -> dict[str, Any]:
    """The columns that a monitor watches, over its windows, newest first."""
    length = timedelta(seconds=monitor.window.seconds)
    persist = monitor.persist
    if persist is not None and persist.of > 1 and EVENT_TIME not in observation.rows.column_names:
        # Every window would be the same rows, and one breach would count as many.
        raise InputError(
            f"monitor `{monitor.id}` counts breaches in {persist.of} windows, but the rows have no event time to "
            f"divide them into windows: give the feature sets an `eventTime`, or leave out `persist`"
        )
    ends = [observation.as_of - number * length for number in range(persist.of if persist is not None else 1)]
    tables = [observation.between(end - length, end) for end in ends]
    windows = [_measured(monitor, observation, table) for table in tables]
    columns = [_over_windows(name, monitor, [window[name] for window in windows], ends, length) for name in windows[0]]
    needed = 1 if persist is None else persist.breaches
    drifted = [column["feature"] for column in columns if column["breaches"] >= needed]
    p_values = [column["p_value"] for column in columns]
    corrected = adjusted([1.0 if np.isnan(p) else p for p in p_values])
    return {
        "id": monitor.id,
        "of": monitor.of,
        "test": monitor.test,
        "above": monitor.above,
        "window_seconds": monitor.window.seconds,
        "rows": tables[0].num_rows,
        "persist": None if persist is None else {"breaches": persist.breaches, "of": persist.of},
        "drifted": drifted,
        "significant": {name: int((p < SIGNIFICANT).sum()) for name, p in corrected.items()},
        "columns": columns,
    }


def _over_windows(
    name: str, monitor: DriftMonitor, found: Sequence[Column], ends: Sequence[datetime], length: timedelta
) -> dict[str, Any]:
    newest = found[0]
    distances = [
        counting_distance(column, monitor) if column.rows >= FEWEST_DRIFT_ROWS else float("nan") for column in found
    ]
    return {
        "feature": name,
        "distance": distances[0],
        "breaches": sum(distance > monitor.above for distance in distances),
        "windows": [
            {"from": (end - length).isoformat(), "to": end.isoformat(), "rows": column.rows, "distance": distance}
            for end, column, distance in zip(ends, found, distances, strict=True)
        ],
        "distances": asdict(newest.distances),
        "statistic": newest.test.statistic,
        "p_value": newest.test.p_value,
        "chance_psi": newest.chance_psi,
        "chance": newest.chances.get(monitor.test, float("nan")),
    }


def counting_distance(column: Column, monitor: DriftMonitor) -> float:
    """The distance that a monitor holds against its bound: 0 where chance alone makes as much often enough."""
    return 0.0 if column.chances.get(monitor.test, 0.0) >= DRIFT_CHANCE else CHOSEN[monitor.test](column.distances)


def _measured(monitor: DriftMonitor, observation: Observation, rows: pa.Table) -> dict[str, Column]:
    """Each watched column of the rows, on all processors: sorting numbers lets go of the interpreter."""
    from joblib import cpu_count  # unlike Python's own, it knows the limits of a container

    baseline = observation.baseline
    if monitor.of == "prediction":
        return {PREDICTION: column_of(baseline.prediction, observation.said(rows))}
    watched = [feature for feature in observation.features if feature.feature not in monitor.except_]
    with ThreadPoolExecutor(cpu_count()) as threads:
        found = threads.map(
            lambda feature: column_of(baseline.features[feature.name], observation.column(rows, feature)), watched
        )
        return {feature.name: column for feature, column in zip(watched, found, strict=True)}


def column_of(reference: Numbers | Categories, values: Array | list[str | None]) -> Column:
    """A column of a window against its reference."""
    total = reference.present + reference.missing
    if len(values) == 0 or total == 0:
        unknown = float("nan")
        return Column(0, Distances(unknown, unknown, unknown, unknown), Test(unknown, unknown), unknown, {})
    if isinstance(reference, Categories):
        texts = list(values)
        expected, found = category_counts(reference, texts)
        test = chi_square(expected, found)
        chances = dict.fromkeys(CHOSEN, test.p_value)
        distances, rows = distances_of_categories(reference, texts), len(texts)
    else:
        window = window_of(np.asarray(values))
        expected, found = interval_counts(reference, window)
        distances, rows, test = distances_of_numbers(reference, window), window.rows, ks_test(reference, window)
        by_interval = chi_square(expected, found).p_value
        by_rank = ks_chance(distances.ks, total, rows)
        chances = {"psi": by_interval, "jensen_shannon": by_interval, "ks": by_rank}
    chance = chance_psi(int(((expected + found) > 0).sum()), total, rows)
    return Column(rows, distances, test, chance, chances)


def _samples(monitor: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows, a distance for each column that can be judged now, breaches where the monitor counts them."""
    found = [sample(DRIFT_ROWS, float(monitor["rows"]), monitor=monitor["id"])]
    for column in monitor["columns"]:
        labels = {"monitor": monitor["id"], "feature": column["feature"]}
        if not np.isnan(column["distance"]):
            found.append(sample(DRIFT_DISTANCE, column["distance"], **labels))
        if monitor["persist"] is not None:
            found.append(sample(DRIFT_BREACHES, float(column["breaches"]), **labels))
    return found
