"""Which units a pull request concerns: those that may read what it edits, and those whose files it touches.

All others compile to what base holds, which was held against its specs when it came there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from penstock.catalog.model import Catalog, SpecId
from penstock.compiler import Unit, units_in
from penstock.review.impact.dependency_graph import DependencyGraph
from penstock.specs.rollout import Rollout

_COMPILED = ("Model", "Rollout")
"""The kinds whose specs are units with a folder of their own."""


@dataclass(slots=True)
class AffectedUnits:
    """Folders below ``generated/`` in which the files of units lie, and which are held against the specs as a whole."""

    everywhere: set[str] = field(default_factory=set)
    """Names of models and rollouts that are concerned in all environments."""
    single: set[str] = field(default_factory=set)
    """Folders like ``production/flight-delay``, of those that are concerned in some."""
    environments: set[str] = field(default_factory=set)
    """Environments in which everything is concerned."""
    own: set[str] = field(default_factory=set)
    """Environments of which the files are concerned that belong to no model or rollout."""

    def among(self, paths: Sequence[str]) -> set[str]:
        """Those of the sorted paths below ``generated/`` that lie in the folders."""
        found: set[str] = set()
        for environment in _first_parts(paths):
            if environment in self.environments:
                found.update(_below(paths, environment))
            else:
                found.update(*(_below(paths, f"{environment}/{name}") for name in self.everywhere))
            if environment in self.own:
                found.update(path for path in _below(paths, environment) if path.count("/") == 1)
        found.update(*(_below(paths, folder) for folder in self.single))
        return found

    def units(self, catalog: Catalog) -> list[Unit]:
        """The units of one side in the folders: those of its valid specs."""
        everything = [spec for kind in _COMPILED for spec in catalog.ids(kind)] if self.environments else []
        everywhere = [SpecId(kind, name) for kind in _COMPILED for name in sorted(self.everywhere)]
        found: list[Unit] = []
        for view, environment in ((view, view.environment_name) for view in catalog.views()):
            if environment is not None and environment in self.own | self.environments:
                found += units_in(view, [SpecId("Environment", environment)])
            if environment in self.environments:
                found += units_in(view, everything)
                continue
            names = {folder.partition("/")[2] for folder in self.single if folder.startswith(f"{environment}/")}
            alone = [SpecId(kind, name) for kind in _COMPILED for name in sorted(names - self.everywhere)]
            found += units_in(view, (*everywhere, *alone))
        return found


def everything(base: DependencyGraph, head: DependencyGraph) -> AffectedUnits:
    """Every unit of both sides."""
    return AffectedUnits(environments={*base.catalog.environments(), *head.catalog.environments()})


def affected(
    base: DependencyGraph, head: DependencyGraph, edited: Iterable[SpecId], files: Iterable[str]
) -> AffectedUnits:
    """What edits of specs, and of `files` below ``generated/``, concern."""
    found = AffectedUnits()
    for spec in edited:
        if spec.kind == "Environment":
            found.environments.add(spec.name)
        elif spec.kind == "Team":
            # Its contacts are where alerts go.
            found.own |= {*base.catalog.environments(), *head.catalog.environments()}
        elif spec.kind == "Rollout":
            found.single |= set(_watching(base, head, spec))
        for reach in (base, head):
            for other in (spec, *reach.specs(spec)):
                if other.kind in _COMPILED:
                    found.everywhere.add(other.name)
                if other.kind == "Rollout" and other != spec:
                    # What a model watches depends on the version that its rollout serves.
                    found.everywhere.update(reach.models_of(other.name))
    found.single |= {"/".join(path.split("/")[:2]) for path in files if path.count("/") >= 2}
    found.own |= {path.partition("/")[0] for path in files if path.count("/") == 1}
    return found


def _watching(base: DependencyGraph, head: DependencyGraph, spec: SpecId) -> Iterator[str]:
    """The folders of the models that watch a rollout which is edited.

    Of the rollouts that serve it, a model's units read where they are, and `monitor`, and nothing else.
    """
    for environment in {*base.catalog.environments(), *head.catalog.environments()}:
        watched = [_watched(reach.catalog, spec, environment) for reach in (base, head)]
        if watched[0] != watched[1]:
            yield from (f"{environment}/{model}" for reach in (base, head) for model in reach.models_of(spec.name))


def _watched(catalog: Catalog, rollout: SpecId, environment: str) -> bytes:
    """What a model sees of a rollout in an environment, as it is written; nothing where it is not served there."""
    found = catalog.overridden(rollout, environment)
    if found is None or not isinstance(found.resource, Rollout) or environment not in found.resource.spec.environments:
        return b""
    return orjson.dumps([found.resource.spec.model, found.data["spec"].get("monitor")])


_AFTER_SLASH = chr(ord("/") + 1)


def _below(paths: Sequence[str], folder: str) -> Sequence[str]:
    """Those of the sorted paths that lie in a folder: they stand side by side."""
    start = bisect_left(paths, f"{folder}/")
    return paths[start : bisect_left(paths, f"{folder}{_AFTER_SLASH}", start)]


def _first_parts(paths: Sequence[str]) -> Iterator[str]:
    position = 0
    while position < len(paths):
        first = paths[position].partition("/")[0]
        yield first
        position = max(position + 1, bisect_left(paths, f"{first}{_AFTER_SLASH}", position))
