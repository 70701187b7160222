"""Whether a pull request may be merged, told from its true history by what docs/review/ says, and by nothing else.

It knows who did what when. It reads no reviews, comments or timeline from a forge, and shares no code with the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHANGES = {
    "nothing": [],
    "gate": ["gate 0.6"],
    "gate further": ["gate 0.5"],
    "gate and region": ["gate 0.6", "region"],
    "gate and step": ["gate 0.6", "step"],
    "region and step": ["region", "step"],
}
"""What each content changes."""
_TEAMS = {
    "flight-ml": "ada bela",
    "risk": "rita remo",
    "sre": "sam sven",
    "platform": "petra paul",
}
TEAMS = {
    "main": _TEAMS,
    "main, later": _TEAMS | {"sre": "sam rita", "platform": "pia paul"},
    "release": _TEAMS,
}
"""By the policy of the base."""
GLASS_LASTS = timedelta(hours=4)
FREEZE = OPENED.replace(hour=15), OPENED.replace(hour=17)


@dataclass
class Review:
    person: str
    says: str
    covers: frozenset[str] = frozenset()
    """What was under review when it was given."""
    dismissed_by: str = ""


@dataclass
class Text:
    """A comment, a comment on a line, or what a review says."""

    person: str
    at: datetime
    """When it was written or last edited."""
    versions: list[str | None]
    """What it says and said; None for what somebody removed from its history."""
    is_talk: bool
    """Whether it stands in the conversation."""
    edited: bool = False

    @property
    def says(self) -> str:
        return self.versions[-1] or ""


@dataclass
class Oracle:
    """A pull request as it really is."""

    author: str
    writers: set[str]
    content: str = "nothing"
    policy: str = "main"
    now: datetime = OPENED
    moved: datetime = OPENED
    """When the head, or the branch it is meant for, changed last."""
    draft: bool = False
    labels: set[str] = field(default_factory=set)
    commits: list[set[str]] = field(default_factory=list)
    """Of each commit, who had a hand in it."""
    pushers: set[str] = field(default_factory=set)
    reviews: dict[str, Review] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    deleted: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """Comments that somebody else deleted: whose they were, and when."""
    recorded: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """The holds that stood when the review last ran."""

    # Who has what standing.

    @property
    def changes(self) -> list[str]:
        return CHANGES[self.content]

    @property
    def contributors(self) -> set[str]:
        return {self.author, *self.pushers}.union(*self.commits)

    def team(self, name: str) -> set[str]:
        return set(TEAMS[self.policy][name].split())

    @property
    def overruling(self) -> set[str]:
        return (self.team("platform") & self.writers) - self.contributors

    # What the rules ask: each rule is a list of ways, each way a list of places, each place a set of people.

    def rules(self, change: str) -> dict[str, list[list[set[str]]]]:
        if change == "step":
            asked = {"traffic": [[self.team("sre")]]}
            if "wide" in self.labels:
                asked["wide"] = [[self.team("platform")] * 2, [self.team("sre") | self.team("risk")]]
            return asked
        makers = [self.team("flight-ml")] * (2 if self.policy == "release" else 1)
        return {"gate": [[*makers, self.team("risk")]]}

    def asked(self) -> set[str]:
        """Everyone whom a rule asks about any of the changes."""
        return {
            person
            for change in self.changes
            for ways in self.rules(change).values()
            for way in ways
            for place in way
            for person in place
        }

    def is_approved(self, change: str) -> bool:
        """Whether every rule about the change has its people: the places of all rules of a step by distinct ones."""
        rules = {name: ways for name, ways in self.rules(change).items() if not self.is_waived(name, change)}
        approvers = self.approvers(change)
        return any(_fills([place for way in choice for place in way], approvers) for choice in product(*rules.values()))

    def approvers(self, change: str) -> set[str]:
        """Who approved it since their last other word; contributors and who may not write do not count."""
        found = set()
        for person in self.writers - self.contributors:
            covered: set[str] = set()
            for review in self._reviews_of(person):
                covered = covered | review.covers if review.says == "approve" and not review.dismissed_by else set()
            if change in covered:
                found.add(person)
        return found

    def objectors(self) -> set[str]:
        """Whose last word of those that count is a request for changes."""
        found = set()
        for person in self.asked() & self.writers:
            objects = False
            for review in self._reviews_of(person):
                if review.says == "approve":
                    objects = objects and bool(review.dismissed_by)
                elif review.dismissed_by not in {person, *self.overruling}:
                    objects = True
            if objects:
                found.add(person)
        return found

    def _reviews_of(self, person: str) -> list[Review]:
        return [review for review in self.reviews.values() if review.person == person]

    # Commands.

    def holds(self) -> dict[str, tuple[str, datetime]]:
        """The holds that nobody released: what stands, stood when the review ran, or may have stood."""
        may_hold = {person for person in self.writers | self.contributors if not person.endswith("[bot]")}
        found = dict(self.recorded)
        for source, text in self.texts.items():
            if source in found:
                found[source] = text.person, max(text.at, found[source][1])
            elif text.person in may_hold and any(_is_hold(version) for version in text.versions):
                found[source] = text.person, text.at
        found |= {source: said for source, said in self.deleted.items() if said[0] in may_hold}
        return {source: said for source, said in found.items() if not self._is_released(*said)}

    def _is_released(self, person: str, at: datetime) -> bool:
        for text in self.texts.values():
            words = text.says.lower().split()
            if text.is_talk and not text.edited and text.at > at and words[:2] == ["/penstock", "unhold"]:
                whose = words[2].removeprefix("@") if len(words) > 2 else text.person
                if whose == person and text.person in {person, *self.overruling}:
                    return True
        return False

    def _granted(self, command: str, lasts: timedelta = timedelta.max) -> set[str]:
        """Who wrote the command so that it counts now."""
        allowed = (self.team("sre") | self.team("platform")) & self.writers - self.contributors
        return {
            text.person
            for text in self.texts.values()
            if text.is_talk and not text.edited and text.person in allowed and text.says.startswith(command)
            if text.at > self.moved and self.now - text.at < lasts
        }

    def is_glass_broken(self) -> bool:
        return len(self._granted(GLASS, GLASS_LASTS)) >= 2

    def is_waived(self, rule: str, change: str) -> bool:
        return rule == "traffic" and change == "step" and self.now < WAIVED_UNTIL and len(self._granted(WAIVE)) >= 2

    # The answer.

    def verdict(self) -> str:
        is_frozen = bool(self.changes) and FREEZE[0] <= self.now < FREEZE[1]
        if not self.is_glass_broken():
            if self.holds() or self.objectors() or is_frozen:
                return "disapproved"
            if not all(self.is_approved(change) for change in self.changes):
                return "pending"
        return "pending" if self.draft else "approved"


GLASS = "/penstock break-glass the service is down"
WAIVED_UNTIL = OPENED.replace(hour=14)
WAIVE = "/penstock waive traffic Rollout/delay-online until 2026-03-02T14:00:00+00:00: they sleep; follow-up: ask them"


def _is_hold(version: str | None) -> bool:
    if version is None:
        return True
    words = [word.rstrip(":") for word in version.lower().split()]
    return words[:2] == ["/penstock", "hold"]


def _fills(places: list[set[str]], people: set[str]) -> bool:
    """Whether each place can be given to another one of the people."""
    if not places:
        return True
    return any(_fills(places[1:], people - {person}) for person in people & places[0])
