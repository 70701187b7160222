"""A verdict as it stands above its plan: the answer, whom to ask, and the tree that explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from penstock.review.evidence.verify import Evidence
from penstock.review.model import Result, Verdict, VerdictState
from penstock.review.rendering.text_safety import log_line, markdown, markdown_text

SYMBOLS = {
    VerdictState.APPROVED: "✅",
    VerdictState.PENDING: "⏳",
    VerdictState.DISAPPROVED: "⛔",
    VerdictState.ERROR: "❌",
    VerdictState.SKIPPED: "➖",
}
_WORDS = {
    VerdictState.APPROVED: "ok",
    VerdictState.PENDING: "wait",
    VerdictState.DISAPPROVED: "no",
    VerdictState.ERROR: "error",
    VerdictState.SKIPPED: "-",
}
_MOST_LINES = 60


def as_markdown(verdict: Verdict, evidence: Mapping[str, Evidence], decision: str = "") -> str:
    """The verdict as GitHub Markdown, to stand above the plan. `decision` is the digest of its record."""
    lines = [f"## {SYMBOLS[verdict.state]} {markdown_text(verdict.headline)}", ""]
    if verdict.suggested:
        least = "The fewest people" if verdict.suggested_is_smallest else "People"
        names = ", ".join(map(markdown, verdict.suggested))
        lines += [f"{least} whose approvals are enough: {names}.", ""]
    lines += [f"- {markdown(address)}: evidence {found}" for address, found in _evidence(evidence, markdown_text)]
    if evidence:
        lines.append("")
    lines += ["<details><summary>Every rule, and what it found</summary>", ""]
    tree = [
        f"{'  ' * depth}- {SYMBOLS[result.state]} {markdown(result.name)}: {markdown(result.why)}"
        for depth, result in walk(verdict.tree)
    ]
    lines += [*_cut(tree), "", "</details>", ""]
    if decision:
        lines += [f"<sub>decision {markdown(decision)}</sub>", ""]
    return "\n".join(lines) + "\n"


def as_text(verdict: Verdict, evidence: Mapping[str, Evidence]) -> str:
    """The verdict for a terminal or a log."""
    lines = [log_line(f"{verdict.state.value}: {verdict.headline}")]
    lines += [log_line(f"  evidence of {address}: {found}") for address, found in _evidence(evidence, str)]
    lines += [
        f"{'  ' * (depth + 1)}[{_WORDS[result.state]}] {log_line(f'{result.name}: {result.why}')}"
        for depth, result in walk(verdict.tree)
        if result.state is not VerdictState.SKIPPED
    ]
    if verdict.suggested:
        lines.append(log_line(f"ask: {', '.join(verdict.suggested)}"))
    return "\n".join(lines) + "\n"


def walk(tree: Result) -> Iterator[tuple[int, Result]]:
    """The nodes below the root with their depth, from the most severe to the least at each level."""
    order = list(VerdictState)

    def below(results: Iterable[Result], depth: int) -> Iterator[tuple[int, Result]]:
        for result in sorted(results, key=lambda one: order.index(one.state)):
            yield depth, result
            yield from below(result.children, depth + 1)

    return below(tree.children, 0)


def _evidence(evidence: Mapping[str, Evidence], escape: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    for address, found in sorted(evidence.items()):
        yield address, f"{found.state}: {escape('; '.join(found.reasons))}"


def _cut(lines: list[str]) -> list[str]:
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[:_MOST_LINES], f"- and {len(lines) - _MOST_LINES} more"]
