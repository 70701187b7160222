"""Lives of a pull request: each act happens at a fake forge, and is told to the oracle as it really is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from forges.fake import FakePullRequest, commit, object_id
from penstock.forges.recorded import PullRequestFacts
from penstock.review.model import Plan, Verdict
from penstock.review.policy.evaluate import MergeGroup
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.record.inputs import VerdictInputs
from review.lives.oracle import Oracle, Review, Text
from review.lives.world import World

PEOPLE = ("ada", "bela", "rita", "remo", "sam", "sven", "petra", "paul", "pia", "eve")
"""Who writes at first; eve, who is in no team, opens the pull request."""


@dataclass
class Life:
    """One pull request, at the forge and as it really is, and what the record remembers of it."""

    world: World
    content: str = "gate"
    """What it changes at first."""
    forge: FakePullRequest = field(init=False)
    truth: Oracle = field(init=False)
    memory: PriorDecisions = field(default_factory=PriorDecisions)
    earlier: str = object_id("head")
    """The head before the last push."""

    def __post_init__(self) -> None:
        head, base = object_id("head"), object_id("main")
        self.forge = FakePullRequest.opened("eve", head=head, base=base, writers=PEOPLE)
        self.truth = Oracle("eve", set(PEOPLE), content=self.content, commits=[{"eve"}])

    def do(self, act: str, *how: Any) -> None:
        """One act of those below by its name; what makes no sense now does not happen."""
        getattr(self, act)(*how)
        self.truth.now = self.forge.facts.now

    # What happens to the commits.

    def push(self, content: str, by: str, author: str, forced: bool) -> None:
        head = object_id(f"head {self.forge.facts.now}")
        new = commit(head, author, committer=by, co_authors=[by])
        before = () if forced else self.forge.facts.commits
        move = self.forge.force_push if forced else self.forge.push
        move(head, by=by, commits=[new])
        self.earlier = self.forge.facts.pushes[-2].head
        self.truth.commits = [{author, by}] if forced else [*self.truth.commits, {author, by}]
        assert len(self.forge.facts.commits) == len(before) + 1
        self.truth.pushers.add(by)
        self.truth.content, self.truth.moved = content, self.forge.facts.now

    def push_that_reviews_follow(self, content: str) -> None:
        """The forge then says of each review that it was of the new head."""
        self.push(content, "eve", "eve", forced=True)
        self.forge.repoint_reviews(self.forge.facts.head_sha)

    def retarget(self, policy: str, by: str) -> None:
        self.forge.retarget(policy, object_id(policy), by=by)
        self.truth.pushers.add(by)
        self.truth.policy, self.truth.moved = policy, self.forge.facts.now

    def base_moves(self) -> None:
        later = {"main": "main, later", "main, later": "main", "release": "release"}[self.truth.policy]
        self.forge.base_moves_to(object_id(later))
        self.truth.policy = later

    # What people say.

    def review(self, person: str, says: str, body: str) -> None:
        give = self.forge.approve if says == "approve" else self.forge.request_changes
        name = give(person, body)
        self.truth.reviews[name] = Review(person, says, frozenset(self.truth.changes))
        self.truth.texts[f"review {name}"] = Text(person, self.forge.facts.now, [body], is_talk=False)

    def review_of_before(self, person: str) -> None:
        """An approval of what was there before the last push, begun then and handed in now."""
        name = self.forge.approve(person)
        reviews = self.forge.facts.reviews
        late = tuple(replace(one, commit=self.earlier) if one.id == name else one for one in reviews)
        self.forge.facts = replace(self.forge.facts, reviews=late)
        seen = self.truth.changes if self.earlier == self.forge.facts.head_sha else []
        self.truth.reviews[name] = Review(person, "approve", frozenset(seen))

    def all_agree(self) -> None:
        """Enough people for every rule, one after the other."""
        for person in ("ada", "bela", "rita", "sam", "paul", "petra"):
            self.review(person, "approve", "")

    def dismiss(self, which: int, by: str) -> None:
        found = [name for name, review in self.truth.reviews.items() if not review.dismissed_by]
        if found:
            name = found[which % len(found)]
            self.forge.dismiss(name, by=by)
            self.truth.reviews[name].dismissed_by = by

    def say(self, person: str, body: str, on_line: bool) -> None:
        name = (self.forge.line_comment if on_line else self.forge.comment)(person, body)
        source = f"line {name}" if on_line else name
        self.truth.texts[source] = Text(person, self.forge.facts.now, [body], is_talk=not on_line)

    def let_go(self) -> None:
        """Everybody releases what they hold, and paul what the others do."""
        for person in PEOPLE:
            self.say(person, "/penstock unhold", on_line=False)
            self.say("paul", f"/penstock unhold {person}", on_line=False)

    def edit(self, which: int, body: str, keeps_history: bool) -> None:
        if not self.truth.texts:
            return
        source = list(self.truth.texts)[which % len(self.truth.texts)]
        kind, _, name = source.rpartition(" ")
        if kind == "review":
            self.forge.edit_review(name, body)
        elif kind == "line":
            self.forge.edit_line_comment(name, body)
        else:
            self.forge.edit_comment(name, body, keeps_history=keeps_history)
        text = self.truth.texts[source]
        text.versions = [*text.versions, body] if keeps_history or kind else [None, body]
        text.at, text.edited = self.forge.facts.now, True

    def delete(self, which: int, by: str | None) -> None:
        """By somebody, or by whoever wrote it."""
        found = [source for source, text in self.truth.texts.items() if text.is_talk]
        if not found:
            return
        source = found[which % len(found)]
        text = self.truth.texts.pop(source)
        self.forge.delete_comment(source, by=by or text.person)
        if by not in (None, text.person):
            self.truth.deleted[f"deleted {source}"] = text.person, self.forge.facts.now

    # What else changes.

    def draft(self, is_draft: bool) -> None:
        self.forge.pass_time()
        self.forge.facts = replace(self.forge.facts, is_draft=is_draft)
        self.truth.draft = is_draft

    def label(self, *labels: str) -> None:
        self.forge.label(*labels)
        self.truth.labels = set(labels)

    def access(self, person: str, may_write: bool) -> None:
        self.forge.pass_time()
        self.truth.writers = self.truth.writers | {person} if may_write else self.truth.writers - {person}
        self.forge.facts = replace(self.forge.facts, writers=tuple(sorted(self.truth.writers)))

    def wait(self, hours: int) -> None:
        self.forge.pass_time(timedelta(hours=hours))

    # What the engine says.

    def asked(self, facts: PullRequestFacts | None = None) -> VerdictInputs:
        """What it is asked, of the pull request as it is, or of other facts of it."""
        seen = self.forge.facts if facts is None else facts
        plan = self._plan(self.truth.content, seen.base_sha, seen.head_sha)
        of_base = self.world.policies[self.truth.policy]
        organisation = self.world.contents[self.truth.content].organisation
        teams = replace(organisation, teams=of_base.organisation.teams)
        return VerdictInputs(seen, plan, of_base.policy, teams, {}, None, self.memory, seen.now)

    def look(self) -> Verdict:
        """The verdict, which the record remembers."""
        inputs = self.asked()
        self.memory = inputs.memory()
        self.truth.recorded = self.truth.holds()
        return inputs.verdict()

    def queued(self, content: str) -> Verdict:
        """The verdict in a merge queue, where with what is ahead of it the pull request comes to other changes."""
        inputs = self.asked()
        tip, group = object_id("tip"), object_id("group")
        reviewed = frozenset(change.fingerprint for change in inputs.plan.changes)
        plan = self._plan(content, tip, group)
        return replace(inputs, plan=plan, group=MergeGroup(tip, group, reviewed)).verdict()

    def _plan(self, content: str, base: str, head: str) -> Plan:
        return self.world.plan(content, self.truth.policy, base, head)
