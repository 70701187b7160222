"""Invalidation: what of an earlier run has to be checked and compiled again, now that some things have changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from penstock.catalog.dependencies import file_key, names_key, related_of, relation_key, spec_key
from penstock.catalog.model import SpecId
from penstock.compiler import Unit, environment_units, units
from penstock.incremental.build_state import BuildState
from penstock.incremental.reading import ReadSpecs
from penstock.specs.base import is_name
from penstock.specs.kinds import KINDS

_OF_NO_MODEL = ""
"""Under this the units of environments stand among those of models."""


class Invalidation(NamedTuple):
    """What is to be done; whatever is not named here stands as it is remembered."""

    changed: frozenset[str]
    """The remembered keys (see `Dependencies`) that now stand for something else."""
    specs: list[SpecId]
    """To be checked."""
    units: list[Unit]
    """To be compiled."""
    gone: frozenset[str]
    """The names of units that are none any more."""
    units_of: dict[str, list[str]]
    """The names of all units, those of a rollout under the model that it serves, those of environments under none."""


def invalidation(
    source: ReadSpecs, known: BuildState, read_files: Iterable[str], made_files: Collection[str]
) -> Invalidation:
    """What still stands: `read_files`, which are no specs, have changed, and so have the generated `made_files`."""
    changed = _changed_keys(source, known, read_files)
    units_of = _units_of(source, known)
    before = _names(known.overview.units_of, units_of)
    now = _names(units_of, known.overview.units_of)
    redone = known.units.keys_mentioning([*changed, *made_files])
    redone |= now - known.units.get_many(now).keys()
    return Invalidation(
        changed,
        _to_check(source, known, changed),
        [Unit(*name.split("/")) for name in sorted(redone - (before - now))],
        frozenset(before - now),
        units_of,
    )


def _changed_keys(source: ReadSpecs, known: BuildState, files: Iterable[str]) -> frozenset[str]:
    old, catalog = known.fingerprints, source.catalog
    asked = {spec_key(spec.kind, spec.name) for spec in source.touched}
    asked.update(names_key(kind) for kind in KINDS)
    asked.update(file_key(path) for path in files)
    if source.lookups is None:
        asked.update(key for key, _ in old.decoded() if related_of(key) is not None)
    else:
        environments = {None, *catalog.environments(), *known.overview.names.get("Environment", ())}
        asked.update(relation_key(relation, at, name) for relation, name in source.lookups for at in environments)
    return frozenset(key for key, stood_for in old.get_many(asked).items() if catalog.fingerprint(key) != stood_for)


def _to_check(source: ReadSpecs, known: BuildState, changed: Collection[str]) -> list[SpecId]:
    """The specs whose checks read something that has changed, found something to say, or have not been made."""
    came = {str(spec_id): spec_id for spec_id in source.came}
    names = known.checked.keys_mentioning(changed) | set(known.overview.dirty_specs)
    names |= came.keys() - known.checked.get_many(came).keys()
    found = (came.get(name) or SpecId(*name.split("/")) for name in names)
    return sorted(spec_id for spec_id in found if source.catalog.document(spec_id) is not None)


def _units_of(source: ReadSpecs, known: BuildState) -> dict[str, list[str]]:
    catalog = source.catalog
    found: dict[str, list[str]] = {}
    models: Iterable[str] = (spec_id.name for spec_id in catalog.ids("Model"))
    if source.lookups is not None and not any(spec_id.kind == "Environment" for spec_id in source.touched):
        found = dict(known.overview.units_of)
        models = {spec_id.name for spec_id in source.touched if spec_id.kind == "Model"}
        models |= {name for relation, name in source.lookups if relation == "rollouts-of"}
    else:
        found[_OF_NO_MODEL] = [str(unit) for unit in environment_units(catalog) if is_name(unit.name)]
    for model in models:
        found.pop(model, None)
        if catalog.document(SpecId("Model", model)) is not None:
            # A name with a slash in it is an error elsewhere, and would not be found again in the name of its unit.
            found[model] = [str(unit) for unit in units(catalog, [model]) if is_name(unit.name)]
    return dict(sorted(found.items()))


def _names(of: dict[str, list[str]], other: dict[str, list[str]]) -> set[str]:
    """The units of the models that have others elsewhere."""
    return {name for model, names in of.items() if other.get(model) != names for name in names}
