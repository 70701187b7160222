"""Names that the language takes, made of those of files and columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from penstock.specs.reserved_sql import RESERVED

_LONGEST_NAME = 50
_LONGEST_IDENTIFIER = 63
_MEAN_MORE = frozenset({
    "alter", "attach", "begin", "between", "cache", "call", "comment", "commit", "connect", "copy", "current_catalog",
    "current_date", "current_user", "delete", "detach", "disconnect", "drop", "execute", "explain", "false", "force",
    "grant", "if", "insert", "install", "load", "map", "merge", "null", "pragma", "prepare", "rename", "reset",
    "revoke", "rollback", "session_user", "set", "true", "truncate", "update", "use", "vacuum", "xor",
})  # fmt: skip
"""Words that DuckDB or the parser of SQL takes for something else than a column, where they are not in quotes."""
_SIMPLE = re.compile(r"[a-z_][a-z0-9_]*")


def slug(text: str) -> str:
    """The text as the name of a spec; empty where none of its characters can stand in one."""
    return re.sub(r"[^a-z0-9]+", "-", _ascii(text).lower()).strip("-")[:_LONGEST_NAME].rstrip("-")


def joined_slug(*texts: str) -> str:
    """Several texts as one name: the first one gives way to the others where they are too long together."""
    first, *others = (slug(text) for text in texts)
    rest = "".join(f"-{each}" for each in others if each)
    return f"{first[: max(1, _LONGEST_NAME - len(rest))].rstrip('-')}{rest}"[:_LONGEST_NAME].strip("-")


def identifiers(columns: Iterable[str]) -> dict[str, str]:
    """The name of a feature for each column, no two alike."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        word = re.sub(r"[^A-Za-z0-9]+", "_", _ascii(column)).strip("_") or "column"
        base = (f"_{word}" if word[0].isdigit() else word)[: _LONGEST_IDENTIFIER - 5]
        name, number = base, 2
        while name.lower() in taken:
            name, number = f"{base}_{number}", number + 1
        found[column] = name
        taken.add(name.lower())
    return found


def _ascii(text: str) -> str:
    """The letters without their accents; of other scripts nothing is left."""
    return unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()


def sql_name(column: str) -> str:
    """A column as SQL writes it, in quotes only where it needs them."""
    if _SIMPLE.fullmatch(column) and column not in RESERVED | _MEAN_MORE:
        return column
    escaped = column.replace('"', '""')
    return f'"{escaped}"'
