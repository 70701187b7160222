"""An override has no effect: approvals are the same in all environments.

What it does: looks for overrides of an ApprovalPolicy, and of the members of a Team.

Why: a pull request is approved once, whichever environments it reaches. Policy, keys and members are read without
overrides, so that a `breakGlass` which an override takes away in production is still there.

Example: `overrides: {production: {breakGlass: null}}` in an ApprovalPolicy, or
`overrides: {production: {members: [ann]}}` in a Team.

Use instead: conditions such as `stage: [production]` in the rules of the policy, or a second team for production. The
contact of a team may differ between environments.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import SpecId, View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.specs.approval_policy import ApprovalPolicy
from penstock.specs.team import Team


@rule("ineffective-override")
def ineffective_override(view: View, spec: ApprovalPolicy | Team) -> Iterator[Diagnostic]:
    """Yields each part of an override that nothing reads."""
    if view.environment_name is not None:
        return
    is_policy = isinstance(spec, ApprovalPolicy)
    for environment, patch in spec.overrides.items():
        for key in patch if is_policy else (key for key in patch if key == "members"):
            yield Diagnostic.error(
                "ineffective-override",
                f"the override of `{key}` for `{environment}` has no effect",
                view.catalog.span(SpecId(spec.kind_name, spec.name), ("overrides", environment, key), of="key"),
                "approvals are the same in all environments",
                help=(
                    "remove it; a rule can ask for `stage` in its `when`"
                    if is_policy
                    else "remove it; rules of the policy can name another team for what reaches the environment",
                ),
            )
