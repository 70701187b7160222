"""Addresses: one name for a field everywhere, such as ``Gate/flight-delay-release.rules[quality].atLeast``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

FILE = "File"
"""Stands in the place of a kind for a file of the repository that no spec leads to; its name is a path."""

IDENTITY_KEYS = ("id", "name")
"""Keys by which an item of a list is known; a list whose items carry none is keyed by position."""

Pointer = tuple[str | int, ...]
"""A path into plain data, keys and positions as they stand in the document."""

_SPEC = re.compile(r"(?P<kind>[A-Z]\w*)/(?P<name>[a-z0-9-]+)")
_PART = re.compile(r"\.[A-Za-z_]\w*|\[.+?\](?=[.\[]|\Z)", re.DOTALL)
"""A part ends with the last bracket before the next part, so that a key may hold brackets: ``[Price [EUR]].type``."""


class AddressError(ValueError):
    """The text is no address; the message says what one looks like."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """A spec, or a field within its ``spec``. Parts are keys of mappings and identities (or positions) of items."""

    kind: str
    name: str
    parts: tuple[str, ...] = ()
    """Each part as it prints: ``.rules`` or ``[quality]``."""

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address that `text` writes; AddressError where it writes none."""
        kind, _, path = text.partition("/")
        if kind == FILE and path:
            return cls(FILE, path)
        match = _SPEC.match(text)
        if match is None:
            raise AddressError(f"`{text}` is not a valid address; write `Kind/name` or `Kind/name.field[item].field`")
        parts, position = [], match.end()
        while position < len(text):
            part = _PART.match(text, position)
            if part is None:
                raise AddressError(f"`{text}` is not a valid address: unexpected `{text[position:]}`")
            parts.append(part[0])
            position = part.end()
        return cls(match["kind"], match["name"], tuple(parts))

    def key(self, key: str) -> Address:
        """The address of a field of this mapping; a key that is no plain word is written in brackets."""
        part = f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"[{key}]"
        return Address(self.kind, self.name, (*self.parts, part))

    def item(self, identity: str | int) -> Address:
        """The address of an item of this list."""
        return Address(self.kind, self.name, (*self.parts, f"[{identity}]"))

    @property
    def spec(self) -> Address:
        """The address of the whole spec."""
        return Address(self.kind, self.name)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}{''.join(self.parts)}"


def identity(item: Any, position: int) -> str:
    """The identity of an item of a list: its ``id`` or ``name`` where it has one, else its position."""
    if isinstance(item, dict):
        for key in IDENTITY_KEYS:
            if isinstance(item.get(key), str):
                return str(item[key])
    return str(position)


def is_within(address: str, above: str) -> bool:
    """Whether the text of an address is that of another, or of something below it."""
    return address == above or address.startswith((f"{above}.", f"{above}["))


def step_of(part: str) -> str:
    """The key or the identity that a part of an address prints."""
    return part[1:-1] if part.startswith("[") else part[1:]


def resolve(address: Address, spec: Any) -> Pointer | None:
    """The pointer below ``spec`` that the address names in plain data, or None where there is no such place."""
    pointer: list[str | int] = []
    value = spec
    for part in address.parts:
        step = place_of(value, part)
        if step is None:
            return None
        pointer.append(step)
        value = value[step]
    return tuple(pointer)


def place_of(holder: Any, part: str) -> str | int | None:
    """The key or the position that a part of an address names in plain data, or None where there is no such place."""
    word = step_of(part)
    if isinstance(holder, dict):
        return word if word in holder else None
    if isinstance(holder, list):
        return next((position for position, item in enumerate(holder) if identity(item, position) == word), None)
    return None


def locate(kind: str, name: str, spec: Any, pointer: Pointer) -> Address:
    """The address of the place that `pointer` names below ``spec``; the inverse of `resolve`."""
    address = Address(kind, name)
    value = spec
    for step in pointer:
        if isinstance(step, int) and isinstance(value, list):
            address = address.item(identity(value[step], step) if step < len(value) else step)
            value = value[step] if step < len(value) else None
        else:
            address = address.key(str(step))
            value = value.get(step) if isinstance(value, dict) else None
    return address
