"""Which columns flow where: from datasets through SQL and features to models.

A column is written ``(dataset, column)``. What a model touches is either part of its values or decides them: the key
that a value is looked up by tells as much as the value. What cannot be seen into (a Python feature without `reads`, SQL
that does not parse) counts as depending on everything it could read, never on nothing. So do Python features and custom
estimators that read the rows of a dataset by themselves: as on all of its columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from penstock.catalog import upstream
from penstock.catalog.model import View
from penstock.catalog.python.reads import code_reads
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import SqlError
from penstock.catalog.upstream import Column, Path, tables_of
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import Aggregate, Feature, FeatureSet, Latest, Lookup
from penstock.specs.model import Except, GroupSplit, Model

Use = Literal["feature", "slice", "label", "group"]


class FeatureId(NamedTuple):
    """A feature by its feature set and its name."""

    feature_set: str
    name: str

    def __str__(self) -> str:
        return f"{self.feature_set}.{self.name}"


class FeatureSource(NamedTuple):
    """A column that a feature reads, and by which form."""

    column: Column
    form: Literal["sql", "latest", "lookup", "aggregate", "python", "match", "file"]
    """`match`: a column of the row itself on which it meets rows of another dataset. `file`: code reads its rows."""
    guessed: bool = False
    """Whether the feature only might read it."""
    broken: bool = False
    """Whether it is a guess about SQL that is reported as an error by itself."""
    decides: bool = False
    """Whether it decides which value the feature has, and is no part of that value."""
    equals: Column | None = None
    """For a key of another dataset: the row's own column, which holds the same values."""


class Read(NamedTuple):
    """A column that a model reads directly, and what as."""

    use: Use
    source: FeatureSource
    feature: FeatureId | None = None
    """The feature by which it is read; None for any other use."""
    end: Path = ()
    """How a path from the column ends: with the feature, or with what a key decides."""


class Touch(NamedTuple):
    """How a model touches a column."""

    path: Path
    decides: bool
    """Whether the column only decides what reaches the model."""


class Ways(NamedTuple):
    """What lies between a column and a model."""

    columns: frozenset[Column]
    """The columns on any of the ways, the one where they begin among them."""
    ends: tuple[str, ...]
    """How the ways end, as paths do: with the feature, or with what a key decides."""


class Lineage(NamedTuple):
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
        """The column itself and all that its values are made from, each with the path from there to the column."""
        return upstream.upstream(self.view, column)

    def bearing_on(self, source: FeatureSource) -> dict[Column, Path]:
        """All that a source of a feature is made from or decided by, each with the path from there to its column.

        What only filters the rows of the feature's own dataset bears on none of them more than on another.
        """
        return upstream.bearing(self.view, source.column, source.form in ("latest", "lookup", "aggregate"))

    def reads(self, model: str | Model) -> tuple[Read, ...]:
        """Whatever a model reads directly: features, slices, its label, and what its split and its gates group by."""
        resource = self.view.model(model) if isinstance(model, str) else model
        if self.view.find(Model, resource.name) is not resource:
            return tuple(_reads(self, resource))
        return self.view.memo(
            ("reads", resource.name), lambda view: tuple(_reads(Lineage(view), view.model(resource.name)))
        )

    def touches(self, model: str | Model) -> dict[tuple[Column, Use], Touch]:
        """Every column that a model touches and what as; what becomes part of its values comes before what decides."""
        found: dict[tuple[Column, Use], Touch] = {}
        reads = self.reads(model)
        for read in reads:
            if not read.source.decides:
                for column, path in self.upstream(read.source.column).items():
                    found.setdefault((column, read.use), Touch((*path, *read.end), False))
        for read in reads:
            for column, path in upstream.bearing(self.view, read.source.column, True).items():
                found.setdefault((column, read.use), Touch((*path, *read.end), True))
        return found

    def uses_of(self, model: str | Model) -> dict[tuple[Column, Use], Path]:
        """Every column that a model touches and what as, with one path each."""
        return {key: touch.path for key, touch in self.touches(model).items()}

    def ways(self, model: str | Model, column: Column, use: Use) -> Ways:
        """All that lies between a column and a model that touches it so: the ways together, not one of them alone."""
        columns: set[Column] = set()
        ends: dict[str, None] = {}
        for read in self.reads(model):
            reached = upstream.bearing(self.view, read.source.column, True)
            if read.use == use and column in reached:
                columns |= {one for one in reached if column in upstream.bearing(self.view, one, True)}
                ends |= dict.fromkeys(read.end)
        return Ways(frozenset(columns), tuple(ends))

    def sensitive_uses(self, model: Model) -> dict[tuple[Column, Use], Touch]:
        """Every sensitive column that somebody must answer for, what the model touches it as, and one path each."""
        found: dict[tuple[Column, Use], Touch] = {}
        # What cannot be followed, such as `contact.length()` or a Python function, may really read everything.
        reads = [read for read in self.reads(model) if not read.source.broken]
        for read in reads:
            if not read.source.decides:
                for column, path in upstream.exposed(self.view, read.source.column, False).items():
                    found.setdefault((column, read.use), Touch((*path, *read.end), False))
        for read in reads:
            # Whoever answers for one side of a join answers for the same values on the other side.
            ours = read.source.equals
            if ours is not None and self.view.find(Dataset, ours[0]) is None:
                continue
            answered = upstream.sensitivity_rank(self.view, ours) if ours is not None else 0
            for column, path in upstream.exposed(self.view, read.source.column, True).items():
                if upstream.sensitivity_rank(self.view, column) > answered:
                    found.setdefault((column, read.use), Touch((*path, *read.end), True))
        return found

    def sensitivity(self, column: Column) -> str:
        """How sensitive a column is declared to be; `internal` where the dataset or the column is unknown."""
        return upstream.sensitivity(self.view, column)


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


def read_by_code(view: View, model: Model) -> Iterator[tuple[str, FeatureId | None]]:
    """The datasets whose rows a model's own Python reads by itself, each with the feature; None for its estimator."""
    own: list[tuple[str | None, FeatureId | None]] = []
    for feature in Lineage(view).features_of(model):
        feature_set = view.find(FeatureSet, feature.feature_set)
        own.append((feature_set.spec.features[feature.name].python if feature_set is not None else None, feature))
    own.append((model.spec.estimator.class_ or model.spec.estimator.python, None))
    for code, by in own:
        if code is not None:
            yield from ((name, by) for name, _ in code_reads(view, code).datasets)


def read_dataset(feature: Feature) -> str | None:
    """The other dataset that a feature reads, if it reads one."""
    form = feature.latest or feature.lookup or feature.aggregate
    return form.of if form is not None else None


def _feature_sources(view: View, feature: FeatureId) -> tuple[FeatureSource, ...]:
    feature_set = view.find(FeatureSet, feature.feature_set)
    declared = feature_set.spec.features.get(feature.name) if feature_set is not None else None
    if feature_set is None or declared is None:
        return ()
    return tuple(dict.fromkeys(_sources(view, feature_set.spec.source, declared)))


def _sources(view: View, source: str, feature: Feature) -> Iterator[FeatureSource]:
    if feature.sql is not None:
        yield from _of_expression(view, source, feature.sql, "sql")
    if feature.latest is not None:
        yield FeatureSource((feature.latest.of, feature.latest.column), "latest")
        yield from _keys(source, feature.latest, "latest")
    if feature.lookup is not None:
        yield FeatureSource((feature.lookup.of, feature.lookup.column), "lookup")
        yield from _keys(source, feature.lookup, "lookup")
    if feature.aggregate is not None:
        of = feature.aggregate.of
        for text, decides in ((feature.aggregate.sql, False), (feature.aggregate.where, True)):
            if text is not None:
                yield from _of_expression(view, of, text, "aggregate", decides=decides)
        yield from _keys(source, feature.aggregate, "aggregate")
    if feature.python is not None:
        columns = feature.reads
        if columns is not None:
            yield from (FeatureSource((source, name), "python") for name in columns)
        else:
            yield from (FeatureSource((source, name), "python", guessed=True) for name in _columns(view, source))


def _keys(
    source: str, joined: Latest | Lookup | Aggregate, form: Literal["latest", "lookup", "aggregate"]
) -> Iterator[FeatureSource]:
    """The columns on which the rows of the source meet those of another dataset, ours before theirs."""
    match = joined.match if isinstance(joined.match, dict) else {name: name for name in joined.match}
    for theirs, ours in match.items():
        yield FeatureSource((source, ours), "match", decides=True)
        yield FeatureSource((joined.of, theirs), form, decides=True, equals=(source, ours))


def _of_expression(
    view: View, dataset: str, text: str, form: Literal["sql", "aggregate"], *, decides: bool = False
) -> Iterator[FeatureSource]:
    """The columns of a dataset that an expression reads."""
    found = analysis.expression(text)
    broken = isinstance(found, SqlError) or found.subquery is not None
    if isinstance(found, SqlError) or broken or found.opaque:
        for name in _columns(view, dataset):
            yield FeatureSource((dataset, name), form, guessed=True, broken=broken, decides=decides)
        return
    # SQL does not tell upper case from lower case, the contract does. Names that differ so in other letters than those
    # of ASCII are several to the database, of which any may be meant here.
    known = view.memo(("columns by letters", dataset), lambda inner: _by_letters(_columns(inner, dataset)))
    for use in found.columns:
        for name in known.get(use.name.lower(), [use.name]):
            yield FeatureSource((dataset, name), form, decides=decides)


def _by_letters(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.lower(), []).append(name)
    return found


def _columns(view: View, dataset: str) -> tuple[str, ...]:
    found = view.find(Dataset, dataset)
    return tuple(found.spec.columns) if found is not None else ()


def _reads(flow: Lineage, model: Model) -> Iterator[Read]:
    view = flow.view
    rows = rows_dataset(view, model)
    joined: set[str] = set()
    for feature in flow.features_of(model):
        end = (str(feature),)
        for source in flow.sources_of(feature):
            yield Read("feature", source, feature, end)
        feature_set = view.find(FeatureSet, feature.feature_set)
        if rows is not None and feature_set is not None and feature.feature_set not in joined:
            joined.add(feature.feature_set)
            for key in _entity(rows.name, feature_set.spec.source, feature_set.spec.entity):
                yield Read("feature", key, feature, end)
    for name, by in read_by_code(view, model):
        end = (str(by) if by is not None else f"Model/{model.name}.estimator",)
        for column in _columns(view, name):
            yield Read("feature", FeatureSource((name, column), "file", True), by, end)
    label = (model.spec.label.dataset, model.spec.label.column)
    yield Read("label", FeatureSource(label, "sql"))
    if rows is not None:
        first = view.find(FeatureSet, next(iter(model.spec.features)))
        for key in _entity(rows.name, label[0], first.spec.entity if first is not None else ()):
            yield Read("label", key, end=(".".join(label),))
        for name in model.spec.slices:
            yield Read("slice", FeatureSource((rows.name, name), "sql"))
        for name in _grouping(view, model):
            yield Read("group", FeatureSource((rows.name, name), "sql"))


def _grouping(view: View, model: Model) -> Iterator[str]:
    """The columns by which the split and the intervals of gates keep rows together."""
    if isinstance(model.spec.split, GroupSplit):
        yield model.spec.split.column
    for gate in view.gates_of(model.name):
        if gate.spec.clusters is not None and gate.spec.clusters.column is not None:
            yield gate.spec.clusters.column


def _entity(rows: str, other: str, entity: Iterable[str]) -> Iterator[FeatureSource]:
    """The columns on which the rows of a model meet those of another dataset; a row meets itself by no decision."""
    if other != rows:
        for name in entity:
            yield FeatureSource((rows, name), "match", decides=True)
            yield FeatureSource((other, name), "lookup", decides=True, equals=(rows, name))
