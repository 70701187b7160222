"""Dependencies of a computation: what it looked at, so that it is done again only when that has changed."""

from __future__ import annotations

from collections.abc import Iterable

SPEC = "spec:"
"""What the key of a spec begins with."""
FILE = "file:"
"""What the key of a file of the repository begins with."""
NAMES = "names:"
"""What the key of a list of names begins with."""
ENVIRONMENT = "environment:"
"""What the key begins with that says which environment it was."""

CHANGING = "changing"
"""What a file stands for of which different bytes were read, and so nothing that it will stand for later."""


class Dependencies:
    """A set of keys, each naming one thing that was read; `Catalog.fingerprint` says whether it is still the same.

    Keys are text, so that they can be kept between runs: ``spec:Model/flight-delay``, ``names:Team``,
    ``gates-of:production:flight-delay``, ``file:systems/flights.py``.
    """

    __slots__ = ("_keys",)

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def note(self, key: str) -> None:
        """Remember that `key` was read."""
        self._keys.add(key)

    def note_all(self, keys: Iterable[str]) -> None:
        """Remember that all of `keys` were read."""
        self._keys.update(keys)

    @property
    def keys(self) -> frozenset[str]:
        """Everything that was read."""
        return frozenset(self._keys)


def spec_key(kind: str, name: str) -> str:
    """The key of one spec with its overrides; it also stands for the spec's absence."""
    return f"{SPEC}{kind}/{name}"


def names_key(kind: str) -> str:
    """The key of the list of names of one kind."""
    return f"{NAMES}{kind}"


def environment_key(environment: str | None) -> str:
    """The key of having asked which environment it is."""
    return f"{ENVIRONMENT}{environment or ''}"


def relation_key(relation: str, environment: str | None, name: str) -> str:
    """The key of a reverse lookup, such as the gates of a model, in one environment."""
    return f"{relation}:{environment or ''}:{name}"


def related_of(key: str) -> tuple[str, str | None, str] | None:
    """The relation, environment and name of the key of a reverse lookup; None for any other key."""
    if key.startswith((SPEC, FILE, NAMES, ENVIRONMENT)):
        return None
    relation, environment, name = key.split(":", 2)
    return relation, environment or None, name


def file_key(path: str) -> str:
    """The key of one file's bytes; it also stands for the file's absence."""
    return f"{FILE}{path}"
