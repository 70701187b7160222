"""An alert tells nobody.

What it does: looks up, for every monitor's `then` and for service level objectives, whether the owner's Team has a
`contact` of that kind.

Why: an alert that fires and reaches nobody is worse than none: everybody believes that somebody was told.

Example: `then: [page]` in a rollout of a team with `contact: {ticket: flight-queue}`.

Use instead: add `page` to the team's `contact`, or tell it by `ticket`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.catalog.model import SpecId, View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label, Severity, Span
from penstock.source.model import Pointer
from penstock.specs.rollout import DriftMonitor, QualityMonitor, QueryMonitor, Rollout
from penstock.specs.team import Team


@rule("unheard-alert", Rollout)
def unheard_alert(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields each way of telling that the owning team has no receiver for."""
    team = view.find(Team, rollout.metadata.owner)
    if team is None:
        return
    contact = {"page": team.spec.contact.page, "ticket": team.spec.contact.ticket}
    for pointer, action in _actions(rollout):
        if contact[action] is None:
            yield _diagnostic(view, team, action, view.span(rollout, pointer), Severity.ERROR, "the alert")
    slos = rollout.spec.slos
    for key, objective in (("availability", slos.availability), ("latency", slos.latency)):
        for action in ("page", "ticket") if objective is not None else ():
            if contact[action] is None:
                span = view.span(rollout, ("slos", key), "key")
                yield _diagnostic(view, team, action, span, Severity.WARNING, "a burn-rate alert")


def _actions(rollout: Rollout) -> Iterator[tuple[Pointer, str]]:
    monitor = rollout.spec.monitor
    if monitor is None:
        return
    watching: tuple[tuple[str, Sequence[DriftMonitor | QualityMonitor | QueryMonitor]], ...] = (
        ("drift", monitor.drift),
        ("quality", monitor.quality),
        ("business", monitor.business),
    )
    for key, watched in watching:
        for position, one in enumerate(watched):
            where: Pointer = ("monitor", key, position)
            for item, action in enumerate(one.then):
                written = "then" in one.model_fields_set
                yield (*where, "then", item) if written else where, action


def _diagnostic(view: View, team: Team, action: str, span: Span, severity: Severity, what: str) -> Diagnostic:
    declared = Label(view.catalog.span(SpecId("Team", team.name), ("metadata", "name")), f"no `contact.{action}`")
    make = Diagnostic.error if severity is Severity.ERROR else Diagnostic.warning
    return make(
        "unheard-alert",
        f"{what} tells nobody: the team `{team.name}` has no receiver for a {action}",
        span,
        secondary=(declared,),
        help=(f"add `contact: {{{action}: ...}}` to the team, with a receiver that Alertmanager knows",),
    )
