"""A rollout serves versions that have not passed a gate.

What it does: requires a `gate` of the served model in every Rollout. A missing gate is an error in production, and a
warning elsewhere.

Why: without a gate any version can be promoted, including one that is worse than the last.

Example:

    kind: Rollout
    spec: {model: flight-delay, environments: [production], ...}

Use instead:

    spec: {model: flight-delay, gate: flight-delay-release, environments: [production], ...}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.gate import Gate
from penstock.specs.model import Model
from penstock.specs.rollout import Rollout


@rule("ungated-rollout", severities=MAY_WARN)
def ungated_rollout(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields a rollout without a gate, and one whose gate judges another model or stops nothing."""
    if rollout.spec.gate is None:
        yield from _missing(view, rollout)
        return
    gate = view.find(Gate, rollout.spec.gate)
    if gate is None:
        return
    named = (gate.spec.model, rollout.spec.model)
    if gate.spec.model != rollout.spec.model and all(view.is_declared(Model, name) for name in named):
        others = [other.name for other in view.gates_of(rollout.spec.model)]
        yield Diagnostic.error(
            "ungated-rollout",
            f"the gate `{gate.name}` is for another model",
            view.span(rollout, ("gate",)),
            f"it is for `{gate.spec.model}`",
            secondary=(Label(view.span(rollout, ("model",)), "this model is served"),),
            help=(f"the gates of `{rollout.spec.model}` are {listed(others)}",) if others else (),
        )
    elif all(one.severity == "warn" for one in gate.spec.rules):
        yield Diagnostic.warning(
            "ungated-rollout",
            f"the gate `{gate.name}` never fails: all of its rules only warn",
            view.span(rollout, ("gate",)),
            help=("give at least one rule `severity: block`",),
        )


def _missing(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    others = [gate.name for gate in view.gates_of(rollout.spec.model)]
    environment = view.environment
    if environment is None:
        return
    # What an override takes away is to be mended there: beside it, the spec may name its gate.
    declared = view.catalog.find(Rollout, rollout.name)
    is_overridden = declared is not None and "gate" in declared.overrides.get(environment.name, {})
    write = "write" if is_overridden else "add"
    helps = (
        f"{write} `gate: {others[0]}`"
        if others
        else f"declare a Gate for `{rollout.spec.model}`, and refer to it here",
    )
    headline = f"the rollout `{rollout.name}` has no gate"
    span = view.span(rollout, ("gate",) if is_overridden else ("model",), "key")
    if environment.spec.stage == "production":
        label = f"`{environment.name}` is a production environment"
        yield Diagnostic.error("ungated-rollout", headline, span, label, help=helps)
    else:
        yield Diagnostic.warning("ungated-rollout", headline, span, help=helps)
