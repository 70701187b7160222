"""An alert has no receiver.

What it does: checks that the owner's Team has the `contact` that each alert needs: those of monitors (`then`), of
service level objectives, and the built-in ones (a model or one of its pods that does not respond, a release that Argo
Rollouts has stopped, training by a `schedule` that registers no version).

Why: an alert without a receiver fires and notifies nobody, while everybody relies on it.

Example: `then: [page]` in a rollout of a team with `contact: {ticket: flight-queue}`.

Use instead: add `page` to the team's `contact`, or use `ticket`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.catalog.model import SpecId, View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.source.model import Pointer
from penstock.specs.environment import Environment
from penstock.specs.model import Model
from penstock.specs.monitor import AnomalyMonitor, DriftMonitor, QualityMonitor, QueryMonitor
from penstock.specs.rollout import Rollout
from penstock.specs.team import Team

_BURNING = "a fast burn of the error budget"
_UNANSWERED = "a model that does not respond"
_POD_UNANSWERED = "a pod that does not respond"
_STOPPED = "a stopped release"
_NOT_RETRAINED = "training that registers no version"


@rule("alert-without-receiver", severities=MAY_WARN)
def alert_without_receiver(view: View, resource: Model | Rollout) -> Iterator[Diagnostic]:
    """Yields each way of telling that the owning team has no receiver for."""
    if isinstance(resource, Model) and not _is_missed(view, resource):
        return
    team = view.find(Team, resource.metadata.owner)
    if team is None:
        return
    if isinstance(resource, Rollout):
        yield from _unheard_of_rollout(view, resource, team)
    elif team.spec.contact.ticket is None:
        place = view.span(resource, ("retrain", "schedule"), "key")
        yield _diagnostic(view, team, "ticket", [place], f"{_NOT_RETRAINED} needs a ticket", in_words=False)


def _is_missed(view: View, model: Model) -> bool:
    """Whether a clock starts the training anywhere, so that an alert tells where it registers nothing."""
    if model.spec.retraining is None:
        return False
    places = view.all(Environment) if view.environment is None else (view.environment,)
    return any(place.spec.retrains for place in places)


def _unheard_of_rollout(view: View, rollout: Rollout, team: Team) -> Iterator[Diagnostic]:
    contact = {"page": team.spec.contact.page, "ticket": team.spec.contact.ticket}
    named = [view.find(Environment, name) for name in rollout.spec.environments]
    served = [one for one in named if one is None or one.spec.cluster]
    if not served:
        return
    # A model that does not answer pages where anybody is woken, and is a ticket elsewhere.
    asking = {"page" if one is None or one.spec.prometheus.pages else "ticket": _UNANSWERED for one in served}
    actions = ("page", "ticket") if "page" in asking else ("ticket",)
    if rollout.spec.serve.target == "argo-rollouts":
        asking.setdefault("ticket", _STOPPED)
    # The others do its work, so that nobody is woken for it.
    asking.setdefault("ticket", _POD_UNANSWERED)
    for action in actions:
        if contact[action] is None:
            monitors = [pointer for pointer, one in _actions(rollout) if one == action]
            burning = [("slos", key) for key in ("availability", "latency") if getattr(rollout.spec.slos, key)]
            if monitors or burning or action in asking:
                asks = _BURNING if burning else asking.get(action, "")
                places = [view.span(rollout, pointer) for pointer in monitors]
                places += [view.span(rollout, pointer, "key") for pointer in burning]
                if not places:
                    places = [view.span(rollout, ("environments",), "key")]
                asked = f"needs a {action}" if monitors else f"{asks} needs a {action}"
                yield _diagnostic(view, team, action, places, asked, in_words=bool(monitors))


def _actions(rollout: Rollout) -> Iterator[tuple[Pointer, str]]:
    monitor = rollout.spec.monitor
    if monitor is None:
        return
    watching: tuple[tuple[str, Sequence[DriftMonitor | QualityMonitor | AnomalyMonitor | QueryMonitor]], ...] = (
        ("drift", monitor.drift),
        ("quality", monitor.quality),
        ("anomalies", monitor.anomalies),
        ("business", monitor.business),
    )
    for key, watched in watching:
        for position, one in enumerate(watched):
            where: Pointer = ("monitor", key, position)
            for item, action in enumerate(one.then):
                written = "then" in one.model_fields_set
                yield (*where, "then", item) if written else where, action


def _diagnostic(view: View, team: Team, action: str, places: list[Span], asked: str, *, in_words: bool) -> Diagnostic:
    """One diagnostic for the missing contact, at every alert that needs it; an error where one asks for it in words."""
    secondary = [Label(span, "and this one") for span in places[1:]]
    declared = view.catalog.span(SpecId("Team", team.name), ("metadata", "name"))
    make = Diagnostic.error if in_words else Diagnostic.warning
    return make(
        "alert-without-receiver",
        f"the team `{team.name}` has no receiver for a {action}",
        places[0],
        asked,
        secondary=(*secondary, Label(declared, f"no `contact.{action}`")),
        help=(f"add `contact: {{{action}: ...}}` to the team, with the name of an Alertmanager receiver",),
    )
