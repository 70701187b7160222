"""Reads parts of files whose form nobody vouches for: a part that is missing or of another form counts as empty.

Whether a part has the right form is for the schemas to say.
"""

from __future__ import annotations

from typing import Any


def mapping_at(value: Any, *keys: str) -> dict[str, Any]:
    """The mapping that `keys` lead to."""
    found = _at(value, keys)
    return found if isinstance(found, dict) else {}


def list_at(value: Any, *keys: str) -> list[Any]:
    """The list that `keys` lead to."""
    found = _at(value, keys)
    return found if isinstance(found, list) else []


def mappings(items: Any) -> list[dict[str, Any]]:
    """The mappings in a list."""
    return [item for item in list_at(items) if isinstance(item, dict)]


def _at(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
