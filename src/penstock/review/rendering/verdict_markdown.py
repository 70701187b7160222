"""A verdict as the part of a comment that says who must approve, and what is missing."""

from __future__ import annotations

from penstock.diagnostics.grammar import counted
from penstock.review.model import Verdict, VerdictState
from penstock.review.rendering.text_safety import markdown, markdown_prose
from penstock.review.rendering.verdict_rows import VerdictRow, not_enough, verdict_rows

_MARKS = {
    VerdictState.ERROR: "🟥 error",
    VerdictState.DISAPPROVED: "⛔ blocked",
    VerdictState.PENDING: "🟡 pending",
    VerdictState.APPROVED: "✅ approved",
    VerdictState.SKIPPED: "⚪ skipped",
}
_COLUMNS = ("Rule", "Changes", "State", "Required and missing", "Who can approve", "Why")
_MOST_ROWS = 60


def render(verdict: Verdict, *, most: int = _MOST_ROWS) -> str:
    """The verdict in GitHub Markdown: the headline, whom to ask, and a row for each requirement.

    Nobody is mentioned by it: logins stand as code.
    """
    rows = verdict_rows(verdict)
    lines = [f"### {_MARKS[verdict.state]}: {markdown_prose(verdict.headline)}", ""]
    if verdict.suggested:
        people = ", ".join(markdown(login) for login in verdict.suggested)
        which = (
            "Approvals are missing from"
            if verdict.suggested_is_smallest
            else "Approvals from these people are enough, perhaps more than needed"
        )
        but = not_enough(verdict)
        rest = f" That is not enough: {markdown_prose(but)}." if but else ""
        lines += [f"{which}: {people}.{rest}", ""]
    if rows:
        lines += [
            f"| {' | '.join(_COLUMNS)} |",
            f"|{'---|' * len(_COLUMNS)}",
        ]
        lines += [_row(row) for row in rows[:most]]
        if len(rows) > most:
            lines += [
                "",
                f"{counted(len(rows) - most, 'more row')}: `penstock review --number NUMBER --dry-run` prints all.",
            ]
    return "\n".join(lines) + "\n"


def _row(row: VerdictRow) -> str:
    """Where several rules ask, each has a line of its own in the cells that are about rules."""
    places = [markdown(one.what) if one.what else "" for one in row.asking]
    cells = (
        "<br>".join(markdown(one.rule) for one in row.asking),
        "<br>".join(places) if row.what is None else places[0],
        _MARKS[row.state],
        markdown_prose(row.says),
        ", ".join(markdown(login) for login in row.can),
        "<br>".join(markdown_prose(one.why) for one in row.asking),
    )
    return f"| {' | '.join(cells)} |"
