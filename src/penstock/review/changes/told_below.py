"""Which changes of a plan stand on their own, and which are effects of another change and are told below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from penstock.review.model import Change, Direction, Operation, Plan
from penstock.specs.addresses import Address

_OF_VERSION = {(f".{key}",) for key in ("version", "specs", "datasets", "evidence", "promotion", "previous", "step")}
"""The fields of a Release that are another version's, each time."""
_LEADING = ("version.digest", "step", "evidence.digest")
_RISKY = (Direction.UNKNOWN, Direction.LOOSENED)


def standing_alone(plan: Plan) -> list[Change]:
    """What is counted: each change that has a row of its own, whoever made it and wherever; nothing that only moved."""
    below = told_below(plan)
    return [c for c in plan.changes if c.operation is not Operation.MOVED and c.fingerprint not in below]


def told_below(plan: Plan) -> dict[str, Change]:
    """By the fingerprint of a change that is told below another: that other one, which stands on its own.

    So are indirect changes, the code that comes together with the field that names it, and what a Release says of its
    version beside the version itself.
    """
    found = {**dict(_with_what_names_it(plan)), **dict(_with_their_version(plan))}
    tops: dict[str, list[Change]] = {}
    for change in plan.changes:
        if _is_made(change):
            tops.setdefault(str(change.address), []).append(change)
    for change in plan.changes:
        if _is_made(change):
            continue
        causes = [top for step in change.through for top in tops.get(step, ())]
        cause = next((top for top in causes if (top.before, top.after) == (change.before, change.after)), None)
        if cause is None and change.direction is Direction.NEUTRAL:
            # What risks nothing needs no row of its own.
            specs = {str(change.address), *(step.partition(".")[0] for step in change.through)}
            direct = (other for other in plan.changes if other.cause == "direct")
            cause = next((other for other in direct if str(other.address.spec) in specs), None)
        if cause is not None:
            found[change.fingerprint] = found.get(cause.fingerprint, cause)
    return found


def _is_made(change: Change) -> bool:
    """Whether somebody made it: in the spec, or in what stands behind a name in it."""
    return change.cause == "direct" or bool(change.address.parts)


def _with_what_names_it(plan: Plan) -> Iterator[tuple[str, Change]]:
    """The changes of what stands behind a name that is new itself, each with the change that brings the name.

    One that says of itself that it risks nothing does not speak for its code.
    """
    added = {
        str(change.address): change
        for change in plan.changes
        if change.cause == "direct" and change.operation is Operation.ADDED and change.direction in _RISKY
    }
    for change in plan.changes:
        if added and change.cause == "indirect" and change.address.parts:
            holder = _holder(change.address, added)
            if holder is not None:
                yield change.fingerprint, holder


def _with_their_version(plan: Plan) -> Iterator[tuple[str, Change]]:
    """What changes in a Release together with its version, with its step or with its evidence, in this order.

    What is riskier than that stands on its own.
    """
    of_releases = [change for change in plan.changes if change.address.kind == "Release" and change.cause == "direct"]
    made = {str(change.address): change for change in of_releases}
    for change in of_releases:
        spec = str(change.address.spec)
        lead = next((made[field] for part in _LEADING if (field := f"{spec}.{part}") in made), None)
        if lead is None or lead is change or change.address.parts[:1] not in _OF_VERSION:
            continue
        if lead.direction is Direction.UNKNOWN or change.direction not in _RISKY:
            yield change.fingerprint, lead


def _holder(address: Address, added: Mapping[str, Change]) -> Change | None:
    above = (Address(address.kind, address.name, address.parts[:size]) for size in range(len(address.parts) + 1))
    return next((added[str(one)] for one in above if str(one) in added), None)
