"""What is wrong with the unit tests of a policy: where several fail for one evident cause, that is told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Label

TESTS = "{tests}"
"""Stands for the number of the tests in the sentence that several share."""
_SHOWN_PLACES, _SHOWN_NAMES = 3, 6


class Complaint(NamedTuple):
    """Why a test fails."""

    found: Diagnostic
    test: str
    shared: str
    """The headline where several tests fail for this cause, with `TESTS` in it; empty where only this one can."""


def one_for_each_cause(complaints: Iterable[Complaint]) -> Iterator[Diagnostic]:
    """A diagnostic for each cause, at the first test that fails for it."""
    causes: dict[object, list[Complaint]] = {}
    for position, one in enumerate(complaints):
        causes.setdefault(one.shared or position, []).append(one)
    for group in causes.values():
        tests = tuple(dict.fromkeys(one.test for one in group))
        yield group[0].found if len(tests) == 1 else _as_one(group, tests)


def _as_one(group: list[Complaint], tests: tuple[str, ...]) -> Diagnostic:
    first, *rest = [one.found for one in group]
    places = [one.primary.span for one in rest if one.primary is not None][: _SHOWN_PLACES - 1]
    names = ", ".join(f"`{name}`" for name in tests[:_SHOWN_NAMES])
    more = f" and {len(tests) - _SHOWN_NAMES} more" if len(tests) > _SHOWN_NAMES else ""
    return replace(
        first,
        headline=group[0].shared.replace(TESTS, counted(len(tests), "test")),
        secondary=tuple(Label(span, "here too") for span in places),
        help=(*first.help, f"the tests are {names}{more}"),
    )
