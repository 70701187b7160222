"""Direct changes: what somebody edited, spec by spec, as each environment sees it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from penstock.catalog.marked_texts import CODE, marked_texts
from penstock.catalog.model import Catalog, SpecId
from penstock.diagnostics.model import Span
from penstock.review.changes.added_code import naming_code
from penstock.review.changes.breaking import is_breaking
from penstock.review.changes.diff import Difference, differences
from penstock.review.changes.directions import NEUTRAL, UNKNOWN, judge_spec
from penstock.review.changes.gate_tests import overtaken
from penstock.review.changes.near_renames import near_renames
from penstock.review.changes.opening_rules import opening
from penstock.review.changes.order_insensitive import neutral_if_order_insensitive
from penstock.review.changes.quarantined_rows import quarantining
from penstock.review.changes.renames import Rename, find_renames, follows
from penstock.review.changes.reorderings import reorderings
from penstock.review.changes.traffic import traffic_growth
from penstock.review.changes.values import plain, same
from penstock.review.model import Change, Operation
from penstock.source.model import Pointer
from penstock.specs.addresses import Address
from penstock.specs.base import Node, Resource
from penstock.specs.dataset import SENSITIVITIES, Column, Dataset
from penstock.specs.kinds import KINDS
from penstock.specs.review import Area
from penstock.specs.shapes import mapping_of

HIDDEN = "overrides hide it in every environment"
"""Ends the sentence of a change that no environment sees: one that comes later, without overrides, would."""


class SpecEdit(NamedTuple):
    """A direct change with what it was made from, which later stages look at."""

    change: Change
    spec: SpecId
    difference: Difference | None = None
    """None for a whole spec, and for code or data that differs behind a name."""
    pointer: Pointer = ()
    """Where the change is, in the document of the spec; empty for the whole."""
    function: str = ""
    """The function or class whose code differs."""


def direct_changes(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> list[SpecEdit]:
    """What differs in the meaning of the specs that `touched` names, in their order."""
    ids = tuple(touched)
    renames = find_renames(base, head, ids)
    removed = {rename.before for rename in renames}
    by_new_name = {rename.after: rename for rename in renames}
    instead = near_renames(base, head, (one for one in ids if one not in removed and one not in by_new_name))
    found: list[SpecEdit] = []
    for spec_id in ids:
        if spec_id in removed:
            continue
        rename = by_new_name.get(spec_id)
        if rename is not None:
            found += _of_rename(base, head, rename)
        elif spec_id in instead:
            whole = _of_whole(base, head, spec_id)
            # As under one name, and as a rename: nobody says of it that it touches nothing.
            why = f"{whole.change.why}; {instead[spec_id]}"
            found.append(whole._replace(change=replace(whole.change, direction=UNKNOWN, why=why)))
        else:
            found += _of_spec(base, head, spec_id, spec_id, renames)
    return found


def reorderings_of(
    base: Catalog, head: Catalog, touched: Iterable[SpecId], among: Container[SpecId]
) -> Iterator[SpecEdit]:
    """What stands in another order in the specs of head that `touched` names, if they are `among` these."""
    ids = tuple(touched)
    former = {rename.after: rename.before for rename in find_renames(base, head, ids)}
    for spec_id in ids:
        if spec_id in among:
            before = former.get(spec_id, spec_id)
            yield from _of_metadata(base, head, before, spec_id, _reorderings)
            yield from _of_values(base, head, before, spec_id, (), _spec_reorderings)


def _of_spec(
    base: Catalog, head: Catalog, before: SpecId, after: SpecId, renames: tuple[Rename, ...]
) -> Iterator[SpecEdit]:
    known, now = base.document(before), head.document(after)
    if known is None or now is None:
        if known is not None or now is not None:
            yield _of_whole(base, head, after)
        return
    if same(known.value, now.value):
        if known.file.path != now.file.path:
            yield _moved(after, known.file.path, now.file.path, start_of(head, after))
        return
    if base.loaded(before) is None or head.loaded(after) is None:
        side = "base" if base.loaded(before) is None else "head"
        yield _opaque(
            head, after, known.value, now.value, f"the spec is not valid on the {side}, so nothing was compared"
        )
        return
    yield from _of_metadata(base, head, before, after)
    yield from _of_values(base, head, before, after, renames)


def _of_whole(base: Catalog, head: Catalog, spec_id: SpecId) -> SpecEdit:
    catalog = head if head.document(spec_id) is not None else base
    operation = Operation.ADDED if catalog is head else Operation.REMOVED
    other = base if catalog is head else head
    document = catalog.document(spec_id)
    value = _content(document.value) if document is not None else None
    if other.is_declared(spec_id):
        # Its name stands in a file that could not be read, so it may well have been there.
        why = "a file that may hold its other version cannot be read"
        before, after = (None, value) if catalog is head else (value, None)
        return _opaque(catalog, spec_id, before, after, why)
    loaded = catalog.loaded(spec_id)
    names_code = document is not None and any(one.scalar.holds in CODE for one in marked_texts(document, "holds"))
    judgement = judge_spec(spec_id.kind, operation, names_code=names_code)
    change = Change(
        address=Address(spec_id.kind, spec_id.name),
        operation=operation,
        before=None if catalog is head else value,
        after=value if catalog is head else None,
        direction=judgement.direction if loaded is not None else UNKNOWN,
        area=_area(spec_id.kind),
        cause="direct",
        why=judgement.why if loaded is not None else "the spec is not valid, so its effect is unknown",
        environments=_concerned(catalog, loaded.resource if loaded is not None else None),
        sensitivity=_lost_labels(catalog, spec_id) if catalog is base else None,
        span=start_of(catalog, spec_id),
    )
    return SpecEdit(change, spec_id)


def _opaque(catalog: Catalog, spec_id: SpecId, before: Any, after: Any, why: str) -> SpecEdit:
    change = Change(
        address=Address(spec_id.kind, spec_id.name),
        operation=Operation.CHANGED,
        before=before,
        after=after,
        direction=UNKNOWN,
        area=_area(spec_id.kind),
        cause="direct",
        why=why,
        environments=catalog.environments(),
        span=start_of(catalog, spec_id),
    )
    return SpecEdit(change, spec_id)


def _moved(spec_id: SpecId, before: str, after: str, span: Span | None) -> SpecEdit:
    change = Change(
        address=Address(spec_id.kind, spec_id.name),
        operation=Operation.MOVED,
        before=before,
        after=after,
        direction=NEUTRAL,
        area=Area.DOCUMENTATION,
        cause="direct",
        why="the compiler ignores file and folder names",
        span=span,
    )
    return SpecEdit(change, spec_id)


def _of_rename(base: Catalog, head: Catalog, rename: Rename) -> Iterator[SpecEdit]:
    sides = ((base, base.loaded(rename.before)), (head, head.loaded(rename.after)))
    before, after = (_concerned(side, one.resource if one is not None else None) for side, one in sides)
    judgement = judge_spec(rename.after.kind, Operation.RENAMED)
    change = Change(
        address=Address(rename.after.kind, rename.after.name),
        operation=Operation.RENAMED,
        before=rename.before.name,
        after=rename.after.name,
        direction=judgement.direction,
        area=_area(rename.after.kind),
        cause="direct",
        why=judgement.why,
        environments=_either(after, before),
        renamed_from=Address(rename.before.kind, rename.before.name),
        span=head.span(rename.after, ("metadata", "name")),
    )
    yield SpecEdit(change, rename.after)
    yield from _of_metadata(base, head, rename.before, rename.after)


def _of_metadata(
    base: Catalog,
    head: Catalog,
    before: SpecId,
    after: SpecId,
    compare: Callable[[Address, Node, Node, Pointer], Iterator[Difference]] = differences,
) -> Iterator[SpecEdit]:
    known, now = base.loaded(before), head.loaded(after)
    if known is None or now is None:
        return
    address = Address(after.kind, after.name).key("metadata")
    environments = _either(_concerned(base, known.resource), _concerned(head, now.resource))
    for difference in compare(address, known.resource.metadata, now.resource.metadata, ("metadata",)):
        if difference.field == "name":
            continue
        yield _edit(head, base, after, before, difference, environments, None)


def _spec_differences(address: Address, before: Resource, after: Resource) -> Iterator[Difference]:
    first, second = before.spec, after.spec  # type: ignore[attr-defined]  # every kind has one
    for difference in differences(address, first, second, ("spec",)):
        told = opening(overtaken(traffic_growth(difference, first, second), second), first)
        yield naming_code(quarantining(told, second))


def _spec_reorderings(address: Address, before: Resource, after: Resource) -> Iterator[Difference]:
    return _reorderings(address, before.spec, after.spec, ("spec",))  # type: ignore[attr-defined]  # every kind has one


def _reorderings(address: Address, before: Node, after: Node, pointer: Pointer) -> Iterator[Difference]:
    for difference in reorderings(address, before, after, pointer):
        yield neutral_if_order_insensitive(difference, before, after)


def _of_values(
    base: Catalog,
    head: Catalog,
    before: SpecId,
    after: SpecId,
    renames: tuple[Rename, ...],
    compare: Callable[[Address, Resource, Resource], Iterator[Difference]] = _spec_differences,
) -> Iterator[SpecEdit]:
    address = Address(after.kind, after.name)
    environments = tuple(dict.fromkeys((*head.environments(), *base.environments())))
    seen: dict[tuple[Any, ...], tuple[Difference, list[str], str | None]] = {}
    aside: dict[tuple[Any, ...], tuple[Difference, list[str], str | None]] = {}
    compared: dict[tuple[int, int], list[Difference]] = {}
    for environment in (None, *environments):
        known, now = base.overridden(before, environment), head.overridden(after, environment)
        if known is None or now is None or known.resource is None or now.resource is None:
            continue
        pair = (id(known.resource), id(now.resource))
        if pair not in compared:
            compared[pair] = list(compare(address, known.resource, now.resource))
        is_aside = environment is not None and not _concerns(environment, known.resource, now.resource)
        for difference in compared[pair]:
            key = (
                difference.address,
                difference.operation,
                repr(plain(difference.before)),
                repr(plain(difference.after)),
                difference.judgement,
            )
            entry = (aside if is_aside else seen).setdefault(key, (difference, [], environment))
            if environment is not None:
                entry[1].append(environment)
    # What is overridden for an environment that the spec is not in yet would take effect unseen once it comes there.
    for difference, where, first in {**aside, **seen}.values():
        told = follows(difference, renames)
        if not where and any(_concerned(side, _resource(side, one)) for side, one in ((base, before), (head, after))):
            why = f"{told.judgement.why}; {HIDDEN}"
            told = told._replace(judgement=told.judgement._replace(why=why))
        yield _edit(head, base, after, before, told, tuple(where), first)


def _resource(catalog: Catalog, spec_id: SpecId) -> Resource | None:
    loaded = catalog.loaded(spec_id)
    return loaded.resource if loaded is not None else None


def _edit(
    head: Catalog,
    base: Catalog,
    after: SpecId,
    before: SpecId,
    difference: Difference,
    environments: tuple[str, ...],
    environment: str | None,
) -> SpecEdit:
    removed = difference.operation is Operation.REMOVED
    catalog, spec_id = (base, before) if removed else (head, after)
    change = Change(
        address=difference.address,
        operation=difference.operation,
        before=plain(difference.before),
        after=plain(difference.after),
        direction=difference.judgement.direction,
        area=difference.review.area,
        cause="direct",
        why=difference.judgement.why,
        environments=environments,
        grew=difference.judgement.grew,
        sensitivity=_lost_label(difference),
        span=catalog.span(spec_id, difference.pointer, environment=environment),
        breaking=is_breaking(difference),
    )
    return SpecEdit(change, after, difference, difference.pointer)


def _lost_label(difference: Difference) -> str | None:
    """The sensitivity that a column loses, by a weaker label or with its contract."""
    if difference.holder is Column and difference.field == "sensitivity":
        order = difference.review.order
        if difference.before in order and difference.after in order:
            return str(difference.before) if order.index(difference.after) > order.index(difference.before) else None
    if isinstance(difference.before, Column) and difference.after is None:
        return difference.before.sensitivity if difference.before.sensitivity != "public" else None
    return None


def _lost_labels(base: Catalog, spec_id: SpecId) -> str | None:
    """The highest sensitivity of the columns that go with a dataset, in any environment, as of each column alone."""
    seen = (base.overridden(spec_id, environment) for environment in (None, *base.environments()))
    datasets = [one.resource for one in seen if one is not None and isinstance(one.resource, Dataset)]
    labels = {column.sensitivity for dataset in datasets for column in dataset.spec.columns.values()}
    return max(labels - {"public"}, key=SENSITIVITIES.index, default=None)


def _concerned(catalog: Catalog, resource: Resource | None) -> tuple[str, ...]:
    return tuple(name for name in catalog.environments() if resource is None or _concerns(name, resource, resource))


def _concerns(environment: str, before: Resource, after: Resource) -> bool:
    """Whether an environment has to do with the spec, before or after."""
    for resource in (before, after):
        spec: Any = resource.spec  # type: ignore[attr-defined]  # every kind has one
        if resource.kind_name == "Rollout":
            concerns = environment in spec.environments
        elif resource.kind_name == "Release":
            concerns = environment == spec.environment
        elif resource.kind_name == "Environment":
            concerns = environment == resource.name
        else:
            concerns = True
        if concerns:
            return True
    return False


def start_of(catalog: Catalog, spec_id: SpecId) -> Span | None:
    """Where the spec begins; its file is not composed again for that."""
    document = catalog.document(spec_id)
    return Span.point(document.file.path, document.line) if document is not None else None


def _either(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _area(kind: str) -> Area:
    declared = mapping_of(KINDS[kind]).fields["spec"].review
    return Area(declared["area"]) if declared is not None else Area.GOVERNANCE


def _content(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key in ("metadata", "spec", "overrides")}
