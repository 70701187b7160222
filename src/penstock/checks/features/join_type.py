"""A join compares columns whose values can never be equal.

What it does: compares the declared types of the columns on which datasets are joined: in the `match` of `latest`,
`lookup` and `aggregate`, between the feature sets of a Model, and between its features and its label. Numbers match
numbers, and timestamps match dates; text never matches a number, even if it looks like one.

Why: the step that joins them would fail after the data has been read. If text were converted to numbers, `1` and `01`
would both match the number 1.

Example:

    tail: {type: int}                                                    # in `flights`, the source
    tail: {type: string}                                                 # in `aircraft`
    seats: {type: int, lookup: {of: aircraft, column: seats, match: [tail]}}

Use instead the same type in both:

    tail: {type: string}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from penstock.catalog.model import View
from penstock.checks.entity import with_entity
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model

_ALIKE = {"float": "int", "date": "timestamp"}
"""Types of which a value can equal one of another type."""


class _Side(NamedTuple):
    """A column that is to meet another one."""

    dataset: Dataset
    column: str

    def __str__(self) -> str:
        return f"`{self.dataset.name}.{self.column}`"

    @property
    def type(self) -> str | None:
        """What it is declared as; None where it is not, which `unknown-column` tells."""
        column = self.dataset.spec.columns.get(self.column)
        return column.type if column is not None else None


@rule("join-type")
def join_type(view: View, resource: FeatureSet | Model) -> Iterator[Diagnostic]:
    """Yields each pair of columns that cannot meet."""
    if isinstance(resource, FeatureSet):
        yield from _of_features(view, resource)
    else:
        yield from _of_entity(view, resource)


def _of_features(view: View, feature_set: FeatureSet) -> Iterator[Diagnostic]:
    source = view.find(Dataset, feature_set.spec.source)
    reported = set()
    for name, feature in feature_set.spec.features.items():
        for form in ("latest", "lookup", "aggregate"):
            reading = getattr(feature, form)
            read = view.find(Dataset, reading.of) if reading is not None else None
            if source is None or read is None:
                continue
            is_mapping = isinstance(reading.match, dict)
            pairs = reading.match.items() if is_mapping else zip(reading.match, reading.match, strict=True)
            for place, (their, our) in enumerate(pairs):
                # Features that read one dataset by one match have one mistake.
                if (read.name, their, our) not in reported:
                    reported.add((read.name, their, our))
                    at = ("features", name, form, "match", their if is_mapping else place)
                    yield from _apart(view, feature_set, at, _Side(source, our), _Side(read, their))


def _of_entity(view: View, model: Model) -> Iterator[Diagnostic]:
    """The feature sets of a model meet the first of them on its entity, and so does the label."""
    sets = [found for name in model.spec.features if (found := with_entity(view, name)) is not None]
    if not sets:
        return
    first, *others = sets
    ours = view.get(Dataset, first.spec.source)
    label = view.find(Dataset, model.spec.label.dataset)
    theirs: list[tuple[Pointer, Dataset]] = [
        (("features", other.name), view.get(Dataset, other.spec.source)) for other in others
    ]
    if label is not None:
        theirs.append((("label", "dataset"), label))
    for at, dataset in theirs:
        for column in first.spec.entity:
            yield from _apart(view, model, at, _Side(ours, column), _Side(dataset, column))


def _apart(view: View, resource: FeatureSet | Model, at: Pointer, ours: _Side, theirs: _Side) -> Iterator[Diagnostic]:
    if ours.type is None or theirs.type is None or _alike(ours.type) == _alike(theirs.type):
        return
    yield Diagnostic.error(
        "join-type",
        f"{theirs} is {theirs.type} and {ours} is {ours.type}, so the join never matches",
        view.span(resource, at, "key" if at[0] == "features" and len(at) == 2 else "value"),
        secondary=tuple(
            Label(view.span(side.dataset, ("columns", side.column, "type")), f"{side.type} here")
            for side in (ours, theirs)
        ),
        help=("declare both columns with the same type; a SQL dataset can convert one of them",),
    )


def _alike(type_: str) -> str:
    return _ALIKE.get(type_, type_)
