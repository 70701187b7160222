"""A policy names a kind that does not exist.

What it does: looks up `kind` of every condition, and the kind at the start of an `address` pattern or of a waiver's
address.

Why: a condition that can never match requires nobody, so the changes it was meant to hold pass silently.

Example: `when: {kind: [Gatee]}`, or `when: {address: "Relase/*"}`.

Use instead: a kind as in specs, `Gate` or `Release`, or `File` for the files that say how everything is built, run and
reviewed; in a pattern, `*` matches any text. The address of a waiver is that of a spec or a field, without patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from penstock.catalog.model import View
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Pointer
from penstock.specs.addresses import FILE
from penstock.specs.approval_policy import ApprovalPolicy, When
from penstock.specs.kinds import KINDS

_AFTER_KIND = re.compile(r"[/.\[]")
_KINDS = (*KINDS, FILE)


@rule("unknown-policy-kind")
def unknown_policy_kind(view: View, policy: ApprovalPolicy) -> Iterator[Diagnostic]:
    """Yields each kind that there is not, and each waiver by a pattern."""
    for position, one in enumerate(policy.spec.rules):
        for pointer, when in _conditions(one.when, ("rules", position, "when")):
            for item, kind in enumerate(when.kind or ()):
                if kind not in _KINDS:
                    yield _unknown(view, policy, (*pointer, "kind", item), kind)
            if when.address is not None:
                yield from _address(view, policy, (*pointer, "address"), when.address)
    for position, waiver in enumerate(policy.spec.waivers):
        place: Pointer = ("waivers", position, "address")
        if "*" in waiver.address:
            yield Diagnostic.error(
                "unknown-policy-kind",
                f"the waiver `{waiver.id}` has a pattern, so it matches nothing",
                view.span(policy, place),
                "`*` is literal here",
                help=("write the address of a spec or a field: a waiver also covers everything below it",),
            )
        else:
            yield from _address(view, policy, place, waiver.address)


def _conditions(when: When, pointer: Pointer) -> Iterator[tuple[Pointer, When]]:
    """The condition and all that it is joined of, with the places where they stand."""
    yield pointer, when
    for key, parts in (("all", when.all), ("any", when.any)):
        for position, one in enumerate(parts or ()):
            yield from _conditions(one, (*pointer, key, position))
    if when.not_ is not None:
        yield from _conditions(when.not_, (*pointer, "not"))
    if when.at_least is not None:
        for position, one in enumerate(when.at_least.of):
            yield from _conditions(one, (*pointer, "atLeast", "of", position))


def _address(view: View, policy: ApprovalPolicy, place: Pointer, text: str) -> Iterator[Diagnostic]:
    """What stands before the slash, which a pattern may leave open, must fit a kind."""
    kind = _AFTER_KIND.split(text, maxsplit=1)[0]
    if "*" in kind:
        # `*` may stand for more than the kind: what follows it may be anywhere in the address.
        begins = kind.partition("*")[0]
        if not any(known.startswith(begins) for known in _KINDS):
            yield _unknown(view, policy, place, kind)
    elif kind not in _KINDS:
        yield _unknown(view, policy, place, kind)
    elif not text.startswith(f"{kind}/"):
        yield Diagnostic.error(
            "unknown-policy-kind",
            f"`{text}` is not a valid address: it must start with `{kind}/`",
            view.span(policy, place),
            help=(f"write `{kind}/*` or `kind: [{kind}]` to match every {kind}",),
        )


def _unknown(view: View, policy: ApprovalPolicy, place: Pointer, kind: str) -> Diagnostic:
    found = unknown_word(
        "unknown-policy-kind",
        f"there is no kind `{kind}`, so this never matches",
        view.span(policy, place),
        kind.strip("*"),
        _KINDS,
    )
    # A fix would write the kind in the place of the whole pattern.
    return found if place[-1] != "address" else replace(found, fix=None)
