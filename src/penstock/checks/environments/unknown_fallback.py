"""The fallback of alerts is not declared.

What it does: checks that `alertmanager.fallback` of an Environment is one of its `alertmanager.receivers`.

Why: Alertmanager refuses a configuration with a route to a receiver that does not exist, and keeps the former one.

Example: `alertmanager: {receivers: {platform-tickets: ...}, fallback: platform-ticket}`

Use instead: the name of a declared receiver.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.model import Diagnostic
from penstock.specs.environment import Environment


@rule("unknown-fallback", once=True)
def unknown_fallback(view: View, environment: Environment) -> Iterator[Diagnostic]:
    """Yields a fallback that is no receiver."""
    target = environment.spec.alertmanager
    if target is not None and target.fallback not in target.receivers:
        yield unknown_word(
            "unknown-fallback",
            f"`fallback` is not a receiver in `{environment.name}`",
            view.span(environment, ("alertmanager", "fallback")),
            target.fallback,
            target.receivers,
            label="not in `receivers`",
        )
