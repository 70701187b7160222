"""Values of the wrong form: another type, not among those allowed, not written as the language asks."""

from __future__ import annotations

import re
from typing import Any

from penstock.catalog.places import Place
from penstock.catalog.reported import Reported
from penstock.catalog.wording import WORDINGS
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety, Span
from penstock.diagnostics.suggest import did_you_mean
from penstock.specs.base import API_VERSION
from penstock.specs.shapes import Choice, Entries, Items, Mapping, Scalar, Shape, Tagged

_SYNONYMS = {
    "integer": "int", "bigint": "int", "int64": "int", "long": "int", "str": "string", "text": "string",
    "varchar": "string", "category": "string", "categorical": "string", "double": "float", "number": "float",
    "numeric": "float", "decimal": "float", "float64": "float", "boolean": "bool", "datetime": "timestamp",
    "classification": "binary", "multi-class": "multiclass", "prod": "production", "dev": "development",
    "stage": "staging", "temporal": "time", "chronological": "time", "hash": "random", "error": "fail",
    "warning": "warn", "restricted": "sensitive", "confidential": "sensitive", "personal": "pii",
    "kolmogorov-smirnov": "ks", "jsd": "jensen_shannon", "js": "jensen_shannon", "grpc": "grpc-v2", "bayesian": "tpe",
    "previous": "champion", "current": "champion", "production": "champion", "blocking": "block",
    "one_hot": "onehot", "email": "ticket", "slack": "ticket", "rawdeployment": "Standard", "serverless": "Knative",
}  # fmt: skip
"""Words of other systems for values of this language."""

_MOST_NAMES = 3


def not_one_of(reported: Reported, place: Place, value: Any, values: tuple[str, ...]) -> Diagnostic:
    """A value that is not on the list."""
    span = reported.span(place.pointer)
    name = reported.phrase(place.pointer)
    if place.pointer == ("apiVersion",):
        return Diagnostic.error(
            "api-version",
            f"`{value}` is no version of the language that this program reads",
            span,
            help=(f"write `{API_VERSION}`",),
            fix=Fix(Safety.UNSAFE, f"write `{API_VERSION}`", (Edit(span, API_VERSION),)),
        )
    label = f"expected {_alternatives(values)}"
    synonym = _SYNONYMS.get(str(value).lower())
    guesses = [synonym] if synonym in values else did_you_mean(str(value), values)
    shown = "the value" if isinstance(value, dict | list) else f"`{_text(value)}`"
    headline = f"{shown} is none of the values of {name}"
    if not guesses:
        return Diagnostic.error("not-one-of", headline, span, label)
    guess = str(guesses[0])
    return Diagnostic.error(
        "not-one-of",
        headline,
        span,
        label,
        help=(f"did you mean `{guess}`?",),
        fix=Fix(Safety.UNSAFE, f"write `{guess}`", (Edit(span, guess),)),
    )


def out_of_pattern(reported: Reported, place: Place, value: str, pattern: str) -> Diagnostic:
    """Text that does not look as it must."""
    wording = WORDINGS[pattern]
    span = reported.span(place.pointer, "key" if place.is_key else "value")
    short = value if len(value) <= 60 else value[:59] + "…"
    meant = wording.suggest(value)
    helps = [f"write {wording.rule}"]
    fix = None
    if meant is not None and meant != value:
        helps.append(f"did you mean `{meant}`?")
        fix = Fix(Safety.UNSAFE, f"write `{meant}`", (Edit(span, meant),))
    return Diagnostic.error("malformed-text", f"`{short}` is not {wording.what}", span, help=tuple(helps), fix=fix)


def wrong_type(reported: Reported, place: Place, value: Any, reason: str = "") -> Diagnostic:
    """A value of another type than the language expects."""
    span = reported.span(place.pointer, "key" if place.is_key else "value")
    expected = reason.removeprefix("expected ") or place.shape.words
    short = expected.split(" such as")[0].split(",")[0]
    if isinstance(place.shape, Choice):
        return _no_choice(reported, place, value, span)
    name = reported.phrase(place.pointer)
    text = _as_written(reported, place, value)
    headline = f"{name} is {kind_of(value)}, not {short}"
    if isinstance(value, str | int | float) and isinstance(place.shape, Scalar) and short != "text":
        shown = f'the text "{value}"' if isinstance(value, str) and _is_number(value) else f"`{text}`"
        headline = f"{shown} is not {short}"
    label = f"expected {expected}" if expected != short or len(expected) > 40 else ""
    helps, fix = _remedy(value, text, place.shape, span, short)
    description = reported.description(place)
    if description and (isinstance(place.shape, Mapping) or (isinstance(place.shape, Items) and not helps)):
        helps = (*helps, f"{name}: {description}")
    return Diagnostic.error("wrong-type", headline, span, label, help=helps, fix=fix)


def kind_of(value: Any) -> str:
    """What a value of YAML is, in words."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def _no_choice(reported: Reported, place: Place, value: Any, span: Span) -> Diagnostic:
    """A value that has none of several forms."""
    name = reported.phrase(place.pointer)
    members = place.shape.members if isinstance(place.shape, Choice) else ()
    words = [value for member in members if isinstance(member, Scalar) for value in member.values]
    guesses = did_you_mean(value, words) if isinstance(value, str) else []
    helps = (f"did you mean `{guesses[0]}`?",) if guesses else ()
    if not guesses and isinstance(value, str | int | float) and any(isinstance(member, Items) for member in members):
        helps = (f"for a list of one, write `[{_as_written(reported, place, value)}]`",)
    given = f"`{_text(value)}`" if isinstance(value, str) else kind_of(value)
    return Diagnostic.error(
        "wrong-type", f"{name} is {given}, which it cannot be", span, f"expected {place.shape.words}", help=helps
    )


def _remedy(value: Any, text: str, shape: Shape, span: Span, short: str) -> tuple[tuple[str, ...], Fix | None]:
    """What to write instead of a value, here as its text, where that can be told."""
    if value is None:
        return ("give it a value, or delete the key",), None
    if isinstance(shape, Entries | Mapping | Tagged):
        return _form_of(shape, value), None
    if short.startswith("an amount of processors") and isinstance(value, float) and (value * 1000).is_integer():
        return _rewritten(span, f"{value * 1000:.0f}m")
    if short == "an amount of memory" and re.fullmatch(r"[1-9]\d*m?", text):
        return _memory(text, span)
    if isinstance(shape, Items) and isinstance(value, str | int | float):
        return _rewritten(span, f"[{text}]")
    if short.startswith("a duration") and isinstance(value, int | float):
        return (f"give it a unit: `{text}s`, `{text}m`, `{text}h` or `{text}d`",), None
    if short.startswith(("a percentage", "a confidence")) and isinstance(value, int | float) and 1 < value <= 100:
        return _rewritten(span, f"{text}%", f"did you mean `{text}%`?")
    if short in ("text", "a list") or short.startswith("the name"):
        if isinstance(value, int | float):
            quoted = f'"{text}"'
            return _rewritten(span, quoted, f"quote it: {quoted}")
        return (), None
    if isinstance(value, str):
        if short in ("a number", "a whole number") and _is_number(value):
            return _rewritten(span, value, "write it without quotes")
        if short == "`true` or `false`" and value.lower() in ("yes", "no", "on", "off", "true", "false"):
            right = "true" if value.lower() in ("yes", "on", "true") else "false"
            return _rewritten(span, right)
    if short == "a whole number" and isinstance(value, float):
        return (f"write `{round(value) or 1}`",), None
    return (), None


def _form_of(shape: Entries | Mapping | Tagged, value: Any) -> tuple[str, ...]:
    """How a mapping is written in the place of a value; names, alone or in a list, become its keys."""
    if isinstance(shape, Mapping):
        keys = [field.key for field in shape.fields.values() if field.required]
        if keys:
            return (f"write `{{{', '.join(f'{key}: ...' for key in keys)}}}`",)
        return (f"write a mapping with {_alternatives(tuple(shape.fields))}",)
    if isinstance(shape, Tagged):
        tags = _alternatives(tuple(tag for tag, _ in shape.members))
        return (f"write a mapping with {f'the `{shape.key}` {tags}' if shape.key else f'the key {tags}'}",)
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) for name in names):
        return ()
    members = shape.value.members if isinstance(shape.value, Choice) else (shape.value,)
    some = next((word for one in members if isinstance(one, Scalar) for word in one.values), "...")
    return (f"write `{{{', '.join(f'{_text(name)}: {some}' for name in names[:_MOST_NAMES])}}}`",)


def _memory(text: str, span: Span) -> tuple[tuple[str, ...], Fix | None]:
    """A number of bytes, or of thousandths of a byte, that was meant as one of mebibytes or gibibytes."""
    meant = f"{text}i".replace("mi", "Mi") if text.endswith("m") else f"{text}Gi"
    return _rewritten(span, meant, f"did you mean `{meant}`?")


def _rewritten(span: Span, text: str, advice: str = "") -> tuple[tuple[str, ...], Fix]:
    """Advice to write `text` instead, in words of one's own or plain ones, and the fix that does it."""
    plain = f"write `{text}`"
    return (advice or plain,), Fix(Safety.UNSAFE, plain, (Edit(span, text),))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _as_written(reported: Reported, place: Place, value: Any) -> str:
    """A scalar for a sentence, a number with all the digits that somebody has given it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and not place.is_key
    return (reported.written(place.pointer) if is_number else None) or _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:39] + "…"


def _alternatives(values: tuple[str, ...]) -> str:
    *most, last = [f"`{value}`" for value in values]
    return f"{', '.join(most)} or {last}" if most else last
