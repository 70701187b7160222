"""`count` of a requirement has no effect.

What it does: looks in every requirement of an ApprovalPolicy for a `count` above 1 without `from`, also in the parts of
`all` and `any`.

Why: `count` is how many people of `from` must approve. Beside `any` alone, one person is enough, and the second
reviewer that the policy seems to require is not required.

Example: `{count: 2, any: [{from: {teams: [risk]}}, {from: {teams: [sre]}}]}`.

Use instead: `{count: 2, from: {teams: [risk, sre]}}` for two people of either team, or a `count` beside each `from`.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Pointer
from penstock.specs.approval_policy import ApprovalPolicy, Require


@rule("ineffective-count")
def ineffective_count(view: View, policy: ApprovalPolicy) -> Iterator[Diagnostic]:
    """Yields each count of nobody."""
    for position, one in enumerate(policy.spec.rules):
        if one.require != "nobody":
            for place in _counts_of_nobody(one.require, ("rules", position, "require")):
                yield Diagnostic.error(
                    "ineffective-count",
                    f"`count` has no effect on the rule `{one.id}`: there is no `from` beside it",
                    view.span(policy, place),
                    help=(
                        "name in one `from` all of whom so many must approve, or write a `count` beside each `from`",
                    ),
                )


def _counts_of_nobody(require: Require, pointer: Pointer) -> Iterator[Pointer]:
    """Where a requirement counts people, and does not say which."""
    if require.count > 1 and require.from_ is None:
        yield (*pointer, "count")
    for key, parts in (("all", require.all), ("any", require.any)):
        for position, part in enumerate(parts or ()):
            yield from _counts_of_nobody(part, (*pointer, key, position))
