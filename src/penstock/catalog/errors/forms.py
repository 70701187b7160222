"""How a mapping is written in the place of a plain value or a list: which of its keys the value was meant for.

A value goes to a key only where it can stand there: SQL where SQL is held, a word where the words are listed. What can
stand nowhere is no advice, and the keys that are needed are named with `...` instead.
"""

from __future__ import annotations

import json
import re
from typing import Any

from penstock.catalog.errors.remedies import alternatives, is_number, meant, short_text
from penstock.specs.base import FUNCTION_PATTERN, NAME_PATTERN
from penstock.specs.metrics import METRICS
from penstock.specs.shapes import Choice, Entries, Field, Mapping, Scalar, Tagged, values_of

_MOST_NAMES = 3
_MOST_WORDS = 8
_LONGEST = 90
"""Of a value that somebody may copy from the advice: most paths, classes and expressions are shorter."""
_QUOTED = re.compile(r"[,\[\]{}#]|:(?=\s|$)|^[-&*!|>'\"%@`?]")
"""What means something else to YAML where a text stands without quotes in a mapping on one line."""
_HELD = {
    "function": re.compile(FUNCTION_PATTERN),
    "class": re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+"),
    "column": re.compile(r"[A-Za-z_]\w*"),
    "feature": re.compile(r"[A-Za-z_]\w*"),
    "schedule": re.compile(r"\S+( \S+){4}"),
    "promql": re.compile(r".+", re.DOTALL),
}
_MEASURED = {
    "a duration": re.compile(r"\d+(ms|[smhd])"),
    "a percentage": re.compile(r"\d+(\.\d+)?%|0(\.\d+)?|1(\.0+)?"),
    "a confidence": re.compile(r"\d+(\.\d+)?%"),
    "a CPU quantity": re.compile(r"\d+(\.\d+)?([mKMGT]i?)?"),
    "a memory quantity": re.compile(r"\d+(\.\d+)?([mKMGT]i?)?"),
}


def form_of(shape: Entries | Mapping | Tagged, value: Any) -> tuple[str, ...]:
    """How a mapping is written in the place of a value; names, alone or in a list, become its keys."""
    if isinstance(shape, Mapping):
        return (_of_items(shape, value) or _mapping(shape, value),)
    if isinstance(shape, Tagged):
        tags = alternatives(tuple(tag for tag, _ in shape.members))
        return (f"write a mapping with {f'the `{shape.key}` {tags}' if shape.key else f'the key {tags}'}",)
    names = [_name_in(one) for one in (value if isinstance(value, list) else [value])]
    if not names or not all(isinstance(name, str) for name in names):
        return ()
    pairs = [re.fullmatch(r"([^\s=:]+)[=:]\s*(\S+)", name) for name in names]
    if all(pairs):
        return (f"write `{{{', '.join(f'{pair[1]}: {pair[2]}' for pair in pairs[:_MOST_NAMES] if pair)}}}`",)
    words = values_of(shape.value)
    if value in words:
        return (f"write `{{NAME: {value}}}`, with a name for each",)
    some = words[0] if words else "..."
    return (f"write `{{{', '.join(f'{short_text(name)}: {some}' for name in names[:_MOST_NAMES])}}}`",)


def _of_items(shape: Mapping, value: Any) -> str:
    """What to write where the keys of a mapping stand in a list, each by itself; empty where it is no such list."""
    items = value if isinstance(value, list) and all(isinstance(item, dict) for item in value) else ()
    keys = [key for item in items for key in item]
    if not keys or len(set(keys)) < len(keys) or not set(keys) <= set(shape.fields):
        return ""
    return f"write its keys without the dashes: `{{{', '.join(f'{key}: ...' for key in keys)}}}`"


def _mapping(shape: Mapping, value: Any) -> str:
    """The required keys, and the one that the value was meant for; where that is open, those that it may be."""
    required = {key: field for key, field in shape.fields.items() if field.required}
    choices = [key for key in _chosen(shape) if key not in required]
    others = choices or ([] if required else list(shape.fields))
    if isinstance(value, list) and len(value) > 2 and "choice" in others:
        # The other lists of a search space are the two bounds of a range.
        return f"write `{{choice: {_in_flow_list(value)}}}`"
    fitting = [] if _is_listed(value, required) else [key for key in others if _fits(value, shape.fields[key])]
    if len(fitting) > 1:
        # Much is an expression as well.
        fitting = [key for key in fitting if "sql" not in _held(shape.fields[key])]
    meant_for = value if value in choices else fitting[0] if len(fitting) == 1 else None
    if not required and value in tuple(shape.fields):
        return f"write `{{{value}: ...}}`"
    given = dict.fromkeys(required, "...")
    if meant_for is not None:
        given[meant_for] = "..." if meant_for == value else _in_flow(value, shape.fields[meant_for])
    elif not required:
        return f"write a mapping with {alternatives(tuple(others))}"
    else:
        given.update(_given(required, value))
    advice = f"write `{{{', '.join(f'{key}: {one}' for key, one in given.items())}}}`"
    if choices and meant_for is None:
        advice += f", and in it {alternatives(tuple(choices))}"
    listed = [key for key, field in required.items() if given[key] == "..." and 1 < len(_words(field)) <= _MOST_WORDS]
    if len(listed) == 1:
        advice += f"; `{listed[0]}` is {alternatives(_words(required[listed[0]]))}"
    return advice


def _chosen(shape: Mapping) -> list[str]:
    """The keys of which one, or one at least, has to be there."""
    chosen = getattr(shape.cls, "chosen", None)
    names = chosen.names if chosen is not None else ()
    return [key for key, field in shape.fields.items() if field.name in names]


def _given(required: dict[str, Field], value: Any) -> dict[str, str]:
    """What a plain value gives the required keys of a mapping; nothing where it can be none of them."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return {}
    if len(required) == 1:
        ((key, field),) = required.items()
        is_free = isinstance(field.shape, Scalar) and field.shape == Scalar("text") and _is_word(value)
        return {key: _in_flow(value, field)} if is_free or _fits(value, field) else {}
    named = [key for key, field in required.items() if value in _words(field)]
    if len(named) == 1:
        return {named[0]: str(value)}
    parts = str(value).split(".")
    if len(parts) != len(required) or not all(map(_fits, parts, required.values())):
        return {}
    return dict(zip(required, map(short_text, parts), strict=True))


def _fits(value: Any, field: Field) -> bool:
    """Whether a field can hold a value as no other text can: what holds any text is meant by none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    members = field.shape.members if isinstance(field.shape, Choice) else (field.shape,)
    return any(_is_for(str(value), value, one, field) for one in members if isinstance(one, Scalar))


def _is_for(text: str, value: str | int | float, scalar: Scalar, field: Field) -> bool:
    if scalar.values:
        return value in scalar.values
    if scalar.refers is not None:
        return re.fullmatch(NAME_PATTERN, text) is not None
    if scalar.holds == "sql":
        # One expression or a whole query: the words of the field say which.
        is_query = re.match(r"\s*(select|with)\b", text, re.IGNORECASE) is not None
        return isinstance(value, str) and is_query == ("SELECT" in field.description)
    if scalar.holds == "path":
        return text.lower().removesuffix(".gz").endswith(f".{field.key}")
    if scalar.holds == "metric":
        return text in METRICS
    if scalar.holds is not None:
        return scalar.holds in _HELD and _HELD[scalar.holds].fullmatch(text) is not None
    if scalar.words in ("a number", "a whole number"):
        return is_number(text)
    for words, pattern in _MEASURED.items():
        if scalar.words.startswith(words):
            return pattern.fullmatch(text) is not None or meant(value, text, scalar.words) is not None
    return False


def _in_flow(value: Any, field: Field) -> str:
    """A value as it is written within braces, in the form that its field takes."""
    words = field.shape.words if isinstance(field.shape, Scalar) else ""
    text = meant(value, str(value), words) or " ".join(str(value).split())
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return json.dumps(text, ensure_ascii=False) if _QUOTED.search(text) else text


def _in_flow_list(values: list[Any]) -> str:
    """A list in flow style, or dots for what is long or nested in it."""
    text = f"[{', '.join(short_text(value) for value in values)}]"
    return text if len(text) <= _LONGEST else "[...]"


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\S+", value) is not None


def _is_listed(value: Any, required: dict[str, Field]) -> bool:
    """Whether it is one of the words that a required key lists."""
    return any(value in _words(field) for field in required.values())


def _held(field: Field) -> tuple[str | None, ...]:
    return (field.shape.holds,) if isinstance(field.shape, Scalar) else ()


def _words(field: Field) -> tuple[str, ...]:
    return values_of(field.shape)


def _name_in(value: Any) -> Any:
    """The name that a mapping carries in the place of a name."""
    named = [one for one in value.values() if isinstance(one, str)] if isinstance(value, dict) else []
    return next((value[key] for key in ("name", "id") if isinstance(value, dict) and key in value), None) or (
        named[0] if named else value
    )
