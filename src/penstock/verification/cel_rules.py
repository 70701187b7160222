"""The rules of a custom resource definition that are CEL expressions, evaluated as the API server does.

Source: "Validation rules" in the documentation of CustomResourceDefinitions. Rules about changes (``oldSelf``) say
nothing of a single object and are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cel import Program

Pointer = tuple[str | int, ...]

_RESERVED = frozenset(
    ("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
     "let", "loop", "package", "namespace", "return", "var", "void", "while")
)  # fmt: skip
_ESCAPES = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_OLD_SELF = re.compile(r"\boldSelf\b")
_UNKNOWN_FUNCTION = "Undefined variable or function"


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """A rule that does not hold, or that could not be evaluated."""

    pointer: Pointer
    rule: str
    message: str
    outcome: Literal["broken", "not evaluated"]


def broken_rules(value: Any, schema: dict[str, Any], at: Pointer = ()) -> Iterator[RuleFinding]:
    """What the rules of `schema` and of all schemas below say of `value`, which has its defaults."""
    for rule in schema.get("x-kubernetes-validations", ()):
        if value is not None and not _OLD_SELF.search(rule["rule"]):
            finding = _evaluate(rule, value, schema, at)
            if finding is not None:
                yield finding
    if isinstance(value, dict):
        properties, every = schema.get("properties", {}), schema.get("additionalProperties")
        for key, item in value.items():
            below = properties.get(key) or (every if isinstance(every, dict) else None)
            if below is not None:
                yield from broken_rules(item, below, (*at, key))
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from broken_rules(item, schema["items"], (*at, index))


def _evaluate(rule: dict[str, Any], value: Any, schema: dict[str, Any], at: Pointer) -> RuleFinding | None:
    text = rule["rule"]
    try:
        holds = _program(text).execute(_context(value, schema))
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ValueError) or _UNKNOWN_FUNCTION in str(error):
            return RuleFinding(at, text, str(error).splitlines()[0], "not evaluated")
        # What cannot be evaluated on this object is a failed rule to the API server.
        return RuleFinding(at, text, f"{rule.get('message') or text} ({error})", "broken")
    if holds is True:
        return None
    return RuleFinding(at, text, rule.get("message") or f"failed rule: {text}", "broken")


@lru_cache(maxsize=1024)
def _program(rule: str) -> Program:
    import cel

    return cel.compile(rule)


def _context(value: Any, schema: dict[str, Any]) -> Any:
    import cel

    context = cel.Context(variables={"self": escaped(value, schema)})
    context.add_function("split", lambda text, separator: text.split(separator))
    context.add_function("substring", lambda text, start, end=None: text[start:end])
    context.add_function("lowerAscii", str.lower)
    context.add_function("trim", str.strip)
    context.add_function("find", lambda text, pattern: _first(pattern, text))
    context.add_function("url", str)
    context.add_function("isURL", lambda text: bool(urlsplit(text).scheme))
    context.add_function("getScheme", lambda text: urlsplit(text).scheme)
    context.add_function("getHost", lambda text: urlsplit(text).netloc)
    return context


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[0] if found else ""


def escaped(value: Any, schema: dict[str, Any]) -> Any:
    """The value with fields also under the names that CEL can write, such as ``__namespace__``; nulls are absent."""
    if isinstance(value, dict):
        properties, every = schema.get("properties", {}), schema.get("additionalProperties")
        found: dict[str, Any] = {}
        for key, item in value.items():
            if item is None:
                continue
            below = properties.get(key) or (every if isinstance(every, dict) else {})
            found[key] = escaped(item, below)
            if key in properties and (name := _identifier(key)) != key:
                found[name] = found[key]
        return found
    if isinstance(value, list):
        return [escaped(item, schema.get("items", {})) for item in value]
    return value


def _identifier(key: str) -> str:
    if key in _RESERVED:
        return f"__{key}__"
    for text, escape in _ESCAPES:
        key = key.replace(text, escape)
    return key
