"""Ask the released model about the rows of the last windows, and join the labels that have come in.

`--window` spans all the windows that a monitor counts. A label counts once its row is due, so that the quick labels of
the newest rows, which are not like the others, do not stand for all.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.runtime.arguments import by_name, directory, moment, named_directory, output_directory, spec
from penstock.runtime.artifacts import (
    CLUSTER_PREFIX,
    DATA_FILE,
    ENTITY_PREFIX,
    EVENT_TIME,
    LABEL,
    SLICE_PREFIX,
    write_json,
    write_table,
)
from penstock.runtime.data.labels import labelled
from penstock.runtime.data.split import join, read_features, with_clusters, with_features
from penstock.runtime.data.timed import TimedTable
from penstock.runtime.faults import InputError
from penstock.runtime.learning.model_files import TrainedModel, load_model
from penstock.runtime.monitoring.observation import BASELINE_FOLDER, OBSERVATION_FILE, PREDICTION, SCORE
from penstock.runtime.registry.champion import released_digest
from penstock.runtime.registry.store import MODEL, ModelStore
from penstock.specs.model import TASKS, FeatureChoice, Label
from penstock.specs.units import Duration

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument(
        "--threshold", type=float, default=0.5, help="binary tasks: the score from which a row is positive"
    )
    parser.add_argument(
        "--features", action="append", type=named_directory, required=True, help="SET=DIRECTORY of its features"
    )
    parser.add_argument(
        "--choice", type=spec(dict[str, FeatureChoice]), required=True, help="the model's `features` as JSON"
    )
    parser.add_argument("--slices", type=spec(list[str]), default=[], help="the model's `slices` as JSON")
    parser.add_argument("--clusters", type=spec(list[str]), default=[], help="columns to cluster rows by, as JSON")
    parser.add_argument("--label", type=spec(Label), help="the model's `label` as JSON, if labels are used")
    parser.add_argument("--label-table", type=directory, help="validated dataset of the label")
    parser.add_argument("--window", type=duration, required=True, help="how far back rows are read")
    parser.add_argument("--as-of", type=moment, default="", help="end of the newest window; now if empty")
    parser.add_argument("--digest", default="", help="the released version; the registry's champion if empty")
    parser.add_argument("--tracking", default="", help="address of MLflow")
    parser.add_argument("--model-store", required=True, help="address of the model store")
    parser.add_argument("--observation", type=output_directory, required=True, help="output directory of the rows")


def duration(text: str) -> Duration:
    """A flag's type: a span of time such as ``7d``."""
    try:
        return Duration.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    digest = released_digest(arguments.model, arguments.digest, arguments.tracking)
    store = ModelStore.open(arguments.model_store)
    with tempfile.TemporaryDirectory(prefix="released-") as temporary:
        store.fetch(arguments.model, digest, MODEL, Path(temporary) / MODEL)
        model = load_model(Path(temporary) / MODEL, digest)
    store.fetch(arguments.model, digest, "baseline", arguments.observation / BASELINE_FOLDER)
    if model.task != arguments.task:
        raise InputError(f"the released version is for a {model.task} task, but --task is {arguments.task}")
    sets = [
        read_features(name, path, arguments.choice) for name, path in by_name(arguments.features, "--features").items()
    ]
    try:
        model.refuse_other_types([feature for each in sets for feature in each.chosen])
    except InputError as fault:
        raise InputError(f"{fault}: release a version that learned it so") from None
    window = _window(join(sets), arguments.as_of, arguments.window)
    rows = with_clusters(with_features(sets, window), arguments.clusters)
    table = observed(model, rows, arguments.threshold, arguments.slices)
    if arguments.label is not None:
        if arguments.label_table is None:
            raise InputError("--label needs --label-table, the table that holds the labels")
        labels = TimedTable.read(arguments.label.dataset, arguments.label_table)
        table = table.append_column(LABEL, _labels(rows, arguments.label, labels, model.task))
    write_table(arguments.observation / DATA_FILE, table)
    write_json(
        arguments.observation / OBSERVATION_FILE,
        {
            "model": model.name,
            "digest": digest,
            "task": model.task,
            "features": [feature.as_json() for feature in model.features],
            "classes": list(model.classes),
            "threshold": arguments.threshold,
            "as_of": arguments.as_of.isoformat(),
            "window": str(arguments.window),
            "rows": table.num_rows,
        },
    )
    log.info("`%s` %s predicted %d rows.", model.name, digest, table.num_rows)


def observed(model: TrainedModel, rows: pa.Table, threshold: float, slices: list[str]) -> pa.Table:
    """The rows' features, times, slices and clusters, and what the model says of each.

    A slice may be a feature itself.
    """
    carried = {EVENT_TIME, *(SLICE_PREFIX + name for name in slices)}
    import numpy as np
    import pyarrow as pa

    names = [feature.name for feature in model.features]
    if missing := [name for name in names if name not in rows.column_names]:
        listed = ", ".join(f"`{name}`" for name in missing)
        raise InputError(
            f"the released version reads {listed}, which the feature sets no longer have: release another version"
        )
    kept = [
        *names,
        *(name for name in rows.column_names if name in carried or name.startswith(CLUSTER_PREFIX)),
    ]
    table = rows.select(kept)
    columns = max(1, len(model.classes))
    # A model cannot be asked about no rows; that there were none is a figure of its own.
    scores = model.scores(rows) if rows.num_rows else np.zeros((0, columns) if model.task == "multiclass" else 0)
    if model.task == "regression":
        return table.append_column(PREDICTION, pa.array(scores))
    if model.task == "binary":
        table = table.append_column(SCORE, pa.array(scores))
        return table.append_column(PREDICTION, pa.array((scores >= threshold).astype(np.int64)))
    for position, name in enumerate(model.classes):
        table = table.append_column(f"{SCORE}.{name}", pa.array(np.ascontiguousarray(scores[:, position])))
    decided = [model.classes[number] for number in scores.argmax(axis=1)] if rows.num_rows else []
    return table.append_column(PREDICTION, pa.array(decided, pa.string()))


def _window(rows: pa.Table, as_of: datetime, window: Duration) -> pa.Table:
    """The rows after the window's start and up to its end; all of them where they have no time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if EVENT_TIME not in rows.column_names:
        return rows
    times = rows[EVENT_TIME]
    end = as_of.replace(tzinfo=None)
    start = end - timedelta(milliseconds=int(window))
    low, high = (pa.scalar(each, times.type) for each in (start, end))
    return rows.filter(pc.and_(pc.greater(times, low), pc.less_equal(times, high)))


def _labels(rows: pa.Table, label: Label, table: TimedTable, task: str) -> Any:
    """Each row's label, null where it has not come in."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = {"binary": pa.int64(), "multiclass": pa.string(), "regression": pa.float64()}[task]
    if not rows.num_rows:
        return pa.nulls(0, kind)
    position = "@position"
    numbered = rows.select([name for name in rows.column_names if name.startswith(ENTITY_PREFIX) or name == EVENT_TIME])
    numbered = numbered.append_column(position, pa.array(range(rows.num_rows), pa.int64()))
    try:
        found = labelled(numbered, label, table, task, needs_positives=False).table
    except InputError as reason:
        log.warning("warning: no row counts as labelled: %s", reason)
        return pa.nulls(rows.num_rows, kind)
    place = pc.index_in(numbered[position], value_set=found[position].combine_chunks())
    return pc.cast(pc.take(found[LABEL], place), kind)
