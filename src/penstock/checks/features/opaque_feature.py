"""A feature does not say which columns it reads.

What it does: requires `reads` beside `python`, and rejects it beside the other forms. It also warns of SQL that reads
columns other than by their names: by a pattern, by a number, or as the value that a method is called on. A method of
what is no column is an error: DuckDB has no modules, such as the `np` of `np.log(x)`.

Why: lineage cannot follow a function, which gets the whole table. Without `reads` every column counts as read, so each
sensitive one is taken to reach the model. With `reads` the function is given only those columns.

Example:

    risk: {type: float, python: "systems.loans:risk"}
    letters: {type: int, sql: "employer.length()"}

Use instead:

    risk: {type: float, python: "systems.loans:risk", reads: [income, debt]}
    letters: {type: int, sql: "length(employer)"}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.sql.functions import is_known
from penstock.catalog.sql.values import Expression, Receiver
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Pointer
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import Feature, FeatureSet

_PLAINLY = {"log": "write `ln(...)`; `log(...)` is to the base of 10"}
"""What to write for functions that mean something else in Python's modules."""


@rule("opaque-feature", severities=MAY_WARN)
def opaque_feature(view: View, feature_set: FeatureSet) -> Iterator[Diagnostic]:
    """Yields each Python feature without `reads`, SQL that hides what it reads, and `reads` where it says nothing."""
    for name, feature in feature_set.spec.features.items():
        if feature.python is not None and feature.reads is None:
            yield Diagnostic.warning(
                "opaque-feature",
                f"`{name}` does not declare which columns its function reads",
                view.span(feature_set, ("features", name, "python")),
                "every column counts as read",
                help=("add `reads: [...]` with the columns of the source that it needs",),
            )
        elif feature.python is None and feature.reads is not None:
            yield Diagnostic.error(
                "opaque-feature",
                f"`reads` has no effect: `{name}` has no Python function",
                view.span(feature_set, ("features", name, "reads"), "key"),
                help=("delete it: lineage follows the other forms by itself",),
            )
        for below, dataset, text in _expressions(feature_set, feature):
            parsed = analysis.expression(text)
            if not isinstance(parsed, Expression) or not parsed.opaque or parsed.subquery is not None:
                continue
            strange = next((one for one in parsed.receivers if _is_nothing(view, dataset, one)), None)
            if strange is not None:
                yield Diagnostic.error(
                    "opaque-feature",
                    f"the SQL of `{name}` calls `{strange.function}` on `{strange.name}`, which is no column of "
                    f"`{dataset}`",
                    view.span(feature_set, ("features", name, *below), within=strange.at),
                    "SQL has no modules",
                    help=(_PLAINLY.get(strange.function, f"write `{strange.function}(...)`"),),
                )
            else:
                yield Diagnostic.warning(
                    "opaque-feature",
                    f"the SQL of `{name}` does not name the columns that it reads",
                    view.span(feature_set, ("features", name, *below)),
                    "every column counts as read",
                    help=("write the columns by their names, and `length(text)` instead of `text.length()`",),
                )


def _expressions(feature_set: FeatureSet, feature: Feature) -> Iterator[tuple[Pointer, str, str]]:
    """The SQL of a feature, by its place below it, with the dataset whose columns it reads, and the text."""
    if feature.sql is not None:
        yield ("sql",), feature_set.spec.source, feature.sql
    if feature.aggregate is not None:
        of = feature.aggregate.of
        yield ("aggregate", "sql"), of, feature.aggregate.sql
        if feature.aggregate.where is not None:
            yield ("aggregate", "where"), of, feature.aggregate.where


def _is_nothing(view: View, dataset: str, receiver: Receiver) -> bool:
    """Whether a function, and one that there is, is called on neither a column nor a schema of DuckDB's."""
    found = view.find(Dataset, dataset)
    if found is None or not is_known(receiver.function):
        return False
    return receiver.name.lower() not in {"main", "system", *map(str.lower, found.spec.columns)}
