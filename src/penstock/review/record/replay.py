"""Making recorded decisions again: from what they were made of, to the same bytes, without a forge or a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from penstock.review.record.inputs import UnreadableInputsError, VerdictInputs, memory_data, verdict_bytes
from penstock.review.record.log import Entry, check
from penstock.review.record.stores import BranchStore, RecordStore
from penstock.source.canonical import bytes_digest

_COMMITS = 200
"""How many of a branch's newest commits are compared; each holds the whole log, and the chain covers the rest."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What is left of a record, and what is wrong with it."""

    entries: tuple[Entry, ...]
    """Those before the first fault of the chain."""
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision, made again."""

    entry: Entry
    problem: str
    """Why it is not the same, as a sentence; empty where it is, byte for byte."""


def verify(store: RecordStore, newest: str | None = None) -> Verified:
    """Whether the chain holds, everything that it speaks of is there unaltered, and `newest` is in it.

    `newest` is the digest of the newest decision that somebody knows of. Of a branch, each recent commit must have
    added to the one before it.
    """
    entries: list[Entry] = []
    problems: list[str] = []
    log = store.log()
    for found in check(log):
        if isinstance(found, Entry):
            entries.append(found)
        else:
            problems.append(found)
    for entry in entries:
        problems += [f"entry {entry.number}: {why}" for why in _parts(store, entry)[1]]
    if newest is not None and all(entry.digest != newest for entry in entries):
        problems.append(f"the decision {newest} is not in the record: its end was cut off, or it is another record")
    if isinstance(store, BranchStore):
        problems += _rewritten(store)
    return Verified(tuple(entries), tuple(problems))


def replay(store: RecordStore, entries: tuple[Entry, ...]) -> Iterator[Replayed]:
    """Each of the decisions made again."""
    for entry in entries:
        yield Replayed(entry, _difference(store, entry))


def inputs_of(store: RecordStore, entry: Entry) -> VerdictInputs:
    """What a decision was made of. UnreadableInputsError where it is missing, altered or not understood."""
    bodies, problems = _parts(store, entry)
    if problems:
        raise UnreadableInputsError(problems[0])
    return VerdictInputs.of_parts(bodies)


def _difference(store: RecordStore, entry: Entry) -> str:
    try:
        inputs = inputs_of(store, entry)
    except UnreadableInputsError as error:
        return str(error)
    verdict = inputs.verdict()
    if bytes_digest(verdict_bytes(verdict)) != entry.verdict:
        return (
            f"recomputed, the verdict is `{verdict.state.value}` ({verdict.headline}), not the recorded "
            f"`{entry.value['state']}` ({entry.value['headline']}); it was made by Penstock {entry.value['engine']}"
        )
    if inputs.plan.folder != entry.about.folder:
        return "the entry's `folder` does not follow from its inputs"
    same = {
        "state": verdict.state.value,
        "headline": verdict.headline,
        "digests": dict(verdict.digests),
        "memory": memory_data(inputs.memory()),
        "repository": inputs.facts.repository,
        "pullRequest": inputs.facts.number,
        "at": inputs.now.isoformat(),
    }
    differing = [key for key, value in same.items() if entry.value[key] != value]
    return f"the entry's `{differing[0]}` does not follow from its inputs" if differing else ""


def _parts(store: RecordStore, entry: Entry) -> tuple[dict[str, bytes], list[str]]:
    """The parts that are there and whole, and a sentence for each of the others."""
    found: dict[str, bytes] = {}
    problems = []
    for name, digest in {**entry.parts, "verdict": entry.verdict}.items():
        body = store.part(digest)
        if body is None:
            problems.append(f"its `{name}` is missing")
        elif bytes_digest(body) != digest:
            problems.append(f"its `{name}` was altered")
        else:
            found[name] = body
    return found, problems


def _rewritten(store: BranchStore) -> list[str]:
    for newer, older in pairwise(store.history(_COMMITS)):
        if not newer.startswith(older):
            return ["a commit of the branch removes from the record what an earlier one had added"]
    return []
