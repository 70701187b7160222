"""A declared use of a sensitive column does not exist.

What it does: compares `sensitiveUses` with the columns that reach the Model, or select what reaches it.

Why: a later change could use the unused permission without approval.

Example: `{column: passengers.email, use: feature, purpose: ...}` in a model that no longer reads it.

Use instead: delete the entry.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import datasets_of, lineage
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model


@rule("unused-sensitive-use", severities=WARNS)
def unused_sensitive_use(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each entry that nothing needs, or that speaks of a dataset that does not exist."""
    if not model.spec.sensitive_uses:
        return
    flow = lineage(view)
    uses = {(".".join(column), use) for column, use in flow.uses_of(model)}
    seen: set[tuple[str, str]] = set()
    for position, declared in enumerate(model.spec.sensitive_uses):
        dataset = declared.column.partition(".")[0]
        key = (declared.column, declared.use)
        pointer = ("sensitiveUses", position)
        if view.find(Dataset, dataset) is None:
            continue
        if key in seen:
            yield Diagnostic.warning(
                "unused-sensitive-use",
                f"`{declared.column}` is declared more than once as {declared.use}",
                view.span(model, pointer),
                help=("delete one of the entries",),
            )
        elif key not in uses and _is_known(view, model):
            others = sorted(use for column, use in uses if column == declared.column)
            helps = (f"it is used as {others[0]}",) if others else ("delete the entry",)
            yield Diagnostic.warning(
                "unused-sensitive-use",
                f"`{declared.column}` does not reach `{model.name}` as {declared.use}",
                view.span(model, (*pointer, "use" if others else "column")),
                help=helps,
            )
        seen.add(key)


def _is_known(view: View, model: Model) -> bool:
    """Whether all is valid that the model is made from; what a broken spec carries in is uncertain."""
    feature_sets = (view.find(FeatureSet, name) for name in model.spec.features)
    datasets = (view.find(Dataset, name) for name in datasets_of(view, model.name))
    return all(one is not None for one in (*feature_sets, *datasets))
