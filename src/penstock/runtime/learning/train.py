"""Train the model on the training rows and save it.

The validation rows stay unseen: the search has chosen parameters by them, and whoever calibrates or stops early by
them later needs rows that the learner did not learn.
"""

from __future__ import annotations

import argparse
import logging
import time
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from penstock.runtime.arguments import directory, output_directory, spec
from penstock.runtime.artifacts import FeatureColumn, Splits
from penstock.runtime.learning.estimators import build_estimator, fit, takes_sparse, unfitted_pipeline
from penstock.runtime.learning.inputs import best_params, kept_features, refuse_other_task
from penstock.runtime.learning.model_files import save_model
from penstock.specs.estimator import Estimator
from penstock.specs.model import TASKS, Preprocess

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_MANY = 20
"""Different texts from which on it tells something that most rows have one of their own."""

_MUCH = 1_000_000_000
"""Bytes of encoded categories from which on memory may run out."""

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--splits", type=directory, required=True, help="output of `split`")
    parser.add_argument("--selection", type=directory, help="output of `select`")
    parser.add_argument("--trials", type=directory, help="output of `search`")
    parser.add_argument("--estimator", type=spec(Estimator), required=True, help="the model's `estimator` as JSON")
    parser.add_argument("--preprocess", type=spec(Preprocess), default=Preprocess(), help="its `preprocess` as JSON")
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument("--model-dir", type=output_directory, required=True, help="output directory of the model")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    splits = Splits.read(arguments.splits)
    refuse_other_task(splits, arguments)
    features = kept_features(splits, arguments.selection)
    searched = best_params(arguments.trials)
    frame, label = splits.frame("train", features), splits.label("train")
    estimator = build_estimator(arguments.estimator, searched, arguments.task, arguments.seed)
    pipeline = unfitted_pipeline(estimator, arguments.preprocess, features)
    _warn_of_names(frame, features)
    if arguments.preprocess.categorical.encode == "onehot" and not takes_sparse(estimator):
        _warn_of_width(frame, features)
    began = time.monotonic()
    _fit(pipeline, frame, label)
    log.info("Fitted on %d rows and %d features in %.1f s.", len(frame), len(features), time.monotonic() - began)
    digest = save_model(
        arguments.model_dir,
        name=arguments.model,
        task=arguments.task,
        pipeline=pipeline,
        features=features,
        classes=splits.classes,
        rows=frame,
        training={
            "estimator": arguments.estimator.model_dump(mode="json", by_alias=True, exclude_none=True),
            "preprocess": arguments.preprocess.model_dump(mode="json", by_alias=True, exclude_none=True),
            "params": {**arguments.estimator.params, **searched},
            "searched": searched,
            "seed": arguments.seed,
            "rows": len(frame),
            "dropped_features": sorted({f.name for f in splits.features} - {f.name for f in features}),
        },
    )
    log.info("The model `%s` is %s.", arguments.model, digest)


def _warn_of_names(frame: pd.DataFrame, features: Sequence[FeatureColumn]) -> None:
    """Tell of texts that hardly two rows share, such as names and free text: a category that is met once is noise."""
    for feature in features:
        if feature.type != "string":
            continue
        counts = frame[feature.name].value_counts()
        if len(counts) >= _MANY and 2 * int((counts == 1).sum()) > len(frame):
            log.warning(
                "warning: feature `%s.%s`: %s different values in %s training rows, each a category of its own, and "
                "others count as missing: compute from it what rows have in common (`sql`, `python`), or exclude it",
                feature.set, feature.name, f"{len(counts):,}", f"{len(frame):,}",
            )  # fmt: skip


def _warn_of_width(frame: pd.DataFrame, features: Sequence[FeatureColumn]) -> None:
    """Tell of categories, a column each, that need so much memory that the step may be killed without a word."""
    values = {feature.name: frame[feature.name].nunique() for feature in features if not feature.numeric}
    size = 8 * len(frame) * sum(values.values())
    if size > _MUCH:
        widest = max(values, key=lambda name: values[name])
        log.warning(
            "warning: %s categories (%s of `%s`) become a column each, which takes %.1f GB for %s rows, since the "
            "learner supports no sparse matrix: write `preprocess: {categorical: {encode: ordinal}}`, or put rare "
            "values together in the feature",
            f"{sum(values.values()):,}", f"{values[widest]:,}", widest, size / 1e9, f"{len(frame):,}",
        )  # fmt: skip


def _fit(pipeline: Any, frame: pd.DataFrame, label: np.ndarray[Any, Any]) -> None:
    """Fit the pipeline, and tell whether it has not converged: such a model is another with each change of the rows."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        fit(pipeline, frame, label)
    stopped = [each for each in caught if issubclass(each.category, ConvergenceWarning)]
    for said in dict.fromkeys(str(each.message).splitlines()[0].rstrip(".:") for each in stopped):
        log.warning(
            "warning: the learner has not converged (%s): raise `max_iter` or the like in `estimator.params`, or scale "
            "numbers with `preprocess.numeric.scale`", said,
        )  # fmt: skip
    for other in caught:
        if other not in stopped:
            warnings.showwarning(other.message, other.category, other.filename, other.lineno)
