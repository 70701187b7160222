"""From datasets to feature tables: the steps that training and monitoring begin with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from penstock.catalog.lineage import read_dataset
from penstock.catalog.model import View
from penstock.catalog.upstream import tables_of
from penstock.ir.workflow import Argument, InputPath, ParameterValue, Step
from penstock.lowering.conventions import AS_OF
from penstock.lowering.pipelines.json_text import json_text, plain
from penstock.lowering.pipelines.steps import compute_of, flag, keyed, make_step, output_of
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet, FeatureSetSpec
from penstock.specs.model import Except, FeatureChoice, GroupSplit, Model

_PROSE_OF_COLUMNS = {"columns": {"__all__": {"description"}}}
_PROSE_OF_FEATURES = {"features": {"__all__": {"description"}}}


class DataSteps(NamedTuple):
    """The steps, and where their results stand."""

    steps: tuple[Step, ...]
    tables: Mapping[str, InputPath]
    """Validated table of each dataset."""
    features: Mapping[str, InputPath]
    """Feature table of each feature set, in the order of the model's `features`."""


def data_steps(view: View, model: Model, image: str, *, labelled: bool) -> DataSteps:
    """A snapshot and a validation of each dataset that the model needs, and its feature tables.

    Datasets stand in an order in which each comes after those that its SQL reads. The label's dataset is read where
    `labelled`.
    """
    return view.memo(
        ("data-steps", model.name, image, labelled), lambda view: _data_steps(view, model.name, image, labelled)
    )


def _data_steps(view: View, name: str, image: str, labelled: bool) -> DataSteps:
    model = view.model(name)
    roots = [dataset for features in _chosen_of(view, model).values() for dataset in _datasets(features)]
    if labelled:
        roots.append(model.spec.label.dataset)
    steps: list[Step] = []
    tables: dict[str, InputPath] = {}
    for dataset in _parents_first(view, roots):
        steps += _dataset_steps(view, dataset.name, image)
        tables[dataset.name] = _table(view, dataset.name, image)
    features = view.memo(("feature-steps", name, image), lambda view: _feature_steps(view, name, image))
    outputs = {name: output_of(step) for name, step in features.items()}
    return DataSteps((*steps, *features.values()), tables, outputs)


def _chosen_of(view: View, model: Model) -> dict[str, FeatureSetSpec]:
    """The feature sets of a model, each with the features that it chose."""
    return {name: _chosen(view.feature_set(name), choice) for name, choice in model.spec.features.items()}


def _chosen(feature_set: FeatureSet, choice: FeatureChoice) -> FeatureSetSpec:
    """The feature set with the features that a model chose, in the set's own order."""
    if choice == "all":
        return feature_set.spec
    left_out = set(choice.except_) if isinstance(choice, Except) else feature_set.spec.features.keys() - set(choice)
    wanted = {name: feature for name, feature in feature_set.spec.features.items() if name not in left_out}
    return feature_set.spec.model_copy(update={"features": wanted})


def _datasets(features: FeatureSetSpec) -> Iterator[str]:
    yield features.source
    for feature in features.features.values():
        if other := read_dataset(feature):
            yield other


def _parents_first(view: View, roots: Iterable[str]) -> tuple[Dataset, ...]:
    """The datasets and all that their SQL reads, once each, parents before children."""
    found: dict[str, Dataset] = {}

    def visit(name: str) -> None:
        if name in found:
            return
        dataset = view.dataset(name)
        for parent in tables_of(view, name):
            visit(parent)
        found[name] = dataset

    for root in roots:
        visit(root)
    return tuple(found.values())


def _contract(view: View, dataset: Dataset) -> str:
    """The dataset's spec as JSON, the same whatever image reads it."""
    return view.catalog.derived(
        dataset, "contract", lambda dataset: json_text(plain(dataset.spec, without=_PROSE_OF_COLUMNS))
    )


def _dataset_steps(view: View, name: str, image: str) -> tuple[Step, Step]:
    """The snapshot of a dataset and its validation: the same steps in all workflows that read it."""
    return view.memo(("dataset-steps", name, image), lambda view: _snapshot_and_validate(view, name, image))


def _snapshot_and_validate(view: View, name: str, image: str) -> tuple[Step, Step]:
    dataset = view.dataset(name)
    common = (
        flag("dataset", name),
        flag("contract", _contract(view, dataset)),
        flag("as-of", ParameterValue(AS_OF)),
    )
    parents = (keyed("table", parent, _table(view, parent, image)) for parent in tables_of(view, name))
    snapshot = make_step("snapshot", image, (*common, *parents), subject=name)
    # How fresh the newest row is depends on the clock, which no cache key holds.
    validate = make_step(
        "validate",
        image,
        (*common, flag("snapshot", output_of(snapshot))),
        subject=name,
        cache=dataset.spec.freshness is None,
    )
    return snapshot, validate


def _table(view: View, dataset: str, image: str) -> InputPath:
    _, validate = _dataset_steps(view, dataset, image)
    return output_of(validate)


def _kept(view: View, model: Model, chosen: Mapping[str, FeatureSetSpec]) -> dict[str, list[str]]:
    """Columns that each feature table keeps beside its features: each by the first set whose source has it.

    A feature stands for a slice of its name; what parts the rows is the column itself, whatever a feature makes of it,
    and is there already where it is part of the entity.
    """
    parting = [*group_columns(model), *cluster_columns(view, model)]
    wanted = list(dict.fromkeys([*model.spec.slices, *parting]))
    kept: dict[str, list[str]] = {}
    for name, features in chosen.items():
        of_features = features.features.keys() - set(parting)
        of_entity = set(features.entity) - set(model.spec.slices)
        there = view.dataset(features.source).spec.columns.keys() - of_features - of_entity
        kept[name] = [column for column in wanted if column in there]
        wanted = [column for column in wanted if column not in there]
    return kept


def cluster_columns(view: View, model: Model) -> tuple[str, ...]:
    """The columns by which the gates of a model cluster its rows."""
    declared = (gate.spec.clusters for gate in view.gates_of(model.name))
    return tuple(dict.fromkeys(each.column for each in declared if each is not None and each.column is not None))


def group_columns(model: Model) -> tuple[str, ...]:
    """The column whose groups the split keeps together, where it does."""
    return (model.spec.split.column,) if isinstance(model.spec.split, GroupSplit) else ()


def _feature_steps(view: View, name: str, image: str) -> dict[str, Step]:
    """The step of each feature set of the model `name`, whether its workflow needs labels or not."""
    model = view.model(name)
    chosen = _chosen_of(view, model)
    kept = _kept(view, model, chosen)
    compute = compute_of(model.spec.resources)
    steps = {}
    for feature_set, features in chosen.items():
        arguments: list[Argument] = [
            flag("feature-set", feature_set),
            flag("definition", json_text(plain(features, without=_PROSE_OF_FEATURES))),
            *(flag("keep", column) for column in kept[feature_set]),
            *(keyed("table", read, _table(view, read, image)) for read in dict.fromkeys(_datasets(features))),
        ]
        steps[feature_set] = make_step("features", image, arguments, subject=feature_set, compute=compute)
    return steps
