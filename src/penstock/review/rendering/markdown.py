"""A plan as the comment that stands under a pull request, within the length that a forge takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Severity, Span
from penstock.review.model import ArtifactChange, Direction, Operation, Plan
from penstock.review.policy.freezes import StandingFreeze
from penstock.review.policy.wording import freeze_sentence
from penstock.review.rendering.hunks import Hunks, Shown
from penstock.review.rendering.rows import Note, Row, findings, headline, next_command, rows
from penstock.review.rendering.text_safety import fenced, markdown, markdown_prose, markdown_text
from penstock.review.rendering.unjudged import UNJUDGED, unjudged_groups, unjudged_hint

LIMIT = 65_536
"""Characters of a comment on GitHub, which counts them in UTF-8."""

_RESERVE = 1_500
"""Characters kept for what closes the comment."""
_MARKS = {
    Direction.UNKNOWN: "🟣",
    Direction.LOOSENED: "🔴",
    Direction.TIGHTENED: "🟢",
    Direction.NEUTRAL: "⚪",
}
_LONGEST_DIFF = 8_000
_SHORTEST_DIFF = 300
"""Bytes with less than which a page has no room for a diff: none is made for it."""


def render(
    plan: Plan,
    *,
    notes: Mapping[str, Note] | None = None,
    freezes: Iterable[StandingFreeze] = (),
    source: str | None = None,
    whole: str | None = None,
    limit: int = LIMIT,
) -> str:
    """The plan as GitHub Markdown of at most `limit` bytes.

    `notes` are what the policy or a verdict says of the changes: with them, each row tells who must approve, and the
    state where there is one. `freezes` are those that hold something back, where no verdict beside the plan says so.
    `source` is the address of a folder with the files of head, to which rows link their lines, `whole` that of the
    whole plan.
    """
    page = _Page(limit - _RESERVE)
    titles = _titles(notes)
    page.add(f"### {markdown_text(headline(plan))}\n\n")
    for held in freezes:
        page.add(f"- ⛔ {markdown(f'freeze {held.freeze.id}')} {markdown_prose(freeze_sentence(held))}\n", keep=2_000)
    left_out = _errors(page, plan)
    left_out += _table(page, plan, notes, source, titles)
    _unjudged(page, plan)
    left_out += _files(page, plan)
    command = next_command(plan)
    close = f"\nNext: {markdown(command)}\n" if command is not None else ""
    if left_out:
        where = f"[the whole plan]({whole})" if whole else "`penstock plan --format html` shows all"
        close += f"\n> Cut off at the length limit of a comment: {', '.join(left_out)} left out; {where}.\n"
    close += f"\n<sub>base {markdown(plan.base[:12])} · head {markdown(plan.head[:12])}</sub>\n"
    return page.text() + close


class _Page:
    """Text that grows up to a number of bytes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._parts: list[str] = []

    def add(self, text: str, keep: int = 0) -> bool:
        """Add the text, if it fits with `keep` bytes to spare."""
        size = len(text.encode())
        if size + keep > self._room:
            return False
        self._room -= size
        self._parts.append(text)
        return True

    def has_room(self, size: int) -> bool:
        """Whether so many bytes would fit."""
        return size <= self._room

    def text(self) -> str:
        return "".join(self._parts)


def _errors(page: _Page, plan: Plan) -> list[str]:
    told = list(findings(plan))
    for position, (found, place) in enumerate(told):
        if not page.add(_error(found, place), keep=2_000):
            return [f"{len(told) - position} of {counted(len(told), 'finding')}"]
    if told:
        page.add("\n")
    return []


def _error(found: Diagnostic, at: str) -> str:
    mark = "❌" if found.severity is Severity.ERROR else "⚠️"
    place = f" {markdown(at)}" if at else ""
    label = f" ({markdown_prose(found.primary.message)})" if found.primary is not None and found.primary.message else ""
    helps = "".join(f"<br>{markdown_prose(text)}" for text in found.help[:2])
    return f"- {mark} {markdown_prose(found.headline)}{label}{place}{helps}\n"


def _titles(notes: Mapping[str, Note] | None) -> list[str]:
    """The columns; the last of them only where there is something to tell."""
    told = ["who must approve"] if notes is not None else []
    told += ["state"] if any(note.state for note in (notes or {}).values()) else []
    return ["", "change", "risk", "why", "affects", *told]


def _table(
    page: _Page, plan: Plan, notes: Mapping[str, Note] | None, source: str | None, titles: list[str]
) -> list[str]:
    tops = (row for row in rows(plan, notes) if row.change.operation is not Operation.MOVED)
    shown = [one for row in tops for one in (row, *row.alike)]
    moved = sum(change.operation is Operation.MOVED for change in plan.changes)
    if shown:
        page.add(f"| {' | '.join(titles)} |\n|{' --- |' * len(titles)}\n")
    left, above = len(shown), ""
    for row in shown:
        if not page.add("".join(_lines(row, above, source, len(titles))), keep=200):
            break
        left, above = left - 1, row.affects
    if moved:
        page.add(f"\n{counted(moved, 'spec')} moved to another file (no effect).\n")
    return [f"{left} of {counted(len(shown), 'change')}"] if left else []


def _lines(row: Row, above: str, source: str | None, columns: int) -> Iterator[str]:
    """A change and its effects; what is affected is told once, and not again where the row above affects the same."""
    affects = "the same as above" if row.affects and row.affects == above else row.affects
    yield _line(row, _MARKS[row.change.direction], affects, source, columns)
    for below in row.shown_below():
        yield _line(below, "↳", "", source, columns)
    left = len(row.below) - len(row.shown_below())
    if left:
        empty = " |" * (columns - 2)
        yield f"| ↳ | and {left} more |{empty}\n"


def _line(row: Row, mark: str, affects: str, source: str | None, columns: int) -> str:
    what = f"{row.symbol} {markdown(row.what)}"
    if row.values:
        what += f"<br>{markdown(row.values)}"
    if row.span is not None:
        what += f"<br><sub>{_place(row.span, source)}</sub>"
    told = [row.risk, row.why, affects, *((row.note.needs, row.note.state) if row.note is not None else ("", ""))]
    cells = [mark, what, *map(markdown_prose, told)]
    return f"| {' | '.join(cells[:columns])} |\n"


def _place(span: Span, source: str | None) -> str:
    text = f"{span.path}:{span.line}"
    if source is None:
        return markdown(text)
    return f'<a href="{source.rstrip("/")}/{quote(span.path)}#L{span.line}">{markdown(text)}</a>'


def _unjudged(page: _Page, plan: Plan) -> None:
    """What nobody looked at; the headline has its number, so that it may go where there is no room."""
    groups = unjudged_groups(plan)
    if groups:
        hint = unjudged_hint(plan)
        lines = [f"\n**{UNJUDGED.capitalize()}:**\n\n", *(f"- {group.said(markdown)}\n" for group in groups)]
        page.add("".join(lines) + (f"\n{markdown_prose(hint)}\n" if hint else ""), keep=200)


def _files(page: _Page, plan: Plan) -> list[str]:
    """The generated files, folded, those of one cause together."""
    if not plan.artifacts:
        return []
    causes: dict[tuple[str, ...], list[ArtifactChange]] = {}
    for artifact in plan.artifacts:
        causes.setdefault(artifact.owners, []).append(artifact)
    count = len(plan.artifacts)
    page.add(f"\n<details><summary>{counted(count, 'generated file')}</summary>\n\n")
    left = count
    hunks = Hunks.of(plan)
    for owners, artifacts in causes.items():
        if not page.add(f"**because of** {', '.join(map(markdown, owners))}\n\n", keep=200):
            break
        for artifact in artifacts:
            if not _added(page, artifact, hunks):
                break
            left -= 1
    page.add("</details>\n")
    return [f"{left} of {counted(count, 'generated file')}"] if left else []


def _added(page: _Page, artifact: ArtifactChange, hunks: Hunks) -> bool:
    """Whether the page has room for the file, for its name at least."""
    name = f"{artifact.operation} {markdown(artifact.path)}"
    if artifact.operation == "removed" and artifact.path not in hunks.successors:
        return page.add(f"- {name}\n\n", keep=100)
    if page.has_room(_SHORTEST_DIFF):
        shown = hunks.shown(artifact, _LONGEST_DIFF)
        if page.add(_file(shown, name), keep=100):
            hunks.keep(shown)
            return True
    return page.add(f"- {name}: too long to show here\n\n", keep=100)


def _file(shown: Shown, name: str) -> str:
    told = "; ".join(one.said(markdown) for one in shown.told)
    if not shown.text:
        return f"- {name}: {told or 'only the order differs'}\n\n"
    below = f"{told}\n\n" if told else ""
    return f"<details><summary>{name}</summary>\n\n{fenced(shown.text, 'diff')}\n\n{below}</details>\n\n"
