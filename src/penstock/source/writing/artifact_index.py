"""``index.json`` of the generated files: which there are, with the digest and the owner of each; written and read here.

An entry a line, sorted by path, so that two pull requests rarely meet in it. The journal of unfinished runs has nearly
the same form: of a file that one of them wrote and another was to write anew, it holds both digests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

import orjson

INDEX = "index.json"
INDEX_VERSION = 1

_CONFLICT_MARKER = re.compile(rb"^(?:<{7}|\|{7}|={7}|>{7})(?: .*)?$", re.MULTILINE)
_AROUND_ENTRIES = (b'"version": %d,' % INDEX_VERSION, b'"artifacts": {', b"}", b"}")
"""The lines of an index after the first that list no file."""


class Listed(Protocol):
    """A generated file, as far as the index lists it."""

    @property
    def path(self) -> str:
        """Its path in the directory."""

    @property
    def digest(self) -> str:
        """`sha256:` and the hexadecimal SHA-256 of its bytes."""

    @property
    def owner(self) -> str:
        """Address of the spec that it is made from."""


def index(artifacts: Iterable[Listed]) -> bytes:
    """The index that lists these files."""
    body = b",\n".join(_line(each) for each in sorted(artifacts, key=lambda each: each.path))
    return b'{\n  "version": %d,\n  "artifacts": {\n%b\n  }\n}\n' % (INDEX_VERSION, body)


def amended_index(listing: bytes, artifacts: Iterable[Listed]) -> bytes:
    """The index with the lines of some files written anew; ValueError where it has no line for one of them."""
    pieces = []
    at = 0
    for each in sorted(artifacts, key=lambda each: each.path):
        start = listing.index(b"\n" + _name(each), at) + 1
        pieces += [listing[at:start], _line(each)]
        at = listing.index(b"}", start) + 1
    return b"".join((*pieces, listing[at:]))


def parse_index(data: bytes) -> dict[str, str] | None:
    """Path to hexadecimal SHA-256 of the files that an index lists, not all of which need be safe.

    None where it is no index.
    """
    try:
        value = orjson.loads(data)
        if value["version"] != INDEX_VERSION:
            return None
        listed = {path: entry["sha256"] for path, entry in value["artifacts"].items()}
        return {path: digest.removeprefix("sha256:") for path, digest in listed.items()}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None


def parse_merged_index(data: bytes) -> dict[str, str] | None:
    """The files of both sides, of an index in which a merge left its conflict markers; None where it is no such index.

    Either side wrote its files, so that all of them may be compiled anew.
    """
    head, *lines = [line.strip() for line in data.splitlines() if not _CONFLICT_MARKER.match(line)] or [b""]
    listed = [line.rstrip(b",") for line in lines if line.endswith((b"}", b"},")) and line.startswith(b'"')]
    if not _CONFLICT_MARKER.search(data) or head != b"{" or len(lines) != len(listed) + len(_AROUND_ENTRIES):
        return None
    if tuple(lines[:2] + lines[-2:]) != _AROUND_ENTRIES:
        return None
    return parse_index(b'{"version": %d, "artifacts": {%b}}' % (INDEX_VERSION, b",".join(listed)))


def journal(announced: Mapping[str, str], written: Mapping[str, str]) -> bytes:
    """The journal of a run that has `announced` files, after unfinished ones that had `written` some."""
    entries: dict[str, dict[str, object]] = {path: {"sha256": one} for path, one in {**written, **announced}.items()}
    for path in announced.keys() & written.keys():
        entries[path]["earlier"] = [written[path]]
    return orjson.dumps({"version": INDEX_VERSION, "artifacts": entries})


def parse_journal(data: bytes) -> dict[str, frozenset[str]]:
    """Path to the hexadecimal SHA-256 of all that a file may be by a journal; nothing where it is none."""
    try:
        value = orjson.loads(data)
        if value["version"] != INDEX_VERSION:
            return {}
        listed = value["artifacts"].items()
        return {path: frozenset((entry["sha256"], *entry.get("earlier", ()))) for path, entry in listed}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return {}


def _line(artifact: Listed) -> bytes:
    entry = {"sha256": artifact.digest.removeprefix("sha256:"), "owner": artifact.owner}
    return _name(artifact) + orjson.dumps(entry)


def _name(artifact: Listed) -> bytes:
    return b"    " + orjson.dumps(artifact.path) + b": "
