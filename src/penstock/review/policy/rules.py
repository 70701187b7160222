"""Rules met with changes: which rule asks whom about what, and what no rule speaks of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from penstock.diagnostics.grammar import joined
from penstock.review.model import Change, Impact, Operation, Plan
from penstock.review.policy.freshness import Opinions
from penstock.review.policy.organisation import Organisation, Roles, Standing
from penstock.review.policy.predicates.subject import Added, PolicySubject
from penstock.review.policy.predicates.table import PREDICATES, Answer, compile_when
from penstock.review.policy.requirements import Alternatives, Bundle, alternatives, needs
from penstock.review.policy.waivers import Waived
from penstock.specs.approval_policy import OWNERSHIP, ApprovalRule, Require

OWNERSHIP_WHY = (
    "A change of owner needs the former and the new owner; a Release of another team's rollout, and a policy beside "
    "that of another team, need both teams."
)

EvidenceStates = Mapping[str, str]
"""By address of a Release, one of `valid`, `missing`, `expired`, `mismatched`, `unsigned` and `revoked`."""


@dataclass(slots=True)
class Group:
    """Changes for which one rule asks the same of the same people in the same words, and they said the same so far."""

    rule: str
    why: str
    ways: Alternatives
    """None of them where nobody has to approve."""
    needs: str
    approvers: frozenset[str]
    evidence: str | None
    waived: Waived | None
    bundle: Bundle | None
    """This rule among others whose people must be distinct; None where it stands for itself."""
    changes: list[str] = field(default_factory=list)
    """Fingerprints."""
    addresses: list[str] = field(default_factory=list)


class Matched(NamedTuple):
    """What the rules ask about the changes of a plan."""

    groups: tuple[Group, ...]
    """In the order of the rules."""
    silent: tuple[str, ...]
    """Rules that match no change."""
    uncovered: tuple[tuple[str, str], ...]
    """Fingerprint and address of each change that no rule matches."""


@dataclass(slots=True)
class Context:
    """What rules are met with."""

    plan: Plan
    organisation: Organisation
    author: str | None
    labels: Iterable[str]
    evidence: EvidenceStates
    opinions: Opinions
    waived: tuple[Waived, ...] = ()
    contributors: frozenset[str] = frozenset()
    """Keys of everybody who contributed."""


def meet(rules: Iterable[ApprovalRule], context: Context) -> Matched:
    """Every change against every rule. TooManyAlternativesError where a requirement cannot be looked through."""
    matching = _Meeting(context)
    compiled = [(rule, compile_when(rule.when, PREDICATES)) for rule in rules]
    uncovered = []
    heard: set[str] = set()
    for change in context.plan.changes:
        if change.operation is Operation.MOVED:
            continue
        fingerprint = change.fingerprint
        subject = matching.subject(change, fingerprint)
        matched = [rule for rule, when in compiled if _applies(rule, when, subject)]
        heard |= {rule.id for rule in matched}
        bundle = matching.bundle(matched, subject)
        for rule in matched:
            together = bundle if bundle is not None and any(rule.id == name for name, _ in bundle.rules) else None
            matching.put(rule.id, rule.why, _people_of(rule), subject, fingerprint, together)
        if matching.roles.moves_ownership(change):
            standing = subject.standing
            stays = standing.owner == standing.former_owner
            matching.put(OWNERSHIP, OWNERSHIP_WHY, _changes_hands(stays=stays), subject, fingerprint)
        if not matched:
            uncovered.append((fingerprint, str(change.address)))
    order = {rule.id: position for position, (rule, _) in enumerate(compiled)}
    groups = sorted(matching.groups.values(), key=lambda group: order.get(group.rule, -1))
    silent = tuple(rule.id for rule, _ in compiled if rule.id not in heard)
    return Matched(tuple(groups), silent, tuple(uncovered))


def _people_of(rule: ApprovalRule) -> Require | None:
    return None if rule.require == "nobody" else rule.require


@cache
def _changes_hands(*, stays: bool) -> Require:
    """Who agrees to a change of owner or name; one approval is enough where the team stays the same."""
    parts = [{"from": {"roles": [role]}} for role in (("owner",) if stays else ("owner", "former-owner"))]
    return Require.model_validate({"all": parts})


def _applies(rule: ApprovalRule, when: Callable[[PolicySubject], Answer], subject: PolicySubject) -> bool:
    """What nobody can tell asks people where the rule does, and frees nobody where it does not."""
    answer = when(subject)
    return answer is True if rule.require == "nobody" else answer is not False


@dataclass(slots=True)
class _Meeting:
    context: Context
    roles: Roles = field(init=False)
    groups: dict[tuple[object, ...], Group] = field(default_factory=dict)
    _ways: dict[tuple[int, Standing], tuple[Alternatives, str]] = field(default_factory=dict)

    _added: dict[str, Added] = field(default_factory=dict)
    """By the address of a spec."""

    def __post_init__(self) -> None:
        plan = self.context.plan
        self.roles = Roles(self.context.organisation, plan)
        for change in plan.changes:
            impact = plan.impacts.get(change.fingerprint)
            if impact is not None and (impact.cpu_cores or impact.memory_bytes or impact.gpus):
                spec = str(change.address.spec)
                known = self._added.get(spec, Added())
                self._added[spec] = Added(
                    known.cpu + impact.cpu_cores, known.memory + impact.memory_bytes, known.gpu + impact.gpus
                )

    def subject(self, change: Change, fingerprint: str) -> PolicySubject:
        impact: Impact | None = self.context.plan.impacts.get(fingerprint)
        return PolicySubject(
            change=change,
            impact=impact,
            added=self._added.get(str(change.address.spec), Added()),
            standing=self.roles.standing(change, impact),
            roles=self.roles,
            author=self.context.author,
            contributors=self.context.contributors,
            labels=frozenset(self.context.labels),
            evidence=self._evidence(change),
        )

    def _evidence(self, change: Change) -> str | None:
        if change.address.kind != "Release":
            return None
        if change.operation is Operation.REMOVED and not change.address.parts:
            # Nothing is released by a release that is gone.
            return "valid"
        return self.context.evidence.get(str(change.address.spec), "missing")

    def bundle(self, rules: Iterable[ApprovalRule], subject: PolicySubject) -> Bundle | None:
        """Those of the rules that ask for distinct people about the change; None where no two of them do."""
        asking = []
        for rule in rules:
            if rule.distinct and self._waived(rule.id, subject) is None:
                ways, _ = self._requirement(_people_of(rule), subject.standing)
                asking += [(rule.id, ways)] if ways else []
        if len(asking) < 2:  # one alone has nobody to be distinct from
            return None
        asks_evidence = any(way.needs_evidence for _, ways in asking for way in ways)
        return Bundle(tuple(asking), (subject.evidence or "missing") if asks_evidence else None)

    def _waived(self, rule: str, subject: PolicySubject) -> Waived | None:
        return next((one for one in self.context.waived if one.covers(rule, subject.change)), None)

    def put(
        self,
        rule: str,
        why: str,
        require: Require | None,
        subject: PolicySubject,
        fingerprint: str,
        bundle: Bundle | None = None,
    ) -> None:
        """Count the change to the group that it belongs to."""
        ways, words = self._requirement(require, subject.standing)
        if bundle is not None:
            words += f", by other people than for {_rules_but(rule, bundle)}"
        approvers = self.context.opinions.approvers(fingerprint)
        asks_evidence = any(way.needs_evidence for way in ways)
        evidence = (subject.evidence or "missing") if asks_evidence else None
        waived = self._waived(rule, subject)
        # The same people may be asked as the owners of one spec and as outsiders to another: the words differ.
        key = (rule, ways, words, approvers, evidence, waived, bundle)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(rule, why, ways, words, approvers, evidence, waived, bundle)
        group.changes.append(fingerprint)
        group.addresses.append(str(subject.change.address))

    def _requirement(self, require: Require | None, standing: Standing) -> tuple[Alternatives, str]:
        if require is None:
            return (), "nobody"
        key = (id(require), standing)
        known = self._ways.get(key)
        if known is None:
            ways = alternatives(require, lambda people: self.roles.people(people, standing))
            known = self._ways[key] = ways, needs(require, standing, self.roles.organisation.teams)
        return known


def _rules_but(rule: str, bundle: Bundle) -> str:
    return joined(name for name, _ in bundle.rules if name != rule)
