"""Two datasets read the same rows and label a column with different sensitivity.

What it does: compares the `sensitivity` of columns of the same name in all Datasets that read the same file or call the
same function, where one of the labels is `sensitive` or `pii`. It is a warning if two different patterns only may match
the same file. `penstock check` compares all Datasets with each other; `penstock compile` does not.

Why: the values are the same, so one of the labels is wrong. A model that reads the column by the lower label needs no
entry in `sensitiveUses`. The plan of a pull request counts the higher label, whatever the other one says.

Example:

    kind: Dataset            # passengers
    spec:
      source: {csv: data/passengers.csv}
      columns: {birth_year: {type: int, sensitivity: pii}}
    ---
    kind: Dataset            # ages
    spec:
      source: {csv: data/passengers.csv}
      columns: {birth_year: {type: int}}

Use instead: the same label in both, or leave the column out of the contract of the Dataset that does not need it:
features can only read columns of the contract.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import Catalog, View
from penstock.catalog.same_rows import same_rows
from penstock.catalog.upstream import SENSITIVE
from penstock.diagnostics.codes import MAY_WARN, Code
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Label, Safety
from penstock.specs.dataset import Dataset

CODE = Code("conflicting-sensitivity", __doc__ or "", MAY_WARN)


def conflicting_sensitivity(catalog: Catalog) -> Iterator[Diagnostic]:
    """Yields each column whose label is lower than that of another dataset with the same rows.

    It looks at all datasets at once. As a rule of each dataset it would make every one depend on all others, so that
    an edit of one would have them all checked again.
    """
    known: set[tuple[str, str]] = set()
    overriding = {name for spec_id in catalog.ids("Dataset") for name in catalog.overriding(spec_id)}
    for environment in (None, *(name for name in catalog.environments() if name in overriding)):
        view = catalog.view(environment)
        for dataset, name, other, is_sure in _conflicts(view.all(Dataset)):
            if (dataset.name, name) not in known:
                known.add((dataset.name, name))
                yield _diagnostic(view, dataset, name, other, is_sure=is_sure)


def _conflicts(datasets: tuple[Dataset, ...]) -> Iterator[tuple[Dataset, str, Dataset, bool]]:
    """A dataset and its column, another one with a higher label, and whether it has the same rows for sure."""
    holders: dict[str, list[tuple[int, Dataset]]] = {}
    for dataset in datasets:
        for name, column in dataset.spec.columns.items():
            holders.setdefault(name, []).append((SENSITIVE.get(column.sensitivity, 0), dataset))
    for name, ranked in holders.items():
        highest = sorted(((rank, other) for rank, other in ranked if rank), key=lambda pair: -pair[0])
        for own, dataset in ranked:
            found = [
                (other, relation)
                for rank, other in highest
                if rank > own and (relation := same_rows(dataset.spec.source, other.spec.source)) is not None
            ]
            if found:
                other, relation = next((one for one in found if one[1] == "sure"), found[0])
                yield dataset, name, other, relation == "sure"


def _diagnostic(view: View, dataset: Dataset, name: str, other: Dataset, *, is_sure: bool) -> Diagnostic:
    column, higher = dataset.spec.columns[name], other.spec.columns[name].sensitivity
    is_written = "sensitivity" in column.model_fields_set
    at = view.span(dataset, ("columns", name), "key")
    if is_written:
        at = view.span(dataset, ("columns", name, "sensitivity"))
    helps = [f"write `sensitivity: {higher}`, or leave the column out of this contract"]
    if not is_sure:
        helps.append("or write patterns that cannot match the same file")
    make = Diagnostic.error if is_sure else Diagnostic.warning
    return make(
        "conflicting-sensitivity",
        f"`{dataset.name}.{name}` is {column.sensitivity}, but `{other.name}` labels the same column as {higher}",
        at,
        "" if is_written else f"{column.sensitivity} by default",
        secondary=(
            Label(view.span(other, ("columns", name, "sensitivity")), f"{higher} here"),
            Label(view.span(dataset, ("source",), "key"), f"{'reads' if is_sure else 'may read'} the same rows"),
        ),
        help=tuple(helps),
        fix=Fix(Safety.UNSAFE, f"write `{higher}`", (Edit(at, higher),)) if is_written else None,
    )
