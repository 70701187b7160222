"""What the record remembers of a pull request, because the forge may show it no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from penstock.review.policy.freshness import ApprovedFingerprints
from penstock.review.policy.holds import Hold


@dataclass(frozen=True, slots=True)
class PriorDecisions:
    """What was known when a pull request was last looked at; empty for one that never was."""

    approvals: ApprovedFingerprints = field(default_factory=dict)
    """What each approval was given for."""
    holds: tuple[Hold, ...] = ()
    """The holds that stood."""
    head: str = ""
    """The head that it had; empty where it never was looked at."""
    changes: frozenset[str] = frozenset()
    """Fingerprints of what was under review, and so of what people were shown."""
    grown: datetime | None = None
    """When the base made more of that head than people had been shown; None where it never did."""

    def knowable(self, head: str, alone: frozenset[str] | None = None) -> frozenset[str] | None:
        """The changes of a head that people could know of when they let them pass; None for all that there are.

        Those that they were shown: the base may have moved on since. `alone`: where a merged result is judged, the
        changes of the pull request by itself.
        """
        if head != self.head:
            return alone
        return self.changes if alone is None else self.changes & alone

    def grown_at(self, head: str, changes: frozenset[str], now: datetime) -> datetime | None:
        """When the base made more of the head than people were shown, if these are the changes now; None for never."""
        if head != self.head:
            return None
        return self.grown if changes <= self.changes else now

    def settled_at(self, head: str, changes: frozenset[str], moved: datetime | None, now: datetime) -> datetime | None:
        """Since when a head that came at `moved` is what it is now; None where nobody knows when it came.

        What let it pass before that, let something else pass.
        """
        grown = self.grown_at(head, changes, now)
        return max(moved, grown) if moved is not None and grown is not None else moved
