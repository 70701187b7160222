"""The label does not match the task.

What it does: compares the contract of the label's column with the Model's `task`, and looks for the columns that labels
are joined on and for the event time that a `horizon` needs. Only a binary task has a `positive` value and a
`threshold`.

Why: a binary task needs a positive value, a regression needs numbers, and a label that cannot be joined to its row is
missing.

Example:

    task: binary
    label: {dataset: outcomes, column: status}       # text: `paid`, `late`, `default`

Use instead:

    label: {dataset: outcomes, column: status, positive: default}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.entity import with_entity
from penstock.checks.label_type import contradicts_task, tasks_of
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Column, Dataset
from penstock.specs.model import Model

_POSITIVES = {
    "string": "write one of the label's values, in quotes if it looks like a number",
    "int": "write one of the label's numbers, without quotes",
    "bool": "write `true` or `false`, without quotes; if `positive` is absent, `true` counts as positive",
}
"""By the type of a label: how its positive value is written."""


@rule("label-contract")
def label_contract(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields what is wrong between the label, its dataset and the task."""
    dataset = view.find(Dataset, model.spec.label.dataset)
    if dataset is None:
        return
    column = dataset.spec.columns.get(model.spec.label.column)
    if column is not None:
        yield from _type(view, model, dataset, column)
        yield from _positive(view, model, dataset, column)
    yield from _threshold(view, model)
    yield from _join(view, model, dataset)
    yield from _horizon(view, model, dataset)


def _declared(view: View, model: Model, dataset: Dataset, column: Column) -> Label:
    return Label(view.span(dataset, ("columns", model.spec.label.column, "type")), f"declared as `{column.type}`")


def _type(view: View, model: Model, dataset: Dataset, column: Column) -> Iterator[Diagnostic]:
    task, name = model.spec.task, model.spec.label.column
    fitting = tasks_of(column)
    if task not in fitting:
        wanted = "numbers" if task == "regression" else "classes: a `string`, an `int` or a `bool`"
        others = listed([f"task: {other}" for other in fitting], "or")
        yield Diagnostic.error(
            "label-contract",
            f"`{name}` cannot be the label of a {task} task",
            view.span(model, ("label", "column")),
            f"{task} predicts {wanted}",
            secondary=(
                Label(view.span(model, ("task",)), "the task"),
                _declared(view, model, dataset, column),
            ),
            help=(f"if the label is right, write {others}",) if fitting else (),
        )


def _positive(view: View, model: Model, dataset: Dataset, column: Column) -> Iterator[Diagnostic]:
    label = model.spec.label
    if model.spec.task != "binary":
        if label.positive is not None:
            yield Diagnostic.error(
                "label-contract",
                f"`positive` has no effect in a {model.spec.task} task",
                view.span(model, ("label", "positive"), "key"),
                help=("delete it",),
            )
        return
    if label.positive is None:
        if column.type == "string":
            some = f", such as {listed(map(str, column.one_of[:2]), 'or')}" if column.one_of else ""
            yield Diagnostic.error(
                "label-contract",
                f"the label `{label.column}` is text, and `positive` is not set",
                view.span(model, ("label", "column")),
                secondary=(_declared(view, model, dataset, column),),
                help=(f"add `positive` with the value that counts as positive{some}",),
            )
        return
    kinds: dict[str, type] = {"string": str, "int": int, "bool": bool}
    wanted = kinds.get(column.type)
    if wanted is not None and type(label.positive) is not wanted:
        yield Diagnostic.error(
            "label-contract",
            "`positive` has a different type than the label",
            view.span(model, ("label", "positive")),
            secondary=(_declared(view, model, dataset, column),),
            help=(_POSITIVES[column.type],),
        )
    elif column.one_of is not None and label.positive not in column.one_of:
        headline = f"`{label.positive}` is not a value of `{label.column}`"
        span = view.span(model, ("label", "positive"))
        yield unknown_word("label-contract", headline, span, str(label.positive), map(str, column.one_of))


def _threshold(view: View, model: Model) -> Iterator[Diagnostic]:
    if model.spec.task != "binary" and "threshold" in model.spec.model_fields_set and not contradicts_task(view, model):
        yield Diagnostic.error(
            "label-contract",
            f"`threshold` has no effect in a {model.spec.task} task",
            view.span(model, ("threshold",), "key"),
            help=("delete it",),
        )


def _join(view: View, model: Model, dataset: Dataset) -> Iterator[Diagnostic]:
    """Labels are joined with rows on the entity of the features."""
    for name in model.spec.features:
        feature_set = with_entity(view, name)
        if feature_set is None:
            continue
        missing = [column for column in feature_set.spec.entity if column not in dataset.spec.columns]
        if missing:
            yield Diagnostic.error(
                "label-contract",
                f"the labels of `{dataset.name}` cannot be joined with the rows of `{name}`",
                view.span(model, ("label", "dataset")),
                f"it has no {listed(missing)}",
                secondary=(Label(view.span(feature_set, ("entity",)), "the entity of the rows"),),
                help=("labels and rows are joined on the entity: the label's dataset needs the same columns",),
            )
        return


def _horizon(view: View, model: Model, dataset: Dataset) -> Iterator[Diagnostic]:
    if model.spec.label.horizon is not None and dataset.spec.event_time is None:
        yield Diagnostic.error(
            "label-contract",
            f"a `horizon` needs the event time of the labels in `{dataset.name}`",
            view.span(model, ("label", "horizon"), "key"),
            secondary=(Label(view.span(dataset, (), "key"), "no `eventTime`"),),
            help=("declare `eventTime`, and `knownAt` if labels become available later",),
        )
