"""The context of an evaluation, a model with its test rows: what the measuring of every rule starts from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from penstock.runtime.evaluation.clustering import Clustering, clustering
from penstock.runtime.faults import OF_THE_MACHINE, InputError
from penstock.runtime.measures.intervals import Interval, Intervals
from penstock.runtime.measures.metrics import compute
from penstock.runtime.measures.predictions import Array, Predictions, binary, multiclass, regression
from penstock.runtime.measures.slices import Groups, by_group
from penstock.specs.metrics import METRICS

if TYPE_CHECKING:
    import pandas as pd

    from penstock.runtime.artifacts import Rows, Splits
    from penstock.runtime.learning.model_files import TrainedModel
    from penstock.runtime.measures.clusters import Clusters
    from penstock.specs.gate import Clusters as Declared
    from penstock.specs.metrics import Task

SEED = 20_260_101
"""Seed of everything that evaluation draws: the same model on the same rows gets the same figures."""


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """A model, its test rows and what it says of them."""

    model: TrainedModel
    splits: Splits
    rows: Rows
    threshold: float
    predictions: Predictions
    clustering: Clustering | None = None
    """Which rows intervals take as belonging together; none where single rows are independent."""
    _kept: dict[str, Intervals] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.predictions.task

    @property
    def clusters(self) -> Clusters | None:
        """The cluster of each row, where rows belong together."""
        return self.clustering.clusters if self.clustering is not None else None

    def clustered(self, declared: Declared | None) -> EvaluationContext:
        """The same with the clusters that the split and a gate ask for."""
        return replace(self, clustering=clustering(declared, self.splits, self.rows), _kept={})

    def predict(self, model: TrainedModel, frame: pd.DataFrame) -> Predictions:
        """What a model says of the test rows, whose features may have been changed."""
        return predictions_of(model, frame, self.rows.label, self.splits.classes, self.threshold)

    def interval(self, metric: str, confidence: float) -> Interval:
        """The interval of a metric on the test rows."""
        if metric not in self._kept:
            self._kept[metric] = Intervals(self.predictions, [metric], SEED, self.clusters)
        return self._kept[metric].of(metric, confidence)

    def metric(self, name: str) -> float:
        """A metric on the test rows; an `InputError` where the task has no such metric."""
        self.refuse_metric(name)
        return compute(name, self.predictions)

    def refuse_metric(self, name: str) -> None:
        """An `InputError` where the task has no such metric."""
        if name not in METRICS or self.task not in METRICS[name].tasks:
            known = ", ".join(f"`{each}`" for each, metric in METRICS.items() if self.task in metric.tasks)
            raise InputError(f"`{name}` is not a metric of a {self.task} task; known: {known}")

    def groups(self, column: str, min_support: int) -> Groups:
        """The test rows by the group that a slice or a feature names."""
        return by_group(self.rows.group(column), min_support)

    def train_labels(self) -> Array:
        """The labels of the training rows, in the form of the predictions' truth."""
        return truth_of(self.splits.label("train"), self.task, self.splits.classes)


def evaluation_context(model: TrainedModel, splits: Splits, threshold: float) -> EvaluationContext:
    """The model before the test rows of the splits."""
    if model.task != splits.task:
        raise InputError(f"the model is for a {model.task} task, but the splits are of a {splits.task} task")
    rows = splits.rows("test")
    if len(rows.label) == 0:
        raise InputError("the splits have no test rows, so the model cannot be evaluated")
    predictions = tried(model, rows.features, rows.label, splits.classes, threshold, "the test rows")
    if not np.isfinite(predictions.output).all():
        count = int((~np.isfinite(predictions.output)).sum())
        raise InputError(f"the model predicts no finite number for {count} of {len(predictions)} test rows")
    return EvaluationContext(model, splits, rows, threshold, predictions)


def tried(
    model: TrainedModel, frame: pd.DataFrame, label: Array, classes: tuple[str, ...], threshold: float, rows: str
) -> Predictions:
    """`predictions_of`; an `InputError` that names the `rows` where the model fails on them."""
    try:
        return predictions_of(model, frame, label, classes, threshold)
    except (InputError, *OF_THE_MACHINE):
        raise
    except Exception as error:  # whatever the learner does with values that the training rows did not have
        raise InputError(f"the model fails on {rows}: {type(error).__name__}: {error}") from error


def predictions_of(
    model: TrainedModel, frame: pd.DataFrame, label: Array, classes: tuple[str, ...], threshold: float
) -> Predictions:
    """What a model says of rows whose label is known."""
    task, output = cast("Task", model.task), model.scores(frame)
    truth = truth_of(label, task, classes)
    if task == "binary":
        return binary(truth, output, threshold)
    if task == "multiclass":
        return multiclass(truth, _in_order(output, model.classes, classes))
    return regression(truth, output)


def truth_of(label: Array, task: Task, classes: tuple[str, ...]) -> Array:
    """Labels as `Predictions` holds them: classes by their number."""
    if task != "multiclass":
        return label
    number = {name: position for position, name in enumerate(classes)}
    return np.array([number[str(each)] for each in label], dtype=np.int64)


def _in_order(probabilities: Array, having: tuple[str, ...], wanted: tuple[str, ...]) -> Array:
    """The columns in the order of the splits' classes; 0 for one that the model does not know."""
    ordered: Array = np.zeros((len(probabilities), len(wanted)))
    for position, name in enumerate(having):
        if name in wanted:
            ordered[:, wanted.index(name)] = probabilities[:, position]
    return ordered


def truth_and_decisions(predictions: Predictions, classes: tuple[str, ...]) -> Any:
    """Truth and decision as people write them: classes by name, the others as they are."""
    if predictions.task != "multiclass":
        return predictions.truth, predictions.decision
    names = np.array(classes, dtype=object)
    return names[predictions.truth], names[predictions.decision]
