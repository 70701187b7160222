"""Keys that are unknown, missing, or do not say which form is meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from penstock.catalog.errors.places import Place
from penstock.catalog.errors.remedies import alternatives
from penstock.catalog.errors.reported import Reported
from penstock.diagnostics.grammar import listed, with_article
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety
from penstock.diagnostics.suggest import did_you_mean, is_certain
from penstock.source.model import Pointer
from penstock.specs.base import Resource
from penstock.specs.gate import RULE_FORMS
from penstock.specs.kinds import KINDS
from penstock.specs.shapes import Field, Mapping, Shape, Tagged, mapping_of, mappings, shape_at

_MOST_KEYS = 3
_LONGEST = 90
"""Of a list of keys that is given beside another advice."""

_SYNONYMS: dict[str, tuple[str, ...]] = {
    "threshold": ("atLeast", "atMost"), "min": ("atLeast",), "max": ("atMost",), "gte": ("atLeast",),
    "lte": ("atMost",), "minimum": ("atLeast", "min"), "maximum": ("atMost", "max"), "pause": ("hold",),
    "duration": ("hold", "window"), "wait": ("hold",), "features": ("of",), "join_on": ("match",), "keys": ("match",),
    "filter": ("where",), "query": ("sql",), "expr": ("sql",), "expression": ("sql",), "dtype": ("type",),
    "accepted_values": ("oneOf",), "values": ("oneOf",), "enum": ("oneOf",), "regex": ("matches",),
    "timestamp": ("eventTime",), "target": ("label",),
    "hyperparameters": ("params",), "replica_count": ("replicas",), "email": ("ticket",), "slack": ("chat",),
    "on": ("match",), "schema": ("columns",), "fields": ("columns",), "unique_key": ("primaryKey",),
    "timestamp_field": ("eventTime",), "event_timestamp_column": ("eventTime",), "loaded_at_field": ("knownAt",),
    "created_timestamp_column": ("knownAt",), "join_keys": ("entity",), "entities": ("entity",), "ttl": ("maxAge",),
}  # fmt: skip
"""Keys of other systems, in lower case, with those of this language that say it, where a mapping has them."""


def unknown_key(
    kind: type[Resource], reported: Reported, place: Place, missing: list[str]
) -> tuple[Diagnostic, tuple[str, ...]]:
    """The diagnostic of a key that the language does not know there, and the keys that were probably meant."""
    key = str(place.pointer[-1])
    span = reported.span(place.pointer, "key")
    parent = place.parent
    # In an override, what it says itself: the rest is there to be overridden.
    present = reported.own(place.pointer[:-1])
    known = [name for name in parent.fields if name not in present] if parent is not None else []
    guesses = did_you_mean(key, missing) or did_you_mean(key, known)
    holder = _holder(kind, place, reported)
    headline = f"{holder} has no key `{key}`"
    if guesses:
        certain = is_certain(key, did_you_mean(key, {*missing, *known})) and not _has_rival(
            guesses[0], key, parent, present
        )
        fix = Fix(Safety.SAFE if certain else Safety.UNSAFE, f"write `{guesses[0]}`", (Edit(span, guesses[0]),))
        help_ = f"did you mean {' or '.join(f'`{guess}`' for guess in guesses)}?"
        return Diagnostic.error("unknown-key", headline, span, help=(help_,), fix=fix), (guesses[0],)
    meant = [name for name in _SYNONYMS.get(key.lower(), ()) if name in known]
    if meant:
        help_ = f"write {' or '.join(f'`{name}`' for name in meant)}"
        return Diagnostic.error("unknown-key", headline, span, help=(help_,)), (meant[0],)
    inside, of_override = reported.value(place.pointer), ""
    if reported.environment is not None and len(place.pointer) == 2:
        of_override = _of_override(kind, key)
    if not of_override and isinstance(inside, dict) and inside and set(inside) <= set(known):
        help_ = f"write {listed(list(inside))} directly, without `{key}` around them"
        if len(inside) == 1:
            help_ = f"write {listed(list(inside))} directly, without `{key}` around it"
        return Diagnostic.error("unknown-key", headline, span, help=(help_,)), tuple(inside)
    taken = did_you_mean(
        key, [name for name in present if name != key and parent is not None and name in parent.fields]
    )
    elsewhere = of_override or _elsewhere(kind, place, key)
    if taken:
        help_ = f"`{taken[0]}` already exists: delete this one"
        return Diagnostic.error("unknown-key", headline, span, help=(help_,)), (taken[0],)
    own = (f"valid keys are {listed(list(parent.fields))}",) if parent is not None else ()
    if elsewhere:
        # Where it would be right in several places, what is right here is as likely to be sought.
        is_short = " or `" in elsewhere and len("".join(own)) < _LONGEST
        helps = (elsewhere, *own) if is_short else (elsewhere,)
        return Diagnostic.error("unknown-key", headline, span, help=helps), ()
    return Diagnostic.error("unknown-key", headline, span, help=own), ()


def _of_override(kind: type[Resource], key: str) -> str:
    """What is wrong with a key at the top of an override; empty where nothing of its own."""
    if key == "spec":
        return "an override already applies to `spec`: remove this level"
    if key in mapping_of(kind).fields:
        return f"an override can only change `spec`: `{key}` is the same in every environment"
    first, *rest = key.split(".")
    if rest and first in _spec_of(kind).fields:
        return f"write it as mappings: `{first}: {{{': {'.join(rest)}: ...{'}' * len(rest)}`"
    return ""


def _has_rival(guess: str, key: str, parent: Mapping | None, present: Iterable[str]) -> bool:
    """Whether another unknown key of the mapping may be meant to be the same one."""
    known = parent.fields if parent is not None else {}
    return any(guess in did_you_mean(name, known) for name in present if name != key and name not in known)


def _holder(kind: type[Resource], place: Place, reported: Reported) -> str:
    """What a key stands in: a kind, a mapping by its key, or the form of a rule."""
    above = place.pointer[:-1]
    if place.siblings is not None:
        value = reported.value(above)
        tag = place.siblings.tag_of(value)
        return f"a `{tag}` rule" if place.siblings.key is None else f"`{place.siblings.key}: {tag}`"
    if not above:
        return with_article(kind.kind_name)
    if above == ("spec",):
        return f"the `spec` of {with_article(kind.kind_name)}"
    return reported.phrase(above)


def _elsewhere(kind: type[Resource], place: Place, key: str) -> str:
    """Where the key would be right; empty where nowhere, or in too many places to help."""
    if place.siblings is not None:
        forms = [tag for tag, mapping in place.siblings.members if key in mapping.fields]
        if forms:
            prefix = f"{place.siblings.key}: " if place.siblings.key else ""
            forms = [f"{prefix}{form}" for form in forms]
            what = "" if prefix else " rules"
            return f"it belongs to {listed(forms).replace(' and ', ' or ')}{what}"
    below = [name for name, one in _fields(place.parent) if isinstance(one.shape, Mapping) and key in one.shape.fields]
    if len(below) == 1:
        return f"`{key}` belongs in `{below[0]}`: `{below[0]}: {{{key}: ...}}`"
    paths = [path or "the top level" for path, mapping in mappings(kind) if key in mapping.fields]
    if 0 < len(paths) < 3:
        return f"`{key}` belongs in " + " or ".join(f"`{path}`" if path != "the top level" else path for path in paths)
    kinds = [name for name, other in KINDS.items() if other is not kind and key in _spec_of(other).fields]
    if place.pointer[:-1] == ("spec",) and kinds:
        return f"`{key}` is a key of {listed(kinds).replace('`', '').replace(' and ', ' or ')}, not of {kind.kind_name}"
    return ""


def _fields(mapping: Mapping | None) -> Iterable[tuple[str, Field]]:
    return mapping.fields.items() if mapping is not None else ()


def _spec_of(kind: type[Resource]) -> Mapping:
    shape = mapping_of(kind).fields["spec"].shape
    return shape if isinstance(shape, Mapping) else mapping_of(kind)


def _form(key: str, shape: Shape | None) -> str:
    """The key as it is added: with the keys that its mapping needs in turn, where these are few."""
    required = [one.key for one in shape.fields.values() if one.required] if isinstance(shape, Mapping) else []
    if not 0 < len(required) <= _MOST_KEYS:
        return key
    return f"{key}: {{{', '.join(f'{name}: ...' for name in required)}}}"


def lacking_keys(
    kind: type[Resource], reported: Reported, parent: Pointer, places: list[Place]
) -> Iterator[Diagnostic]:
    """One diagnostic for all required keys that one mapping lacks."""
    if not places:
        return
    keys = [str(place.pointer[-1]) for place in places]
    shape = shape_at(mapping_of(kind), reported.data, parent)
    helps = []
    for key in keys:
        field = shape.fields.get(key) if isinstance(shape, Mapping) else None
        description = f": {field.description}" if field is not None and field.description else ""
        if isinstance(shape, Tagged) and key == shape.key:
            helps.append(f"add `{key}: ...` with {alternatives(tuple(tag for tag, _ in shape.members))}")
            continue
        helps.append(f"add `{_form(key, field.shape if field is not None else None)}`{description}")
    holder = reported.phrase(parent) if parent else f"the {kind.kind_name}"
    first = (*parent, keys[0])
    removed = reported.environment is not None and reported.origin(first)[-1:] == first[-1:]
    if removed:
        headline = f"the override for `{reported.environment}` removes {listed(keys)}, which {holder} requires"
        yield Diagnostic.error("missing-key", headline, reported.span(first, "key"), help=("delete the line",))
        return
    of: Literal["value", "key"] = "key"
    yield Diagnostic.error(
        "missing-key", f"{holder} lacks {listed(keys)}", reported.span(parent, of), help=tuple(helps)
    )


def ambiguous_rule(reported: Reported, place: Place) -> Diagnostic:
    """A rule of a gate without the one key that says what it checks."""
    rule = reported.value(place.pointer)
    if not isinstance(rule, dict):
        return Diagnostic.error(
            "ambiguous-rule",
            f"{reported.phrase(place.pointer)} is not a valid rule",
            reported.span(place.pointer),
            help=("write a mapping, such as `{id: quality, metric: roc_auc, atLeast: 0.7}`",),
        )
    for key in rule:
        if key == "id":
            continue
        guesses = did_you_mean(key, RULE_FORMS)
        if guesses:
            span = reported.span((*place.pointer, key), "key")
            return Diagnostic.error(
                "unknown-key",
                f"a rule has no key `{key}`",
                span,
                help=(f"did you mean `{guesses[0]}`?",),
                fix=Fix(
                    Safety.SAFE if is_certain(key, guesses) else Safety.UNSAFE,
                    f"write `{guesses[0]}`",
                    (Edit(span, guesses[0]),),
                ),
            )
    name = rule.get("id")
    called = f"the rule `{name}`" if isinstance(name, str) else reported.phrase(place.pointer)
    return Diagnostic.error(
        "ambiguous-rule",
        f"{called} has no type",
        reported.span(place.pointer, "key"),
        help=(f"add one of {listed(list(RULE_FORMS)).replace(' and ', ' or ')}",),
    )
