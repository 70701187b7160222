"""Near renames: a spec is removed, and one of its kind is added under another name, with a few fields changed.

Under one name these would be changes of their own. Under two, a bound that moved is found in neither of the wholes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from penstock.catalog.model import Catalog, SpecId
from penstock.review.changes.diff import Difference, differences
from penstock.review.changes.gate_tests import overtaken
from penstock.review.changes.opening_rules import opening
from penstock.review.changes.values import plain
from penstock.review.model import Direction, Operation
from penstock.specs.addresses import Address

_MOST_CANDIDATES = 20
"""Of more specs that go than this, nobody could tell which one has a successor."""
_MOST_DIFFERENCES = 12
"""Two specs that differ in more than this are two."""
_SHOWN = 4
_WIDEST = 40
_SEVERITY = (Direction.LOOSENED, Direction.UNKNOWN, Direction.TIGHTENED, Direction.NEUTRAL)


def near_renames(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> dict[SpecId, str]:
    """For each spec that comes in the place of one that goes: which one, and what differs between the two."""
    ids = tuple(touched)
    removed = [one for one in ids if base.document(one) and not head.is_declared(one)]
    added = [one for one in ids if head.document(one) and not base.is_declared(one)]
    found = {}
    for spec_id in added:
        candidates = [one for one in removed if one.kind == spec_id.kind]
        if 0 < len(candidates) <= _MOST_CANDIDATES:
            description = _nearest(base, head, spec_id, candidates)
            if description:
                found[spec_id] = description
    return found


def _nearest(base: Catalog, head: Catalog, spec_id: SpecId, candidates: Sequence[SpecId]) -> str:
    now = head.loaded(spec_id)
    best: tuple[int, str] | None = None
    for candidate in candidates:
        known = base.loaded(candidate)
        if now is None or known is None:
            continue
        before, after = known.resource, now.resource
        address = Address(spec_id.kind, spec_id.name)
        first, second = before.spec, after.spec  # type: ignore[attr-defined]  # every kind has one
        found = [opening(overtaken(one, second), first) for one in differences(address, first, second)]
        if len(found) <= _MOST_DIFFERENCES and (best is None or len(found) < best[0]):
            overridden = before.overrides != after.overrides
            best = len(found), _description(candidate, found, overridden)
    return best[1] if best is not None else ""


def _description(candidate: SpecId, found: list[Difference], overridden: bool) -> str:
    found.sort(key=lambda one: _SEVERITY.index(one.judgement.direction))
    parts = [_described(one) for one in found[:_SHOWN]]
    parts += [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    parts += ["the overrides"] if overridden else []
    return f"compared with `{candidate.name}`, which is removed, it changes {', '.join(parts)}" if parts else ""


def _described(difference: Difference) -> str:
    where = "".join(difference.address.parts).lstrip(".")
    direction = difference.judgement.direction.value
    if difference.operation is not Operation.CHANGED:
        return f"`{where}`, which is {difference.operation.value} ({direction})"
    before, after = (str(plain(one)) for one in (difference.before, difference.after))
    values = f" {before} -> {after}" if max(len(before), len(after)) <= _WIDEST else ""
    return f"`{where}`{values} ({direction})"
