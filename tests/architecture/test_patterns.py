"""Regular expressions mean the same to every Python from 3.11 on."""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import walk_packages

import penstock

_MISTAKEN = re.compile("POSSESSIVE_REPEAT|ATOMIC_GROUP")


def patterns() -> dict[str, re.Pattern[str]]:
    """Those that a module holds by a name."""
    modules = [import_module(found.name) for found in walk_packages(penstock.__path__, "penstock.")]
    return {
        f"{module.__name__}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    }


def test_no_pattern_is_possessive_or_atomic() -> None:
    # Python 3.11.2, which Debian 12 has, does not match with such a group what 3.11.5 matches.
    from re import _parser  # type: ignore[attr-defined]

    found = patterns()
    assert "penstock.source.writing.emit_yaml._PLAIN" in found
    assert _MISTAKEN.search(str(_parser.parse("(?:ab?)*+")))
    parsed = {name: str(_parser.parse(one.pattern, one.flags & ~re.LOCALE)) for name, one in found.items()}
    assert [name for name, text in parsed.items() if _MISTAKEN.search(text)] == []
