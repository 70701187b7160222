"""Whether a model's label is of a type that its task can predict."""

from __future__ import annotations

from penstock.catalog.model import View
from penstock.specs.dataset import Column, Dataset
from penstock.specs.metrics import Task
from penstock.specs.model import Model


def tasks_of(column: Column) -> tuple[Task, ...]:
    """The tasks whose label a column can be, by its declared type."""
    if column.type == "int":
        return ("binary", "multiclass", "regression")
    if column.type == "float":
        return ("regression",)
    return ("binary", "multiclass") if column.type in ("string", "bool") else ()


def contradicts_task(view: View, model: Model) -> bool:
    """Whether the label's type rules the task out.

    `label-contract` reports it. One of the two is wrong, and until that is settled nothing else is compared with the
    task: a wrong `task` would otherwise be reported at each metric and at the estimator, too.
    """
    dataset = view.find(Dataset, model.spec.label.dataset)
    column = dataset.spec.columns.get(model.spec.label.column) if dataset is not None else None
    return column is not None and model.spec.task not in tasks_of(column)
