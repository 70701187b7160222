"""Keys that are unknown, missing, or do not say which form is meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from penstock.catalog.errors.places import Place
from penstock.catalog.errors.remedies import alternatives
from penstock.catalog.errors.reported import Reported
from penstock.diagnostics.grammar import joined, listed, with_article
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety, Span
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
    "params": ("space",), "parameters": ("space",), "param_grid": ("space",), "param_distributions": ("space",),
    "metric": ("maximize", "minimize"), "scoring": ("maximize", "minimize"), "n_iter": ("trials",), "patch": ("json",),
    "slice": ("by",), "group": ("by",), "dataset": ("source",),
    "created_timestamp_column": ("knownAt",), "join_keys": ("entity",), "entities": ("entity",), "ttl": ("maxAge",),
}  # fmt: skip
"""Keys of other systems, in lower case, with those of this language that say it, where a mapping has them."""


class _UnknownKey(NamedTuple):
    """A key that the language does not know where it stands."""

    key: str
    span: Span
    parent: Mapping | None
    present: dict[str, Any]
    """What stands beside it. In an override, what it says itself: the rest is there to be overridden."""

    @property
    def absent(self) -> list[str]:
        """The keys that its mapping may have and does not."""
        return [name for name in self.parent.fields if name not in self.present] if self.parent is not None else []


class _Advice(NamedTuple):
    """What to do about an unknown key."""

    helps: tuple[str, ...]
    meant: tuple[str, ...] = ()
    """The keys that were probably meant, which so are not missing."""
    fix: Fix | None = None


def unknown_key(
    kind: type[Resource], reported: Reported, place: Place, missing: list[str]
) -> tuple[Diagnostic, tuple[str, ...]]:
    """The diagnostic of a key that the language does not know there, and the keys that were probably meant."""
    unknown = _UnknownKey(
        str(place.pointer[-1]), reported.span(place.pointer, "key"), place.parent, reported.own(place.pointer[:-1])
    )
    headline = f"{_holder(kind, place, reported)} has no key `{unknown.key}`"
    advice = _advice(kind, reported, place, unknown, missing)
    return Diagnostic.error("unknown-key", headline, unknown.span, help=advice.helps, fix=advice.fix), advice.meant


def _advice(
    kind: type[Resource], reported: Reported, place: Place, unknown: _UnknownKey, missing: list[str]
) -> _Advice:
    """The likeliest of what may have happened."""
    is_of_override = reported.environment is not None and len(place.pointer) == 2
    of_override = _of_override(kind, unknown.key) if is_of_override else ""
    return (
        _misspelt(unknown, missing)
        or _of_other_systems(unknown)
        or (_needless(unknown, reported.value(place.pointer)) if not of_override else None)
        or _repeated(unknown)
        or _misplaced(unknown, of_override or _elsewhere(kind, place, unknown.key))
        or _Advice(_valid_keys(unknown))
    )


def _misspelt(unknown: _UnknownKey, missing: list[str]) -> _Advice | None:
    """A slip of the hand; what the mapping needs is likelier than what it may have."""
    key, absent = unknown.key, unknown.absent
    guesses = did_you_mean(key, missing) or did_you_mean(key, absent)
    if not guesses:
        return None
    is_sure = is_certain(key, did_you_mean(key, {*missing, *absent})) and not _has_rival(unknown, guesses[0])
    fix = Fix(Safety.SAFE if is_sure else Safety.UNSAFE, f"write `{guesses[0]}`", (Edit(unknown.span, guesses[0]),))
    return _Advice((f"did you mean {' or '.join(f'`{guess}`' for guess in guesses)}?",), (guesses[0],), fix)


def _of_other_systems(unknown: _UnknownKey) -> _Advice | None:
    """What other systems call one of the keys."""
    meant = [name for name in _SYNONYMS.get(unknown.key.lower(), ()) if name in unknown.absent]
    return _Advice((f"write {' or '.join(f'`{name}`' for name in meant)}",), (meant[0],)) if meant else None


def _needless(unknown: _UnknownKey, value: Any) -> _Advice | None:
    """A level too many, around keys that belong where it stands."""
    if not isinstance(value, dict) or not value or not set(value) <= set(unknown.absent):
        return None
    them = "it" if len(value) == 1 else "them"
    return _Advice((f"write {listed(value)} directly, without `{unknown.key}` around {them}",), tuple(value))


def _repeated(unknown: _UnknownKey) -> _Advice | None:
    """A slip of the hand for a key that is there already."""
    known = unknown.parent.fields if unknown.parent is not None else {}
    taken = did_you_mean(unknown.key, [name for name in unknown.present if name != unknown.key and name in known])
    return _Advice((f"`{taken[0]}` already exists: delete this one",), (taken[0],)) if taken else None


def _misplaced(unknown: _UnknownKey, elsewhere: str) -> _Advice | None:
    """A key of another place; where it would be right in several, what is right here is as likely to be sought."""
    if not elsewhere:
        return None
    valid = _valid_keys(unknown)
    is_short = " or `" in elsewhere and len("".join(valid)) < _LONGEST
    return _Advice((elsewhere, *valid) if is_short else (elsewhere,))


def _valid_keys(unknown: _UnknownKey) -> tuple[str, ...]:
    return (f"valid keys are {listed(unknown.parent.fields)}",) if unknown.parent is not None else ()


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


def _has_rival(unknown: _UnknownKey, guess: str) -> bool:
    """Whether another unknown key of the mapping may be meant to be the same one."""
    known = unknown.parent.fields if unknown.parent is not None else {}
    others = (name for name in unknown.present if name != unknown.key and name not in known)
    return any(guess in did_you_mean(name, known) for name in others)


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
            return f"it belongs to {listed(forms, 'or')}{what}"
    below = [name for name, one in _fields(place.parent) if isinstance(one.shape, Mapping) and key in one.shape.fields]
    if len(below) == 1:
        return f"`{key}` belongs in `{below[0]}`: `{below[0]}: {{{key}: ...}}`"
    paths = [path or "the top level" for path, mapping in mappings(kind) if key in mapping.fields]
    if 0 < len(paths) < 3:
        return f"`{key}` belongs in " + " or ".join(f"`{path}`" if path != "the top level" else path for path in paths)
    kinds = [name for name, other in KINDS.items() if other is not kind and key in _spec_of(other).fields]
    if place.pointer[:-1] == ("spec",) and kinds:
        return f"`{key}` is a key of {joined(kinds, 'or')}, not of {kind.kind_name}"
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
    yield Diagnostic.error(
        "missing-key", f"{holder} lacks {listed(keys)}", reported.span(parent, "key"), help=tuple(helps)
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
        help=(f"add one of {listed(RULE_FORMS, 'or')}",),
    )
