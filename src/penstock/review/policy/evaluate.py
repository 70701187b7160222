"""A plan, the policy of its base and what people said become a verdict: a tree that explains itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from penstock.diagnostics.model import Severity
from penstock.forges.logins import login_key
from penstock.forges.protocol import ForgeError, PullRequestView
from penstock.review.model import Plan, Result, Verdict, VerdictState
from penstock.review.policy import wording
from penstock.review.policy.binding import bound_to
from penstock.review.policy.break_glass import BrokenGlass, broken_glass
from penstock.review.policy.commands import Command, commands, commands_in_reviews
from penstock.review.policy.freezes import standing_freezes
from penstock.review.policy.freshness import Opinions, head_moved_at, opinions
from penstock.review.policy.governing_files import means_nothing
from penstock.review.policy.grants import granting, overruling
from penstock.review.policy.holds import Hold, standing_holds
from penstock.review.policy.matching import has_empty_place, who_fits
from penstock.review.policy.organisation import Organisation, Roles, Standing
from penstock.review.policy.outcome import RequirementOutcome, outcomes
from penstock.review.policy.people import Demand, Suggestion, is_possible, smallest_set, who_could
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.policy.requirements import Alternative, Slot, TooManyAlternativesError
from penstock.review.policy.resolve import ResolvedPolicy
from penstock.review.policy.rules import Context, EvidenceStates, Group, Matched, meet
from penstock.review.policy.separation import Contributors, contributors
from penstock.review.policy.unheeded import Circumstances, unheeded, unheeded_in_reviews
from penstock.review.policy.waivers import Waived, waivers_of_comments, waivers_of_policy
from penstock.specs.approval_policy import OWNERSHIP

ERROR, DISAPPROVED = VerdictState.ERROR, VerdictState.DISAPPROVED
PENDING, APPROVED, SKIPPED = VerdictState.PENDING, VerdictState.APPROVED, VerdictState.SKIPPED
_SEVERITY = list(VerdictState)


@dataclass(frozen=True, slots=True)
class MergeGroup:
    """A merge result that a queue made, on which a verdict is asked for."""

    base: str
    head: str
    reviewed: frozenset[str]
    """Fingerprints of the pull request's changes by itself, which its approvals were given for."""


def evaluate(
    plan: Plan,
    policy: ResolvedPolicy,
    organisation: Organisation,
    view: PullRequestView,
    *,
    evidence: EvidenceStates | None = None,
    memory: PriorDecisions | None = None,
    now: datetime | None = None,
    group: MergeGroup | None = None,
) -> Verdict:
    """The verdict. Never raises for what people or the forge did: whatever cannot be known is an error, never green.

    `evidence` has a state for each changed Release by its address; one that is not there is missing.
    `memory` is what the decision record knows. `now` is the forge's clock where it is not given.
    """
    states = dict(evidence or {})
    try:
        evaluation = _Evaluation(plan, policy, organisation, view, states, memory or PriorDecisions(), now, group)
        return evaluation.verdict()
    except ForgeError as error:
        return _failed(plan, states, f"the forge could not be read: {error}")
    except TooManyAlternativesError:
        return _failed(plan, states, "a rule can be satisfied in too many ways to evaluate: make its `any` shorter")


def worst(results: tuple[Result, ...]) -> VerdictState:
    """The most severe state, what is skipped left aside; `SKIPPED` where nothing else is there."""
    return min((result.state for result in results), key=_SEVERITY.index, default=SKIPPED)


def _failed(plan: Plan, states: Mapping[str, str], why: str) -> Verdict:
    node = Result("forge", ERROR, why)
    tree = Result("verdict", ERROR, why, children=(node,))
    return Verdict(ERROR, wording.error_headline(why), tree, (), True, bound_to(plan, states))


class _Evaluation:
    def __init__(
        self,
        plan: Plan,
        policy: ResolvedPolicy,
        organisation: Organisation,
        view: PullRequestView,
        evidence: EvidenceStates,
        memory: PriorDecisions,
        now: datetime | None,
        group: MergeGroup | None,
    ) -> None:
        self.plan, self.policy, self.organisation, self.view = plan, policy, organisation, view
        self.evidence, self.group = evidence, group
        self.now = view.now() if now is None else now
        self.moved = head_moved_at(view)
        self.contributors: Contributors = contributors(view)
        roles = Roles(organisation, plan)
        self.overruling = overruling(policy.overrule, roles, view, self.contributors.people)
        alone = group.reviewed if group is not None else None
        changes = alone if alone is not None else frozenset(change.fingerprint for change in plan.changes)
        self.settled = memory.settled_at(view.head_sha, changes, self.moved, self.now)
        known = memory.knowable(view.head_sha, alone)
        people = self.contributors.people
        self.opinions: Opinions = opinions(view, people, memory.approvals, known, self.overruling)
        self.holds: tuple[Hold, ...] = standing_holds(view, memory.holds, allowed=people, overruling=self.overruling)
        self.commands: tuple[Command, ...] = commands(view)
        self.granted: tuple[Command, ...] = self._granted()
        self.waived: tuple[Waived, ...] = self._waived()

    def verdict(self) -> Verdict:
        if self.view.state != "open":
            return self._over()
        errors = self._errors()
        matched = meet(self.policy.rules, self._context())
        judged = outcomes(matched.groups)
        stops = (
            *self._uncovered(matched),
            *self._objections(matched),
            *self._holds(),
            *self._freezes(),
        )
        drafts = self._drafts()
        rest = (*drafts, *self._rules(judged, matched), *self._unheeded())
        glass = self._glass()
        suggestion = self._suggestion(judged, stops)
        children = (*errors, *stops, *rest)
        state = worst(children)
        if glass is not None:
            is_open = glass.missing == 0
            children = (*errors, self._glass_node(glass), *stops, *rest)
            if is_open:
                state = worst((*errors, self._glass_node(glass), *drafts))
                suggestion = Suggestion((), is_smallest=True, complete=True)
        if state is SKIPPED:
            state = APPROVED if means_nothing(self.plan) else ERROR
        if drafts:
            # Whoever would be asked is asked when it is ready.
            suggestion = Suggestion((), is_smallest=True, complete=True)
        headline = wording.headline(
            state, self.plan, children, self._shown(suggestion.people), glass, is_enough=suggestion.complete
        )
        return Verdict(
            state=state,
            headline=headline,
            tree=Result("verdict", state, headline, children=children),
            suggested=self._shown(suggestion.people) if state in (PENDING, DISAPPROVED) else (),
            suggested_is_smallest=suggestion.is_smallest,
            suggested_is_enough=suggestion.complete,
            digests=bound_to(self.plan, self.evidence),
        )

    def _over(self) -> Verdict:
        """Of what is closed or merged nothing is to be decided, and so nothing is approved."""
        why = f"the pull request is {self.view.state}, so nothing is decided"
        return Verdict(SKIPPED, why, Result("verdict", SKIPPED, why), (), True, bound_to(self.plan, self.evidence))

    def _drafts(self) -> tuple[Result, ...]:
        return (Result("draft", PENDING, wording.DRAFT),) if self.view.is_draft else ()

    def _context(self) -> Context:
        return Context(
            plan=self.plan,
            organisation=self.organisation,
            author=self.view.author.key,
            labels=self.view.labels,
            evidence=self.evidence,
            opinions=self.opinions,
            waived=self.waived,
            contributors=self.contributors.people,
        )

    def _shown(self, keys: tuple[str, ...] | frozenset[str]) -> tuple[str, ...]:
        return self.organisation.shown(keys)

    def _login(self, key: str | None) -> str | None:
        return None if key is None else self._shown((key,))[0]

    # What keeps the verdict from meaning anything.

    def _errors(self) -> tuple[Result, ...]:
        found = [Result("binding", ERROR, why) for why in self._unbound()]
        found += [Result("policy", ERROR, why) for why in self.policy.problems]
        found += [Result("attribution", ERROR, why) for why in self.contributors.problems]
        found += [
            Result("specs", ERROR, wording.diagnostic(one))
            for one in self.plan.errors
            if one.severity is Severity.ERROR
        ]
        if self.plan.artifacts and means_nothing(self.plan):
            found.append(Result("generated", ERROR, wording.UNEXPLAINED))
        return tuple(found)

    def _unbound(self) -> list[str]:
        """A sentence for each thing that the plan and the pull request do not agree on."""
        plan, view, group = self.plan, self.view, self.group
        head, base = (group.head, group.base) if group is not None else (view.head_sha, view.base_sha)
        found = []
        if plan.head != head:
            found.append(f"The plan was made for {plan.head[:12]}, and the head is {head[:12]}: run the review again.")
        if plan.base != base:
            found.append(
                f"The plan was made against {plan.base[:12]}, and the base is {base[:12]}: run the review again."
            )
        if plan.digests.get("policy", "") != self.policy.digest:
            found.append("The policy is not the one of the plan's base: run the review again.")
        if self.moved is None:
            found.append(
                "The forge does not report when the head was pushed, so approvals cannot be checked for staleness: "
                "run the review again."
            )
        return found

    # Rules and the people whom they ask.

    def _rules(self, judged: list[tuple[Group, RequirementOutcome]], matched: Matched) -> tuple[Result, ...]:
        by_rule: dict[str, list[Result]] = {}
        whys: dict[str, str] = {}
        for group, outcome in judged:
            by_rule.setdefault(group.rule, []).append(self._group_node(group, outcome))
            whys[group.rule] = group.why
        nodes = [
            Result(
                name,
                worst(tuple(children)),
                whys[name],
                changes=tuple(dict.fromkeys(one for child in children for one in child.changes)),
                missing=sum(child.missing for child in children),
                children=tuple(children),
            )
            for name, children in by_rule.items()
        ]
        nodes += [Result(name, SKIPPED, wording.SILENT) for name in matched.silent]
        return tuple(nodes)

    def _group_node(self, group: Group, outcome: RequirementOutcome) -> Result:
        blocked = self.contributors.people
        able = outcome.able - self._without_a_say(outcome.able)
        return Result(
            name=wording.group_name(group),
            state=outcome.state,
            why=wording.group_sentence(
                group,
                outcome,
                able=self._shown(able),
                given=self._shown(outcome.counted),
                barred=self._shown(outcome.able & blocked),
                stale=self._shown(outcome.able & self.opinions.heard),
                powerless=self._shown((outcome.able - blocked) & self.opinions.powerless),
                elsewhere=tuple((login, rule) for key, rule in outcome.elsewhere for login in self._shown((key,))),
                obstacle=self._obstacle(group, outcome),
            ),
            changes=tuple(group.changes),
            satisfied_by=self._shown(outcome.counted),
            can_satisfy=self._shown(able) if outcome.state is PENDING else (),
            missing=outcome.missing if outcome.state is PENDING else 0,
            needs=group.needs,
        )

    def _obstacle(self, group: Group, outcome: RequirementOutcome) -> str:
        """Why nobody can give what is missing; empty where somebody can."""
        demand = Demand(outcome.ways, group.approvers)
        if outcome.missing == 0 or is_possible(demand, self._without_a_say(who_fits(demand.ways))):
            return ""
        if is_possible(demand, self.contributors.people):
            return wording.TOO_FEW_WRITERS
        for_anybody = wording.no_team(self.organisation.teams) if has_empty_place(demand.ways) else wording.TOO_FEW
        return wording.TOO_FEW_OTHERS if is_possible(demand, frozenset()) else for_anybody

    def _without_a_say(self, people: Iterable[str]) -> frozenset[str]:
        """Those whose approval counts for nothing: who contributed, or may not write."""
        return frozenset(one for one in people if one in self.contributors.people or not self.view.may_write(one))

    def _uncovered(self, matched: Matched) -> tuple[Result, ...]:
        if not matched.uncovered:
            return ()
        children = tuple(
            Result(address, DISAPPROVED, f"No policy rule matches {address}.", changes=(fingerprint,))
            for fingerprint, address in matched.uncovered
        )
        why = "Every change must match a rule, even if it requires nobody: add one to the base's policy first."
        changes = tuple(fingerprint for fingerprint, _ in matched.uncovered)
        return (Result("coverage", DISAPPROVED, why, changes=changes, children=children),)

    def _objections(self, matched: Matched) -> tuple[Result, ...]:
        """Of an account that is gone, an objection counts where anybody's does."""
        eligible = who_fits(way for group in matched.groups for way in group.ways)
        overruling = self._shown(self.overruling)
        nodes = []
        for found in self.opinions.objections:
            if not (eligible if found.person is None else found.person in eligible):
                continue
            login = self._login(found.person)
            why = wording.objection_sentence(login, overruling, dismissed=found.dismissed)
            able = overruling if login is None else (login,)
            # An approval ends what its own writer said; of an account that is gone, nothing but a dismissal does.
            missing = 0 if login is None else 1
            nodes.append(Result("objection", DISAPPROVED, why, can_satisfy=able, missing=missing))
        return tuple(nodes)

    def _holds(self) -> tuple[Result, ...]:
        return tuple(
            Result(
                "hold",
                DISAPPROVED,
                wording.hold_sentence(hold, self._login(hold.person), self._shown(self.overruling)),
            )
            for hold in self.holds
        )

    def _freezes(self) -> tuple[Result, ...]:
        return tuple(
            Result(f"freeze {one.freeze.id}", DISAPPROVED, wording.freeze_sentence(one), changes=one.changes)
            for one in standing_freezes(self.policy.freezes, self.plan, self.now)
        )

    # Ways around the rules.

    def _emergency_people(self) -> frozenset[str]:
        if self.policy.break_glass is None:
            return frozenset()
        return Roles(self.organisation, self.plan).people(self.policy.break_glass.from_, Standing())

    def _granted(self) -> tuple[Command, ...]:
        return granting(
            self.commands,
            self.view,
            people=self._emergency_people(),
            excluded=self.contributors.people,
            moved=self.settled,
        )

    def _waived(self) -> tuple[Waived, ...]:
        of_policy = waivers_of_policy(self.policy.waivers, self.now)
        if self.policy.break_glass is None:
            return of_policy
        return (*of_policy, *waivers_of_comments(self.granted, self.policy.break_glass.count, self.now))

    def _glass(self) -> BrokenGlass | None:
        if self.policy.break_glass is None:
            return None
        return broken_glass(self.policy.break_glass, self.granted, self.now)

    def _glass_node(self, glass: BrokenGlass) -> Result:
        state = APPROVED if glass.missing == 0 else SKIPPED
        why = wording.glass_sentence(glass, self._shown(glass.by))
        return Result("break-glass", state, why, satisfied_by=self._shown(glass.by), missing=glass.missing)

    def _unheeded(self) -> tuple[Result, ...]:
        """Commands that decide nothing, and why."""
        seen = Circumstances(
            self.policy.break_glass,
            self._emergency_people(),
            self.contributors.people,
            {OWNERSHIP, *(rule.id for rule in self.policy.rules)},
            self.settled,
            self.now,
            self.view.may_write,
            self.organisation.shown,
            self.holds,
        )
        found = (
            *unheeded(self.commands, self.granted, seen),
            *unheeded_in_reviews(commands_in_reviews(self.view), seen),
        )
        return tuple(Result("command", SKIPPED, why) for why in found)

    # Whom to ask.

    def _suggestion(self, judged: list[tuple[Group, RequirementOutcome]], stops: tuple[Result, ...]) -> Suggestion:
        """The people to ask. Not complete where something blocks that no approval ends: a hold, a freeze, evidence."""
        demands = [Demand(outcome.ways, group.approvers) for group, outcome in judged if outcome.state is PENDING]
        blocked = any(outcome.state is DISAPPROVED for _, outcome in judged)
        for stop in stops:
            person = frozenset(map(login_key, stop.can_satisfy)) - self.contributors.people
            if stop.name == "objection" and stop.missing and person:
                demands.append(Demand((Alternative((Slot(person, 1),)),), frozenset()))
            else:
                blocked = True
        found = smallest_set(demands, self._without_a_say(who_could(demands)), self.organisation.owning)
        return found._replace(complete=found.complete and not blocked)
