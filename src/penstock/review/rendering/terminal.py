"""A plan for the terminal: a row each, indirect effects and generated files under them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Severity
from penstock.review.model import Direction, Operation, Plan
from penstock.review.policy.freezes import StandingFreeze
from penstock.review.policy.wording import freeze_sentence
from penstock.review.rendering.hunks import Hunks, Shown
from penstock.review.rendering.rows import Note, Row, findings, headline, next_command, rows
from penstock.review.rendering.text_safety import log_line
from penstock.review.rendering.unjudged import UNJUDGED, unjudged_groups, unjudged_hint

_COLOURS = {
    Direction.UNKNOWN: "35;1",
    Direction.LOOSENED: "31;1",
    Direction.TIGHTENED: "32",
    Direction.NEUTRAL: "2",
}
_SHOWN_MOVED = 5
_SHOWN_FILES = 20


def render(
    plan: Plan,
    *,
    colour: bool = False,
    diffs: bool = False,
    notes: Mapping[str, Note] | None = None,
    freezes: Iterable[StandingFreeze] = (),
) -> str:
    """The plan as text. `diffs` unfolds the generated files."""
    return "\n".join(_lines(plan, _Paint(colour), diffs, notes, freezes)) + "\n"


class _Paint:
    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def _lines(
    plan: Plan, paint: _Paint, diffs: bool, notes: Mapping[str, Note] | None, freezes: Iterable[StandingFreeze]
) -> Iterator[str]:
    yield paint(log_line(headline(plan)), "1")
    for held in freezes:
        yield f"  {paint('freeze', '31;1')}[{log_line(held.freeze.id)}] {log_line(freeze_sentence(held))}"
    for found, at in findings(plan):
        place = f" {at}" if at else ""
        word = paint(found.severity.value, "31;1" if found.severity is Severity.ERROR else "33")
        yield f"  {word}[{log_line(found.code)}]{log_line(place)} {log_line(found.headline)}"
        if found.severity is not Severity.ERROR:
            # Only here it is told; what is wrong with specs, `penstock check` tells in full.
            yield from (paint(f"      {log_line(text)}", "2") for text in _more(found))
    shown = rows(plan, notes)
    moved = [row for row in shown if row.change.operation is Operation.MOVED]
    if len(shown) > len(moved):
        yield ""
    above = ""
    for row in shown:
        if row.change.operation is not Operation.MOVED:
            yield from _row(row, above, paint)
            above = row.affects
    if moved:
        yield ""
        yield (
            "1 spec moved to another file (no effect):"
            if len(moved) == 1
            else f"{len(moved)} specs moved to another file (no effect):"
        )
        for row in moved[:_SHOWN_MOVED]:
            yield f"  {row.symbol} {log_line(row.what)} {log_line(row.values)}"
        if len(moved) > _SHOWN_MOVED:
            yield f"    and {len(moved) - _SHOWN_MOVED} more"
    yield from _files(plan, paint, diffs)
    yield from _unjudged(plan, paint)
    command = next_command(plan)
    if command is not None:
        yield ""
        yield f"next: {paint(command, '1')}"


def _more(found: Diagnostic) -> Iterator[str]:
    """What else there is to say of a finding: why, and what to do."""
    if found.primary is not None and found.primary.message:
        yield found.primary.message
    yield from (f"help: {text}" for text in found.help)


def _row(row: Row, above: str, paint: _Paint) -> Iterator[str]:
    """A change; what it affects is not said again where the row above affects all of it and nothing else."""
    code = _COLOURS[row.change.direction]
    values = f" {log_line(row.values)}" if row.values else ""
    yield f"{paint(row.symbol, code)} {log_line(row.what)}{values}   {paint(log_line(row.risk), code)}"
    place = f" ({row.span.path}:{row.span.line})" if row.span is not None else ""
    yield paint(f"    {log_line(row.why)}{log_line(place)}", "2")
    if row.affects:
        yield f"    affects {'the same as above' if row.affects == above else log_line(row.affects)}"
    if row.note is not None:
        yield f"    {log_line(row.note.text)}"
    for one in row.alike:
        at = f" ({one.span.path}:{one.span.line})" if one.span is not None else ""
        yield f"    and {one.symbol} {log_line(one.what)}   {paint(log_line(one.why + at), '2')}"
    for below in row.shown_below():
        colour = _COLOURS[below.change.direction]
        values = f" {log_line(below.values)}" if below.values else ""
        yield (
            f"    {paint('↳', colour)} {log_line(below.what)}{values}   {paint(log_line(below.risk), colour)}   "
            + paint(log_line(below.why), "2")
        )
        others = below.note.beyond(row.note) if below.note is not None else ""
        if others:
            yield f"      also needs {log_line(others)}"
    left = len(row.below) - len(row.shown_below())
    if left:
        yield f"      and {left} more"


def _files(plan: Plan, paint: _Paint, diffs: bool) -> Iterator[str]:
    if not plan.artifacts:
        return
    yield ""
    count = len(plan.artifacts)
    yield f"{counted(count, 'generated file')} differ{'' if count > 1 else 's'}:"
    hunks = Hunks.of(plan)
    shown = plan.artifacts if diffs else plan.artifacts[:_SHOWN_FILES]
    for artifact in shown:
        symbol = {"added": "+", "removed": "-", "changed": "~"}[artifact.operation]
        cause = log_line(f"because of {', '.join(artifact.owners)}")
        yield f"  {symbol} {log_line(artifact.path)}   {paint(cause, '2')}"
        if diffs:
            differs = hunks.shown(artifact)
            hunks.keep(differs)
            yield from _diff(differs, paint)
    if len(shown) < count:
        yield f"    and {count - len(shown):,} more (--diffs shows all, with their diffs)"


def _unjudged(plan: Plan, paint: _Paint) -> Iterator[str]:
    groups = unjudged_groups(plan)
    yield from ("", f"{UNJUDGED}:") if groups else ()
    for group in groups:
        yield f"  {group.said(log_line)}"
    if hint := unjudged_hint(plan):
        yield paint(f"  {hint}", "2")


def _diff(shown: Shown, paint: _Paint) -> Iterator[str]:
    for line in shown.text.split("\n") if shown.text else ():
        code = {"+": "32", "-": "31", "@": "36"}.get(line[:1], "")
        yield "      " + (paint(log_line(line), code) if code else log_line(line))
    for one in shown.told:
        yield f"      {paint(one.said(log_line), '2')}"
    if not shown.text and not shown.told:
        yield f"      {paint('only the order differs', '2')}"
