"""The log of decisions: one line of canonical JSON each, which names the digest of the line before it.

A line removed, altered or moved breaks the chain from there on. A line cut off at the end does not: hence each
decision's digest is also written where it was published, and `verify` can be told the newest one that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from penstock.review.model import Verdict
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.record.engine import engine
from penstock.review.record.inputs import (
    PARTS,
    UnreadableInputsError,
    VerdictInputs,
    memory_data,
    memory_of,
    verdict_bytes,
)
from penstock.review.record.stores import RecordError, RecordStore
from penstock.source.canonical import bytes_digest, canonical_json

VERSION = 2
FIRST = "sha256:" + "0" * 64
"""What the first line names as the digest of the line before it."""
_ATTEMPTS = 20


class RecordSubject(NamedTuple):
    """A pull request, or what it does to a folder that is reviewed by itself."""

    repository: str
    number: int
    folder: str = ""
    """Of the git repository; empty for all of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    value: dict[str, Any]

    @property
    def digest(self) -> str:
        """Digest of everything else in the line."""
        return str(self.value["digest"])

    @property
    def number(self) -> int:
        """Position in the log, from 1."""
        return int(self.value["number"])

    @property
    def about(self) -> RecordSubject:
        """What was decided on."""
        return RecordSubject(
            str(self.value["repository"]), int(self.value["pullRequest"]), str(self.value.get(_FOLDER, ""))
        )

    @property
    def parts(self) -> dict[str, str]:
        """Digest of each part of what was decided on."""
        return dict(self.value["inputs"])

    @property
    def verdict(self) -> str:
        """Digest of the verdict's bytes."""
        return str(self.value["verdict"])

    @property
    def memory(self) -> PriorDecisions:
        """What the next verdict on the same pull request is to know. RecordError where it is not understood."""
        try:
            return memory_of(self.value["memory"])
        except UnreadableInputsError as error:
            raise RecordError(f"entry {self.number}: {error}") from None

    def as_line(self) -> bytes:
        """The line with its line feed."""
        return canonical_json(self.value) + b"\n"


def append(store: RecordStore, inputs: VerdictInputs, verdict: Verdict, after: str | None = None) -> Entry:
    """Add a decision to a record, or find that the last one about this pull request is the same.

    `after` is the digest of the newest entry about the pull request that the decision knew of, empty for none.
    RecordError where the record is damaged, or holds a newer one, or is so busy that the line finds no end.
    """
    bodies = inputs.as_parts()
    outcome = verdict_bytes(verdict)
    parts = {bytes_digest(body): body for body in (*bodies.values(), outcome)}
    for _ in range(_ATTEMPTS):
        log = store.log()
        entries = read(log)
        entry = _entry(inputs, verdict, bodies, outcome, entries[-1] if entries else None)
        latest = last_about(entries, entry.about)
        if latest is not None and _says_the_same(latest, entry):
            return latest
        if after is not None and after != (latest.digest if latest is not None else ""):
            raise RecordError(
                "another decision on the same pull request was recorded in the meantime: run the review again"
            )
        if store.append(entry.as_line(), parts, log):
            return entry
    raise RecordError(f"others wrote to the record {_ATTEMPTS} times in a row: run again")


def read(log: bytes) -> list[Entry]:
    """The entries of a log. RecordError for one that is damaged: nothing is added to what was tampered with.

    A last line that was cut off counts as never written.
    """
    entries = []
    for found in check(log[: log.rfind(b"\n") + 1]):
        if isinstance(found, str):
            raise RecordError(f"the record is damaged: {found}")
        entries.append(found)
    return entries


def check(log: bytes) -> Iterator[Entry | str]:
    """Each entry in turn, and after the first thing that is wrong a sentence about it, and nothing more."""
    previous, number = FIRST, 0
    lines = log.split(b"\n")
    for line in lines[:-1]:
        number += 1
        wrong = _wrong(line, number, previous)
        if wrong:
            yield wrong
            return
        entry = Entry(orjson.loads(line))
        previous = entry.digest
        yield entry
    if lines[-1]:
        yield f"line {number + 1} is incomplete; it was never published, and the next decision replaces it"


def last_about(entries: Iterable[Entry], subject: RecordSubject) -> Entry | None:
    """The newest entry about a pull request."""
    found = None
    for entry in entries:
        if entry.about == subject:
            found = entry
    return found


def remembered(entries: Iterable[Entry], subject: RecordSubject) -> PriorDecisions:
    """What the record knows of a pull request: the memory of its newest decision."""
    latest = last_about(entries, subject)
    return PriorDecisions() if latest is None else latest.memory


def _entry(
    inputs: VerdictInputs, verdict: Verdict, bodies: dict[str, bytes], outcome: bytes, before: Entry | None
) -> Entry:
    value = {
        "version": VERSION,
        "number": 1 if before is None else before.number + 1,
        "previous": FIRST if before is None else before.digest,
        "at": inputs.now.isoformat(),
        "engine": engine(),
        "repository": inputs.facts.repository,
        "pullRequest": inputs.facts.number,
        "state": verdict.state.value,
        "headline": verdict.headline,
        "digests": dict(verdict.digests),
        "memory": memory_data(inputs.memory()),
        "inputs": {name: bytes_digest(bodies[name]) for name in PARTS},
        "verdict": bytes_digest(outcome),
    }
    if inputs.plan.folder:
        value[_FOLDER] = inputs.plan.folder
    return Entry(value | {"digest": bytes_digest(canonical_json(value))})


def _says_the_same(one: Entry, other: Entry) -> bool:
    """Whether two entries differ in nothing but when the question was asked, and the answer is the same."""
    asked = ("facts", "known", "now")
    keys = ("state", "headline", "digests", "memory", "verdict", "engine")
    same_inputs = all(one.parts.get(name) == other.parts.get(name) for name in PARTS if name not in asked)
    return same_inputs and all(one.value[key] == other.value[key] for key in keys)


_TYPES: dict[str, type] = {
    **dict.fromkeys(("version", "number", "pullRequest"), int),
    **dict.fromkeys(("previous", "at", "engine", "repository", "state", "headline", "verdict", "digest"), str),
    **dict.fromkeys(("digests", "memory", "inputs"), dict),
}
"""The keys of an entry, and what they hold."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_FOLDER = "folder"
"""A key that an entry has where its subject is less than the whole repository."""


def _wrong(line: bytes, number: int, previous: str) -> str:
    """What is wrong with a line, as a sentence; empty for nothing."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return f"line {number} is not JSON"
    if not isinstance(value, dict) or value.get("version") != VERSION or not _is_formed(value):
        return f"line {number} is not an entry of this version"
    claimed = value.pop("digest")
    if bytes_digest(canonical_json(value)) != claimed:
        return f"line {number} was altered: its digest does not match"
    if value["previous"] != previous:
        return f"line {number} does not follow the line before it: a line was removed, inserted or moved"
    if not isinstance(value.get(_FOLDER, "."), str) or not value.get(_FOLDER, "."):
        return f"line {number} names no folder"
    if value["number"] != number:
        return f"line {number} carries the number {value['number']}"
    if canonical_json(value | {"digest": claimed}) != line:
        return f"line {number} is not formatted as an entry"
    return ""


def _is_formed(value: dict[str, Any]) -> bool:
    """Whether a line has the keys of an entry, and what they hold can be read: its digest proves neither."""
    if set(value) - {_FOLDER} != set(_TYPES) or any(type(value[key]) is not held for key, held in _TYPES.items()):
        return False
    parts = value["inputs"]
    return set(parts) == set(PARTS) and all(
        isinstance(digest, str) and _DIGEST.fullmatch(digest) for digest in (*parts.values(), value["verdict"])
    )
