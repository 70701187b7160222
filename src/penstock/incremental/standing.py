"""What of an earlier run still stands, now that some things have changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from penstock.catalog.model import RELATIONS, Catalog, SpecId
from penstock.catalog.reads import SPEC, related_of, spec_key
from penstock.compiler import Unit
from penstock.incremental.memory import Known, RememberedUnit, UnreadFile
from penstock.source.stat_cache import Observed


def changed_keys(catalog: Catalog, fingerprints: Mapping[str, str]) -> frozenset[str]:
    """The remembered keys (see `Reads`) that now stand for something else."""
    unread: set[str] = set()
    touched: set[str] = set()
    for spec in catalog.ids():
        if _is_unread(catalog, spec):
            # Its file is as it was, and no two specs may share a name: so it is as it was.
            unread.add(spec_key(spec.kind, spec.name))
        else:
            touched.add(spec.kind)
    asked = fingerprints.keys() - unread
    touched.update(key.removeprefix(SPEC).partition("/")[0] for key in asked if key.startswith(SPEC))
    return frozenset(
        key for key in asked if not _is_settled(key, touched) and catalog.fingerprint(key) != fingerprints[key]
    )


def still_clean(catalog: Catalog, known: Known, changed: frozenset[str]) -> dict[str, list[str]]:
    """The specs in which the checks found nothing, and whose checks read nothing that has changed."""
    specs = ((str(spec), known.checked.get(str(spec))) for spec in catalog.ids())
    return {spec: keys for spec, keys in specs if keys is not None and changed.isdisjoint(keys)}


def still_made(
    units: Iterable[Unit], known: Known, changed: frozenset[str], intact: Mapping[str, Observed]
) -> dict[str, RememberedUnit]:
    """What is remembered of the units that read nothing that has changed, and whose files all lie there."""
    found: dict[str, RememberedUnit] = {}
    for unit in units:
        name = str(unit)
        made = known.units.get(name)
        if made is not None and changed.isdisjoint(made[0]) and all(path in intact for path, *_ in made[1]):
            found[name] = made
    return found


def _is_unread(catalog: Catalog, spec: SpecId) -> bool:
    document = catalog.document(spec)
    return document is not None and isinstance(document.file, UnreadFile)


def _is_settled(key: str, touched: set[str]) -> bool:
    """Whether a key is of a reverse lookup through a kind of which no spec has changed, came or went."""
    lookup = related_of(key)
    return lookup is not None and RELATIONS[lookup[0]][0] not in touched
