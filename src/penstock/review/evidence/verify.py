"""What the evidence of a release is worth: it must be of this model, these specs and these data, passed and signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from penstock.catalog.digests import spec_digest
from penstock.catalog.model import Catalog, SpecId, View
from penstock.review.evidence.keys import KeySet
from penstock.review.evidence.statements import GateStatement, StatementError, parse_statement
from penstock.review.model import Plan
from penstock.source.canonical import bytes_digest
from penstock.source.envelope import IN_TOTO, Envelope, EnvelopeError, read_envelope
from penstock.specs.gate import Gate
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout

State = Literal["valid", "missing", "expired", "mismatched", "unsigned"]

_SEVERITY: tuple[State, ...] = ("missing", "mismatched", "unsigned", "expired")
_CLOCKS_DIFFER = timedelta(minutes=5)
_HELD = ("pass", "skip")
"""Outcomes with which a blocking rule lets a version pass; what is skipped had nothing to be held against."""

Doubt = tuple[State, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the evidence of one release is worth, in sentences."""

    state: State
    reasons: tuple[str, ...]
    """Why it is not valid, the worst first; for valid evidence, who signed it."""


def evidence_of(head: Catalog, plan: Plan, keys: KeySet, now: datetime) -> dict[str, Evidence]:
    """The evidence of every Release that a plan changes, by its address; `keys` are those of the base.

    A rollback goes back to a version that was served on the strength of this evidence, so that neither its age nor a
    later change of the specs voids it. A Release that is removed releases nothing, and needs no evidence.
    """
    found = {}
    for address in sorted({change.address.spec for change in plan.changes if change.address.kind == "Release"}):
        spec_id = SpecId(address.kind, address.name)
        if head.document(spec_id) is None:
            found[str(address)] = Evidence("valid", ("nothing is released by it any more",))
            continue
        seen = [head.overridden(spec_id, environment) for environment in (None, *head.environments())]
        releases = [one.resource if one is not None else None for one in seen]
        found[str(address)] = _worst(
            verify(head, one, keys, now, is_rollback=plan.kind == "rollback")
            if isinstance(one, Release)
            else Evidence("missing", ("the Release is not valid, so nobody can tell what it releases",))
            for one in releases
        )
    return found


def verify(head: Catalog, release: Release, keys: KeySet, now: datetime, *, is_rollback: bool = False) -> Evidence:
    """The evidence of one Release of a catalog."""
    data = head.repository.read(release.spec.evidence.path)
    if data is None:
        return Evidence("missing", (f"{release.spec.evidence.path} is not in the repository",))
    if bytes_digest(data) != release.spec.evidence.digest:
        return Evidence("mismatched", ("the file is not the one whose digest the Release carries",))
    try:
        envelope = read_envelope(data)
        statement = parse_statement(data if envelope is None else envelope.payload)
    except (EnvelopeError, StatementError) as error:
        return Evidence("mismatched", (f"the evidence cannot be read: {error}",))
    doubts = [*_signature(envelope, keys, statement), *_content(head, release, statement, now, is_rollback)]
    if not doubts:
        assert envelope is not None
        signed = keys.check(envelope, statement.predicate.created)
        return Evidence("valid", (signed.why,))
    doubts.sort(key=lambda doubt: _SEVERITY.index(doubt[0]))
    return Evidence(doubts[0][0], tuple(why for _, why in doubts))


def _worst(found: Iterable[Evidence]) -> Evidence:
    """Of a Release as each environment sees it: an override could serve what nothing was proved of."""
    order = (*_SEVERITY, "valid")
    return min(found, key=lambda one: order.index(one.state))


def _signature(envelope: Envelope | None, keys: KeySet, statement: GateStatement) -> Iterator[Doubt]:
    if envelope is None:
        yield "unsigned", "the statement is not signed: `penstock evidence sign` signs it"
        return
    if envelope.payload_type != IN_TOTO:
        yield "mismatched", f"what is signed is no payload of the type {IN_TOTO}"
        return
    signed = keys.check(envelope, statement.predicate.created)
    if signed.state != "valid":
        yield signed.state, signed.why


def _content(
    head: Catalog, release: Release, statement: GateStatement, now: datetime, is_rollback: bool
) -> Iterator[Doubt]:
    spec, predicate = release.spec, statement.predicate
    if statement.digest != spec.version.digest:
        yield "mismatched", "the statement is about another version than the Release serves"
    if predicate.specs != spec.specs:
        yield "mismatched", "the statement was made from other specs than the Release names"
    if dict(predicate.datasets) != dict(spec.datasets):
        names = sorted(
            name
            for name in {*predicate.datasets, *spec.datasets}
            if predicate.datasets.get(name) != spec.datasets.get(name)
        )
        yield "mismatched", f"the statement was made from other data than the Release names: {', '.join(names)}"
    for gate in predicate.gates:
        failed = [one.id for one in gate.rules if one.outcome == "fail"]
        if failed or not gate.passed:
            yield "mismatched", f"the gate `{gate.gate}` said no: {', '.join(failed) or 'it did not pass'}"
    if predicate.created > now + _CLOCKS_DIFFER:
        yield "mismatched", "the statement says that it was made in the future"
    view = head.view(spec.environment)
    rollout = view.find(Rollout, spec.rollout)
    if rollout is None:
        yield "mismatched", f"the rollout `{spec.rollout}` is not there, so nobody can tell which model it serves"
        return
    if statement.model != rollout.spec.model:
        yield "mismatched", f"the statement is about the model `{statement.model}`, and `{rollout.name}` serves another"
    if is_rollback:
        return
    if predicate.specs not in _current(head, rollout.spec.model):
        yield "mismatched", f"the specs of `{rollout.spec.model}` are not those that the version was trained from"
    yield from _gates(view, rollout, statement, now)


def _gates(view: View, rollout: Rollout, statement: GateStatement, now: datetime) -> Iterator[Doubt]:
    """Each gate of the model has judged it, each of its blocking rules holds, and none of that is too old."""
    gates = {gate.name: gate for gate in view.gates_of(rollout.spec.model)}
    if not view.is_complete(Gate):
        yield "mismatched", "a gate of the repository is not valid, so nobody can tell which have to pass"
    if rollout.spec.gate is not None and rollout.spec.gate not in gates:
        yield "mismatched", f"the rollout asks for the gate `{rollout.spec.gate}`, which does not judge its model"
    for name, gate in gates.items():
        judged = statement.predicate.gate(name)
        if judged is None:
            yield "mismatched", f"the gate `{name}` has not judged this version"
            continue
        blocking = [rule.id for rule in gate.spec.rules if rule.severity == "block"]
        unheld = [rule for rule in blocking if judged.outcome(rule) not in _HELD]
        if unheld:
            yield "mismatched", f"the gate `{name}` does not say that its blocking rules hold: {', '.join(unheld)}"
        valid = gate.spec.evidence_valid
        if valid is not None and now - statement.predicate.created > timedelta(milliseconds=int(valid)):
            made = statement.predicate.created
            yield "expired", f"the statement is of {made:%Y-%m-%d %H:%M}, and the gate `{name}` takes it for {valid}"


def _current(head: Catalog, model: str) -> set[str]:
    """The digests of the specs in every environment that could train the model."""
    found = set()
    for name in head.environments():
        try:
            found.add(spec_digest(head.view(name), model))
        except KeyError:
            continue
    return found
