"""Indirect changes: what an edit elsewhere does to a spec, through references and the lineage of columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from penstock.catalog.model import SpecId
from penstock.diagnostics.grammar import joined
from penstock.review.changes.directions import LOOSENED, NEUTRAL, TIGHTENED
from penstock.review.changes.specs import SpecEdit, start_of
from penstock.review.changes.values import plain, same
from penstock.review.impact.dependency_graph import DependencyGraph, Way
from penstock.review.model import Change, Operation
from penstock.specs.addresses import Address, is_within, step_of
from penstock.specs.gate import AnyRule, Gate
from penstock.specs.model import Model
from penstock.specs.review import Area
from penstock.specs.rollout import Rollout

_TRAINED_FROM = ("Dataset", "FeatureSet", "Model")
_GOES_WITH_AN_ENVIRONMENT = (
    ("slos", Area.MONITORING, "its SLO alerts end"),
    ("monitor", Area.MONITORING, "its monitoring ends"),
    ("access", Area.GOVERNANCE, "its network policy ends"),
)
"""What a rollout has in each of its environments beside the endpoint: the key, whose area it is, what its end means."""


def indirect_changes(base: DependencyGraph, head: DependencyGraph, edits: Iterable[SpecEdit]) -> Iterator[Change]:
    """What the edits that may loosen or break something reach; what comes, goes or moves as a whole is told apart."""
    for edit in edits:
        change = edit.change
        if edit.difference is None and not edit.pointer:
            if change.operation is not Operation.REMOVED:
                continue
        elif change.direction in (NEUTRAL, TIGHTENED) and not change.breaking:
            continue
        yield from _reached(base, head, edit)


def _reached(base: DependencyGraph, head: DependencyGraph, edit: SpecEdit) -> Iterator[Change]:
    spec_id = edit.spec
    if spec_id.kind in _TRAINED_FROM:
        yield from _along_models(base, head, edit)
    elif spec_id.kind == "Gate":
        for other, way in _specs(base, head, spec_id).items():
            if other.kind == "Rollout":
                yield _through(edit, head, other, way, f"requires {spec_id}")
        yield from _judged_no_more(base, edit)
    elif spec_id.kind == "Environment":
        for other, way in _specs(base, head, spec_id).items():
            yield _through(edit, head, other, way, f"runs in {spec_id.name}")
    elif spec_id.kind == "Team":
        yield from _along_ownership(base, head, edit)
    elif spec_id.kind == "Rollout" and edit.change.operation is Operation.REMOVED:
        yield from _withdrawn(base, edit)
    elif spec_id.kind == "Rollout" and edit.pointer == ("spec", "model"):
        yield from _judged_by_others(base, head, edit)
    elif spec_id.kind == "Rollout" and edit.change.address.parts[:1] == (".slos",):
        yield from _burning(base, head, edit)


def _withdrawn(base: DependencyGraph, edit: SpecEdit) -> Iterator[Change]:
    """What a rollout leaves behind unwatched and unguarded, where an environment or the whole of it is taken away."""
    if edit.pointer and edit.pointer[:2] != ("spec", "environments"):
        return
    name = edit.spec.name
    removed = (edit.change.before,) if edit.pointer else edit.change.environments
    for key, area, then in _GOES_WITH_AN_ENVIRONMENT:
        had = {environment: value for environment in removed if (value := _declared(base, name, key, environment))}
        if had:
            yield replace(
                edit.change,
                address=Address("Rollout", name).key(key),
                before=next(iter(had.values())),
                after=None,
                direction=LOOSENED,
                area=area,
                cause="indirect",
                why=f"{then} in {' and '.join(had)}",
                through=(str(edit.change.address),),
                environments=tuple(had),
            )


def _judged_no_more(base: DependencyGraph, edit: SpecEdit) -> Iterator[Change]:
    """The rules of another area than their gate's, where it is taken away or turns to another model."""
    is_gone = edit.change.operation is Operation.REMOVED and not edit.pointer
    if not is_gone and edit.pointer != ("spec", "model"):
        return
    known = list(base.seen(Gate, edit.spec.name))
    models = joined(dict.fromkeys(f"Model/{one.spec.model}" for one in known))
    for gate, rule in {rule.id: (one, rule) for one in known for rule in one.spec.rules}.values():
        yield from _without(edit, gate, rule, models)


def _judged_by_others(base: DependencyGraph, head: DependencyGraph, edit: SpecEdit) -> Iterator[Change]:
    """The same where a rollout serves another model, which no gate asks for as much."""
    change, found = edit.change, {}
    for environment in change.environments:
        sides = (base, change.before), (head, change.after)
        was, now = (reach.catalog.view(environment).gates_of(str(model)) for reach, model in sides)
        asked = [rule for gate in now for rule in gate.spec.rules]
        lost = ((gate, rule) for gate in was for rule in gate.spec.rules if not any(_asks(one, rule) for one in asked))
        found.update({(gate.name, rule.id): (gate, rule) for gate, rule in lost})
    for gate, rule in found.values():
        yield from _without(edit, gate, rule, f"what {edit.spec} serves")


def _asks(one: AnyRule, other: AnyRule) -> bool:
    """Whether a rule asks what another one does, whatever it is called and why."""
    return same(one.model_copy(update={"id": other.id, "why": other.why}), other)


def _without(edit: SpecEdit, gate: Gate, rule: AnyRule, judged: str) -> Iterator[Change]:
    """The rule as one that is gone, if it is of another area than its gate."""
    if rule.as_whole is not None:
        yield replace(
            edit.change,
            address=Address("Gate", gate.name).key("rules").item(rule.id),
            operation=Operation.REMOVED,
            before=plain(rule),
            after=None,
            direction=LOOSENED,
            area=rule.as_whole,
            cause="indirect",
            why=f"it no longer judges {judged}",
            through=(str(edit.change.address),),
        )


def _burning(base: DependencyGraph, head: DependencyGraph, edit: SpecEdit) -> Iterator[Change]:
    """The conditions that abort a canary by the error budget of an objective which allows more bad requests now.

    One that comes with the change has never allowed fewer.
    """
    change = edit.change
    slo, *field = map(step_of, change.address.parts[1:])
    if field not in (["objective"], ["below"]):
        return
    found: dict[str, list[str]] = {}
    for environment in change.environments:
        before, now = (_aborting_by(reach, edit.spec.name, slo, environment) for reach in (base, head))
        for name in sorted(before & now):
            found.setdefault(name, []).append(environment)
    conditions = Address("Rollout", edit.spec.name).key("strategy").key("canary").key("abortOn")
    for name, environments in found.items():
        yield replace(
            change,
            address=conditions.item(name).key("burnRate"),
            area=Area.ROLLOUT,
            cause="indirect",
            why=f"it aborts by the error budget of {change.address}",
            through=(str(change.address),),
            environments=tuple(environments),
        )


def _aborting_by(reach: DependencyGraph, rollout: str, slo: str, environment: str) -> set[str]:
    """The conditions of a rollout's canary that measure the error budget of an objective."""
    found = reach.catalog.view(environment).find(Rollout, rollout)
    canary = found.spec.strategy.canary if found is not None else None
    conditions = canary.abort_on if canary is not None else []
    return {one.id for one in conditions if one.burn_rate is not None and one.burn_rate.slo == slo}


def _declared(reach: DependencyGraph, rollout: str, key: str, environment: str) -> dict[str, Any] | None:
    found = reach.catalog.view(environment).find(Rollout, rollout)
    declared = getattr(found.spec, key) if found is not None else None
    return declared.model_dump(mode="json", by_alias=True, exclude_none=True) if declared is not None else None


def _along_models(base: DependencyGraph, head: DependencyGraph, edit: SpecEdit) -> Iterator[Change]:
    before, after = base.models(edit.spec, edit.pointer), head.models(edit.spec, edit.pointer)
    for model in sorted({*before, *after}):
        way = after.get(model) or before[model]
        model_id = SpecId("Model", model)
        if model_id != edit.spec and _exists(head, model_id):
            place = f", through {way[-2]}" if len(way) > 2 else ""
            yield _through(edit, head, model_id, way, f"trained from {edit.spec}{place}")
        for rollout in sorted({*base.rollouts([model]), *head.rollouts([model])}):
            rollout_id = SpecId("Rollout", rollout)
            if _exists(head, rollout_id):
                yield _through(edit, head, rollout_id, (*way, str(rollout_id)), f"serves {model_id}")


def _along_ownership(base: DependencyGraph, head: DependencyGraph, edit: SpecEdit) -> Iterator[Change]:
    is_contact = edit.change.area is Area.MONITORING
    for other, way in _specs(base, head, edit.spec).items():
        if other.kind == "Team" or (is_contact and not _has_alerts(head, other, edit)):
            continue
        does = "who receives its alerts" if is_contact else "who may approve for its owner"
        yield _through(edit, head, other, way, f"{edit.spec.name} decides {does}")


def _has_alerts(head: DependencyGraph, spec_id: SpecId, edit: SpecEdit) -> bool:
    """Whether the contact that changes gets alerts about the spec: about a model, tickets that training is overdue."""
    if spec_id.kind != "Model" or edit.pointer[-1:] == ("page",):
        return spec_id.kind == "Rollout"
    return any(found.spec.retraining is not None for found in head.seen(Model, spec_id.name))


def _specs(base: DependencyGraph, head: DependencyGraph, spec_id: SpecId) -> dict[SpecId, Way]:
    found = {**base.specs(spec_id), **head.specs(spec_id)}
    return {other: found[other] for other in sorted(found) if _exists(head, other)}


def _exists(reach: DependencyGraph, spec_id: SpecId) -> bool:
    return reach.catalog.document(spec_id) is not None


def _through(edit: SpecEdit, head: DependencyGraph, other: SpecId, way: Way, why: str) -> Change:
    change = edit.change
    start = str(change.address)
    # The way begins at the column or the spec that `start` is a part of, which says nothing new.
    through = (*change.through, start, *(step for step in way[:-1] if not is_within(start, step)))
    return replace(
        change,
        address=Address(other.kind, other.name),
        operation=Operation.CHANGED,
        cause="indirect",
        why=why,
        grew=None,
        renamed_from=None,
        span=start_of(head.catalog, other),
        through=through,
        environments=_where(head, other, change.environments),
        sensitivity=change.sensitivity if change.direction is LOOSENED else None,
    )


def _where(head: DependencyGraph, spec_id: SpecId, environments: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the environments that have to do with the reached spec."""
    if spec_id.kind != "Rollout":
        return environments
    seen = {name: head.catalog.view(name).find(Rollout, spec_id.name) for name in environments}
    return tuple(name for name, rollout in seen.items() if rollout is None or name in rollout.spec.environments)
