"""What is wrong with a spec by itself, in the words of whoever wrote it: pydantic's errors become diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from penstock.catalog.errors.keys import ambiguous_rule, lacking_keys, unknown_key
from penstock.catalog.errors.places import Place, place_of
from penstock.catalog.errors.reported import Reported
from penstock.catalog.errors.values import not_one_of, out_of_pattern, wrong_type
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Label, Safety
from penstock.source.model import Pointer
from penstock.specs.base import LONGEST_LOGIN, Resource
from penstock.specs.environment import Environment
from penstock.specs.kubernetes import RESERVED_LABELS
from penstock.specs.numbers import number
from penstock.specs.shapes import Scalar, Tagged

__all__ = ["Reported", "explain"]


class Mistake(NamedTuple):
    """One of pydantic's errors, and where it is."""

    type: str
    place: Place
    value: Any
    context: dict[str, Any]


def explain(kind: type[Resource], reported: Reported, errors: Iterable[Any]) -> list[Diagnostic]:
    """One diagnostic for each cause among pydantic's errors, except at values that the reader has reported."""
    mistakes = []
    missing: dict[Pointer, list[Mistake]] = {}
    choices: set[Pointer] = set()
    refused: list[Place] = []
    for error in errors:
        place = place_of(kind, reported.data, error["loc"])
        if place.rejected or reported.is_damaged(place.pointer):
            if error["type"] == "extra_forbidden":
                refused.append(place)
            continue
        if place.is_choice:
            if place.pointer in choices:
                continue
            choices.add(place.pointer)
        mistake = Mistake(error["type"], place, error.get("input"), error.get("ctx") or {})
        if mistake.type == "missing":
            missing.setdefault(place.pointer[:-1], []).append(mistake)
        else:
            mistakes.append(mistake)
    for place in refused:
        _account_for(kind, reported, place, missing.get(place.pointer[:-1], []))
    diagnostics: list[Diagnostic] = []
    for mistake in mistakes:
        diagnostics += _explained(kind, reported, mistake, missing)
    for parent, lacking in missing.items():
        diagnostics += lacking_keys(kind, reported, parent, [one.place for one in lacking])
    return diagnostics


def _account_for(kind: type[Resource], reported: Reported, place: Place, lacking: list[Mistake]) -> None:
    """A key that the reader has reported, such as a plain `on`, may stand for one that would be missing."""
    names = [str(one.place.pointer[-1]) for one in lacking]
    _, meant = unknown_key(kind, reported, place, names)
    likely = meant if set(meant) & set(names) or len(names) != 1 else names
    lacking[:] = [one for one in lacking if one.place.pointer[-1] not in likely]


def _explained(
    kind: type[Resource], reported: Reported, mistake: Mistake, missing: dict[Pointer, list[Mistake]]
) -> Iterator[Diagnostic]:
    place = mistake.place
    if mistake.type == "extra_forbidden":
        lacking = missing.get(place.pointer[:-1], [])
        diagnostic, meant = unknown_key(kind, reported, place, [str(one.place.pointer[-1]) for one in lacking])
        # The key that was misspelt, or stands one level too low, is not also missing.
        lacking[:] = [one for one in lacking if one.place.pointer[-1] not in meant]
        yield diagnostic
    elif mistake.type == "ambiguous_rule":
        yield ambiguous_rule(reported, place)
    elif mistake.type == "union_tag_not_found" and isinstance(place.shape, Tagged):
        key = place.shape.key or ""
        yield from lacking_keys(
            kind, reported, place.pointer, [Place((*place.pointer, key), place.shape.members[0][1], None)]
        )
    elif place.is_choice and _TABLE.get(mistake.type) is not _length:
        yield wrong_type(reported, place, mistake.value)
    else:
        write = _TABLE.get(mistake.type)
        if write is None and mistake.type.endswith("_type"):
            write = _type
        yield (write or _otherwise)(reported, mistake)


def _type(reported: Reported, mistake: Mistake) -> Diagnostic:
    return wrong_type(reported, mistake.place, mistake.value)


def _unit(reported: Reported, mistake: Mistake) -> Diagnostic:
    return wrong_type(reported, mistake.place, mistake.value, str(mistake.context.get("reason", "")))


def _literal(reported: Reported, mistake: Mistake) -> Diagnostic:
    shape = mistake.place.shape
    return not_one_of(reported, mistake.place, mistake.value, shape.values if isinstance(shape, Scalar) else ())


def _tag(reported: Reported, mistake: Mistake) -> Diagnostic:
    shape = mistake.place.shape
    if not isinstance(shape, Tagged):
        return _otherwise(reported, mistake)
    key = shape.key or ""
    place = Place((*mistake.place.pointer, key), shape, None)
    return not_one_of(reported, place, mistake.value.get(key), tuple(tag for tag, _ in shape.members))


def _pattern(reported: Reported, mistake: Mistake) -> Diagnostic:
    return out_of_pattern(reported, mistake.place, str(mistake.value), str(mistake.context.get("pattern", "")))


_COMPARISONS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("below", "lt"),
}


def _range(reported: Reported, mistake: Mistake) -> Diagnostic:
    words, key = _COMPARISONS[mistake.type]
    return Diagnostic.error(
        "out-of-range",
        f"{reported.phrase(mistake.place.pointer)} is out of range",
        reported.span(mistake.place.pointer),
        f"must be {words} {number(mistake.context[key])}",
    )


def _length(reported: Reported, mistake: Mistake) -> Diagnostic:
    name, least = reported.phrase(mistake.place.pointer), mistake.context["min_length"]
    is_text = mistake.type == "string_too_short"
    unit = "characters" if is_text else "items"
    headline = f"{name} is empty" if not mistake.value else f"{name} is too short"
    label = "" if not mistake.value and least == 1 else f"must have at least {least} {unit}"
    description = reported.description(mistake.place)
    helps = (f"{name}: {description}",) if description else ()
    return Diagnostic.error("too-few", headline, reported.span(mistake.place.pointer), label, help=helps)


def _too_many(reported: Reported, mistake: Mistake) -> Diagnostic:
    return Diagnostic.error(
        "too-many",
        f"{reported.phrase(mistake.place.pointer)} has too many items",
        reported.span(mistake.place.pointer),
        f"has {mistake.context['actual_length']}, at most {mistake.context['max_length']} are allowed",
    )


def _choose(reported: Reported, mistake: Mistake) -> Diagnostic:
    pointer = mistake.place.pointer
    choices = [word.strip("` ") for word in mistake.context["choices"].split(",")]
    given = [key for key in choices if isinstance(mistake.value, dict) and mistake.value.get(key) is not None]
    listed = ", ".join(f"`{key}`" for key in choices)
    name = reported.phrase(pointer)
    if len(given) > 1:
        own = reported.own(pointer) if reported.environment is not None else {}
        written, others = [key for key in given if key in own], [key for key in given if key not in own]
        if written and others:
            return _kept(reported, pointer, written[0], others[0])
        first = Label(reported.span((*pointer, given[0]), "key"), "and this")
        return Diagnostic.error(
            "choose-one",
            f"{name} has both `{given[0]}` and `{given[1]}`, but only one is allowed",
            reported.span((*pointer, given[1]), "key"),
            "this",
            secondary=(first,),
            help=("keep one of them",),
        )
    words = "exactly one of" if mistake.type == "choose_one" else "at least one of"
    return Diagnostic.error(
        mistake.type.replace("_", "-"),
        f"{name} has none of {listed}",
        reported.span(pointer, "key"),
        help=(f"add {words} them",),
    )


def _kept(reported: Reported, pointer: Pointer, written: str, other: str) -> Diagnostic:
    """An override that writes one form beside another, which the spec has and the merge keeps."""
    return Diagnostic.error(
        "choose-one",
        f"the override for `{reported.environment}` adds `{written}` to {reported.phrase(pointer)}, which keeps its "
        f"`{other}`, but only one is allowed",
        reported.span((*pointer, written), "key"),
        secondary=(Label(reported.document.span((*pointer, other), "key"), "merged with this"),),
        help=(f"write `{other}: null` beside it, which removes the other",),
    )


def _repeated(reported: Reported, mistake: Mistake) -> Diagnostic:
    pointer, position = mistake.place.pointer, mistake.context["position"]
    item = mistake.value[position]
    first = Label(reported.span((*pointer, mistake.value.index(item))), "first here")
    return Diagnostic.error(
        "duplicate-item",
        f"`{item}` is listed twice in {reported.phrase(pointer)}",
        reported.span((*pointer, position)),
        "again here",
        secondary=(first,),
        help=("delete one of them",),
    )


def _reserved_label(reported: Reported, mistake: Mistake) -> Diagnostic:
    key = str(mistake.value)
    return Diagnostic.error(
        "reserved-label",
        f"the label `{key}` is set by the compiler",
        reported.span(mistake.place.pointer, "key"),
        help=("use a prefix other than " + " and ".join(f"`{prefix}`" for prefix in RESERVED_LABELS),),
    )


def _cidr(reported: Reported, mistake: Mistake) -> Diagnostic:
    text, meant = str(mistake.value), mistake.context.get("meant")
    span = reported.span(mistake.place.pointer)
    if meant is None:
        advice = "write it in CIDR notation, such as `10.20.0.0/16`"
        return Diagnostic.error("invalid-format", f"`{text}` is not a valid address range", span, help=(advice,))
    return Diagnostic.error(
        "invalid-format",
        f"`{text}` has host bits set",
        span,
        help=(f"write `{meant}` for the range",),
        fix=Fix(Safety.UNSAFE, f"write `{meant}`", (Edit(span, str(meant)),)),
    )


def _needed_by_cluster(reported: Reported, mistake: Mistake) -> Diagnostic:
    place = mistake.place
    keys = [Place((*place.pointer, key), place.shape, None) for key in mistake.context["keys"].split(", ")]
    (diagnostic,) = lacking_keys(Environment, reported, place.pointer, keys)
    return replace(diagnostic, help=(*diagnostic.help, "or set `cluster: false`, if pipelines only run locally"))


def _custom(code: str, headline: str, advice: str) -> Callable[[Reported, Mistake], Diagnostic]:
    def write(reported: Reported, mistake: Mistake) -> Diagnostic:
        return Diagnostic.error(
            code,
            headline.format(reported.phrase(mistake.place.pointer)),
            reported.span(mistake.place.pointer),
            help=(advice,),
        )

    return write


def _otherwise(reported: Reported, mistake: Mistake) -> Diagnostic:
    return Diagnostic.error(
        "wrong-type",
        f"{reported.phrase(mistake.place.pointer)} has the wrong type",
        reported.span(mistake.place.pointer),
        f"expected {mistake.place.shape.words}",
    )


_TABLE: dict[str, Callable[[Reported, Mistake], Diagnostic]] = {
    "literal_error": _literal,
    "union_tag_invalid": _tag,
    "string_pattern_mismatch": _pattern,
    "string_too_short": _length,
    "too_short": _length,
    "too_long": _too_many,
    "unit": _unit,
    "instant": _type,
    "choose_one": _choose,
    "choose_some": _choose,
    "needed_by_cluster": _needed_by_cluster,
    "half_a_login": _custom(
        "missing-key",
        "{} has a user name without a password, or the reverse",
        "write both `username` and `secret`, or neither",
    ),
    "range_order": _custom("bad-range", "the bounds of {} are in the wrong order", "write the smaller bound first"),
    "range_empty": _custom(
        "bad-range", "the bounds of {} are equal", "write a range, or set its value in `estimator.params`"
    ),
    "range_log": _custom(
        "bad-range", "{} has a bound of 0 or below on a log scale", "use a lower bound above 0, or `uniform`"
    ),
    "duplicate_item": _repeated,
    "reserved_label": _reserved_label,
    "name_length": _custom("too-many", "{} is too long", "Kubernetes takes at most 253 characters"),
    "login_length": _custom("too-many", "{} is too long", f"a login has at most {LONGEST_LOGIN} characters"),
    "cidr": _cidr,
    "link_local": _custom(
        "invalid-format",
        "{} is a link-local address, where clouds serve machine credentials",
        "remove it; `egress.credentials` gives pods access to their own credentials",
    ),
    "at_least_of": _custom(
        "out-of-range",
        "{} requires more conditions than it lists",
        "use a smaller `count`, or list more conditions in `of`",
    ),
    "dialect_of_nothing": _custom(
        "choose-some",
        "{} has a `dialect`, but no CSV files",
        "remove `dialect`, or set `csv`",
    ),
    "surrogate_key_of_sql": _custom(
        "choose-one",
        "{} has both `surrogateKey` and `sql`, but only one is allowed",
        "remove `surrogateKey`: a query takes its key from the datasets that it reads",
    ),
    "period_order": _custom("bad-range", "{} ends before it starts", "write `until` after `from`"),
    **dict.fromkeys(_COMPARISONS, _range),
}
"""Who explains which of pydantic's errors; types of values are explained by `_type`."""
