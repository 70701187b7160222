"""What a field means to a reviewer: which direction loosens it, and whose area it is.

Every field of the language declares this once, where the field is declared (see `penstock.specs.base.field`).
The review engine classifies changes by these declarations alone, never by paths in a diff.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, NamedTuple


class Area(StrEnum):
    """The part of an ML system that a field governs; approval rules name areas."""

    DATA = "data"
    PRIVACY = "privacy"
    QUALITY = "quality"
    FAIRNESS = "fairness"
    ROLLOUT = "rollout"
    MONITORING = "monitoring"
    CAPACITY = "capacity"
    GOVERNANCE = "governance"
    DOCUMENTATION = "documentation"


class Loosens(StrEnum):
    """The direction of change that makes a field less strict.

    An optional bound that disappears is the loosest bound of all, whichever its direction, unless the field declares
    that nothing orders its absence.
    """

    LOWER = "lower"
    """A smaller value is looser: ``atLeast``, ``minSupport``; ``false`` is smaller than ``true``."""
    HIGHER = "higher"
    """A larger value is looser: ``atMost``, ``maxGap``, a longer window, a bigger traffic step."""
    REMOVED = "removed"
    """Taking an item (or the whole value) away is looser, adding one is stricter: rules, checks, alerts."""
    ADDED = "added"
    """Adding an item is looser, taking one away is stricter: callers, allowed values, declared uses."""
    LATER = "later"
    """The value comes from an ordered list, strictest first; a later one is looser: ``fail``, ``warn``."""
    ANY = "any"
    """Every change may loosen; what cannot be ordered is treated as the highest risk."""
    NEVER = "never"
    """No change loosens anything: prose."""


Absent = Literal["loosest", "unordered"]
"""A bound that is not there binds nothing; where something else takes its place, nothing orders the two."""


class Review(NamedTuple):
    """The review meaning of one field."""

    loosens: Loosens
    area: Area
    order: tuple[str, ...] = ()
    """For `Loosens.LATER`: the allowed values, strictest first."""
    absent: Absent = "loosest"
    """For `Loosens.LOWER` and `HIGHER`: what no value means beside one."""

    def as_json(self) -> dict[str, Any]:
        """The form in which the meaning stands in JSON Schemas, under ``x-penstock``."""
        value: dict[str, Any] = {"loosens": self.loosens.value, "area": self.area.value}
        if self.order:
            value["order"] = list(self.order)
        if self.absent != "loosest":
            value["absent"] = self.absent
        return value


_LOOSER = {
    Loosens.LOWER: "lowering it increases risk",
    Loosens.HIGHER: "raising it increases risk",
    Loosens.REMOVED: "removing an entry increases risk",
    Loosens.ADDED: "adding an entry increases risk",
    Loosens.ANY: "any change may increase risk",
}


def in_words(meaning: Mapping[str, Any]) -> str:
    """What a field means to a review (see `Review.as_json`), with its area in brackets; empty for prose."""
    match meaning["loosens"]:
        case Loosens.NEVER:
            return ""
        case Loosens.LATER:
            order = ", ".join(f"`{value}`" for value in meaning["order"])
            return f"from strictest to loosest {order} ({meaning['area']})"
        case direction:
            return f"{_LOOSER[direction]} ({meaning['area']})"
