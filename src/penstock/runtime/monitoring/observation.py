"""What a released model met and said, as the step ``observe`` writes it and the steps behind read it.

``data.parquet`` holds a row for each prediction, newest windows and those before: the features under their own names,
and with the prefix ``@`` the event time, the score, the prediction and, where it has come in, the label; one of
multiclass tasks has a score for each class. ``@cluster.`` and a column's name is a number for each value of what a gate
clusters rows by. ``observation.json`` says of which model; ``baseline/`` is a copy of what
was written when that version was trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from penstock.runtime.artifacts import (
    CLUSTER_PREFIX,
    DATA_FILE,
    EVENT_TIME,
    LABEL,
    FeatureColumn,
    read_json,
    read_table,
    texts,
)
from penstock.runtime.evaluation.clustering import Clustering, clustered
from penstock.runtime.measures.predictions import Array, Predictions, binary, multiclass, regression
from penstock.runtime.monitoring.baseline import Baseline

if TYPE_CHECKING:
    import pyarrow as pa

    from penstock.specs.gate import Clusters as Declared
    from penstock.specs.metrics import Task

OBSERVATION_FILE = "observation.json"
BASELINE_FOLDER = "baseline"
SCORE = "@score"
PREDICTION = "@prediction"


@dataclass(frozen=True, slots=True)
class Observation:
    """The rows that a model met, and the baseline of that model."""

    model: str
    digest: str
    task: Task
    features: tuple[FeatureColumn, ...]
    classes: tuple[str, ...]
    rows: pa.Table
    baseline: Baseline
    as_of: datetime
    """End of the newest window, in UTC."""

    @classmethod
    def read(cls, directory: Path) -> Observation:
        """The observation in a directory; an `InputError` where it holds none."""
        facts = read_json(directory / OBSERVATION_FILE)
        return cls(
            model=facts["model"],
            digest=facts["digest"],
            task=cast("Task", facts["task"]),
            features=tuple(map(FeatureColumn.of_json, facts["features"])),
            classes=tuple(facts["classes"]),
            rows=read_table(directory / DATA_FILE),
            baseline=Baseline.read(directory / BASELINE_FOLDER),
            as_of=datetime.fromisoformat(facts["as_of"]),
        )

    def between(self, start: datetime, end: datetime) -> pa.Table:
        """The rows after `start` and up to `end`; all rows where they have no time."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if EVENT_TIME not in self.rows.column_names:
            return self.rows
        times = self.rows[EVENT_TIME]
        low, high = (pa.scalar(moment.replace(tzinfo=None), times.type) for moment in (start, end))
        return self.rows.filter(pc.and_(pc.greater(times, low), pc.less_equal(times, high)))

    def newest(self, length: timedelta) -> pa.Table:
        """The rows of the last `length` before `as_of`."""
        return self.between(self.as_of - length, self.as_of)

    def labelled(self, rows: pa.Table, threshold: float) -> Predictions:
        """The predictions of those rows whose label has come in, also where the model answered with no finite number.

        A class that the model does not know is one more, which it never says.
        """
        known = self.with_label(rows)
        if self.task == "multiclass":
            return self._of_classes(known)
        truth = known[LABEL].to_numpy()
        if self.task == "binary":
            return binary(truth, _numbers(known, SCORE), threshold)
        return regression(truth, _numbers(known, PREDICTION))

    def with_label(self, rows: pa.Table) -> pa.Table:
        """Those of some rows whose label has come in."""
        import pyarrow.compute as pc

        if LABEL not in rows.column_names:
            rows = rows.slice(0, 0).append_column(LABEL, rows.slice(0, 0)[PREDICTION])
        return rows.filter(pc.is_valid(rows[LABEL]))

    def clustered(self, rows: pa.Table, groups: Sequence[str], declared: Declared | None) -> Clustering | None:
        """Which of some rows belong together: by the groups of the split, and by what a gate declares."""
        named = [name for name in rows.column_names if name.startswith(CLUSTER_PREFIX)]
        told_apart = rows.select(named).rename_columns([name.removeprefix(CLUSTER_PREFIX) for name in named])
        return clustered(groups, declared, told_apart, rows[EVENT_TIME] if EVENT_TIME in rows.column_names else None)

    def _of_classes(self, known: pa.Table) -> Predictions:
        number = {name: position for position, name in enumerate(self.classes)}
        truth = np.array([number.get(name, len(number)) for name in _text(known, LABEL) if name is not None], np.int64)
        scores = [_numbers(known, f"{SCORE}.{name}") for name in self.classes]
        if (truth == len(number)).any():
            scores.append(np.zeros(len(truth)))
        return multiclass(truth, np.stack(scores, axis=1))

    def column(self, rows: pa.Table, feature: FeatureColumn) -> Array | list[str | None]:
        """A feature of some rows: float64 with NaN where missing, or text with None."""
        return _numbers(rows, feature.name) if feature.numeric else _text(rows, feature.name)

    def said(self, rows: pa.Table) -> Array | list[str | None]:
        """What the model said of some rows, in the form in which the baseline holds it."""
        if self.task == "multiclass":
            number = {name: str(position) for position, name in enumerate(self.classes)}
            return [None if name is None else number.get(name) for name in _text(rows, PREDICTION)]
        return _numbers(rows, SCORE if self.task == "binary" else PREDICTION)


def _numbers(rows: pa.Table, name: str) -> Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    values: Any = pc.cast(rows[name], pa.float64(), safe=False).to_numpy()
    return np.asarray(values, dtype=np.float64)


def _text(rows: pa.Table, name: str) -> list[str | None]:
    return list(texts(rows[name]))
