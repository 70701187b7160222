"""The series that pipelines push: their names, labels and meaning.

The runtime emits exactly these, and rules and dashboards read them. All are gauges, pushed to the Pushgateway under
the job `JOB` with the grouping labels ``environment``, ``model`` and, from a monitoring pipeline, ``rollout``. A push
replaces the whole group that has exactly these labels: a run replaces what the last one pushed, a training pipeline
nothing of what monitoring pushes, and two rollouts of one model, each with a release and monitors of its own, keep
their figures apart.
"""

from __future__ import annotations

from typing import NamedTuple

JOB = "penstock"
"""Job label of everything that pipelines push."""
MODEL_GROUPING = ("environment", "model")
"""Labels of the Pushgateway group of a training pipeline."""
GROUPING = (*MODEL_GROUPING, "rollout")
"""Labels of the Pushgateway group of a monitoring pipeline; every series of it carries them."""
PREDICTION = "prediction"
"""Value of the label ``feature`` for drift of the predictions themselves."""
FEWEST_DRIFT_ROWS = 200
"""A window with fewer rows decides nothing: chance alone moves its distances too far."""

DRIFT_CHANCE = 0.001
"""A distance that chance alone makes in more windows than this counts as 0."""


class Series(NamedTuple):
    """One gauge: its name, what it says, and its labels in order, those of its group first."""

    name: str
    help: str
    labels: tuple[str, ...]


DRIFT_DISTANCE = Series(
    "penstock_drift_distance",
    "Distance between the released model's training data and the newest window, by the monitor's test; 0 if chance "
    "alone makes such a distance from so few rows in more than one of 1,000 windows.",
    (*GROUPING, "monitor", "feature"),
)
DRIFT_BREACHES = Series(
    "penstock_drift_breaches",
    "Number of the monitor's last `persist.of` consecutive windows, including the newest, that were above its "
    "bound. Counted from the data, so a missed run does not matter. Only for monitors with `persist`.",
    (*GROUPING, "monitor", "feature"),
)
DRIFT_ROWS = Series(
    "penstock_drift_rows",
    f"Rows of the monitor's newest window; with fewer than {FEWEST_DRIFT_ROWS} drift is not evaluated.",
    (*GROUPING, "monitor"),
)
QUALITY_VALUE = Series(
    "penstock_quality_value",
    "The monitor's metric over the newest window's labelled rows; absent if fewer than `minLabels` have a label.",
    (*GROUPING, "monitor", "metric"),
)
QUALITY_LABELS = Series(
    "penstock_quality_labels",
    "Number of rows of the newest window whose label has arrived.",
    (*GROUPING, "monitor"),
)
OBSERVED_ROWS = Series(
    "penstock_monitoring_observed_rows",
    "Number of rows that the released model predicted in the longest of its monitors' newest windows.",
    GROUPING,
)
LAST_RUN = Series(
    "penstock_monitoring_last_run_timestamp_seconds",
    "Time at which the monitoring pipeline last finished, in seconds since 1970.",
    GROUPING,
)
LAST_REGISTRATION = Series(
    "penstock_training_last_registration_timestamp_seconds",
    "Time at which the training pipeline last finished, which includes registering a version, in seconds since 1970.",
    MODEL_GROUPING,
)

SERIES: tuple[Series, ...] = (
    DRIFT_DISTANCE,
    DRIFT_BREACHES,
    DRIFT_ROWS,
    QUALITY_VALUE,
    QUALITY_LABELS,
    OBSERVED_ROWS,
    LAST_RUN,
    LAST_REGISTRATION,
)
