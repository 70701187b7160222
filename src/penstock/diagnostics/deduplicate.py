"""Deduplicates diagnostics: what is wrong in the same way in many places, such as an unknown name, is told once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from typing import Any

from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Label, Span

_SHOWN_PLACES = 3
"""How many places of one mistake are shown; the others are counted."""


def deduplicated(diagnostics: Iterable[Diagnostic], codes: Container[str]) -> Iterator[Diagnostic]:
    """The diagnostics, where those of one of `codes` that say the same of several places have become one.

    Its primary place is the first of them, and a fix of it mends them all. Headlines of these codes name what they are
    about.
    """
    groups: dict[Any, list[Diagnostic]] = {}
    for one in diagnostics:
        if one.code in codes and one.primary is not None and not one.secondary:
            groups.setdefault((one.code, one.severity, one.headline, one.primary.message, one.help), []).append(one)
        else:
            yield one
    for group in groups.values():
        yield _as_one(sorted(group))


def alike_of(diagnostics: Iterable[Diagnostic]) -> Iterable[list[Diagnostic]]:
    """The diagnostics, those together that differ in the file alone that they are about."""
    groups: dict[object, list[Diagnostic]] = {}
    for number, one in enumerate(diagnostics):
        is_of_file = one.primary == Label(Span.point(one.path or "")) and not one.secondary and one.fix is None
        key = (one.code, one.severity, one.headline, one.help) if is_of_file else number
        groups.setdefault(key, []).append(one)
    return groups.values()


def also_at(places: Iterable[Span]) -> tuple[tuple[Label, ...], tuple[str, ...]]:
    """Labels and help for the further places of a mistake, in order."""
    rest = sorted(places)
    labels = tuple(Label(span, "here too") for span in rest[: _SHOWN_PLACES - 1])
    more = len(rest) - len(labels)
    return labels, (f"it is so in {counted(more, 'more place')}",) if more else ()


def _as_one(group: list[Diagnostic]) -> Diagnostic:
    first, *rest = group
    labels, helps = also_at({one.primary.span for one in rest if one.primary and one.primary != first.primary})
    fix = first.fix
    if fix is not None:
        edits = (edit for one in group if one.fix is not None for edit in one.fix.edits)
        fix = replace(fix, edits=tuple(dict.fromkeys(edits)))
    return replace(first, secondary=labels, help=(*first.help, *helps), fix=fix)
