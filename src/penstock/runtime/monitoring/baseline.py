"""Write what later windows of rows are held against: the distributions of the features and of the predictions.

The features are those of the training rows; the predictions are those of the validation and test rows, since a model
is surer of rows that it has learned. ``sample.parquet`` holds the numeric features of at most 1,000 training rows, in
standard deviations from the mean and without anything that names a row, for tests that need rows. ``profile.json``
says in which format it is: one that was written in another is refused, since distances from it would be other ones.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.runtime.arguments import directory, output_directory
from penstock.runtime.artifacts import Splits, read_json, read_table, write_json, write_table
from penstock.runtime.evaluation.context import tried
from penstock.runtime.faults import InputError
from penstock.runtime.learning.model_files import TrainedModel, load_model
from penstock.runtime.measures.profile import (
    Categories,
    Numbers,
    from_json,
    profile_categories,
    profile_column,
    profile_numbers,
)
from penstock.specs.model import TASKS

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from penstock.runtime.measures.predictions import Array, Predictions

PROFILE_FILE = "profile.json"
SAMPLE_FILE = "sample.parquet"
SAMPLE_ROWS = 1000
FORMAT = 2
"""Number of the form of ``profile.json``; the first had none."""
_SEED = 20_260_101

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--splits", type=directory, required=True, help="output of `split`")
    parser.add_argument("--model-dir", type=directory, required=True, help="output of `train`")
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--baseline", type=output_directory, required=True, help="output directory of the baseline")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    splits, model = Splits.read(arguments.splits), load_model(arguments.model_dir)
    if not model.task == splits.task == arguments.task:
        raise InputError(f"the model is for a {model.task} task, but the splits are for a {splits.task} task")
    rows = splits.count("train")
    chosen = np.sort(np.random.default_rng(_SEED).permutation(rows)[:SAMPLE_ROWS])
    known = {name: profile_column(column) for name, column in splits.columns("train", model.features)}
    unseen = _unseen(model, splits)
    facts = {
        "format": FORMAT,
        "model": model.name,
        "digest": model.digest,
        "task": model.task,
        "rows": rows,
        "features": {name: column.as_json() for name, column in known.items()},
        "prediction": profile_predictions(unseen).as_json(),
        "prediction_rows": len(unseen),
    }
    write_json(arguments.baseline / PROFILE_FILE, facts)
    numeric = [feature for feature in model.features if feature.numeric]
    write_table(arguments.baseline / SAMPLE_FILE, scaled(splits.frame("train", numeric, chosen), known))
    log.info("The baseline holds %d features of %d rows.", len(known), rows)


def profile_predictions(predictions: Predictions) -> Numbers | Categories:
    """The distribution of scores or values; of the predicted classes where there are more than two."""
    if predictions.task == "multiclass":
        return profile_categories([str(each) for each in predictions.decision])
    return profile_numbers(predictions.output)


def scaled(features: pd.DataFrame, profiles: dict[str, Numbers | Categories]) -> pa.Table:
    """Numeric features in standard deviations from the reference's mean; a missing one is at the mean."""
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for name in features.columns:
        reference = profiles[name]
        if not isinstance(reference, Numbers):
            raise TypeError(f"`{name}` is not numeric")
        values = (features[name].to_numpy(dtype=np.float64) - reference.mean) / (reference.deviation or 1.0)
        columns[str(name)] = np.where(np.isfinite(values), values, 0.0)
    return pa.table(columns)


def _unseen(model: TrainedModel, splits: Splits) -> Predictions:
    """What the model says of the rows that it has not learned from."""
    import pandas as pd

    parts = [splits.rows(part) for part in ("validation", "test")]
    frame = pd.concat([part.features for part in parts], ignore_index=True)
    label: Array = np.concatenate([part.label for part in parts])
    return tried(model, frame, label, splits.classes, 0.5, "the validation and test rows")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The output of this step: what is known of the rows that a model was made from."""

    rows: int
    features: dict[str, Numbers | Categories]
    prediction: Numbers | Categories
    sample: pa.Table

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """The baseline in a directory; an `InputError` where it holds none, or one of another format."""
        facts = read_json(path / PROFILE_FILE)
        if (found := facts.get("format", 1)) != FORMAT:
            raise InputError(
                f"`{path / PROFILE_FILE}` is a baseline of format {found}, but this step reads format {FORMAT}: "
                f"train the model with this version of Penstock and release it, or run the step with the version "
                f"that trained it"
            )
        return cls(
            facts["rows"],
            {name: from_json(column) for name, column in facts["features"].items()},
            from_json(facts["prediction"]),
            read_table(path / SAMPLE_FILE),
        )
