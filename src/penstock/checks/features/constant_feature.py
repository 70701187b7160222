"""A feature has the same value in every row.

What it does: looks at the `sql` of a feature. It has one value only if it names no column, such as `null` or `1`, or
none but columns whose contract allows a single value: `oneOf` with one, or a `min` that is the `max`, without
`nullable`.

Why: a model learns nothing from it, though it looks like something it was given. It is a placeholder that was left, or
a contract that is too narrow.

Example:

    distance_km: {type: float, sql: "null"}

Use instead: the column that it was meant to be, or no such feature:

    distance_km: {type: float, sql: distance * 1.609}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Expression
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Column, Dataset
from penstock.specs.feature_set import FeatureSet


@rule("constant-feature", severities=WARNS)
def constant_feature(view: View, feature_set: FeatureSet) -> Iterator[Diagnostic]:
    """Yields each feature that can have one value only."""
    source = view.find(Dataset, feature_set.spec.source)
    columns = {name.lower(): (name, one) for name, one in source.spec.columns.items()} if source is not None else {}
    for name, feature in feature_set.spec.features.items():
        found = analysis.expression(feature.sql) if feature.sql is not None else None
        if not isinstance(found, Expression) or found.opaque or found.volatile or found.subquery or found.windows:
            continue
        read = dict.fromkeys(use.name.lower() for use in found.columns)
        if all(one in columns and _is_constant(columns[one][1]) for one in read) and not found.unknown:
            declared = [columns[one][0] for one in read]
            yield Diagnostic.warning(
                "constant-feature",
                f"the feature `{name}` has the same value in every row",
                view.span(feature_set, ("features", name, "sql")),
                "" if declared else "names no column",
                secondary=tuple(
                    Label(view.span(source, ("columns", one), "key"), "its contract allows one value only")
                    for one in declared[:1]
                    if source is not None
                ),
                help=("delete it" if declared else "name the column that it was meant to be, or delete it",),
            )


def _is_constant(column: Column) -> bool:
    """Whether a column can have one value only; one that may be missing says at least that."""
    is_listed = column.type in ("string", "int") and column.one_of is not None and len(column.one_of) == 1
    is_between = column.min is not None and column.min == column.max
    return (is_listed or is_between) and not column.nullable
