"""The values that flow through a review. Frozen; what they mean is documented here, what makes them elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from penstock.diagnostics.model import Diagnostic, Span
from penstock.specs.addresses import Address
from penstock.specs.review import Area


class Direction(StrEnum):
    """Which way a change moves the risk. What cannot be ordered is `UNKNOWN`, and counts as the highest risk."""

    UNKNOWN = "unknown"
    LOOSENED = "loosened"
    TIGHTENED = "tightened"
    NEUTRAL = "neutral"


class Operation(StrEnum):
    """What happened at an address."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RENAMED = "renamed"


Cause = Literal["direct", "indirect"]


@dataclass(frozen=True, slots=True)
class Change:
    """One semantic change: an address whose meaning differs between base and head."""

    address: Address
    operation: Operation
    before: Any
    after: Any
    direction: Direction
    area: Area
    cause: Cause
    why: str
    """One sentence: why the direction is what it is, or through which reference or column an indirect change comes."""
    environments: tuple[str, ...] = ()
    """Environments in whose view the value differs; every one where an override does not hide the change."""
    grew: float | None = None
    """How far a number moved in the direction that loosens; traffic weights in percentage points."""
    sensitivity: str | None = None
    """Highest sensitivity that newly reaches a model by this change, or that a column loses."""
    renamed_from: Address | None = None
    span: Span | None = None
    """Where the value stands on head; on base for a removal."""

    @property
    def fingerprint(self) -> str:
        """Digest over address, before and after: approvals carry forward while it stays the same."""
        from penstock.source.canonical import digest

        return digest([str(self.address), self.operation.value, self.before, self.after, self.cause])


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change reaches, directly and through references."""

    models: tuple[str, ...] = ()
    rollouts: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    slos: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    risk_tiers: tuple[str, ...] = ()
    cpu_cores: float = 0.0
    """Change of requested cores, where resources say it."""
    memory_bytes: float = 0.0


@dataclass(frozen=True, slots=True)
class ArtifactChange:
    """A generated file that differs, with the specs that cause it."""

    path: str
    operation: Literal["added", "removed", "changed"]
    owners: tuple[str, ...]
    diff: str
    """Unified diff; items of lists are matched by name, so that a reordering shows nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pull request does: changes with their impact, generated files, and what could not be understood."""

    base: str
    head: str
    changes: tuple[Change, ...]
    impacts: dict[str, Impact]
    """By `Change.fingerprint`."""
    artifacts: tuple[ArtifactChange, ...]
    errors: tuple[Diagnostic, ...]
    """Diagnostics of head, and of base where it does not parse; any error keeps the verdict from green."""
    kind: Literal["change", "rollback", "none"] = "change"
    """`rollback`: every release goes back to a version it served before. `none`: nothing changes in meaning."""
    digests: dict[str, str] = field(default_factory=dict)
    """Of head, base, policy, the semantic changes and the evidence: what a verdict is bound to."""


class VerdictState(StrEnum):
    """State of a rule or of the whole; the order is the order of severity."""

    ERROR = "error"
    DISAPPROVED = "disapproved"
    PENDING = "pending"
    APPROVED = "approved"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """A node of the verdict: a rule, a combination of rules, or a condition; the tree is the explanation."""

    name: str
    state: VerdictState
    why: str
    changes: tuple[str, ...] = ()
    """Fingerprints of the changes that the node speaks of."""
    satisfied_by: tuple[str, ...] = ()
    """Logins whose approvals count here."""
    can_satisfy: tuple[str, ...] = ()
    """Logins who could give what is missing."""
    missing: int = 0
    """How many approvals are missing."""
    children: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The engine's answer for one state of a pull request."""

    state: VerdictState
    headline: str
    tree: Result
    suggested: tuple[str, ...]
    """The smallest set of people whose approvals would satisfy everything that is missing."""
    suggested_is_smallest: bool
    """False where the search was cut off and a smaller set might exist."""
    digests: dict[str, str]
    """`Plan.digests`, to which the verdict is bound."""
