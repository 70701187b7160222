"""Fields that a chosen target would refuse or ignore: an error at the field, instead of a manifest that does less."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.catalog.model import SpecId, View
from penstock.diagnostics.model import Diagnostic
from penstock.targets.registry import TARGETS, is_for


def capability_problems(view: View, spec: SpecId, plan: Any) -> Iterator[Diagnostic]:
    """What the targets that render `plan` would not do with it, at the fields of `spec` that ask for it."""
    for target in TARGETS.values():
        if not is_for(target, plan):
            continue
        for capability in target.capabilities:
            problem = capability.problem(plan)
            if problem is not None:
                pointer = tuple(capability.field.split("."))
                yield Diagnostic.error(
                    "ignored-field",
                    f"{target.name} in {view.environment_name} would not do what `{capability.field}` says",
                    view.span(spec, pointer, of="key"),
                    problem,
                    help=(capability.instead,),
                )
