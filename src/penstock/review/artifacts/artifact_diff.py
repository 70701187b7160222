"""The difference between two versions of a generated file, as people read it."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import yaml

from penstock.review.artifacts import line_diff
from penstock.review.artifacts.line_diff import Block
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.specs.addresses import IDENTITY_KEYS

_CONTEXT = 2
_LONGEST = 2_000_000
"""Bytes of a file beyond which its lists are not put in order first."""
_KNOWN_BY = frozenset({*IDENTITY_KEYS, "kind"})


def unified(path: str, before: bytes, after: bytes, *, former: str | None = None) -> str:
    """A unified diff. In YAML, items that have a name stand in the order of `after` on both sides.

    `former` is where the file stood before, if that was elsewhere.
    """
    one, other = before.decode("utf-8", "replace"), after.decode("utf-8", "replace")
    lines, new = one.splitlines(), other.splitlines()
    differing = line_diff.blocks(lines, new)
    is_short = len(before) + len(after) < _LONGEST
    if before and after and path.endswith(".yaml") and is_short and _may_move(lines, new, differing):
        lines = _in_order_of(one, other).splitlines()
        differing = line_diff.blocks(lines, new)
    header = (
        f"--- {f'generated/{former or path}' if before else '/dev/null'}",
        f"+++ {f'generated/{path}' if after else '/dev/null'}",
    )
    return line_diff.unified(lines, new, differing, header, _CONTEXT)


def _may_move(before: list[str], after: list[str], differing: list[Block]) -> bool:
    """Whether a key, or a value that an item is known by, goes in one place and comes in another.

    In most edits none does, and taking two manifests apart to find nothing to put in order is dear.
    """
    gone: set[str] = set()
    come: set[str] = set()
    for block in differing:
        lost, won = _outline(before[block.start : block.end]), _outline(after[block.new_start : block.new_end])
        if lost != won:
            gone.update(lost)
            come.update(won)
    return not gone.isdisjoint(come)


def _outline(lines: list[str]) -> list[str]:
    """The keys in their order, and the values that items are known by."""
    found = []
    for line in lines:
        key, colon, _ = line.partition(": ")
        if colon or line.endswith(":"):
            found.append(line if key.strip(" -") in _KNOWN_BY else key)
    return found


def _in_order_of(before: str, after: str) -> str:
    """`before`, with documents, items and keys in the order that they have in `after`; as it is where that fails."""
    try:
        known = list(yaml.load_all(before, Loader=yaml.CSafeLoader))
        now = list(yaml.load_all(after, Loader=yaml.CSafeLoader))
        # Only what the emitter would write the same is put in order: else the diff would show the writing.
        if _head(before) + emit_yaml_documents(known) != before:
            return before
        return _head(before) + emit_yaml_documents(_ordered(known, now))
    except (yaml.YAMLError, TypeError, ValueError):
        return before


def _head(text: str) -> str:
    """The comment that a generated file begins with."""
    lines = text.splitlines(keepends=True)
    count = next((position for position, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join(lines[:count])


def _ordered(before: Any, after: Any) -> Any:
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [*(key for key in after if key in before), *(key for key in before if key not in after)]
        return {key: _ordered(before[key], after.get(key)) for key in keys}
    if isinstance(before, list) and isinstance(after, list):
        known, now = [_name(item) for item in before], [_name(item) for item in after]
        if None in known or None in now or len(set(known)) != len(known) or len(set(now)) != len(now):
            # Without names, place is all that items are known by.
            return [_ordered(one, other) for one, other in zip_longest(before, after)][: len(before)]
        places = {name: position for position, name in enumerate(known)}
        order = [name for name in now if name in places]
        for position, name in enumerate(known):
            if name not in order:
                # What went stays behind what stood before it.
                order.insert(order.index(known[position - 1]) + 1 if position else 0, name)
        items = dict(zip(now, after, strict=True))
        return [_ordered(before[places[name]], items.get(name)) for name in order]
    return before


def _name(item: Any) -> str | None:
    """What an item is known by: a manifest by kind and name, other mappings by `name` or `id`."""
    if not isinstance(item, dict):
        return None
    metadata = item.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("name"), str):
        return f"{item.get('kind')}/{metadata['name']}"
    found = next((item[key] for key in IDENTITY_KEYS if isinstance(item.get(key), str)), None)
    return str(found) if found is not None else None
