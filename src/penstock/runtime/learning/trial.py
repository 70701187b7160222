"""One trial of a search: the learner with some parameters, fitted on the training rows, scored on the validation rows.

Preprocessing does not depend on the parameters, so it is done once for all trials. Where trials run at a time, each
process reads the rows for itself.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from penstock.runtime.artifacts import Splits
from penstock.runtime.data.functions import failure, own_faults
from penstock.runtime.faults import OF_THE_MACHINE, InputError
from penstock.runtime.learning.estimators import (
    THREADS,
    build_estimator,
    fit,
    learner_of,
    limited_threads,
    takes_sparse,
    unlearnable,
)
from penstock.runtime.learning.inputs import kept_features
from penstock.runtime.learning.preprocess import preparation
from penstock.runtime.measures import predictions as forms
from penstock.runtime.measures.metrics import compute
from penstock.specs.estimator import Estimator
from penstock.specs.model import Preprocess

Array = np.ndarray[Any, Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """What all trials of a search share; small, so that it can be sent to another process."""

    splits: Path
    selection: Path | None
    estimator: Estimator
    preprocess: Preprocess
    metric: str
    task: str
    threshold: float
    seed: int
    point: Mapping[str, Any]
    """The parameters of some trial."""
    threads: int = THREADS


def refuse_unfit(task: Task) -> None:
    """Say what would make every trial fail.

    Raises:
        InputError: the estimator cannot be made, or there are no validation rows.
    """
    import pyarrow.parquet as pq

    _example(task)
    if pq.read_metadata(task.splits / "validation.parquet").num_rows == 0:
        raise InputError("there are no validation rows to score trials on: set `split.validation`")


def _example(task: Task) -> Any:
    """An estimator without the parameters that are searched; with those of some trial, where it needs them."""
    try:
        return build_estimator(task.estimator, {}, task.task, task.seed)
    except InputError:
        return build_estimator(task.estimator, task.point, task.task, task.seed)


class Bench:
    """The prepared rows of a `Task`, on which trials are fitted and scored."""

    def __init__(self, task: Task) -> None:
        self.task = task
        refuse_unfit(task)
        splits = Splits.read(task.splits)
        features = kept_features(splits, task.selection)
        train, validation = splits.frame("train", features), splits.frame("validation", features)
        self._classes = list(splits.classes)
        self._train_label = splits.label("train")
        self._truth = splits.label("validation")
        prepare = preparation(task.preprocess, features, sparse=takes_sparse(_example(task)))
        self._unlearnable = unlearnable(train)
        with limited_threads(task.threads):
            self._train = prepare.fit_transform(train)
            self._validation = prepare.transform(validation)

    def score(self, params: Mapping[str, Any]) -> float | str:
        """The metric of a learner with these parameters; a sentence where it cannot be fitted or scored."""
        task = self.task
        try:
            estimator = build_estimator(task.estimator, params, task.task, task.seed)
            fit(estimator, self._train, self._train_label, task.threads)
            with limited_threads(task.threads), own_faults(learner_of(estimator)):
                value = compute(task.metric, self._predictions(estimator))
        except InputError as error:
            return f"{error}{self._unlearnable}"
        except OF_THE_MACHINE:
            raise
        except Exception as error:  # libraries have exceptions of their own for parameters that do not go together
            log.exception("a trial failed")
            return f"the learner cannot be fitted{failure(error)}"
        return value if np.isfinite(value) else f"`{task.metric}` is not defined on the validation rows"

    def _predictions(self, estimator: Any) -> forms.Predictions:
        if self.task.task == "regression":
            return forms.regression(self._truth, estimator.predict(self._validation))
        probabilities = np.asarray(estimator.predict_proba(self._validation), dtype=np.float64)
        if self.task.task == "binary":
            return forms.binary(self._truth, probabilities[:, 1], self.task.threshold)
        full = np.zeros((len(probabilities), len(self._classes)))
        full[:, [self._classes.index(str(each)) for each in estimator.classes_]] = probabilities
        return forms.multiclass(np.array([self._classes.index(str(each)) for each in self._truth]), full)


_benches: list[Bench] = []
"""The bench of this process, where it is a worker of a search."""


def prepare_worker(task: Task) -> None:
    """Make this process a worker of a search over `task`."""
    _benches[:] = [Bench(task)]


def score_in_worker(params: Mapping[str, Any]) -> float | str:
    """`Bench.score` of the worker that runs this."""
    return _benches[0].score(params)
