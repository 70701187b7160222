"""What each column of a file is for: the key of the rows, a feature, or nothing yet, with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass

from penstock.runtime.profiling.model import ColumnProfile, Profile
from penstock.scaffolding.personal import sensitivity
from penstock.scaffolding.refusal import RefusalError
from penstock.scaffolding.target import Target
from penstock.specs.own_columns import is_own_column

SURROGATE_KEY = "row_key"
_CALLED_KEY = re.compile(r"(.*[^a-z0-9])?(id|uuid|guid|key|index|nr|no|number)", re.IGNORECASE)
_CAMEL_KEY = re.compile(r".*[a-z0-9](Id|ID|Key|Uuid|UUID)")
_MOST_CATEGORIES = 50
"""Different texts up to which a column is a category: each becomes a column of numbers."""
_LONGEST_NAME = 200
_ALL = 1 - 1e-6


@dataclass(frozen=True, slots=True)
class Key:
    """How rows are told apart."""

    columns: tuple[str, ...]
    is_surrogate: bool = False


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns by what they are for; the target is in none of them."""

    declared: tuple[ColumnProfile, ...]
    """Those that the contract can name, the target among them."""
    features: tuple[ColumnProfile, ...]
    left_out: tuple[tuple[str, str], ...]
    """Columns of the contract that are no feature, with the reason."""
    unread: tuple[tuple[str, str], ...]
    """Columns that the contract cannot name."""


def possible_keys(profile: Profile) -> tuple[str, ...]:
    """Columns that tell the rows apart and are called so."""
    return tuple(
        column.name
        for column in profile.columns
        if column.type in ("int", "string")
        and column.distinct == profile.rows
        and (_CALLED_KEY.fullmatch(column.name) or _CAMEL_KEY.fullmatch(column.name))
        and not unnameable(column)
    )


def surrogate(profile: Profile) -> Key:
    """A key that is added to the rows, under a name that no column has."""
    taken = {column.name.lower() for column in profile.columns}
    names = (SURROGATE_KEY, *(f"{SURROGATE_KEY}_{number}" for number in range(2, len(taken) + 3)))
    return Key((next(name for name in names if name not in taken),), is_surrogate=True)


def roles(profile: Profile, target: Target, key: Key, time: str | None) -> Roles:
    """What each column is for.

    Raises:
        RefusalError: no column is left to learn from.
    """
    features, left_out, unread = [], [], []
    for column in profile.columns:
        if column.name == target.column.name:
            continue
        if reason := unnameable(column):
            unread.append((column.name, reason))
        elif reason := _no_feature(column, profile, target, key, time):
            left_out.append((column.name, reason))
        else:
            features.append(column)
    if not features:
        reasons = "; ".join(f"`{name}` {reason}" for name, reason in (*left_out, *unread)) or "there is no other column"
        raise RefusalError(f"no column is left to predict `{target.column.name}` from: {reasons}")
    named = {name for name, _ in unread}
    declared = tuple(column for column in profile.columns if column.name not in named)
    return Roles(declared, tuple(features), tuple(left_out), tuple(unread))


def unnameable(column: ColumnProfile) -> str:
    """Why the contract cannot name a column; empty where it can."""
    if not column.name:
        return "has no name in the header"
    if column.type is None:
        return f"holds {column.stored}, which no type of a column is"
    if column.name.startswith("@") and is_own_column(column.name):
        return "has a name that steps use themselves"
    return "has a very long name" if len(column.name) > _LONGEST_NAME else ""


def _no_feature(column: ColumnProfile, profile: Profile, target: Target, key: Key, time: str | None) -> str:
    """Why a column is no feature; empty where it is one."""
    if column.name == time:
        return "is the time of the rows"
    if column.name in key.columns:
        return "tells rows apart"
    if column.distinct < 2:
        return "has the same value in all rows" if column.distinct else "has no value"
    found = sensitivity(column.name)
    if found is not None:
        return "looks personal: a model that reads it has to say what for, in `sensitiveUses`"
    if column.type in ("date", "timestamp"):
        return "is a time: make numbers of it, as in `sql: extract(month from ...)`"
    if column.determines >= _ALL:
        return f"tells `{target.column.name}` by itself: a copy or a consequence of it, unless it is known before"
    if column.type == "string" and column.distinct == profile.rows - column.missing:
        return "has another text in each row"
    if column.type == "string" and column.distinct > _MOST_CATEGORIES:
        return f"has {column.distinct:,} different texts, too many for categories"
    if column.type == "int" and column.distinct == profile.rows and column.name in possible_keys(profile):
        return "numbers the rows"
    return ""
