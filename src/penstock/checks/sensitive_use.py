"""A sensitive column reaches a model that does not declare it.

What it does: follows every column of sensitivity `sensitive` or `pii` through SQL and features to the models, and asks
for an entry of `sensitiveUses` with its use: `feature`, `slice` or `label`. Of columns that are made from each other
the nearest one is asked for, and beyond it only what is more sensitive.

Why: whether a model may learn from a person's age is a decision that somebody makes and answers for, not something that
happens through three joins.

Example: `age_band` is derived from `passengers.birth_date` (`pii`), and the model learns from `age_band`.

Use instead, next to the model:

    sensitiveUses:
      - {column: passengers.birth_date, use: feature, purpose: Fares differ by age band by law.}

or leave the feature out.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import Column, Path, Use, lineage
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model


@rule("sensitive-use", Model)
def sensitive_use(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each sensitive column that reaches the model undeclared."""
    flow = lineage(view)
    declared = {(use.column, use.use) for use in model.spec.sensitive_uses}
    for (column, use), path in flow.sensitive_uses(model).items():
        if (".".join(column), use) not in declared:
            yield _diagnostic(view, model, column, use, path, flow.sensitivity(column))


def _diagnostic(view: View, model: Model, column: Column, use: Use, path: Path, sensitivity: str) -> Diagnostic:
    name = ".".join(column)
    headlines = {
        "feature": f"the {sensitivity} column `{name}` reaches the model `{model.name}` undeclared",
        "slice": f"the model `{model.name}` is sliced by the {sensitivity} column `{name}` undeclared",
        "label": f"the model `{model.name}` predicts the {sensitivity} column `{name}` undeclared",
    }
    secondary: tuple[Label, ...] = ()
    dataset = view.find(Dataset, column[0])
    if dataset is not None:
        at = view.span(dataset, ("columns", column[1], "sensitivity"))
        secondary = (Label(at, f"`{name}` is {sensitivity}"),)
    return Diagnostic.error(
        "sensitive-use",
        headlines[use],
        _span(view, model, use, path),
        " -> ".join(path) if len(path) > 1 else "",
        secondary=secondary,
        help=(f"declare it in `sensitiveUses`: `{{column: {name}, use: {use}, purpose: ...}}`, or leave it out",),
    )


def _span(view: View, model: Model, use: Use, path: Path) -> Span:
    """The feature that carries the column in, the slice, or the label."""
    if use == "label":
        return view.span(model, ("label", "column"))
    if use == "slice":
        name = path[-1].partition(".")[2]
        return view.span(model, ("slices", model.spec.slices.index(name)))
    set_name, _, feature = path[-1].partition(".")
    return view.span(view.get(FeatureSet, set_name), ("features", feature), "key")
