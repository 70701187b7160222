"""A spec accepts a warning that there is not.

What it does: looks up each code of `acceptedWarnings`, and whether `penstock check` would report such a warning of the
spec that accepts it. Errors cannot be accepted.

Why: what is accepted is not reported any more. A code that is misspelt accepts nothing, and one that has nothing to
accept would hide the next warning of that code, which nobody has looked at.

Example:

    kind: Rollout
    metadata:
      acceptedWarnings: {asumed-metrics: Our server counts requests as MLServer does.}

Use instead: the code of a warning that is reported of this spec, in brackets in its text, with the reason why it is
meant. Take it away where the warning is gone. Accepting one is a change that loosens, so that somebody approves it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache

from penstock.catalog.model import View, id_of
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Severity, Span
from penstock.specs.base import Resource

_CODE = "accepted-warning"


@rule(_CODE, MAY_WARN)
def accepted_warning(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each code that is no warning about specs of this kind; what accepts nothing, `unneeded` tells."""
    if not resource.metadata.accepted_warnings:
        return
    codes, warnings = _codes(resource.kind_name)
    for name in resource.metadata.accepted_warnings:
        place = _place(view, resource, name)
        if name in codes - warnings:
            yield Diagnostic.error(_CODE, f"`{name}` cannot be accepted", place, "only warnings can, and not this one")
        elif name not in warnings:
            headline = f"there is no warning `{name}` about a {resource.kind_name}, so this accepts nothing"
            # What was meant may accept nothing, either: no editor is to write it in passing.
            yield replace(unknown_word(_CODE, headline, place, name, warnings), fix=None)


def unneeded(view: View, resource: Resource, met: Collection[str]) -> Iterator[Diagnostic]:
    """Yields each accepted code that none of the warnings about the spec has, in whatever environment."""
    _, warnings = _codes(resource.kind_name)
    for name in resource.metadata.accepted_warnings:
        if name in warnings and name not in met:
            yield Diagnostic.warning(
                _CODE,
                f"no warning `{name}` is reported of `{resource.name}`",
                _place(view, resource, name),
                "accepts nothing",
                help=("take it away: it would hide the next one, which nobody has looked at",),
            )


@cache
def _codes(kind: str) -> tuple[frozenset[str], frozenset[str]]:
    """The codes of what is looked for in specs of a kind, and those of them that are reported as warnings, too."""
    from penstock.checks.rules import rules_of

    codes = {one.code.name: one.code.severities for one in rules_of(kind)}
    return frozenset(codes), frozenset(name for name, told in codes.items() if Severity.WARNING in told) - {_CODE}


def _place(view: View, resource: Resource, code: str) -> Span:
    return view.catalog.span(id_of(resource), ("metadata", "acceptedWarnings", code), of="key")
