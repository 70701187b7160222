"""The fields of a kind, as ``kubectl explain`` shows those of Kubernetes: read off the language itself."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, get_args

import orjson

from penstock.diagnostics.grammar import counted, joined, listed
from penstock.diagnostics.suggest import did_you_mean
from penstock.specs.kinds import KINDS
from penstock.specs.metrics import METRICS, Task
from penstock.specs.review import in_words
from penstock.specs.shapes import Anything, Choice, Entries, Field, Items, Mapping, Scalar, Shape, Tagged, mapping_of

_WIDTH = 100
BESIDE = ("metadata", "overrides")
"""Keys of a whole spec that stand beside ``spec``, below which all other paths begin."""


class NoFieldError(Exception):
    """The language has no such kind or field; the message says what it has."""


class Topic(NamedTuple):
    """A place of the language."""

    path: str
    """Kind and keys, as ``Gate.rules.metric``."""
    shape: Shape
    description: str
    field: Field | None = None
    """The field that has this shape, where it is one."""


def find(text: str) -> Topic:
    """The place that kind and keys lead to; lists and freely keyed mappings are passed through. NoFieldError.

    Keys begin below ``spec``, as those of addresses do; that somebody names it, too, changes nothing.
    """
    kind, *keys = text.split(".")
    if kind not in KINDS:
        raise NoFieldError(f"there is no kind `{kind}`{_meant(did_you_mean(kind, KINDS), list(KINDS))}")
    whole = mapping_of(KINDS[kind])
    beside = keys[0] if keys and keys[0] in BESIDE else "spec"
    place = Topic(kind, whole.fields[beside].shape, KINDS[kind].summary)
    if keys[:1] == ["spec"]:
        keys = keys[1:]
    elif beside != "spec":
        place, keys = Topic(f"{kind}.{beside}", place.shape, whole.fields[beside].description), keys[1:]
    for key in keys:
        place = _below(place, key)
    return place


def as_text(place: Topic) -> str:
    """What stands at the place: a field a paragraph, or a form a line."""
    inner = _inner(place.shape)
    lines = textwrap.wrap(f"{place.path}: {_what(place.shape)}", _WIDTH, subsequent_indent="    ")
    lines += textwrap.wrap(place.description, _WIDTH)
    lines += [line for line in (_need(place.field), _looser(place.field)) if line]
    longer: list[str] = []
    if isinstance(inner, Mapping):
        lines += ["", *(line for field in inner.fields.values() for line in _paragraph(field))]
        longer = [key for key, field in inner.fields.items() if _has_more(field.shape) or _is_metric(field.shape)]
    elif isinstance(inner, Tagged):
        lines += ["", *_forms(inner), ""]
        longer = [tag for tag, _ in inner.members]
    elif _is_metric(inner):
        lines += ["", *_metrics()]
    if longer:
        more = f", and likewise {joined(longer[1:])}" if longer[1:] else ""
        lines += textwrap.wrap(f"Its fields: penstock explain {place.path}.{longer[0]}{more}", _WIDTH)
    return "\n".join(lines).rstrip("\n") + "\n"


def _forms(shape: Tagged) -> Iterator[str]:
    width = max(len(tag) for tag, _ in shape.members)
    for tag, member in shape.members:
        yield from textwrap.wrap(
            _sentence(member),
            _WIDTH,
            initial_indent=f"  {tag:<{width}}  ",
            subsequent_indent=f"  {'':<{width}}  ",
        )


def as_data(place: Topic) -> dict[str, Any]:
    """The same as plain data: the place, and its fields or the forms that it may have."""
    inner = _inner(place.shape)
    found: dict[str, Any] = {"path": place.path, "type": _what(place.shape), "description": place.description}
    if isinstance(inner, Mapping):
        found["fields"] = [_field_data(field) for field in inner.fields.values()]
    elif isinstance(inner, Tagged):
        found["forms"] = [{"name": tag, "description": _sentence(member)} for tag, member in inner.members]
    return found


def _below(place: Topic, key: str) -> Topic:
    inner = _inner(place.shape)
    path = f"{place.path}.{key}"
    if isinstance(inner, Tagged) and key in dict(inner.members):
        member = dict(inner.members)[key]
        return Topic(path, member, _sentence(member))
    fields = {name: field for mapping in _mappings(inner) for name, field in mapping.fields.items()}
    if key in fields:
        return Topic(path, fields[key].shape, fields[key].description, fields[key])
    known = [tag for tag, _ in inner.members] if isinstance(inner, Tagged) else list(fields)
    if not known:
        raise NoFieldError(f"`{place.path}` has no fields: it is {_what(place.shape)}")
    # The key of a form may hold what is looked for: `margin` is one of `compare` in a rule of the form `compare`.
    within = [
        f"{place.path}.{name}.{key}"
        for name, field in fields.items()
        if any(key in mapping.fields for mapping in _mappings(_inner(field.shape)))
    ]
    if within:
        raise NoFieldError(f"`{place.path}` has no `{key}`{_meant(within, known)}")
    beside = BESIDE if place.path in KINDS else ()
    raise NoFieldError(f"`{place.path}` has no `{key}`{_meant(did_you_mean(key, [*known, *fields, *beside]), known)}")


def _inner(shape: Shape) -> Shape:
    """The shape within lists and freely keyed mappings; of a choice the one that has fields."""
    while True:
        if isinstance(shape, Items):
            shape = shape.item
        elif isinstance(shape, Entries):
            shape = shape.value
        elif isinstance(shape, Choice):
            shape = next((member for member in shape.members if _has_more(member)), Anything(shape.words))
        else:
            return shape


def _has_more(shape: Shape) -> bool:
    return isinstance(_inner(shape), Mapping | Tagged)


def _is_metric(shape: Shape) -> bool:
    return isinstance(shape, Scalar) and shape.holds == "metric"


def _metrics() -> Iterator[str]:
    """The metrics of each task."""
    for task in get_args(Task):
        names = ", ".join(name for name, metric in METRICS.items() if task in metric.tasks)
        yield from textwrap.wrap(
            f"{task}: {names}", _WIDTH, initial_indent="  ", subsequent_indent=" " * 4, break_on_hyphens=False
        )


def _mappings(shape: Shape) -> Iterator[Mapping]:
    if isinstance(shape, Mapping):
        yield shape
    elif isinstance(shape, Tagged):
        yield from (member for _, member in shape.members)


def _what(shape: Shape) -> str:
    """The type, in the words of somebody who writes YAML."""
    if isinstance(shape, Items):
        return f"a list, each item {_what(shape.item)}"
    if isinstance(shape, Entries):
        return f"a mapping with names of your choice, each value {_what(shape.value)}"
    if isinstance(shape, Choice):
        return " or ".join(dict.fromkeys(_what(member) for member in shape.members))
    if isinstance(shape, Tagged):
        chosen = f"by `{shape.key}`" if shape.key is not None else "by its keys"
        return f"a mapping in one of {counted(len(shape.members), 'form')}, chosen {chosen}"
    if isinstance(shape, Scalar) and len(shape.values) > 2:
        return listed(map(str, shape.values), "or")
    return shape.words


def _sentence(mapping: Mapping) -> str:
    return " ".join(inspect.cleandoc(mapping.cls.__doc__ or "").split("\n\n")[0].split())


def _paragraph(field: Field) -> Iterator[str]:
    """Key and type, then what it says, then what it means to a review."""
    head = f"{field.key}: {_what(field.shape)} ({_need(field)})"
    yield from textwrap.wrap(head, _WIDTH, subsequent_indent="    ")
    yield from (f"    {line}" for line in textwrap.wrap(field.description, _WIDTH - 4))
    if looser := _looser(field):
        yield f"    {looser}"
    yield ""


def _need(field: Field | None) -> str:
    """Whether it has to be written, and what it is where it is not."""
    if field is None or field.required:
        return "required" if field is not None else ""
    if field.default in (None, {}, [], ""):
        return "optional"
    value = field.default
    return f"default `{value if isinstance(value, str) else orjson.dumps(value, default=str).decode()}`"


def _looser(field: Field | None) -> str:
    """What a change of it means to a review; empty for prose."""
    meaning = in_words(field.review) if field is not None and field.review is not None else ""
    return f"review: {meaning}" if meaning else ""


def _field_data(field: Field) -> dict[str, Any]:
    return {
        "key": field.key,
        "type": _what(field.shape),
        "required": field.required,
        "default": orjson.loads(orjson.dumps(field.default, default=str)),
        "description": field.description,
        "review": field.review,
    }


def _meant(near: Sequence[str], known: Sequence[str]) -> str:
    if near:
        return f"; did you mean {' or '.join(f'`{word}`' for word in near)}?"
    return f"; known: {listed(known)}"
