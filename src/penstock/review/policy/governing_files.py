"""Changes of files that decide how everything is built, run or reviewed, where the policy has a rule for them.

No spec leads to such a file, so that its change has no direction: it is unknown. A policy says that it wants to be
asked by naming `FILE` among the kinds of a rule, or at the start of an address. From then on every such file is a
change like any other: all rules meet it, and one that none matches blocks. Policies without such a rule decide as they
did before these were told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from penstock.diagnostics.model import Span
from penstock.review.model import Change, ChangedFile, Direction, Impact, Operation, Plan
from penstock.specs.addresses import FILE, Address
from penstock.specs.approval_policy import ApprovalRule, When
from penstock.specs.review import Area


def with_governing_files(plan: Plan, rules: Iterable[ApprovalRule]) -> Plan:
    """The plan with exactly those changes of files that the rules want to know of."""
    others = tuple(change for change in plan.changes if change.address.kind != FILE)
    speaks = any(_speaks(when) for rule in rules for when in _conditions(rule.when))
    found = tuple(_change(one) for one in plan.files if one.role) if speaks else ()
    if (*others, *found) == plan.changes:
        return plan
    former = {change.fingerprint for change in plan.changes} - {change.fingerprint for change in others}
    impacts = {key: impact for key, impact in plan.impacts.items() if key not in former}
    # What is built from it is released by other changes, such as a digest in an Environment.
    impacts |= {change.fingerprint: Impact() for change in found}
    told = replace(plan, changes=(*others, *found), impacts=impacts)
    if plan.kind == "rollback":
        return told
    return replace(told, kind="none" if means_nothing(told) and not found and not plan.errors else "change")


def unjudged(plan: Plan) -> tuple[ChangedFile, ...]:
    """The files of the plan about which no rule is asked either."""
    known = {change.address.name for change in plan.changes if change.address.kind == FILE}
    return tuple(one for one in plan.files if one.path not in known)


def means_nothing(plan: Plan) -> bool:
    """Whether no spec means anything else than before, so that no generated file may differ."""
    return all(change.operation is Operation.MOVED or change.address.kind == FILE for change in plan.changes)


def _speaks(when: When) -> bool:
    return FILE in (when.kind or ()) or (when.address is not None and when.address.startswith(f"{FILE}/"))


def _conditions(when: When) -> Iterator[When]:
    yield when
    inner = (*(when.all or ()), *(when.any or ()), *(when.at_least.of if when.at_least is not None else ()))
    for one in (*inner, *((when.not_,) if when.not_ is not None else ())):
        yield from _conditions(one)


def _change(file: ChangedFile) -> Change:
    return Change(
        address=Address(FILE, file.path),
        operation=file.operation,
        before=file.before,
        after=file.after,
        direction=Direction.UNKNOWN,
        area=Area.GOVERNANCE,
        cause="direct",
        why=f"it is one of the {_SAID[file.role]}, and the review does not read what it says",
        span=Span.point(file.path) if file.operation is not Operation.REMOVED else None,
    )


_SAID = {
    "workflows": "workflows and actions that run here",
    "owners": "files that say whose review the forge asks for",
    "git": "files that tell git what to make of others",
    "images": "files that images are built from",
    "packages": "files that say which packages are installed",
}
"""By the role of a file."""
