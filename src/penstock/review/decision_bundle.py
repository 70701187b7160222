"""The file that carries a decision from the job that makes it to the jobs that record and show it.

Each of them has other rights, so none takes the word of another: what is handed over carries all that the verdict was
made of, and whoever takes it makes the verdict again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Literal

from penstock.diagnostics.grammar import counted
from penstock.forges.github.check_run import Annotation
from penstock.review.decision import Decision
from penstock.review.model import Verdict
from penstock.review.record.inputs import UnreadableInputsError, VerdictInputs, verdict_bytes
from penstock.source.canonical import bytes_digest

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class BundleError(Exception):
    """What was handed over is not what was decided; the message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class BundledDecision:
    """One decision with the text that shows it."""

    inputs: VerdictInputs
    verdict: Verdict
    after: str
    """Digest of the newest entry of the record on the same pull request when it was decided; empty for none."""
    comment: str
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class DecisionBundle:
    """What one run decided: on one pull request, or on all of a merge group in their order."""

    decisions: tuple[BundledDecision, ...]
    group: str = ""
    """The merge group's commit; empty for a pull request by itself."""
    problem: str = ""
    """Why the group is not what it should be; empty where it is."""

    @property
    def is_approved(self) -> bool:
        """Whether all of it may be merged."""
        return all(one.verdict.is_approved for one in self.decisions) and not self.problem

    @property
    def evaluated(self) -> datetime:
        """The forge's clock when the newest of the decisions was made."""
        return max(one.inputs.now for one in self.decisions)

    def dump(self) -> bytes:
        """As bytes, whose digest the taker is told elsewhere."""
        decisions = tuple(
            _WrittenDecision(
                {name: body.decode() for name, body in one.inputs.as_parts().items()},
                verdict_bytes(one.verdict).decode(),
                one.after,
                one.comment,
                one.annotations,
            )
            for one in self.decisions
        )
        return _adapter().dump_json(_BundleFile(decisions, self.group, self.problem))

    @classmethod
    def parse(cls, data: bytes, digest: str) -> DecisionBundle:
        """What was handed over. BundleError where it has not that digest, or does not follow from its inputs."""
        from pydantic import ValidationError

        if bytes_digest(data) != digest:
            raise BundleError("the decision file was altered between the jobs: run the review again")
        try:
            file = _adapter().validate_json(data)
            decisions = tuple(_checked(one) for one in file.decisions)
        except (ValidationError, UnreadableInputsError):
            raise BundleError(
                "the decision file was written by another version of Penstock: run all jobs with the same version"
            ) from None
        if not decisions or (len(decisions) > 1 and not file.group):
            found = counted(len(decisions), "decision")
            raise BundleError(f"the decision file holds {found} instead of one: run the review again")
        return cls(decisions, file.group, file.problem)


def bundled_decision(
    decision: Decision, after: str, comment: str, annotations: tuple[Annotation, ...]
) -> BundledDecision:
    """A decision with what shows it."""
    return BundledDecision(decision.inputs, decision.verdict, after, comment, annotations)


@dataclass(frozen=True, slots=True)
class _WrittenDecision:
    parts: Mapping[str, str]
    verdict: str
    after: str
    comment: str
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class _BundleFile:
    decisions: tuple[_WrittenDecision, ...]
    group: str
    problem: str
    version: Literal[1] = 1


def _checked(written: _WrittenDecision) -> BundledDecision:
    inputs = VerdictInputs.of_parts({name: body.encode() for name, body in written.parts.items()})
    verdict = inputs.verdict()
    if verdict_bytes(verdict) != written.verdict.encode():
        raise BundleError("the verdict in the decision file does not follow from its inputs: run the review again")
    return BundledDecision(inputs, verdict, written.after, written.comment, written.annotations)


@cache
def _adapter() -> TypeAdapter[_BundleFile]:
    from pydantic import TypeAdapter

    return TypeAdapter(_BundleFile)
