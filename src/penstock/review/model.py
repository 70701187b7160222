"""The values that flow through a review. Frozen; what they mean is documented here, what makes them elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from penstock.diagnostics.model import Diagnostic, Span
from penstock.source.git.paths import Folder
from penstock.specs.addresses import Address, identity
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
    MOVED = "moved"
    """The spec stands in another file, which means nothing to the compiler; told for readers, needs nobody."""


Cause = Literal["direct", "indirect"]


@dataclass(frozen=True, slots=True)
class Grown:
    """A distance between two numbers, in the unit of both."""

    by: float
    unit: Literal["points", "seconds", "plain"]
    """Percentage points of shares; seconds of durations; plain numbers have no unit."""


@dataclass(frozen=True)  # no slots: a change keeps its fingerprint, which every rule and every row asks for
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
    grew: Grown | None = None
    """How far a number moved in the direction that loosens."""
    sensitivity: str | None = None
    """Highest sensitivity that newly reaches a model by this change, or that a column loses."""
    renamed_from: Address | None = None
    span: Span | None = None
    """Where the value stands on head; on base for a removal."""
    through: tuple[str, ...] = ()
    """For an indirect change: the addresses from the direct change that causes it to what this one reaches."""
    rests_on: tuple[str, ...] = ()
    """Fingerprints of the edits that an indirect change follows from: with others, an approval no longer counts."""
    breaking: bool = False
    """Whether what is served and what a model was trained on part ways: type, label, window or point in time."""

    @cached_property
    def is_raw(self) -> bool:
        """Whether a manifest is patched past the language, so that nobody knows what of it changes."""
        if self.operation is Operation.REMOVED and not self.address.parts:
            return False
        patches = str(self.address.spec.key("patches"))
        return self.address.parts[:1] == (".patches",) or patches in self.held

    @cached_property
    def held(self) -> frozenset[str]:
        """The addresses of all fields and items that come or go within what somebody edited as a whole."""
        if self.cause != "direct":
            return frozenset()
        values = [part for value in (self.before, self.after) for part in self._parts_of(value)]
        return frozenset(str(one) for value in values for one in _held_in(self.address, value))

    def _parts_of(self, value: Any) -> Iterator[Any]:
        """The value as it stands in addresses; of a whole spec its metadata, its spec, and that in each environment."""
        if self.address.parts:
            yield value
        elif isinstance(value, dict):
            overrides = value.get("overrides")
            yield {"metadata": value.get("metadata")}
            yield from (value.get("spec"), *(overrides.values() if isinstance(overrides, dict) else ()))

    @cached_property
    def fingerprint(self) -> str:
        """Digest over address, before and after: approvals carry forward while it stays the same.

        Of an indirect change, the way that it comes counts too, and what it rests on. File and line do not, nor what is
        said of it.
        """
        from penstock.source.canonical import digest, pointed

        place = [self.address.kind, self.address.name, *self.address.parts]
        former = str(self.renamed_from) if self.renamed_from is not None else None
        what = [self.operation.value, pointed(self.before), pointed(self.after), former]
        rest = [list(self.rests_on)] if self.rests_on else []
        return digest([place, what, self.cause, list(self.through), list(self.environments), *rest])


def _held_in(address: Address, value: Any) -> Iterator[Address]:
    if isinstance(value, dict):
        below = [(address.key(str(key)), held) for key, held in value.items()]
    elif isinstance(value, list):
        items = enumerate(value)
        below = [(address.item(one if isinstance(one, str) else identity(one, place)), one) for place, one in items]
    else:
        return
    for inner, held in below:
        yield inner
        yield from _held_in(inner, held)


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
    """Change of requested cores over all environments that it reaches, at the largest number of copies."""
    memory_bytes: float = 0.0
    """Likewise, of memory."""
    gpus: int = 0
    """Likewise, of GPUs."""
    is_cost_unknown: bool = False
    """Whether nobody can tell what it requests: a raw change to a manifest, or a rollout that cannot be read."""

    @property
    def objectives(self) -> tuple[str, ...]:
        """The SLOs by what they are of: one that itself moves is listed as it was and as it is, and is one."""
        return tuple(dict.fromkeys(" ".join(slo.split(" ", 2)[:2]) for slo in self.slos))

    @property
    def purposes(self) -> tuple[str, ...]:
        """The schedules by what is done then, each once."""
        return tuple(dict.fromkeys(schedule.partition(" (")[0] for schedule in self.schedules))


Body = bytes | Callable[[], bytes]
"""What a file holds, or how to read that: most who make a plan look into none of its files."""


@dataclass(frozen=True, slots=True)
class ArtifactChange:
    """A generated file that differs, with the specs that cause it."""

    path: str
    operation: Literal["added", "removed", "changed"]
    owners: tuple[str, ...]
    before: Body = field(default=b"", repr=False)
    after: Body = field(default=b"", repr=False)

    def read(self) -> tuple[bytes, bytes]:
        """What the file holds before and after. GitError where git fails."""
        before, after = (body if isinstance(body, bytes) else body() for body in (self.before, self.after))
        return before, after

    @property
    def diff(self) -> str:
        """Unified diff; items of lists are matched by name, so that an insertion shows one item. GitError as `read`."""
        from penstock.review.artifacts.artifact_diff import unified

        return unified(self.path, *self.read())


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that differs and that no spec leads to, so that the review does not look at what it says."""

    path: str
    """As all paths of a plan, as text."""
    before: str | None
    """The id of its blob on base; None where it is new."""
    after: str | None
    """The same of head; None where it is gone."""
    role: str = ""
    """What it decides of how everything else is built, run or reviewed, such as `images`; empty for nothing known."""

    @property
    def operation(self) -> Operation:
        """What happened to it."""
        if self.before is None:
            return Operation.ADDED
        return Operation.REMOVED if self.after is None else Operation.CHANGED


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
    """Diagnostics of head, errors and all; any error keeps the verdict from green.

    What is wrong with base is a warning: whoever fixes it must be able to, and what cannot be compared counts as the
    highest risk already.
    """
    kind: Literal["change", "rollback", "none"] = "change"
    """`rollback`: every release goes back to a version it served before, and nothing else changes.

    `none`: nothing changes in meaning.
    """
    digests: dict[str, str] = field(default_factory=dict)
    """Of head, base, policy, the semantic changes and the evidence: what a verdict is bound to."""
    folder: str = ""
    """The folder of the git repository that holds the specs; empty for its top. Paths are those from there."""
    environments: tuple[str, ...] = ()
    """All environments by stage, from development to production, those that head no longer has last."""
    files: tuple[ChangedFile, ...] = ()
    """What differs and is not judged, sorted by path; of some a policy may speak all the same (`governing_files`)."""

    def in_repository(self, path: str) -> str:
        """A path of the plan as the forge knows it, from the top of the git repository."""
        return Folder(self.folder).outer(path)


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
    needs: str = ""
    """Who must approve, as a reader sees it: `1 of sre, and 1 of flight-ml (owner)`."""
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
    suggested_is_enough: bool = True
    """False where something else is missing that nobody can give, or something blocks that no approval ends."""

    @property
    def is_approved(self) -> bool:
        """Whether it may be merged. Whatever is not known to be approved is not."""
        return self.state is VerdictState.APPROVED
