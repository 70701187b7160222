"""What the record remembers of a pull request, because the forge may show it no more."""

from __future__ import annotations

from dataclasses import dataclass, field

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

    def shown(self, head: str) -> frozenset[str] | None:
        """The changes that people were shown of a head; None where they were shown none of it yet."""
        return self.changes if head == self.head else None
