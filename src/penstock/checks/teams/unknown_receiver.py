"""A receiver of alerts is not declared.

What it does: checks that each receiver that a Team's `contact` names is one of `alertmanager.receivers` in every
Environment that declares an Alertmanager. If nobody is paged in an Environment, `page` may be missing there.

Why: Alertmanager refuses a configuration with a route to a receiver that does not exist, and keeps the former one.

Example: `contact: {page: flight-oncal}`, and the Environment declares `receivers: {flight-oncall: ...}`.

Use instead: the name of a declared receiver, or declare the receiver in the Environment.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.model import Diagnostic
from penstock.specs.team import Team


@rule("unknown-receiver", once=True)
def unknown_receiver(view: View, team: Team) -> Iterator[Diagnostic]:
    """Yields each contact of the team that an environment has no receiver for."""
    for inner in map(view.in_environment, view.environments()):
        environment, seen = inner.environment, inner.find(Team, team.name)
        target = environment.spec.alertmanager if environment is not None else None
        if environment is None or seen is None or target is None:
            continue
        contact = seen.spec.contact
        named = {"page": contact.page if environment.spec.prometheus.pages else None, "ticket": contact.ticket}
        for key, name in named.items():
            if name is not None and name not in target.receivers:
                yield unknown_word(
                    "unknown-receiver",
                    f"`{name}` is not a receiver in `{environment.name}`",
                    inner.span(team, ("contact", key)),
                    name,
                    target.receivers,
                    label=f"not in `alertmanager.receivers` of `{environment.name}`",
                )
