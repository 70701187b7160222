"""Which columns flow where: from datasets through SQL and features to models.

A column is written ``(dataset, column)``. What cannot be seen into (a Python feature without `reads`, SQL that does
not parse) counts as depending on everything it could read, never on nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from penstock.catalog import sql
from penstock.catalog.model import View
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import Feature, FeatureSet
from penstock.specs.model import Except, Model

Column = tuple[str, str]
"""A dataset and one of its columns."""

Path = tuple[str, ...]
"""How a column reaches a model: ``passengers.email``, ``bookings.contact``, ``conditions.domain``."""

Use = Literal["feature", "slice", "label"]


SENSITIVE = {"sensitive": 1, "pii": 2}
"""The sensitivities that a use must be declared for, the larger the more sensitive."""


@dataclass(frozen=True, slots=True)
class FeatureId:
    """A feature by its feature set and its name."""

    feature_set: str
    name: str

    def __str__(self) -> str:
        return f"{self.feature_set}.{self.name}"


@dataclass(frozen=True, slots=True)
class FeatureSource:
    """A column that a feature reads, and by which form."""

    column: Column
    form: Literal["sql", "latest", "lookup", "aggregate", "python"]
    guessed: bool = False
    """Whether the feature only might read it."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """The lineage of all specs as one environment sees them; computed piece by piece, when asked for."""

    view: View

    def features_of(self, model: str | Model) -> tuple[FeatureId, ...]:
        """The features that a model learns from, in the order of its feature sets."""
        spec = (self.view.model(model) if isinstance(model, str) else model).spec
        chosen: list[FeatureId] = []
        for set_name, choice in spec.features.items():
            feature_set = self.view.find(FeatureSet, set_name)
            if feature_set is None:
                continue
            names = list(feature_set.spec.features)
            if isinstance(choice, Except):
                names = [name for name in names if name not in choice.except_]
            elif isinstance(choice, list):
                names = [name for name in choice if name in feature_set.spec.features]
            chosen += [FeatureId(set_name, name) for name in names]
        return tuple(chosen)

    def sources_of(self, feature: FeatureId) -> tuple[FeatureSource, ...]:
        """The columns that a feature reads directly."""
        return self.view.memo(("feature-sources", feature), lambda view: _feature_sources(view, feature))

    def upstream(self, column: Column) -> dict[Column, Path]:
        """The column itself and all that it derives from, each with the path from there to the column."""
        return self.view.memo(("upstream", column), lambda view: _upstream(view, column))

    def exposed(self, column: Column) -> dict[Column, Path]:
        """The sensitive columns that somebody must answer for who reads `column`, each with the path to it.

        Of the columns upstream of a sensitive one, only those are named that are more sensitive: whoever answers for a
        column answers for what it was made from, but not for `pii` behind what is declared as merely `sensitive`.
        """
        return self.view.memo(("exposed", column), lambda view: _exposed(view, column))

    def feature_columns(self, feature: FeatureId) -> dict[Column, Path]:
        """All columns that a feature derives from, each with the path from there to the feature."""
        found: dict[Column, Path] = {}
        for source in self.sources_of(feature):
            for column, path in self.upstream(source.column).items():
                found.setdefault(column, (*path, str(feature)))
        return found

    def columns_reaching(self, model: str | Model) -> dict[Column, Path]:
        """All columns that reach a model through its features, each with one path from the column to the feature."""
        found: dict[Column, Path] = {}
        for feature in self.features_of(model):
            for column, path in self.feature_columns(feature).items():
                found.setdefault(column, path)
        return found

    def uses_of(self, model: str | Model) -> dict[tuple[Column, Use], Path]:
        """Every column that a model touches and what as: feature, slice or label; with one path each."""
        resource = self.view.model(model) if isinstance(model, str) else model
        uses: dict[tuple[Column, Use], Path] = {
            (column, "feature"): path for column, path in self.columns_reaching(resource).items()
        }
        for direct, use in _other_uses(self.view, resource):
            for column, path in self.upstream(direct).items():
                uses.setdefault((column, use), path)
        return uses

    def sensitive_uses(self, model: Model) -> dict[tuple[Column, Use], Path]:
        """Every sensitive column that somebody must answer for, what the model touches it as, and one path each."""
        uses: dict[tuple[Column, Use], Path] = {}
        for feature in self.features_of(model):
            for source in self.sources_of(feature):
                # SQL that does not parse is reported by itself; a Python function may really read everything.
                if source.guessed and source.form != "python":
                    continue
                for column, path in self.exposed(source.column).items():
                    uses.setdefault((column, "feature"), (*path, str(feature)))
        for direct, use in _other_uses(self.view, model):
            for column, path in self.exposed(direct).items():
                uses.setdefault((column, use), path)
        return uses

    def sensitivity(self, column: Column) -> str:
        """How sensitive a column is declared to be; `internal` where the dataset or the column is unknown."""
        dataset = self.view.find(Dataset, column[0])
        declared = dataset.spec.columns.get(column[1]) if dataset is not None else None
        return declared.sensitivity if declared is not None else "internal"


def lineage(view: View) -> Lineage:
    """The lineage of what a view shows."""
    return Lineage(view)


def rows_dataset(view: View, model: Model) -> Dataset | None:
    """The dataset that gives a model its rows: the source of its first feature set."""
    for name in model.spec.features:
        feature_set = view.find(FeatureSet, name)
        return view.find(Dataset, feature_set.spec.source) if feature_set is not None else None
    return None


def datasets_of(view: View, model: str) -> tuple[str, ...]:
    """The datasets that training a model reads, directly and through SQL, sorted."""
    spec = view.model(model).spec
    waiting = [spec.label.dataset]
    for name in spec.features:
        feature_set = view.find(FeatureSet, name)
        if feature_set is not None:
            waiting += [feature_set.spec.source]
            waiting += [of for feature in feature_set.spec.features.values() if (of := read_dataset(feature))]
    found: set[str] = set()
    while waiting:
        dataset = waiting.pop()
        if dataset not in found:
            found.add(dataset)
            waiting += tables_of(view, dataset)
    return tuple(sorted(found))


def read_dataset(feature: Feature) -> str | None:
    """The other dataset that a feature reads, if it reads one."""
    form = feature.latest or feature.lookup or feature.aggregate
    return form.of if form is not None else None


def tables_of(view: View, dataset: str) -> tuple[str, ...]:
    """The datasets that a SQL dataset reads, sorted; none for a dataset of another source."""
    found = view.find(Dataset, dataset)
    if found is None or found.spec.source.sql is None:
        return ()
    query = sql.query(found.spec.source.sql)
    return tuple(sorted({table.name for table in query.tables})) if isinstance(query, sql.Query) else ()


def derivation_of(view: View, dataset: Dataset) -> sql.Derivation | None:
    """How the columns of a SQL dataset derive from those of the datasets it reads; None where it has no sound SQL."""
    text = dataset.spec.source.sql
    if text is None or not isinstance(sql.query(text), sql.Query):
        return None
    return sql.derivation(text, tables_read(view, dataset))


def tables_read(view: View, dataset: Dataset) -> sql.Columns:
    """The datasets that a SQL dataset reads, with their columns; those that are invalid are left out."""
    found = ((name, view.find(Dataset, name)) for name in tables_of(view, dataset.name))
    return tuple((name, tuple(read.spec.columns)) for name, read in found if read is not None)


def _upstream(view: View, column: Column) -> dict[Column, Path]:
    """Breadth first, so that each path is a shortest one; a cycle of datasets ends where it began."""
    found: dict[Column, Path] = {column: (".".join(column),)}
    waiting = [column]
    while waiting:
        following = []
        for one in waiting:
            for parent in _parents(view, one):
                if parent not in found:
                    found[parent] = (".".join(parent), *found[one])
                    following.append(parent)
        waiting = following
    return found


def _exposed(view: View, column: Column) -> dict[Column, Path]:
    flow = Lineage(view)
    found: dict[Column, Path] = {}
    waiting: list[tuple[Column, Path, int]] = [(column, (".".join(column),), 0)]
    seen: set[tuple[Column, int]] = set()
    while waiting:
        following = []
        for one, path, answered in waiting:
            rank = SENSITIVE.get(flow.sensitivity(one), 0)
            if rank > answered:
                found.setdefault(one, path)
            level = max(rank, answered)
            if (one, level) not in seen:
                seen.add((one, level))
                following += [(parent, (".".join(parent), *path), level) for parent in _parents(view, one)]
        waiting = following
    return found


def _parents(view: View, column: Column) -> tuple[Column, ...]:
    dataset = view.find(Dataset, column[0])
    derivation = derivation_of(view, dataset) if dataset is not None else None
    if derivation is None:
        return ()
    return tuple(sorted(dict(derivation.columns).get(column[1], ())))


def _feature_sources(view: View, feature: FeatureId) -> tuple[FeatureSource, ...]:
    feature_set = view.find(FeatureSet, feature.feature_set)
    declared = feature_set.spec.features.get(feature.name) if feature_set is not None else None
    if feature_set is None or declared is None:
        return ()
    return tuple(dict.fromkeys(_sources(view, feature_set.spec.source, declared)))


def _sources(view: View, source: str, feature: Feature) -> Iterator[FeatureSource]:
    if feature.sql is not None:
        yield from (
            FeatureSource((source, name), "sql", guessed) for name, guessed in _names(view, source, feature.sql)
        )
    if feature.latest is not None:
        yield FeatureSource((feature.latest.of, feature.latest.column), "latest")
    if feature.lookup is not None:
        yield FeatureSource((feature.lookup.of, feature.lookup.column), "lookup")
    if feature.aggregate is not None:
        of = feature.aggregate.of
        for text in (feature.aggregate.sql, feature.aggregate.where):
            if text is not None:
                for name, guessed in _names(view, of, text):
                    yield FeatureSource((of, name), "aggregate", guessed)
    if feature.python is not None:
        columns = feature.reads
        if columns is not None:
            yield from (FeatureSource((source, name), "python") for name in columns)
        else:
            yield from (FeatureSource((source, name), "python", True) for name in _columns(view, source))


def _names(view: View, dataset: str, text: str) -> Iterator[tuple[str, bool]]:
    """The columns of a dataset that an expression reads, and whether that is a guess."""
    found = sql.expression(text)
    if isinstance(found, sql.SqlError) or found.subquery is not None:
        yield from ((name, True) for name in _columns(view, dataset))
        return
    # SQL does not tell upper case from lower case, the contract does.
    known = {name.lower(): name for name in _columns(view, dataset)}
    for use in found.columns:
        yield known.get(use.name.lower(), use.name), False


def _columns(view: View, dataset: str) -> tuple[str, ...]:
    found = view.find(Dataset, dataset)
    return tuple(found.spec.columns) if found is not None else ()


def _other_uses(view: View, model: Model) -> Iterator[tuple[Column, Use]]:
    yield (model.spec.label.dataset, model.spec.label.column), "label"
    rows = rows_dataset(view, model)
    if rows is not None:
        for name in model.spec.slices:
            yield (rows.name, name), "slice"
