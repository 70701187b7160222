"""The dependency graph of one revision: what is downstream of a spec, a column or a feature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from penstock.catalog.lazy import LazyCatalog
from penstock.catalog.lineage import FeatureId, datasets_of, lineage, read_by_code
from penstock.catalog.model import SpecId, View
from penstock.catalog.references import references
from penstock.review.changes.quarantined_rows import sets_rows_aside
from penstock.source.model import Pointer
from penstock.specs.base import Resource
from penstock.specs.dataset import Dataset
from penstock.specs.kinds import KINDS
from penstock.specs.rollout import Rollout

R = TypeVar("R", bound=Resource)

Way = tuple[str, ...]
"""Addresses from where a change is made to what it reaches, both ends included."""

_DOWNSTREAM = {
    "Dataset": ("Dataset", "FeatureSet", "Model"),
    "FeatureSet": ("Model",),
    "Model": ("Rollout",),
    "Gate": ("Rollout",),
    "Environment": ("Rollout",),
    "Team": tuple(KINDS),
}
"""Which kinds that refer to a spec are touched when it changes."""

_FORWARD = {"Gate": ("Model",), "Release": ("Rollout",)}
"""Which kinds that a spec refers to are touched when it changes: a gate is a step of its model's pipeline."""


@dataclass(slots=True)
class DependencyGraph:
    """Answers about one side; each is computed once."""

    catalog: LazyCatalog
    _specs: dict[SpecId, dict[SpecId, Way]] = field(default_factory=dict)

    def specs(self, start: SpecId) -> dict[SpecId, Way]:
        """Every spec that changes of `start` touch, with a shortest way to each; `start` itself is not among them."""
        known = self._specs.get(start)
        if known is None:
            known = self._specs[start] = self._search(start)
        return known

    def _search(self, start: SpecId) -> dict[SpecId, Way]:
        ways: dict[SpecId, Way] = {start: (str(start),)}
        waiting = [start]
        while waiting:
            following = []
            for one in waiting:
                for other in self._next(one):
                    # A team owns many specs, and is not changed through any of them.
                    if other not in ways and other.kind != "Team":
                        ways[other] = (*ways[one], str(other))
                        if start.kind != "Team":
                            following.append(other)
            waiting = following
        del ways[start]
        return ways

    def _next(self, spec_id: SpecId) -> Iterator[SpecId]:
        kinds = _DOWNSTREAM.get(spec_id.kind, ())
        if kinds:
            yield from (other for other in self.catalog.referring(spec_id) if other.kind in kinds)
        forward = _FORWARD.get(spec_id.kind, ())
        document = self.catalog.document(spec_id) if forward else None
        if document is not None:
            yield from sorted({one.target for one in references(document) if one.target.kind in forward})

    def models(self, start: SpecId, pointer: Pointer = ()) -> dict[str, Way]:
        """The models that a change at `pointer` of a spec reaches, by column where the change is one of a column.

        The way names the feature, slice or label by which the column arrives. The contract of a column reaches all
        models where its rows are quarantined.
        """
        models = {spec_id.name: way for spec_id, way in self.specs(start).items() if spec_id.kind == "Model"}
        if start.kind == "Model":
            return {start.name: (str(start),)}
        if any(sets_rows_aside(dataset.spec, pointer) for dataset in self._datasets(start)):
            return models
        part = pointer[2] if len(pointer) > 2 and pointer[:2] in (("spec", "columns"), ("spec", "features")) else None
        if part is None or start.kind not in ("Dataset", "FeatureSet"):
            return models
        found = {}
        for name in models:
            way = self._way_of_part(start, str(part), name)
            if way is not None:
                found[name] = way
        return found

    def _datasets(self, spec_id: SpecId) -> Iterator[Dataset]:
        if spec_id.kind == Dataset.kind_name:
            yield from self.seen(Dataset, spec_id.name)

    def _way_of_part(self, start: SpecId, part: str, model: str) -> Way | None:
        for view in self.views(model):
            if start.kind == "FeatureSet":
                if FeatureId(start.name, part) in lineage(view).features_of(model):
                    return (f"FeatureSet/{start.name}.features.{part}", f"Model/{model}")
                continue
            for (column, use), path in sorted(lineage(view).uses_of(model).items()):
                if column == (start.name, part):
                    return (*column_addresses(path, use), f"Model/{model}")
        return None

    def views(self, model: str) -> tuple[View, ...]:
        """The views in which the lineage of a model may differ: before overrides, and where one of its specs has any.

        Views that do not hold a valid model are left out.
        """
        names: dict[str | None, None] = {None: None}
        whole = self.catalog.view(None)
        try:
            specs = [SpecId("Model", model), *(SpecId("FeatureSet", one) for one in whole.model(model).spec.features)]
            read = (*datasets_of(whole, model), *(one for one, _ in read_by_code(whole, whole.model(model))))
            specs += [SpecId("Dataset", one) for one in read]
        except KeyError:
            return ()
        for spec_id in specs:
            names |= dict.fromkeys(self.catalog.overriding(spec_id))
        views = (self.catalog.view(name) for name in names)
        return tuple(view for view in views if view.find(KINDS["Model"], model) is not None)

    def rollouts(self, models: tuple[str, ...] | list[str]) -> tuple[str, ...]:
        """The rollouts that serve any of the models in any environment, sorted."""
        served = {one for model in models for one in self.catalog.referring(SpecId("Model", model))}
        return tuple(sorted({one.name for one in served if one.kind == "Rollout"}))

    def models_of(self, rollout: str) -> set[str]:
        """The models that a rollout serves: one, unless an environment overrides it."""
        return {found.spec.model for found in self.seen(Rollout, rollout)}

    def seen(self, kind: type[R], name: str) -> Iterator[R]:
        """A spec before overrides, and as each environment sees it that overrides it; none that is not valid."""
        for environment in (None, *self.catalog.overriding(SpecId(kind.kind_name, name))):
            found = self.catalog.view(environment).find(kind, name)
            if found is not None:
                yield found


def column_addresses(path: tuple[str, ...], use: str) -> Iterator[str]:
    """A path of lineage as addresses: ``passengers.email`` is a column, the last of a feature's path is a feature."""
    for position, part in enumerate(path):
        holder, _, name = part.partition(".")
        if "/" in holder:
            yield part
        elif use == "feature" and position == len(path) - 1:
            yield f"FeatureSet/{holder}.features.{name}"
        else:
            yield f"Dataset/{holder}.columns.{name}"
