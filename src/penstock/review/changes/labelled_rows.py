"""Rows that a pull request declares as sensitive, or labels so: code that nobody edits may have read them all along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.model import SpecId, View
from penstock.catalog.upstream import SENSITIVE
from penstock.review.changes.specs import SpecEdit
from penstock.review.impact.dependency_graph import DependencyGraph
from penstock.review.model import Operation
from penstock.specs.dataset import Dataset

NAMING_CODE = ("Dataset", "FeatureSet", "Gate", "Model")
"""The kinds whose specs name code."""
_HOLDS_CODE = ("python", "class", "command")
"""Keys of the fields that name it."""
_LABELLING = ((), ("spec", "source"), ("spec", "columns"))


def sensitive_columns(view: View, dataset: str) -> Iterator[tuple[str, str]]:
    """The columns of a dataset that are labelled as sensitive; none of one that is not there."""
    found = view.find(Dataset, dataset)
    for name, column in found.spec.columns.items() if found is not None else ():
        if column.sensitivity in SENSITIVE:
            yield dataset, name


def newly_labelled(
    base: DependencyGraph, head: DependencyGraph, edits: Iterable[SpecEdit]
) -> dict[str, tuple[SpecEdit, ...]]:
    """The edits by which rows come to have sensitive columns, by the name of the dataset that declares them."""
    found: dict[str, tuple[SpecEdit, ...]] = {}
    for edit in edits:
        is_new = edit.change.operation in (Operation.ADDED, Operation.CHANGED)
        if edit.spec.kind == "Dataset" and is_new and edit.pointer[:2] in _LABELLING and _labels(base, head, edit):
            found[edit.spec.name] = (*found.get(edit.spec.name, ()), edit)
    return found


def _labels(base: DependencyGraph, head: DependencyGraph, edit: SpecEdit) -> bool:
    """Whether more columns are sensitive than before, or others are read under their names, in any environment."""
    sides = base.catalog, head.catalog
    for environment in dict.fromkeys([None, *(name for side in sides for name in side.overriding(edit.spec))]):
        views = (side.view(environment) for side in sides)
        before, after = (set(sensitive_columns(view, edit.spec.name)) for view in views)
        if after - before or (after and edit.pointer[:2] == ("spec", "source")):
            return True
    return False


def may_name_code(head: DependencyGraph) -> Iterator[SpecId]:
    """The specs of head in whose files code may be named."""
    for file in head.catalog.files:
        if file.hides_names or any(key in file.source.text for key in _HOLDS_CODE):
            yield from (spec_id for spec_id, _, _ in file.targets if spec_id.kind in NAMING_CODE)
