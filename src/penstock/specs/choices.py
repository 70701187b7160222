"""Keys of a mapping that exclude or need each other: of some exactly one, or at least one, is given."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

M = TypeVar("M", bound=BaseModel)


class KeyChoice(NamedTuple):
    """Fields of a mapping, of which at least one is given, or exactly one. What says the default is not given."""

    names: tuple[str, ...]
    is_exclusive: bool

    def checked(self, node: M) -> M:
        """`node` itself where the right number is given; else the error ``choose_one`` or ``choose_some``."""
        given = 0
        for name in self.names:
            value = getattr(node, name)
            # Every default is None, false or empty: only what is so itself has to be held against it.
            if value or (value is not None and value != _default(type(node), name)):
                given += 1
        if given == 1 or (given and not self.is_exclusive):
            return node
        words = {"choices": ", ".join(f"`{key}`" for key in self._keys(type(node)).values())}
        if self.is_exclusive:
            raise PydanticCustomError("choose_one", "expected exactly one of {choices}", {**words, "given": given})
        raise PydanticCustomError("choose_some", "expected at least one of {choices}", words)

    def as_schema(self, cls: type[BaseModel]) -> dict[str, Any]:
        """The same as JSON Schema: an alternative for each key, of which an editor shows the one that fits best.

        ``errorMessage`` and ``doNotSuggest`` are of the YAML language server: its words for what is wrong (in an
        ``enum``, since those of a ``const`` it replaces), and that completion is left to the properties themselves.
        """
        keys = self._keys(cls)
        quiet = {"doNotSuggest": True}
        alternatives = []
        for name, key in keys.items():
            properties: dict[str, Any] = {key: {"not": {"const": _default(cls, name)}, **quiet}}
            others = [other for other in keys if other != name] if self.is_exclusive else []
            for other in others:
                message = f"Only one of {', '.join(keys.values())} is allowed, and {key} is given."
                properties[keys[other]] = {"enum": [_default(cls, other)], "errorMessage": message, **quiet}
            alternatives.append({"required": [key], "properties": properties})
        return {"anyOf": alternatives}

    def _keys(self, cls: type[BaseModel]) -> dict[str, str]:
        return {name: cls.model_fields[name].alias or name for name in self.names}


def exactly_one(*names: str) -> KeyChoice:
    """The choice of one of these fields, which leaves no room for another."""
    return KeyChoice(names, is_exclusive=True)


def at_least_one(*names: str) -> KeyChoice:
    """The choice of one or more of these fields."""
    return KeyChoice(names, is_exclusive=False)


def _default(cls: type[BaseModel], name: str) -> Any:
    return cls.model_fields[name].get_default(call_default_factory=True)
