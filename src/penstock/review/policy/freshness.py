"""Which approvals still count: by when the server saw the head move, and by the fingerprints of what they covered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from penstock.forges.protocol import PullRequestView, Review

ApprovedFingerprints = Mapping[str, frozenset[str]]
"""By the id of a review, the changes that were under review when it was first seen; from the decision record."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's standing approval, and the changes that it covers."""

    person: str
    review: str
    covers: frozenset[str] | None
    """Fingerprints; None for everything that is under review now."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """What the reviews of a pull request come to."""

    approvals: tuple[Approval, ...]
    objections: frozenset[str]
    """Who requested changes last, and has not approved since."""
    stale: frozenset[str]
    """Who approved something that is not under review any more, and covers nothing now."""

    def approvers(self, fingerprint: str) -> frozenset[str]:
        """Who approved a change."""
        return frozenset(one.person for one in self.approvals if one.covers is None or fingerprint in one.covers)

    @property
    def heard(self) -> frozenset[str]:
        """Everyone whose approval stands, whether or not it covers anything now."""
        return self.stale | {one.person for one in self.approvals}


def head_moved_at(view: PullRequestView) -> datetime | None:
    """When the server last saw the head or the base branch change; None where it cannot be known."""
    pushes = view.pushes()
    if not pushes or pushes[-1].head != view.head_sha:
        return None
    return max(push.at for push in pushes)


def opinions(
    view: PullRequestView,
    excluded: frozenset[str],
    known: ApprovedFingerprints,
    reviewed: frozenset[str] | None = None,
) -> Opinions:
    """The approvals and objections that count; `excluded` people, bots and whoever may not write have none.

    An approval after the last push covers what was under review when it was first seen, or everything where it was
    never seen before; an earlier one covers what the record says it covered. The commit that a forge
    shows at a review decides nothing. `reviewed`: where the verdict is on a merged result, the changes of the pull
    request by itself, which its approvals were given for.
    """
    moved = head_moved_at(view)
    approvals: list[Approval] = []
    objections: set[str] = set()
    stale: set[str] = set()
    for person, reviews in _by_person(view, excluded).items():
        standing = _standing(reviews)
        if standing and standing[-1].state == "changes_requested":
            objections.add(person)
            continue
        of_person = []
        for review in standing:
            fresh = moved is not None and review.submitted > moved
            covers = known.get(review.id, reviewed if fresh else frozenset())
            if covers is None or covers:
                of_person.append(Approval(person, review.id, covers))
        approvals += of_person
        if standing and not of_person:
            stale.add(person)
    return Opinions(tuple(approvals), frozenset(objections), frozenset(stale))


def coverage(
    view: PullRequestView, now_changed: Iterable[str], known: ApprovedFingerprints
) -> dict[str, frozenset[str]]:
    """What the decision record keeps of each approval: the changes that it was given for.

    Of one that was seen before, what is known already; of one given after the last push, what is under review now;
    of any other, nothing: nobody knows what it was given for.
    """
    moved = head_moved_at(view)
    everything = frozenset(now_changed)
    found = {}
    for review in view.reviews():
        if review.state == "approved":
            fresh = moved is not None and review.submitted > moved
            found[review.id] = known.get(review.id, everything if fresh else frozenset())
    return found


def _by_person(view: PullRequestView, excluded: frozenset[str]) -> dict[str, list[Review]]:
    found: dict[str, list[Review]] = {}
    for review in sorted(view.reviews(), key=lambda one: one.submitted):
        key = review.person.key
        if key is None or review.person.is_bot or key in excluded or review.state == "commented":
            continue
        found.setdefault(key, []).append(review)
    return {key: reviews for key, reviews in sorted(found.items()) if view.may_write(key)}


def _standing(reviews: list[Review]) -> list[Review]:
    """The approvals of one person since their last other word, or their objection.

    A dismissal takes back what the person approved before it; it does not take back an objection, which only its
    author's approval does.
    """
    standing: list[Review] = []
    for review in reviews:
        if review.state == "approved":
            standing = [one for one in standing if one.state == "approved"] + [review]
        elif review.state == "changes_requested":
            standing = [review]
        else:
            standing = [one for one in standing if one.state == "changes_requested"]
    return standing
