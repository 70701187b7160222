"""Two columns of a model's training table have the same name.

What it does: compares the features of all feature sets of a Model with each other and with its slices, and the entities
of the feature sets. A vector `v` has the columns `v_0`, `v_1` and so on. A feature that is the slice's own column,
unchanged, is the same column.

Why: feature sets are joined into one table on their entity. Of two columns with the same name one would silently
replace the other: groups of a slice are formed by the feature of its name. Feature sets with different entities cannot
be joined.

Example: `distance` in `flight-plan` and in `conditions`, both chosen with `all`.

Use instead: rename one, or exclude it: `conditions: {except: [distance]}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import FeatureId, lineage, rows_dataset
from penstock.catalog.model import View
from penstock.checks.entity import with_entity
from penstock.checks.rule import rule
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model


@rule("feature-collision")
def feature_collision(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each name that two feature sets share, and each feature set that does not join with the first."""
    owners: dict[str, str] = {}
    features = lineage(view).features_of(model)
    for feature in features:
        other = owners.setdefault(feature.name, feature.feature_set)
        if other != feature.feature_set:
            yield Diagnostic.error(
                "feature-collision",
                f"two features of the model are named `{feature.name}`",
                view.span(model, ("features", feature.feature_set), "key"),
                "the second comes from here",
                secondary=(Label(view.span(model, ("features", other), "key"), "the first comes from here"),),
                help=(f"rename one, or exclude it: `{feature.feature_set}: {{except: [{feature.name}]}}`",),
            )
    yield from _vectors(view, features)
    yield from _slices(view, model, owners)
    yield from _entities(view, model)


def _vectors(view: View, features: tuple[FeatureId, ...]) -> Iterator[Diagnostic]:
    """Features with the name of a column of a vector."""
    names = {feature.name: feature for feature in features}
    for feature in features:
        declared = view.get(FeatureSet, feature.feature_set).spec.features[feature.name]
        taken = [] if declared.length is None else [each for each in declared.columns(feature.name) if each in names]
        for name in taken:
            other = names[name]
            yield Diagnostic.error(
                "feature-collision",
                f"two columns of the model are named `{name}`",
                view.span(view.get(FeatureSet, other.feature_set), ("features", name), "key"),
                "this feature",
                secondary=(
                    Label(
                        view.span(view.get(FeatureSet, feature.feature_set), ("features", feature.name, "type")),
                        f"the columns of `{feature.name}` are named `{feature.name}_0` and so on",
                    ),
                ),
                help=(f"rename one, or exclude it: `{other.feature_set}: {{except: [{name}]}}`",),
            )


def _slices(view: View, model: Model, owners: dict[str, str]) -> Iterator[Diagnostic]:
    """Slices of whose name a feature makes something else than their column."""
    rows = rows_dataset(view, model)
    for position, name in enumerate(model.spec.slices):
        feature_set = view.find(FeatureSet, owners[name]) if name in owners else None
        if rows is None or feature_set is None or name not in rows.spec.columns:
            continue
        sql = feature_set.spec.features[name].sql
        if sql is None or sql.strip().strip('"') != name:
            yield Diagnostic.error(
                "feature-collision",
                f"`{name}` is a slice and a feature, and groups are formed by the feature",
                view.span(model, ("slices", position)),
                f"this is the column of `{rows.name}`",
                secondary=(Label(view.span(feature_set, ("features", name), "key"), "the feature"),),
                help=(f"rename the feature, or remove `{name}` from `slices`: rules can group by the feature",),
            )


def _entities(view: View, model: Model) -> Iterator[Diagnostic]:
    sets = [found for name in model.spec.features if (found := with_entity(view, name)) is not None]
    for other in sets[1:]:
        first = sets[0]
        if set(other.spec.entity) != set(first.spec.entity):
            yield Diagnostic.error(
                "feature-collision",
                f"the feature sets `{first.name}` and `{other.name}` have different entities",
                view.span(model, ("features", other.name), "key"),
                f"one row for each {listed(other.spec.entity)}",
                secondary=(
                    Label(
                        view.span(model, ("features", first.name), "key"),
                        f"one row for each {listed(first.spec.entity)}",
                    ),
                ),
                help=("feature sets of a model are joined on their entity: use the same entity in both",),
            )
