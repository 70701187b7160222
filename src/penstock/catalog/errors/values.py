"""Values of the wrong form: another type, not among those allowed, not written as the language asks."""

from __future__ import annotations

import re
from typing import Any

from penstock.catalog.errors.forms import form_of
from penstock.catalog.errors.places import Place
from penstock.catalog.errors.remedies import alternatives, is_quoted, meant, remedy, short_text
from penstock.catalog.errors.reported import Reported
from penstock.catalog.errors.wording import WORDINGS
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety, Span
from penstock.diagnostics.suggest import did_you_mean
from penstock.specs.base import API_VERSION
from penstock.specs.shapes import Choice, Entries, Items, Mapping, Scalar, Tagged, values_of

_SYNONYMS = {
    "integer": "int", "bigint": "int", "int64": "int", "long": "int", "str": "string", "text": "string",
    "varchar": "string", "category": "string", "categorical": "string", "double": "float", "number": "float",
    "numeric": "float", "decimal": "float", "float64": "float", "boolean": "bool", "datetime": "timestamp",
    "classification": "binary", "multi-class": "multiclass", "prod": "production", "dev": "development",
    "stage": "staging", "temporal": "time", "date": "time", "chronological": "time", "hash": "random", "error": "fail",
    "warning": "warn", "restricted": "sensitive", "confidential": "sensitive", "personal": "pii",
    "kolmogorov-smirnov": "ks", "jsd": "jensen_shannon", "js": "jensen_shannon", "grpc": "grpc-v2", "bayesian": "tpe",
    "previous": "champion", "current": "champion", "production": "champion", "blocking": "block",
    "datetime64": "timestamp", "datetime64[ns]": "timestamp", "timestamptz": "timestamp", "object": "string",
    "int32": "int", "float32": "float", "bool_": "bool", "zscore": "standard", "z-score": "standard",
    "standardscaler": "standard", "minmaxscaler": "minmax", "robustscaler": "robust", "logistic": "binary",
    "onehotencoder": "onehot", "ordinalencoder": "ordinal", "labelencoder": "ordinal", "bayes": "tpe", "*": "all",
    "one_hot": "onehot", "email": "ticket", "slack": "ticket", "rawdeployment": "Standard", "serverless": "Knative",
    "utf8": "utf-8", "utf_8": "utf-8", "utf-8-sig": "utf-8", "ascii": "utf-8", "utf16": "utf-16",
    "latin-1": "iso-8859-1", "latin1": "iso-8859-1", "latin_1": "iso-8859-1", "iso8859-1": "iso-8859-1",
    "latin2": "iso-8859-2", "latin-9": "iso-8859-15", "latin9": "iso-8859-15", "ansi": "windows-1252",
    "cp1250": "windows-1250", "cp1251": "windows-1251", "cp1252": "windows-1252",
    "shift_jis": "shift-jis", "sjis": "shift-jis", "gbk": "gb18030",
}  # fmt: skip
"""Words of other systems for values of this language."""

_EQUATION = re.compile(r"(?:\w+\.)?(\w+)\s*==?\s*(?:\w+\.)?(\w+)")


def not_one_of(reported: Reported, place: Place, value: Any, values: tuple[str, ...]) -> Diagnostic:
    """A value that is not on the list."""
    span = reported.span(place.pointer)
    name = reported.phrase(place.pointer)
    if place.pointer == ("apiVersion",):
        return Diagnostic.error(
            "api-version",
            f"the version `{value}` is not supported",
            span,
            help=(f"write `{API_VERSION}`",),
            fix=Fix(Safety.UNSAFE, f"write `{API_VERSION}`", (Edit(span, API_VERSION),)),
        )
    label = f"expected {alternatives(values)}"
    synonym = _SYNONYMS.get(str(value).lower())
    guesses = [synonym] if synonym in values else did_you_mean(str(value), values)
    shown = "the value" if isinstance(value, dict | list) else f"`{short_text(value)}`"
    headline = f"{shown} is not a valid value of {name}"
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
        scheme, sign, _ = value.partition("://")
        without = f", without `{scheme}{sign}`" if sign and sign not in meant else ""
        helps.append(f"did you mean `{meant}`{without}?")
        fix = Fix(Safety.UNSAFE, f"write `{meant}`", (Edit(span, meant),))
    return Diagnostic.error("invalid-format", f"`{short}` is not {wording.what}", span, help=tuple(helps), fix=fix)


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
        shown = f'the text "{value}"' if isinstance(value, str) and is_quoted(value) else f"`{text}`"
        headline = f"{shown} is not {short}"
    label = f"expected {expected}" if expected != short or len(expected) > 40 else ""
    if value is not None and isinstance(place.shape, Entries | Mapping | Tagged):
        helps, fix = form_of(place.shape, value), None
    elif isinstance(value, dict) and isinstance(place.shape, Items) and isinstance(place.shape.item, Mapping):
        needed = [f"{key}: ..." for key, field in place.shape.item.fields.items() if field.required]
        helps, fix = (f"write a list, even of one: `[{{{', '.join(needed or ['...'])}}}]`",), None
    elif place.pointer[:2] == ("spec", "split") and _is_share(value):
        helps, fix = ("write a length of time such as `30d`; shares of the rows go with `by: random`",), None
    else:
        helps, fix = remedy(value, text, place.shape, span, short)
    description = reported.description(place)
    if description and (isinstance(place.shape, Mapping) or (isinstance(value, list | dict) and not helps)):
        helps = (*helps, f"{name}: {description}")
    return Diagnostic.error("wrong-type", headline, span, label, help=helps, fix=fix)


def _is_share(value: Any) -> bool:
    """Whether a value is a part of the rows, in the language's form or as a fraction."""
    return (isinstance(value, float) and 0 < value < 1) or (isinstance(value, str) and value.endswith("%"))


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
    words = values_of(place.shape)
    synonym = _SYNONYMS.get(str(value).lower())
    guesses = [synonym] if synonym in words else did_you_mean(value, words) if isinstance(value, str) else []
    helps: tuple[str, ...] = (f"did you mean `{guesses[0]}`?",) if guesses else ()
    equation = _EQUATION.fullmatch(value) if isinstance(value, str) else None
    if equation is not None and any(isinstance(member, Entries) for member in members):
        mine, theirs = equation[1], equation[2]
        helps = (f"write `[{mine}]`" if mine == theirs else f"write `{{{mine}: {theirs}}}`",)
    elif not guesses and isinstance(value, str | int | float) and any(isinstance(member, Items) for member in members):
        helps = (f"for a list of one, write `[{_as_written(reported, place, value)}]`",)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = _as_written(reported, place, value) if is_number else value
    if not helps and isinstance(value, str | int | float) and not isinstance(value, bool):
        scalars = (member for member in members if isinstance(member, Scalar))
        instead = (meant(value, str(text), member.words.split(" such as")[0]) for member in scalars)
        helps = tuple(f"did you mean `{one}`?" for one in instead if one is not None)[:1]
    description = reported.description(place)
    if not helps and description:
        helps = (f"{name}: {description}",)
    given = f"`{short_text(text)}`" if isinstance(text, str) else kind_of(value)
    return Diagnostic.error(
        "wrong-type", f"{name} cannot be {given}", span, f"expected {place.shape.words}", help=helps
    )


def _as_written(reported: Reported, place: Place, value: Any) -> str:
    """A scalar for a sentence, a number with all the digits that somebody has given it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and not place.is_key
    return (reported.written(place.pointer) if is_number else None) or short_text(value)
