"""Everything that a verdict is made of, as bytes and back: what is decided is decided on what was written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from penstock.forges.recorded import PullRequestFacts, RecordedPullRequest
from penstock.review.model import Plan, Verdict
from penstock.review.policy.evaluate import MergeGroup, evaluate
from penstock.review.policy.freshness import coverage
from penstock.review.policy.grants import overruling
from penstock.review.policy.holds import standing_holds
from penstock.review.policy.organisation import Organisation, Roles
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.policy.resolve import ResolvedPolicy
from penstock.review.policy.separation import contributors
from penstock.source.canonical import canonical_json, pointed

if TYPE_CHECKING:
    from pydantic import TypeAdapter

PARTS = ("facts", "plan", "policy", "organisation", "evidence", "group", "known", "now")
"""What the inputs of a verdict are written down in, each by itself, so that what stays the same is kept once."""


class UnreadableInputsError(ValueError):
    """Recorded inputs are not what this version of Penstock understands; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class VerdictInputs:
    """All that a verdict depends on. Generated files are named in it, without what they hold."""

    facts: PullRequestFacts
    plan: Plan
    policy: ResolvedPolicy
    organisation: Organisation
    evidence: Mapping[str, str]
    """State of the evidence of each changed Release, by its address."""
    group: MergeGroup | None
    known: PriorDecisions
    """What the record remembered when the verdict was asked for."""
    now: datetime

    def verdict(self) -> Verdict:
        """The verdict: the same inputs give the same, today and offline."""
        return evaluate(
            self.plan,
            self.policy,
            self.organisation,
            RecordedPullRequest(self.facts),
            evidence=self.evidence,
            memory=self.known,
            now=self.now,
            group=self.group,
        )

    def memory(self) -> PriorDecisions:
        """What the next verdict will know of this one: the changes, what each approval was given for, and the holds."""
        view = RecordedPullRequest(self.facts)
        hands = contributors(view).people
        allowed = overruling(self.policy.overrule, Roles(self.organisation, self.plan), view, hands)
        known, head = self.known, self.facts.head_sha
        holds = standing_holds(view, known.holds, allowed=hands, overruling=allowed)
        if self.group is not None:
            return replace(known, holds=holds)
        changes = frozenset(change.fingerprint for change in self.plan.changes)
        approvals = coverage(view, changes, known.approvals, known.knowable(head))
        return PriorDecisions(approvals, holds, head, changes, known.grown_at(head, changes, self.now))

    def as_parts(self) -> dict[str, bytes]:
        """Each part as canonical JSON; equal inputs are equal bytes."""
        plan = replace(self.plan, artifacts=tuple(replace(one, before=b"", after=b"") for one in self.plan.artifacts))
        values = {name: getattr(self, name) for name in PARTS} | {"plan": plan}
        return {name: encoded(values[name], _adapter(name)) for name in PARTS}

    @classmethod
    def of_parts(cls, parts: Mapping[str, bytes]) -> VerdictInputs:
        """The inputs that were written down. UnreadableInputsError where they are none."""
        from pydantic import ValidationError

        values: dict[str, Any] = {}
        for name in PARTS:
            try:
                values[name] = _adapter(name).validate_json(parts[name])
            except KeyError:
                raise UnreadableInputsError(f"`{name}` is missing") from None
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                place = ".".join(str(part) for part in first["loc"]) or "its text"
                raise UnreadableInputsError(
                    f"`{name}` was not written by this version of Penstock (at {place}); "
                    "replay with the version that the entry names"
                ) from None
        return cls(**values)


def encoded(value: Any, adapter: TypeAdapter[Any]) -> bytes:
    """Canonical JSON of a value; sets are sorted."""
    return canonical_json(_ordered(adapter.dump_python(value, by_alias=True, exclude_none=False)))


def memory_data(memory: PriorDecisions) -> dict[str, Any]:
    """A memory as it stands in the log: plain data, the same for the same memory."""
    return dict(_ordered(_adapter("known").dump_python(memory)))


def memory_of(data: Mapping[str, Any]) -> PriorDecisions:
    """The memory that `memory_data` wrote. UnreadableInputsError where it is none."""
    from pydantic import ValidationError

    try:
        found: PriorDecisions = _adapter("known").validate_python(data)
    except ValidationError:
        raise UnreadableInputsError("`memory` was not written by this version of Penstock") from None
    return found


def verdict_bytes(verdict: Verdict) -> bytes:
    """The verdict as canonical JSON."""
    return encoded(verdict, _adapter("verdict"))


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    types: dict[str, Any] = {
        "facts": PullRequestFacts,
        "plan": Plan,
        "policy": ResolvedPolicy,
        "organisation": Organisation,
        "evidence": dict[str, str],
        "group": MergeGroup | None,
        "known": PriorDecisions,
        "now": datetime,
        "verdict": Verdict,
    }
    return TypeAdapter(types[name])


def _ordered(value: Any) -> Any:
    """Plain data: what JSON has no form for is written as text, sets as sorted lists."""
    if isinstance(value, Mapping):
        return {str(key): _ordered(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(_ordered(item) for item in value)
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if value is None or type(value) in (str, int, float, bool):
        # A change from 1.0 to 1 is to be read as what it was, and under the same fingerprint.
        return pointed(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    # Units are numbers that print as they are written in specs: `4h`, `25%`.
    return value.decode() if isinstance(value, bytes) else str(value)
