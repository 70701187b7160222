"""A decision on its way from the job that makes it to those that record and show it.

Each of them has other rights, so none takes the word of another: what is handed over carries all that the verdict was
made of, and whoever takes it makes the verdict again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Literal

from penstock.forges.github.check_run import Annotation
from penstock.review.decision import Decision
from penstock.review.model import Verdict
from penstock.review.record.inputs import UnreadableInputsError, VerdictInputs, verdict_bytes
from penstock.source.canonical import bytes_digest

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class HandoverError(Exception):
    """What was handed over is not what was decided; the message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Handed:
    """One decision with the text that shows it."""

    inputs: VerdictInputs
    verdict: Verdict
    after: str
    """Digest of the newest entry of the record on the same pull request when it was decided; empty for none."""
    comment: str
    annotations: tuple[Annotation, ...]

    @property
    def is_approved(self) -> bool:
        """Whether it may be merged."""
        return self.verdict.state.value == "approved"


@dataclass(frozen=True, slots=True)
class Handover:
    """What one run decided: on one pull request, or on all of a merge group in their order."""

    decisions: tuple[Handed, ...]
    group: str = ""
    """The merge group's commit; empty for a pull request by itself."""
    problem: str = ""
    """Why the group is not what it should be; empty where it is."""

    @property
    def evaluated(self) -> datetime:
        """The forge's clock when the newest of the decisions was made."""
        return max(one.inputs.now for one in self.decisions)

    def dump(self) -> bytes:
        """As bytes, whose digest the taker is told elsewhere."""
        decisions = tuple(
            _Written(
                {name: body.decode() for name, body in one.inputs.as_parts().items()},
                verdict_bytes(one.verdict).decode(),
                one.after,
                one.comment,
                one.annotations,
            )
            for one in self.decisions
        )
        return _adapter().dump_json(_File(decisions, self.group, self.problem))

    @classmethod
    def parse(cls, data: bytes, digest: str) -> Handover:
        """What was handed over. HandoverError where it has not that digest, or does not follow from its inputs."""
        from pydantic import ValidationError

        if bytes_digest(data) != digest:
            raise HandoverError("the decision file was altered between the jobs: run the review again")
        try:
            file = _adapter().validate_json(data)
            decisions = tuple(_taken(one) for one in file.decisions)
        except (ValidationError, UnreadableInputsError):
            raise HandoverError(
                "the decision file was written by another version of Penstock: run all jobs with the same version"
            ) from None
        if not decisions or (len(decisions) > 1 and not file.group):
            raise HandoverError("the decision file holds no decision: run the review again")
        return cls(decisions, file.group, file.problem)


def hand(decision: Decision, after: str, comment: str, annotations: tuple[Annotation, ...]) -> Handed:
    """A decision with what shows it."""
    return Handed(decision.inputs, decision.verdict, after, comment, annotations)


@dataclass(frozen=True, slots=True)
class _Written:
    parts: Mapping[str, str]
    verdict: str
    after: str
    comment: str
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class _File:
    decisions: tuple[_Written, ...]
    group: str
    problem: str
    version: Literal[1] = 1


def _taken(written: _Written) -> Handed:
    inputs = VerdictInputs.of_parts({name: body.encode() for name, body in written.parts.items()})
    verdict = inputs.verdict()
    if verdict_bytes(verdict) != written.verdict.encode():
        raise HandoverError("the verdict in the decision file does not follow from its inputs: run the review again")
    return Handed(inputs, verdict, written.after, written.comment, written.annotations)


@cache
def _adapter() -> TypeAdapter[_File]:
    from pydantic import TypeAdapter

    return TypeAdapter(_File)
