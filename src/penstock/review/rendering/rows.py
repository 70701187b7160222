"""A plan as rows to be read: what each format shows, before it is written in that format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from penstock.catalog.upstream import SENSITIVE
from penstock.diagnostics.deduplicate import alike_of
from penstock.diagnostics.grammar import counted, joined
from penstock.diagnostics.model import Diagnostic, Severity, Span
from penstock.review.changes.told_below import standing_alone, told_below
from penstock.review.model import Change, Direction, Impact, Operation, Plan
from penstock.review.policy.wording import NOBODY, unjudged_count
from penstock.review.rendering.values import shown_if_short, shown_value, shown_values, whole_difference
from penstock.source.writing.findings import MENDED_BY_COMPILING
from penstock.specs.addresses import FILE

SYMBOLS = {
    Operation.ADDED: "+",
    Operation.REMOVED: "-",
    Operation.CHANGED: "~",
    Operation.RENAMED: ">",
    Operation.MOVED: ">",
}
_DIRECTIONS = (Direction.UNKNOWN, Direction.LOOSENED, Direction.TIGHTENED, Direction.NEUTRAL)
"""The highest risk first."""
_NAMES = (Operation.RENAMED, Operation.MOVED)
"""Operations by which nothing but a name or a place differs."""
_EFFECTS_SHOWN = 5
_AND = "; "
"""Stands between what several rules need."""


class Note(NamedTuple):
    """What the policy or a verdict says about one change."""

    needs: str
    """Who must approve, such as `1 of sre`."""
    state: str = ""
    """Such as `approved by ada`, or `pending`; empty before anybody was asked."""

    @property
    def text(self) -> str:
        """Both, as one phrase."""
        return f"needs {self.needs}: {self.state}" if self.state else f"needs {self.needs}"

    def beyond(self, other: Note | None) -> str:
        """Whom it needs and the other one does not, whichever rules ask; empty where that is nobody."""
        known = {NOBODY, *(_who(part) for part in (other.needs.split(_AND) if other is not None else ()))}
        return _AND.join(part for part in self.needs.split(_AND) if _who(part) not in known)


def _who(part: str) -> str:
    """Who is needed, without the rules that ask."""
    return part.partition(" [")[0]


class Row(NamedTuple):
    """One change. All texts are as others wrote them: each format escapes them."""

    change: Change
    symbol: str
    what: str
    """The address, and for a rename the former one."""
    values: str
    """`5% -> 50%`; empty where the address says it all."""
    risk: str
    """`loosened (rollout)`."""
    why: str
    affects: str
    span: Span | None
    note: Note | None
    below: tuple[Row, ...] = ()
    """Code that came with it, and indirect changes that it causes."""
    alike: tuple[Row, ...] = ()
    """Further effects of the same edit that reach the same and need the same people; each is a change of its own."""

    def shown_below(self) -> tuple[Row, ...]:
        """Those that a page with little room shows: each piece of code, and of the effects the first."""
        code = tuple(row for row in self.below if row.change.address.parts)
        effects = tuple(row for row in self.below if not row.change.address.parts)
        return code + effects[:_EFFECTS_SHOWN]


def rows(plan: Plan, notes: Mapping[str, Note] | None = None) -> tuple[Row, ...]:
    """The changes that stand on their own, the highest risk first, each with those that it causes.

    `notes` are what the policy or a verdict says, by the fingerprint of a change.
    """
    known = notes or {}
    parents = told_below(plan)
    below: dict[str, list[Change]] = {}
    tops = []
    for change in plan.changes:
        parent = parents.get(change.fingerprint)
        if parent is None:
            tops.append(change)
        else:
            below.setdefault(parent.fingerprint, []).append(change)
    shown = (_row(plan, change, known, below.get(change.fingerprint, ())) for change in _sorted(tops, plan.impacts))
    return tuple(_folded(map(_Replaced(tops), shown)))


class _Replaced:
    """Says of what goes that another comes to its address: the two have other directions, and so stand far apart."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._known = {(change.address, change.operation) for change in changes}

    def __call__(self, row: Row) -> Row:
        address, operation = row.change.address, row.change.operation
        if operation is Operation.REMOVED and (address, Operation.ADDED) in self._known:
            return row._replace(why=f"{row.why}; another takes its place")
        if operation is Operation.ADDED and (address, Operation.REMOVED) in self._known:
            return row._replace(why=f"{row.why}; it takes the place of another")
        return row


def _folded(shown: Iterable[Row]) -> Iterator[Row]:
    """The rows, those that differ in little else than a name told with the first of them.

    A module behind ten features is one edit, and so is a query by which ten sensitive columns come.
    """
    groups: dict[object, list[Row]] = {}
    for row in shown:
        change = row.change
        place = change.through if change.address.parts else (change.address,)
        same = change.direction, change.area, change.breaking, row.affects, row.note, place
        groups.setdefault(change.fingerprint if change.cause == "direct" else same, []).append(row)
    for first, *alike in groups.values():
        # They reach the same, each by another way.
        known = {_said_below(one) for one in first.below}
        others = {_said_below(one): one for row in alike for one in row.below if _said_below(one) not in known}
        yield first._replace(
            below=(*first.below, *others.values()), alike=tuple(row._replace(below=()) for row in alike)
        )


def _said_below(row: Row) -> tuple[str, str, Note | None]:
    return row.what, row.risk, row.note


def headline(plan: Plan) -> str:
    """One sentence with the totals."""
    errors = sum(found.severity is Severity.ERROR for found, _ in findings(plan))
    if errors:
        return f"{counted(errors, 'error')} in the merge result; {_totals(plan)}{unjudged_count(plan)}."
    if plan.kind == "rollback":
        alone = standing_alone(plan)
        of_files = [one for one in alone if one.address.kind == FILE]
        count = len({one.address.spec for one in alone}) - len(of_files)
        to = "a previously served version" if count == 1 else "previously served versions"
        beside = f", and {_counts(of_files)}" if of_files else ""
        return f"Rollback of {counted(count, 'release')} to {to}{beside}{unjudged_count(plan)}."
    if plan.kind == "none":
        moved = sum(change.operation is Operation.MOVED for change in plan.changes)
        elsewhere = f", {counted(moved, 'spec')} moved to another file" if moved else ""
        rewritten = f"; {counted(len(plan.artifacts), 'generated file')} rewritten" if plan.artifacts else ""
        return f"No change in meaning{elsewhere}{rewritten}{unjudged_count(plan)}."
    text = _totals(plan)
    return f"{text[0].upper()}{text[1:]}{unjudged_count(plan)}."


def findings(plan: Plan) -> Iterator[tuple[Diagnostic, str]]:
    """What is wrong with head, with the place; what is said of many files in the same words, is said once."""
    for alike in alike_of(plan.errors):
        more = f" and {counted(len(alike) - 1, 'more file')}" if len(alike) > 1 else ""
        place = str(alike[0].primary.span) if alike[0].primary is not None else ""
        yield alike[0], f"{alike[0].path}{more}" if more else place


def next_command(plan: Plan) -> str | None:
    """The command that helps next, where something keeps the plan from being approved; in words, where none does."""
    errors = [found for found in plan.errors if found.severity is Severity.ERROR]
    codes = {found.code for found in errors}
    if not codes:
        return None
    if "merge-conflict" in codes:
        return next(found.help[0] for found in errors if found.code == "merge-conflict")
    if codes <= MENDED_BY_COMPILING:
        return "penstock compile && git add --all generated && git commit"
    if "edited-artifact" in codes:
        return "make the change in the specs, then penstock compile"
    if codes <= {"unowned-file", *MENDED_BY_COMPILING}:
        # The check of the specs says nothing of it.
        return "move what Penstock did not write out of generated/, then penstock compile"
    return "penstock check"


def affected(impact: Impact, change: Change) -> str:
    """What a change reaches: `affects production, 2 callers, SLO availability`."""
    parts = [", ".join(impact.environments)] if impact.environments else []
    if change.address.kind != "Model" or len(impact.models) > 1:
        parts += [_named(impact.models, "model")] if impact.models else []
    if change.address.kind != "Rollout" or len(impact.rollouts) > 1:
        parts += [_named(impact.rollouts, "rollout")] if impact.rollouts else []
    parts += [counted(len(impact.callers), "caller")] if impact.callers else []
    # One that itself moves has two bounds, of which neither is named.
    slos = impact.slos if len(impact.slos) == 1 else impact.objectives
    parts += [_named(slos, "SLO")] if slos else []
    parts += [counted(len(impact.purposes), "schedule")] if impact.schedules else []
    parts += [f"{impact.risk_tiers[-1]} risk tier"] if impact.risk_tiers else []
    parts += [f"{_difference(impact.cpu_cores)} cores"] if impact.cpu_cores else []
    parts += [f"{_difference(impact.memory_bytes / 2**30)} GiB of memory"] if impact.memory_bytes else []
    parts += [f"{impact.gpus:+,} GPU{'' if abs(impact.gpus) == 1 else 's'}"] if impact.gpus else []
    parts += ["an unknown cost"] if impact.is_cost_unknown else []
    return ", ".join(parts)


def _difference(amount: float) -> str:
    """A number with its sign and three digits that count: `+0.25`, `+5,664`."""
    return f"{amount:+,.0f}" if abs(amount) >= 100 else f"{amount:+.3g}"


def reach(plan: Plan) -> str:
    """What the changes reach together, for the headline."""
    found = [plan.impacts[c.fingerprint] for c in plan.changes if c.fingerprint in plan.impacts]
    models = {name for impact in found for name in impact.models}
    rollouts = {name for impact in found for name in impact.rollouts}
    reached = dict.fromkeys(name for impact in found for name in impact.environments)
    environments = [name for name in dict.fromkeys((*plan.environments, *reached)) if name in reached]
    parts = [counted(len(models), "model")] if models else []
    parts += [counted(len(rollouts), "rollout")] if rollouts else []
    if not parts:
        return ""
    where = f" in {joined(environments)}" if environments else ""
    return f", reaching {joined(parts)}{where}"


def _totals(plan: Plan) -> str:
    told = standing_alone(plan)
    if not told:
        return "no change in meaning"
    return _counts(told) + reach(plan)


def _counts(told: Sequence[Change]) -> str:
    """How many changes of which direction, and where."""
    counts = {direction: sum(change.direction is direction for change in told) for direction in _DIRECTIONS}
    listed = joined([f"{count:,} {direction.value}" for direction, count in counts.items() if count])
    noun = "change" if len(told) == 1 else "changes"
    kind = "" if any(change.cause == "direct" for change in told) else "indirect "
    return f"{listed} {kind}{noun} in {_places(told)}"


def _places(told: Iterable[Change]) -> str:
    """How many specs the changes are of, and how many other files."""
    counts = Counter("file" if spec.kind == FILE else "spec" for spec in {change.address.spec for change in told})
    return joined(counted(counts[noun], noun) for noun in ("spec", "file") if counts[noun])


def _row(plan: Plan, change: Change, notes: Mapping[str, Note], below: Iterable[Change] = ()) -> Row:
    former = f" (was {change.renamed_from})" if change.renamed_from is not None else ""
    risk = f"{change.direction.value} ({change.area.value})"
    if change.operation is Operation.MOVED:
        risk = "moved"
    elif change.breaking:
        risk += ", breaking"
    return Row(
        change=change,
        symbol=SYMBOLS[change.operation],
        what=f"{change.address}{former}",
        values=_values(change),
        risk=risk,
        why=change.why,
        affects=affected(plan.impacts.get(change.fingerprint, Impact()), change),
        span=change.span,
        note=notes.get(change.fingerprint),
        below=tuple(_distinct(_row(plan, one, notes) for one in _sorted(below, plan.impacts))),
    )


def _distinct(found: Iterable[Row]) -> Iterator[Row]:
    """Without those that say the same: a field and the code that came with it have the same effects."""
    known = set()
    for row in found:
        said = row.what, row.risk, row.why, row.affects, row.note
        if said not in known:
            known.add(said)
            yield row


def _values(change: Change) -> str:
    if change.operation is Operation.RENAMED or change.cause == "indirect" or change.address.kind == FILE:
        return ""
    if change.operation is Operation.ADDED:
        return shown_value(change.after) if change.address.parts else shown_if_short(_spec(change.after))
    if change.operation is Operation.REMOVED:
        return f"was {shown_value(change.before)}" if change.address.parts else ""
    before, after = shown_values(change.before, change.after)
    return f"{before} -> {after}"


def whole_values(change: Change) -> str:
    """What a change puts in the place of what, in full, as lines of a diff; empty where the row says it all."""
    if change.operation in _NAMES or change.cause == "indirect" or change.address.kind == FILE:
        return ""
    if change.address.parts:
        return whole_difference(change.before, change.after)
    return whole_difference(_spec(change.before), _spec(change.after))


def _spec(value: Any) -> Any:
    """What a whole spec says, without its name and owner."""
    return value.get("spec") if isinstance(value, dict) else None


def _sorted(changes: Iterable[Change], impacts: Mapping[str, Impact]) -> list[Change]:
    """The highest risk first, then by spec; those of one spec stay in the order of its fields, as they were found.

    Personal data that newly reaches a model, or loses its label, comes before all else, and what may loosen in
    production before what may elsewhere.
    """

    def order(change: Change) -> tuple[Any, ...]:
        is_private = change.direction is Direction.LOOSENED and change.sensitivity in SENSITIVE
        is_moved = change.operation is Operation.MOVED
        impact = impacts.get(change.fingerprint)
        is_safe = change.direction not in (Direction.UNKNOWN, Direction.LOOSENED)
        is_elsewhere = impact is not None and "production" not in impact.stages
        place = is_safe, is_elsewhere and not is_safe, _DIRECTIONS.index(change.direction)
        # A rename goes through the tests of a policy before all else, and they are the least of it.
        is_test = change.address.parts[:1] == (".tests",)
        return is_moved, not is_private, *place, is_test, change.address.spec

    return sorted(changes, key=order)


def _named(names: tuple[str, ...], noun: str) -> str:
    return f"{noun} {names[0]}" if len(names) == 1 else counted(len(names), noun)
