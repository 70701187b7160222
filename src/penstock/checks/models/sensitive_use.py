"""A sensitive column reaches a model that does not declare it.

What it does: follows every column of sensitivity `sensitive` or `pii` through SQL and features to the models, and
requires an entry in `sensitiveUses` with its use: `feature`, `slice`, `label`, or `group` for the column of a split by
group or of a gate's clusters. Of columns that are derived from each other, only the nearest one is required, and beyond
it only more sensitive ones. An entry with another use also covers a column that groups rows.

A column also counts if it only selects what reaches the model: as a key of `match`, of a join or of a group, or in a
filter. One entry is enough for both sides of a join, that of the row's own column; and an entry with the use `feature`
also covers a column that selects slices or the label. If the function of a feature or a custom estimator reads the rows
of a Dataset by itself, every column of the Dataset counts.

Why: whether a model may use a person's age is a decision that somebody is accountable for, not a side effect of three
joins. A zone that is looked up by race reveals race.

Example: `age_band` is derived from `passengers.birth_date` (`pii`), and is a feature of the model.

Use instead, next to the model:

    sensitiveUses:
      - {column: passengers.birth_date, use: feature, purpose: Fares differ by age band by law.}

or remove the feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from penstock.catalog.lineage import Touch, Use, lineage
from penstock.catalog.model import View
from penstock.catalog.upstream import Column, Path
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import GroupSplit, Model


class _Undeclared(NamedTuple):
    """A sensitive column that the model touches, and nobody answers for."""

    column: Column
    use: Use
    touch: Touch
    sensitivity: str

    @property
    def name(self) -> str:
        return ".".join(self.column)


@rule("sensitive-use")
def sensitive_use(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each feature, slice, label and group of rows that brings sensitive columns in undeclared."""
    by_span: dict[Span, list[_Undeclared]] = {}
    for one in _undeclared(view, model):
        by_span.setdefault(_span(view, model, one.use, one.touch.path), []).append(one)
    for span, found in by_span.items():
        yield _diagnostic(view, model, span, found)


def _undeclared(view: View, model: Model) -> Iterator[_Undeclared]:
    flow = lineage(view)
    declared = {(use.column, use.use) for use in model.spec.sensitive_uses}
    reported: set[Column] = set()
    for (column, use), touch in flow.sensitive_uses(model).items():
        one = _Undeclared(column, use, touch, flow.sensitivity(column))
        # What decides a feature decides slices and the label with it, and one entry answers for all.
        if touch.decides and (column in reported or (one.name, "feature") in declared):
            continue
        # Whoever may use its values may keep rows together by them.
        if use == "group" and (column in reported or any(name == one.name for name, _ in declared)):
            continue
        if (one.name, use) not in declared:
            reported.add(column)
            yield one


def _diagnostic(view: View, model: Model, span: Span, found: list[_Undeclared]) -> Diagnostic:
    first = found[0]
    headlines = {
        "feature": f"the {first.sensitivity} column `{first.name}` reaches the model `{model.name}` undeclared",
        "slice": f"the model `{model.name}` is sliced by the {first.sensitivity} column `{first.name}` undeclared",
        "label": f"the model `{model.name}` predicts the {first.sensitivity} column `{first.name}` undeclared",
        "group": f"rows of the model `{model.name}` are grouped by the {first.sensitivity} column `{first.name}` "
        "undeclared",
    }
    headline = headlines[first.use]
    if first.touch.decides:
        headline = (
            f"the {first.sensitivity} column `{first.name}` selects what reaches the model `{model.name}`, undeclared"
        )
    path = first.touch.path
    return Diagnostic.error(
        "sensitive-use",
        headline,
        span,
        " -> ".join(path) if len(path) > 1 else "",
        secondary=tuple(_declaration(view, one) for one in found if view.find(Dataset, one.column[0]) is not None),
        help=tuple(
            f"declare it in `sensitiveUses`: `{{column: {one.name}, use: {one.use}, purpose: ...}}`, or leave it out"
            if one is first
            else f"so is `{one.name}`: `{{column: {one.name}, use: {one.use}, purpose: ...}}`"
            for one in found
        ),
    )


def _declaration(view: View, one: _Undeclared) -> Label:
    at = view.span(view.get(Dataset, one.column[0]), ("columns", one.column[1], "sensitivity"))
    return Label(at, f"`{one.name}` is {one.sensitivity}")


def _span(view: View, model: Model, use: Use, path: Path) -> Span:
    """The feature that carries the column in, the slice, the label, or the column that rows are grouped by."""
    if use == "label":
        return view.span(model, ("label", "column"))
    if use == "slice":
        name = path[-1].partition(".")[2]
        return view.span(model, ("slices", model.spec.slices.index(name)))
    if use == "group":
        return _grouping_span(view, model, path[-1].partition(".")[2])
    set_name, _, feature = path[-1].partition(".")
    if set_name.startswith("Model/"):
        return view.span(model, ("estimator",), "key")
    return view.span(view.get(FeatureSet, set_name), ("features", feature), "key")


def _grouping_span(view: View, model: Model, column: str) -> Span:
    if isinstance(model.spec.split, GroupSplit) and model.spec.split.column == column:
        return view.span(model, ("split", "column"))
    gates = (gate for gate in view.gates_of(model.name) if gate.spec.clusters is not None)
    gate = next(gate for gate in gates if gate.spec.clusters is not None and gate.spec.clusters.column == column)
    return view.span(gate, ("clusters", "column"))
