"""What a rule is, and the few things that most rules need."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from penstock.catalog.model import View
from penstock.diagnostics.codes import Code
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety, Severity, Span
from penstock.diagnostics.suggest import did_you_mean

Check = Callable[[View, Any], Iterator[Diagnostic]]
"""Looks at one spec through a view and yields what is wrong; the spec and all that it names may be missing parts."""


class Rule(NamedTuple):
    """One thing that is proved: its code and manual page, and the function that looks."""

    code: Code
    check: Check
    once: bool
    """Whether what it says of several places in the same words is reported once, as of a name that nothing has."""


def rule(
    code: str, severities: tuple[Severity, ...] = (Severity.ERROR,), *, once: bool = False
) -> Callable[[Check], Rule]:
    """Declare the decorated function to be the rule `code`; the docstring of its module is the manual page."""

    def declare(check: Check) -> Rule:
        manual = inspect.getdoc(sys.modules[check.__module__]) or ""
        return Rule(Code(code, manual, severities), check, once)

    return declare


def unknown_word(
    code: str, headline: str, span: Span, word: str, known: Iterable[str], *, label: str = "", most_listed: int = 8
) -> Diagnostic:
    """A word that is none of those known: with what was probably meant, or else with a short list of them."""
    candidates = sorted(set(known))
    guesses = did_you_mean(word, candidates)
    if guesses:
        help_ = f"did you mean {' or '.join(f'`{guess}`' for guess in guesses)}?"
        fix = Fix(Safety.UNSAFE, f"write `{guesses[0]}`", (Edit(span, guesses[0]),))
        return Diagnostic.error(code, headline, span, label, help=(help_,), fix=fix)
    helps = (f"expected one of {listed(candidates)}",) if 0 < len(candidates) <= most_listed else ()
    return Diagnostic.error(code, headline, span, label, help=helps)


def linked(view: View, paths: Iterable[str]) -> tuple[str, ...]:
    """Help for a file that is missing because a link stands in its place or above it; empty where none does."""
    links = filter(None, map(view.catalog.repository.link, paths))
    return tuple(
        f"`{link}` is a symbolic link: replace it with the file itself, since git stores only the path of a link"
        for link in dict.fromkeys(links)
    )


def percent(share: float) -> str:
    """A share as people say it: `26%`, `0.4%`."""
    value = share * 100
    return f"{value:.0f}%" if value >= 1 else f"{value:.1g}%"
