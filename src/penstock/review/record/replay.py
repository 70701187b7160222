"""Making recorded decisions again: from what they were made of, to the same bytes, without a forge or a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Any

import orjson

from penstock.review.record.engine import engine
from penstock.review.record.inputs import UnreadableInputsError, VerdictInputs, memory_data, verdict_bytes
from penstock.review.record.log import Entry, check
from penstock.review.record.stores import BranchStore, RecordStore
from penstock.source.canonical import bytes_digest

_OF_VERDICT = ("state", "headline", "digests")
"""What an entry repeats of its verdict."""
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
    is_of_another_build: bool = False
    """Whether that may be because another build of Penstock made it, as it says: that build alone can tell."""


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
        problem, may_be_the_build_s = _difference(store, entry)
        yield Replayed(entry, problem, may_be_the_build_s and entry.value["engine"] != engine())


def inputs_of(store: RecordStore, entry: Entry) -> VerdictInputs:
    """What a decision was made of. UnreadableInputsError where it is missing, altered or not understood."""
    bodies, problems = _parts(store, entry)
    if problems:
        raise UnreadableInputsError(problems[0])
    return VerdictInputs.of_parts(bodies)


def _difference(store: RecordStore, entry: Entry) -> tuple[str, bool]:
    """Why an entry is not what its inputs give, and whether that may be another build's doing; empty where it is."""
    bodies, problems = _parts(store, entry)
    if problems:
        return problems[0], False
    try:
        inputs = VerdictInputs.of_parts(bodies)
    except UnreadableInputsError as error:
        return str(error), True
    recorded = orjson.loads(bodies["verdict"])
    if wrong := _first_wrong(entry, inputs, recorded):
        return wrong, False
    verdict = inputs.verdict()
    recomputed = verdict_bytes(verdict)
    if bytes_digest(recomputed) == entry.verdict:
        follows = entry.value["memory"] == memory_data(inputs.memory())
        return ("", False) if follows else (_NOT_FOLLOWING.format("memory"), True)
    now, then = (verdict.state.value, verdict.headline), (entry.value["state"], entry.value["headline"])
    if now != then:
        differs = f"`{now[0]}` ({now[1]}), not the recorded `{then[0]}` ({then[1]})"
    else:
        place = _place_of_difference(recorded, orjson.loads(recomputed))
        differs = f"`{now[0]}` as recorded, but differs at `{place}`"
    return f"recomputed, the verdict is {differs}{_by(entry)}", True


_NOT_FOLLOWING = "the entry's `{}` does not follow from its inputs"


def _first_wrong(entry: Entry, inputs: VerdictInputs, recorded: Any) -> str:
    """What an entry says besides its parts, which every build would say the same of them; `recorded` is the verdict."""
    same = {
        "folder": inputs.plan.folder,
        **{name: recorded.get(name) if isinstance(recorded, dict) else None for name in _OF_VERDICT},
        "repository": inputs.facts.repository,
        "pullRequest": inputs.facts.number,
        "at": inputs.now.isoformat(),
    }
    said = {**entry.value, "folder": entry.about.folder}
    return next((_NOT_FOLLOWING.format(name) for name, value in same.items() if said[name] != value), "")


def _by(entry: Entry) -> str:
    """Whether a difference is the build's, or nobody's but the entry's."""
    made = entry.value["engine"]
    if made == engine():
        return ", by the very build that the entry names: the entry was not made from these inputs"
    return f"; it was made by Penstock {made}, and this is {engine()}: replay it with that build"


def _place_of_difference(before: Any, after: Any, place: str = "") -> str:
    """Where two JSON values differ first, as a JSON Pointer (RFC 6901)."""
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [(key, before.get(key), after.get(key)) for key in sorted({*before, *after})]
    elif isinstance(before, list) and isinstance(after, list):
        pairs = [(str(number), *both) for number, both in enumerate(zip_longest(before, after))]
    else:
        return place or "/"
    return next((_place_of_difference(a, b, f"{place}/{key}") for key, a, b in pairs if a != b), place or "/")


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
