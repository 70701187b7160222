"""Fields that a chosen target would refuse or ignore: an error at the field, instead of a manifest that does less."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import SpecId, View
from penstock.diagnostics.model import Diagnostic, Span
from penstock.lowering.plans import Plan
from penstock.targets.registry import TARGETS, is_for


def capability_problems(view: View, spec: SpecId, plan: Plan) -> Iterator[Diagnostic]:
    """What the targets that render `plan` would not do with it, at the fields that ask for it."""
    for target in TARGETS.values():
        if not is_for(target, plan):
            continue
        for capability in target.capabilities:
            problem = capability.problem(plan) if isinstance(plan, capability.plans) else None
            if problem is not None:
                instead = capability.instead if isinstance(capability.instead, str) else capability.instead(plan)
                yield Diagnostic.error(
                    "ignored-field",
                    f"{target.name} does not support `{capability.field}` in `{view.environment_name}`",
                    _place(view, spec, capability.field),
                    problem,
                    help=(f"use {instead}",),
                )


def _place(view: View, spec: SpecId, field: str) -> Span:
    """Where the field is written, or the nearest part above it that is."""
    head, _, rest = field.partition(".")
    if head == "metadata":
        return view.catalog.span(spec, (head, rest), of="key")
    if head == "environment":
        return view.span(SpecId("Environment", str(view.environment_name)), tuple(rest.split(".")), of="key")
    return view.span(spec, tuple(field.split(".")), of="key")
