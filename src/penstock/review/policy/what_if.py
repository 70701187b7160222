"""A change that nobody made: the repository's specs with another value at an address, and the plan of that."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

from penstock.catalog.lazy import LazyCatalog, SpecFile, SpecFileIndex
from penstock.catalog.model import Catalog, SpecId
from penstock.review.changes.unjudged_files import role_of
from penstock.review.impact.dependency_graph import DependencyGraph
from penstock.review.model import ChangedFile, Plan
from penstock.review.plan import compare
from penstock.source.model import SourceFile
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.specs.addresses import FILE, Address, place_of, step_of
from penstock.specs.base import API_VERSION

AS_IT_STANDS = object()
"""Stands for the value that the repository has at an address."""

BASE, HEAD = "as-it-stands", "what-if"
"""The names that the two sides of such a plan have in place of commits."""

_PATH = "specs/what-if.yaml"


class WhatIfError(ValueError):
    """The change makes no sense in this repository; the message says why."""


class WhatIf(NamedTuple):
    """Another value at one address."""

    address: Address
    before: Any
    """Plain data; None for nothing, `AS_IT_STANDS` for what the repository has."""
    after: Any


def what_if_plan(catalog: Catalog, change: WhatIf, policy: str) -> Plan:
    """The plan of the change; `policy` is the digest of the policy that it is to be judged by.

    WhatIfError where the address leads nowhere, or the spec is not valid before or after.
    """
    if change.address.kind == FILE:
        return _file_plan(change, policy)
    spec_id = SpecId(change.address.kind, change.address.name)
    shared = {one.file.path: SpecFile(one.file) for one in _documents(catalog)}
    files = [_varied(catalog, shared, spec_id, change.address, value) for value in (change.before, change.after)]
    library = SpecFileIndex(file for side in files for file in side)
    base, head = (LazyCatalog(side, library, catalog.repository) for side in files)
    for side, name in ((base, "before"), (head, "after")):
        problems = side.problems(spec_id)
        if problems:
            raise WhatIfError(f"with `{name}`, {spec_id} is not valid: {problems[0].headline}")
    _, changes, impacts = compare(DependencyGraph(base), DependencyGraph(head), [spec_id])
    if not changes:
        raise WhatIfError("`before` and `after` mean the same, so nothing changes")
    return Plan(BASE, HEAD, tuple(changes), impacts, (), (), digests={"policy": policy, "base": BASE, "head": HEAD})


def _file_plan(change: WhatIf, policy: str) -> Plan:
    """The plan of a file that comes, goes or differs; what it holds is never looked at."""
    path = change.address.name
    role = role_of(path)
    if not role:
        raise WhatIfError(f"`{path}` is not known to decide how anything is built, run or reviewed: no rule meets it")
    before, after = (None if value is None else side for value, side in ((change.before, BASE), (change.after, HEAD)))
    if before is None and after is None:
        raise WhatIfError("`before` and `after` mean the same, so nothing changes")
    file = ChangedFile(path, before, after, role)
    return Plan(BASE, HEAD, (), {}, (), (), digests={"policy": policy, "base": BASE, "head": HEAD}, files=(file,))


def _varied(
    catalog: Catalog, shared: dict[str, SpecFile], spec_id: SpecId, address: Address, value: Any
) -> list[SpecFile]:
    """The files with the value at the address; those that do not hold the spec are shared."""
    if value is AS_IT_STANDS:
        return list(shared.values())
    held = catalog.document(spec_id)
    if not address.parts:
        data = _whole(spec_id, value)
    elif held is None:
        raise WhatIfError(f"there is no {spec_id} in this repository")
    else:
        data = deepcopy(held.value)
        _put(data, address, value)
    if data is not None:
        _require_identity(data, spec_id)
    path = held.file.path if held is not None else _PATH
    others = [one.value for one in _documents(catalog) if one.file.path == path and one is not held]
    kept = [*others, data] if data is not None else others
    changed = SpecFile(SourceFile(path, "", emit_yaml_documents(kept) if kept else ""))
    return list({**shared, path: changed}.values())


def _whole(spec_id: SpecId, value: Any) -> dict[str, Any] | None:
    """The data of a spec that is given as a whole; None where it is to be gone."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise WhatIfError(f"the address {spec_id} is a whole spec: give its `metadata` and `spec`, or null")
    return {"apiVersion": API_VERSION, "kind": spec_id.kind, **value}


def _require_identity(data: dict[str, Any], spec_id: SpecId) -> None:
    """WhatIfError for data of another spec: only what stands at the address is compared."""
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if (data.get("kind"), name) != (spec_id.kind, spec_id.name):
        found = f"{data.get('kind')}/{name}" if name is not None else "a spec without `metadata.name`"
        raise WhatIfError(f"{found} does not belong at {spec_id}: kind and name are those of the address")


def _documents(catalog: Catalog) -> list[Any]:
    found = (catalog.document(spec_id) for spec_id in catalog.ids())
    return [document for document in found if document is not None]


def _put(data: dict[str, Any], address: Address, value: Any) -> None:
    """Set, add or take away the value at the address in the data of a document."""
    *above, last = address.parts
    in_metadata = address.parts[0] == ".metadata"
    holder: Any = data if in_metadata else data.get("spec")
    for depth, part in enumerate(above):
        found = place_of(holder, part)
        if found is None:
            shown = Address(address.kind, address.name, address.parts[: depth + 1])
            raise WhatIfError(f"{shown} does not exist in this repository")
        holder = holder[found]
    place = place_of(holder, last)
    if place is None and not isinstance(holder, dict | list):
        raise WhatIfError(f"{address} leads into a value that has no parts")
    if value is None:
        if place is not None:
            del holder[place]
    elif place is not None:
        holder[place] = value
    elif isinstance(holder, dict):
        holder[step_of(last)] = value
    else:
        holder.append(value)
