"""What the evidence of a release is worth: a chain of two signed statements that must fit it, link by link.

The promotion must be of this Release and rest on these gates' statement; the statement must be of this model, these
specs and these data, and say that every gate let the model pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from penstock.catalog.model import Catalog, SpecId, View
from penstock.diagnostics.grammar import counted, listed
from penstock.review.evidence.exam import asked_less, trained_as
from penstock.review.evidence.keys import KeySet
from penstock.review.evidence.served import Served
from penstock.review.model import Plan
from penstock.source.attestations.gates import GateStatement, parse_gates
from penstock.source.attestations.promotion import Released, parse_promotion
from penstock.source.attestations.statement import StatementError
from penstock.source.canonical import bytes_digest
from penstock.source.envelope import IN_TOTO, Envelope, EnvelopeError, read_envelope
from penstock.specs.gate import Gate
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout

State = Literal["valid", "missing", "mismatched", "revoked", "unsigned", "expired"]
Link = Literal["gates", "promotion", "release"]

_ORDER: tuple[State, ...] = ("missing", "mismatched", "revoked", "unsigned", "expired", "valid")
"""The worst first."""
_CLOCKS_DIFFER = timedelta(minutes=5)
_HELD = ("pass", "skip")
"""Outcomes with which a blocking rule lets a version pass; what is skipped had nothing to be held against."""

Doubt = tuple[State, str]


class EvidenceFinding(NamedTuple):
    """What one statement is worth, in sentences."""

    of: Link
    """`release` where it is the Release itself that cannot be told."""
    state: State
    reasons: tuple[str, ...]
    """Why it is not valid, the worst first; of a valid one, who signed it."""


class Evidence(NamedTuple):
    """What the evidence of one release is worth: no more than the weakest of its statements."""

    findings: tuple[EvidenceFinding, ...]

    @property
    def state(self) -> State:
        """The worst state of its statements."""
        return min((one.state for one in self.findings), key=_ORDER.index)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What keeps it from being valid, the worst first; of valid evidence, who signed it."""
        ranked = sorted(self.findings, key=lambda one: _ORDER.index(one.state))
        told = [one for one in ranked if one.state != "valid"] or ranked
        return tuple(f"{one.of}: {why}" for one in told for why in one.reasons)


def evidence_of(base: Catalog, head: Catalog, plan: Plan, keys: KeySet, now: datetime) -> dict[str, Evidence]:
    """The evidence of every Release that a plan changes, by its address; `keys` are those of the base.

    A rollback goes back to a version that was served on the strength of this evidence, so that neither its age nor a
    later change of the specs voids it. A Release that is removed releases nothing, and needs no evidence.
    """
    is_rollback = plan.kind == "rollback"
    found = {}
    for address in sorted({change.address.spec for change in plan.changes if change.address.kind == "Release"}):
        spec_id = SpecId(address.kind, address.name)
        if head.document(spec_id) is None:
            found[str(address)] = _of_release("valid", "it no longer releases anything")
            continue
        seen = [head.overridden(spec_id, environment) for environment in (None, *head.environments())]
        releases = [one.resource if one is not None else None for one in seen]
        found[str(address)] = _worst(
            verify(head, one, keys, now, base=base, is_rollback=is_rollback)
            if isinstance(one, Release)
            else _of_release("missing", "it is not valid, so it is unknown what it releases")
            for one in releases
        )
    return found


def verify(
    head: Catalog,
    release: Release,
    keys: KeySet,
    now: datetime,
    *,
    base: Catalog | None = None,
    is_rollback: bool = False,
) -> Evidence:
    """The evidence of one Release of a catalog.

    Where the base is given, what the Release replaces must be what that serves. A version that it serves already is
    not held against specs that have changed since: the next one will be trained from those.
    """
    served = Served.before(base, release) if base is not None else None
    goes_on = served is not None and served.goes_on(release)
    gates = _gates(head, release, keys, now, is_rollback=is_rollback, goes_on=goes_on)
    promotion = _promotion(head, release, keys, now, gates, None if is_rollback else served)
    return Evidence((gates.finding, promotion))


def gates_statement(catalog: Catalog, release: Release) -> GateStatement | None:
    """What the gates stated of the version of a Release, whoever signed it; None where that cannot be read."""
    named = release.spec.evidence
    file = _open(catalog, named.path, named.digest)
    with suppress(StatementError):
        return parse_gates(file.payload) if isinstance(file, _File) else None
    return None


def signatures(head: Catalog, release: Release, keys: KeySet) -> dict[Link, list[Doubt]]:
    """What is wrong with the signatures over each statement of a Release that can be read; nothing if they hold."""
    found: dict[Link, list[Doubt]] = {}
    named, promotion = release.spec.evidence, release.spec.promotion
    gates = _open(head, named.path, named.digest)
    promoted = _open(head, promotion.path, promotion.digest) if promotion is not None else None
    with suppress(StatementError):
        if isinstance(gates, _File):
            found["gates"], _ = gates.signature(keys, parse_gates(gates.payload).predicate.created)
    with suppress(StatementError):
        if isinstance(promoted, _File):
            found["promotion"], _ = promoted.signature(keys, parse_promotion(promoted.payload).created)
    return found


def _of_release(state: State, why: str) -> Evidence:
    return Evidence((EvidenceFinding("release", state, (why,)),))


def _worst(found: Iterable[Evidence]) -> Evidence:
    """Of a Release as each environment sees it: an override could serve what nothing was proved of."""
    return min(found, key=lambda one: _ORDER.index(one.state))


def _concluded(of: Link, doubts: list[Doubt], signer: str) -> EvidenceFinding:
    if not doubts:
        return EvidenceFinding(of, "valid", (signer,))
    ranked = sorted(doubts, key=lambda doubt: _ORDER.index(doubt[0]))
    return EvidenceFinding(of, ranked[0][0], tuple(why for _, why in ranked))


def _unreadable(of: Link, error: StatementError) -> EvidenceFinding:
    return EvidenceFinding(of, "mismatched", (f"the statement cannot be read: {error}",))


@dataclass(frozen=True, slots=True)
class _File:
    """A file that a Release names by its path and digest."""

    envelope: Envelope | None
    """None around a bare statement."""
    payload: bytes

    def signature(self, keys: KeySet, made: datetime) -> tuple[list[Doubt], str]:
        """What is wrong with the signatures over a statement made at a moment, and who signed it."""
        if self.envelope is None:
            return [("unsigned", "the statement is not signed: `penstock evidence sign` signs it")], ""
        if self.envelope.payload_type != IN_TOTO:
            return [("mismatched", f"the signed payload is not of the type {IN_TOTO}")], ""
        signed = keys.check(self.envelope, made)
        return ([], signed.why) if signed.state == "valid" else ([(signed.state, signed.why)], "")


def _open(head: Catalog, path: str, digest: str) -> _File | Doubt:
    data = head.repository.read(path)
    if data is None:
        return "missing", f"{path} is not in the repository"
    if bytes_digest(data) != digest:
        return "mismatched", "the file does not have the digest that the Release names"
    try:
        envelope = read_envelope(data)
    except EnvelopeError as error:
        return "mismatched", f"the statement cannot be read: {error}"
    return _File(envelope, data if envelope is None else envelope.payload)


class _Gates(NamedTuple):
    """The gates' statement of a Release, and what it is worth."""

    finding: EvidenceFinding
    statement: GateStatement | None = None
    payload: bytes | None = None


def _gates(head: Catalog, release: Release, keys: KeySet, now: datetime, *, is_rollback: bool, goes_on: bool) -> _Gates:
    file = _open(head, release.spec.evidence.path, release.spec.evidence.digest)
    if not isinstance(file, _File):
        return _Gates(_concluded("gates", [file], ""))
    try:
        statement = parse_gates(file.payload)
    except StatementError as error:
        return _Gates(_unreadable("gates", error), None, file.payload)
    doubts, signer = file.signature(keys, statement.predicate.created)
    doubts += _content(head, release, statement, now, is_rollback=is_rollback, goes_on=goes_on)
    return _Gates(_concluded("gates", doubts, signer + _decided(statement)), statement, file.payload)


def _decided(statement: GateStatement) -> str:
    """What the gates measured, for who has to judge the version, and which rules had nothing to be held against."""
    rows = statement.predicate.evaluation.rows
    on_rows = f" on {counted(rows, 'test row')}" if rows is not None else ""
    texts = []
    for gate in statement.predicate.gates:
        measured = [f"{rule.id}: {judged.text}" for rule in gate.rules for judged in rule.figures]
        skipped = [rule.id for rule in gate.rules if rule.outcome == "skip"]
        if measured:
            texts.append(f"the gate `{gate.gate}` measured{on_rows} {'; '.join(measured)}")
        if skipped:
            # Such as a comparison with a champion that nobody has registered yet.
            texts.append(f"the gate `{gate.gate}` skipped {listed(skipped)}")
    return "".join(f"; {text}" for text in texts)


def _promotion(
    head: Catalog, release: Release, keys: KeySet, now: datetime, gates: _Gates, served: Served | None
) -> EvidenceFinding:
    named = release.spec.promotion
    if named is None:
        why = "the Release names no promotion statement: `penstock promote` writes it"
        return EvidenceFinding("promotion", "missing", (why,))
    file = _open(head, named.path, named.digest)
    if not isinstance(file, _File):
        return _concluded("promotion", [file], "")
    try:
        statement = parse_promotion(file.payload)
    except StatementError as error:
        return _unreadable("promotion", error)
    doubts, signer = file.signature(keys, statement.created)
    rollout = head.view(release.spec.environment).find(Rollout, release.spec.rollout)
    model = rollout.spec.model if rollout is not None else ""
    released = Released.of(release.name, release.plain_spec(), model)
    rests_on = bytes_digest(gates.payload) if gates.payload is not None else None
    doubts += [("mismatched", why) for why in statement.contradictions(released, rests_on)]
    previous = release.spec.previous
    if served is not None and previous is not None and not served.holds(previous.digest):
        why = f"the Release replaces {previous.digest[:19]}…, which the base does not serve: promote again on the base"
        doubts.append(("mismatched", why))
    if statement.created > now + _CLOCKS_DIFFER:
        doubts.append(("mismatched", "the statement is dated in the future"))
    if gates.statement is not None and statement.created < gates.statement.predicate.created - _CLOCKS_DIFFER:
        doubts.append(("mismatched", "the statement is older than the gates' statement that it is based on"))
    return _concluded("promotion", doubts, signer)


def _content(
    head: Catalog, release: Release, statement: GateStatement, now: datetime, *, is_rollback: bool, goes_on: bool
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
            yield "mismatched", f"the gate `{gate.gate}` failed: {', '.join(failed) or 'it did not pass'}"
    if predicate.created > now + _CLOCKS_DIFFER:
        yield "mismatched", "the statement is dated in the future"
    view = head.view(spec.environment)
    rollout = view.find(Rollout, spec.rollout)
    if rollout is None:
        yield "mismatched", f"the rollout `{spec.rollout}` does not exist, so it is unknown which model it serves"
        return
    if statement.model != rollout.spec.model:
        yield "mismatched", f"the statement is about the model `{statement.model}`, and `{rollout.name}` serves another"
    if is_rollback:
        return
    if not goes_on:
        yield from _training(view, rollout.spec.model, predicate.specs)
    yield from _judgements(view, rollout, statement, now)


def _judgements(view: View, rollout: Rollout, statement: GateStatement, now: datetime) -> Iterator[Doubt]:
    """Each gate of the model has judged it, each of its blocking rules holds, and none of that is too old."""
    gates = {gate.name: gate for gate in view.gates_of(rollout.spec.model)}
    if not view.is_complete(Gate):
        yield "mismatched", "a gate of the repository is not valid, so it is unknown which gates must pass"
    if rollout.spec.gate is not None and rollout.spec.gate not in gates:
        yield "mismatched", f"the rollout requires the gate `{rollout.spec.gate}`, which evaluates another model"
    for name, gate in gates.items():
        judged = statement.predicate.gate(name)
        if judged is None:
            yield "mismatched", f"the gate `{name}` has not evaluated this version"
            continue
        blocking = [rule.id for rule in gate.spec.rules if rule.severity == "block"]
        unheld = [rule for rule in blocking if judged.outcome(rule) not in _HELD]
        if unheld:
            yield (
                "mismatched",
                f"the statement does not say that these blocking rules of the gate `{name}` hold: {', '.join(unheld)}",
            )
        valid = gate.spec.evidence_valid
        if valid is not None and now - statement.predicate.created > timedelta(milliseconds=int(valid)):
            made = statement.predicate.created
            yield (
                "expired",
                f"the statement is of {made:%Y-%m-%d %H:%M}, and the gate `{name}` accepts evidence for {valid}",
            )


def _training(here: View, model: str, specs: str) -> Iterator[Doubt]:
    """The specs are those of an environment that could have trained the model, and asked no less than this one."""
    trained = trained_as(here, model, specs)
    if not trained:
        yield "mismatched", f"the specs of `{model}` are not those that the version was trained from"
    elif less := asked_less(here, trained, model):
        yield "mismatched", less
