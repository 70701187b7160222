"""What is computed from a view is computed once, for all environments in which what it looked at is alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

from penstock.catalog.dependencies import ENVIRONMENT, Dependencies, related_of, relation_key

T = TypeVar("T")


class Environments(Protocol):
    """What tells whether two environments see the same."""

    def keys_overridden(self, environment: str | None) -> frozenset[str]:
        """The keys (see `Dependencies`) of the specs that carry overrides for an environment."""

    def related(self, relation: str, environment: str | None, name: str) -> tuple[str, ...]:
        """The names behind a reverse lookup."""


class _Known(NamedTuple):
    value: Any
    keys: frozenset[str]
    """What was read."""


class Memo:
    """Values by environment and key, with what computing each has read.

    A value serves another environment too if it was computed without asking which environment it is, from specs that
    neither overrides, and from reverse lookups with the same answers in both.
    """

    def __init__(self, environments: Environments) -> None:
        self._environments = environments
        self._here: dict[str | None, dict[object, _Known]] = {}
        self._anywhere: dict[object, list[tuple[str | None, _Known]]] = {}

    def value(
        self, environment: str | None, key: object, compute: Callable[[Dependencies], T], reads: Dependencies | None
    ) -> T:
        """The value under `key`; what computing it read counts as read at each use."""
        here = self._here.setdefault(environment, {})
        known = here.get(key)
        if known is None:
            known = self._from_elsewhere(environment, key) or self._computed(environment, key, compute)
            here[key] = known
        if reads is not None:
            reads.note_all(known.keys)
        value: T = known.value
        return value

    def _computed(self, environment: str | None, key: object, compute: Callable[[Dependencies], Any]) -> _Known:
        reads = Dependencies()
        known = _Known(compute(reads), reads.keys)
        if not any(each.startswith(ENVIRONMENT) for each in known.keys):
            self._anywhere.setdefault(key, []).append((environment, known))
        return known

    def _from_elsewhere(self, environment: str | None, key: object) -> _Known | None:
        for other, known in self._anywhere.get(key, ()):
            overridden = self._environments.keys_overridden(environment)
            if known.keys.isdisjoint(overridden) and known.keys.isdisjoint(self._environments.keys_overridden(other)):
                keys = self._as_read_in(environment, known.keys)
                if keys is not None:
                    return _Known(known.value, keys)
        return None

    def _as_read_in(self, environment: str | None, keys: frozenset[str]) -> frozenset[str] | None:
        """The keys that another environment would have read; None where a reverse lookup has another answer there."""
        renamed: dict[str, str] = {}
        for key in keys:
            lookup = related_of(key)
            if lookup is None:
                continue
            relation, where, name = lookup
            if self._environments.related(relation, where, name) != self._environments.related(
                relation, environment, name
            ):
                return None
            renamed[key] = relation_key(relation, environment, name)
        return (keys - renamed.keys()) | set(renamed.values()) if renamed else keys
