"""A plan as one HTML file that needs nothing else: no script, no font, no address outside of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic
from penstock.review.model import ArtifactChange, Operation, Plan
from penstock.review.policy.freezes import StandingFreeze
from penstock.review.policy.governing_files import unjudged
from penstock.review.policy.wording import freeze_sentence
from penstock.review.rendering.hunks import Hunks, Shown
from penstock.review.rendering.rows import Note, Row, findings, headline, next_command, rows, whole_values
from penstock.review.rendering.style import STYLE
from penstock.review.rendering.text_safety import html_prose, html_text
from penstock.review.rendering.unjudged import unjudged_groups, unjudged_hint

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Even if text of others became markup, the browser would load and run nothing."""


def render(plan: Plan, *, notes: Mapping[str, Note] | None = None, freezes: Iterable[StandingFreeze] = ()) -> str:
    """The whole plan, nothing left out; generated files are folded."""
    return "".join(_page(plan, notes, freezes))


def _page(plan: Plan, notes: Mapping[str, Note] | None, freezes: Iterable[StandingFreeze]) -> Iterator[str]:
    shown = rows(plan, notes)
    meant = [row for row in shown if row.change.operation is not Operation.MOVED]
    moved = [row for row in shown if row.change.operation is Operation.MOVED]
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>Plan {html_text(plan.head[:12])}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
    yield '<p class="kicker">Penstock plan</p>\n'
    yield f"<h1>{html_text(headline(plan))}</h1>\n"
    base, head = html_text(plan.base[:12]), html_text(plan.head[:12])
    yield f'<p class="revisions"><code>{base}</code> to <code>{head}</code></p>\n'
    for held in freezes:
        told = f"<strong>freeze {html_text(held.freeze.id)}</strong> {html_prose(freeze_sentence(held))}"
        yield f'<div class="finding error">{told}</div>\n'
    yield from (_error(found, place) for found, place in findings(plan))
    command = next_command(plan)
    if command is not None:
        yield f'<p class="next">Next <code>{html_text(command)}</code></p>\n'
    if meant:
        yield '<section aria-label="Changes">\n'
        for row in meant:
            yield from _change(row)
        yield "</section>\n"
    if moved:
        yield f'<h2>Moved <span class="count">{len(moved)}</span></h2>\n<ul class="moved">\n'
        for row in moved:
            yield f"<li><code>{html_text(row.what)}</code> {html_text(row.values)}</li>\n"
        yield "</ul>\n"
    yield from _unjudged(plan)
    yield from _files(plan)
    yield "</main>\n</body>\n</html>\n"


def _error(found: Diagnostic, at: str) -> str:
    place = f"<code>{html_text(at)}</code>" if at else ""
    label = f" {html_prose(found.primary.message)}." if found.primary is not None and found.primary.message else ""
    helps = "".join(f"<br>{html_prose(text)}" for text in found.help)
    kind = found.severity.value
    return f'<div class="finding {kind}"><strong>{html_prose(found.headline)}</strong>{label} {place}{helps}</div>\n'


def _change(row: Row) -> Iterator[str]:
    direction = row.change.direction.value
    yield f'<article class="{direction}">\n<div class="what"><span class="symbol">{html_text(row.symbol)}</span>'
    yield f"<code>{_address(row.what)}</code></div>\n"
    if row.values:
        yield f'<p class="values"><code>{html_text(row.values)}</code></p>\n'
    if whole := whole_values(row.change):
        yield "<details><summary>in full</summary>\n<pre>"
        yield from _diff(whole)
        yield "</pre>\n</details>\n"
    yield f'<p class="risk"><span class="badge">{html_text(row.risk)}</span> {html_prose(row.why)}</p>\n'
    if row.affects:
        yield f'<p class="affects">affects {html_text(row.affects)}</p>\n'
    if row.note is not None:
        yield f'<p class="note">{html_text(row.note.text)}</p>\n'
    if row.span is not None:
        yield f'<p class="place">{html_text(f"{row.span.path}:{row.span.line}")}</p>\n'
    if row.alike:
        yield '<ul class="alike">\n'
        for one in row.alike:
            place = html_text(f" {one.span.path}:{one.span.line}") if one.span is not None else ""
            yield f"<li><code>{_address(one.what)}</code> {html_prose(one.why)}"
            yield f'<span class="place">{place}</span></li>\n'
        yield "</ul>\n"
    if row.below:
        are_effects = all(below.change.cause == "indirect" for below in row.below)
        told = counted(len(row.below), "indirect effect" if are_effects else "more change")
        beyond = (below.note.beyond(row.note) for below in row.below if below.note is not None)
        others = "; ".join(dict.fromkeys(filter(None, beyond)))
        told += f" <strong>also needs {html_text(others)}</strong>" if others else ""
        yield f"<details><summary>{told}</summary>\n<ul>\n"
        for below in row.below:
            yield f'<li class="{below.change.direction.value}"><code>{_address(below.what)}</code> '
            yield f"<code>{html_text(below.values)}</code> " if below.values else ""
            yield f'<span class="badge">{html_text(below.risk)}</span> {html_prose(below.why)}'
            others = below.note.beyond(row.note) if below.note is not None else ""
            yield f" <strong>also needs {html_text(others)}</strong></li>\n" if others else "</li>\n"
        yield "</ul>\n</details>\n"
    yield "</article>\n"


def _address(address: str) -> str:
    """An address that may break its line before each of its parts."""
    return html_text(address).replace(".", "<wbr>.").replace("[", "<wbr>[")


def _unjudged(plan: Plan) -> Iterator[str]:
    groups = unjudged_groups(plan)
    if not groups:
        return
    yield f'<h2>Not judged <span class="count">{len(unjudged(plan))}</span></h2>\n'
    yield "<p>No spec leads to these files, and the review does not read what they say.</p>\n<ul>\n"
    yield from (f"<li>{group.said(_code)}</li>\n" for group in groups)
    hint = unjudged_hint(plan)
    yield f"</ul>\n<p>{html_prose(hint)}</p>\n" if hint else "</ul>\n"


def _files(plan: Plan) -> Iterator[str]:
    if not plan.artifacts:
        return
    yield f'<h2>Generated files <span class="count">{len(plan.artifacts)}</span></h2>\n'
    hunks = Hunks.of(plan)
    causes: dict[tuple[str, ...], list[ArtifactChange]] = {}
    for artifact in plan.artifacts:
        causes.setdefault(artifact.owners, []).append(artifact)
    for owners, artifacts in causes.items():
        yield f'<p class="cause">because of {", ".join(f"<code>{html_text(one)}</code>" for one in owners)}</p>\n'
        for artifact in artifacts:
            shown = hunks.shown(artifact)
            hunks.keep(shown)
            yield from _file(shown)


def _file(shown: Shown) -> Iterator[str]:
    artifact = shown.artifact
    name = f'<span class="badge">{html_text(artifact.operation)}</span> <code>{html_text(artifact.path)}</code>'
    told = "; ".join(one.said(_code) for one in shown.told)
    if not shown.text:
        yield f'<p class="file">{name}: {told or "only the order differs"}</p>\n'
        return
    yield f'<details class="file"><summary>{name}</summary>\n<pre>'
    yield from _diff(shown.text)
    yield f"</pre>{f'<p>{told}</p>' if told else ''}</details>\n"


def _diff(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        kind = {"+": "plus", "-": "minus", "@": "hunk"}.get(line[:1], "")
        yield f'<span class="{kind}">{html_text(line)}</span>\n' if kind else f"{html_text(line)}\n"


def _code(text: str) -> str:
    return f"<code>{html_text(text)}</code>"
