"""Which approvals still count: by when the server saw the head move, and by the fingerprints of what they covered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from penstock.forges.protocol import PullRequestView, Review

ApprovedFingerprints = Mapping[str, frozenset[str]]
"""By the id of a review, the changes that were under review when it was first seen; from the decision record."""


class Approval(NamedTuple):
    """One person's standing approval, and the changes that it covers."""

    person: str
    review: str
    covers: frozenset[str] | None
    """Fingerprints; None for everything that is under review now."""


class Objection(NamedTuple):
    """One person's standing request for changes."""

    person: str | None
    """Key of the login; None for an account that is gone."""
    dismissed: bool = False
    """Whether somebody set it aside whose word does not count for that, or nobody knows who."""


class Opinions(NamedTuple):
    """What counts of the reviews of a pull request."""

    approvals: tuple[Approval, ...]
    objections: tuple[Objection, ...]
    """Who requested changes last, and has not approved since; contributors too.

    Each such review of an account that is gone is one: nobody can tell which other review is by the same person.
    """
    stale: frozenset[str]
    """Who approved something that is not under review any more, and covers nothing now."""
    powerless: frozenset[str] = frozenset()
    """Who approved, and may not write to the repository, so that it counts for nothing."""

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
    overruling: frozenset[str] = frozenset(),
) -> Opinions:
    """The approvals and objections that count; bots and whoever may not write have none.

    Of an account that is gone nobody can tell whether it could write: it approves nothing, and its objections stand.

    `excluded` people have no approvals. Their objections count: else whoever names an objector as a co-author would be
    rid of the objection. `overruling` people may dismiss the objections of others.

    A fresh approval covers what was under review when it was first seen, or `reviewed` where it was never seen before,
    None for everything; any other covers what the record says it covered. `reviewed` is what people could see when
    they approved: what they were shown of this head, and where the verdict is on a merged result, the changes of the
    pull request by itself.
    """
    moved = head_moved_at(view)
    approvals: list[Approval] = []
    objections: list[Objection] = []
    stale: set[str] = set()
    powerless: set[str] = set()
    for person, reviews in _by_person(view).items():
        standing = _standing(reviews, overruling)
        if not view.may_write(person):
            powerless |= {person} if standing and _says(standing[-1], overruling) == "approved" else set()
            continue
        if standing and _says(standing[-1], overruling) == "changes_requested":
            objections.append(Objection(person, dismissed=standing[-1].state == "dismissed"))
            continue
        if person in excluded:
            continue
        of_person = []
        for review in standing:
            covers = known.get(review.id, reviewed if _is_fresh(review, view, moved) else frozenset())
            if covers is None or covers:
                of_person.append(Approval(person, review.id, covers))
        approvals += of_person
        if standing and not of_person:
            stale.add(person)
    objections += [
        Objection(None, dismissed=review.state == "dismissed")
        for review in view.reviews()
        if review.person.key is None and not review.person.is_bot and _says(review, overruling) == "changes_requested"
    ]
    return Opinions(tuple(approvals), tuple(objections), frozenset(stale), frozenset(powerless))


def coverage(
    view: PullRequestView, now_changed: Iterable[str], known: ApprovedFingerprints, shown: frozenset[str] | None
) -> dict[str, frozenset[str]]:
    """What the decision record keeps of each approval: the changes that it was given for.

    Of one that was seen before, what is known already; of a fresh one, what is under review now and was `shown` of this
    head already, None where nothing was; of any other, nothing: nobody knows what it was given for.
    """
    moved = head_moved_at(view)
    everything = frozenset(now_changed) if shown is None else shown.intersection(now_changed)
    found = {}
    for review in view.reviews():
        if review.state == "approved":
            fresh = _is_fresh(review, view, moved)
            found[review.id] = known.get(review.id, everything if fresh else frozenset())
    return found


def _is_fresh(review: Review, view: PullRequestView, moved: datetime | None) -> bool:
    """Whether a review is of the present head: given after the last push, and of no other commit.

    A forge re-points reviews to new heads, so that the commit which it shows proves nothing. But it also takes
    reviews that somebody began, or addressed, before the push: those it shows at the commit that they are of.
    """
    return moved is not None and review.submitted > moved and review.commit in ("", view.head_sha)


def _by_person(view: PullRequestView) -> dict[str, list[Review]]:
    found: dict[str, list[Review]] = {}
    for review in sorted(view.reviews(), key=lambda one: one.submitted):
        key = review.person.key
        if key is None or review.person.is_bot or review.state == "commented":
            continue
        found.setdefault(key, []).append(review)
    return dict(sorted(found.items()))


def _standing(reviews: list[Review], overruling: frozenset[str]) -> list[Review]:
    """The approvals of one person since their last other word, or their objection.

    A dismissal takes back what the person approved before it; it does not take back an objection before it.
    """
    standing: list[Review] = []
    for review in reviews:
        says = _says(review, overruling)
        if says == "approved":
            standing = [one for one in standing if _says(one, overruling) == "approved"] + [review]
        elif says == "changes_requested":
            standing = [review]
        else:
            standing = [one for one in standing if _says(one, overruling) == "changes_requested"]
    return standing


def _says(review: Review, overruling: frozenset[str]) -> str:
    """What a review counts as: a dismissed objection stays one, unless who made it or may overrule it dismissed it.

    Of what nobody knows who dismissed, or what it was, the worst is taken.
    """
    if review.state != "dismissed":
        return review.state
    dismissal = review.dismissal
    if dismissal is None:
        return "changes_requested"
    entitled = dismissal.by.key is not None and dismissal.by.key in {review.person.key, *overruling}
    return "dismissed" if entitled or dismissal.was != "changes_requested" else "changes_requested"
