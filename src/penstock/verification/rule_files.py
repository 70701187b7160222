"""Rule files of Prometheus, and the objects of its operator, by the rules of Prometheus' own loader.

The form is that of ``model/rulefmt`` in github.com/prometheus/prometheus; templates in labels and annotations are not
parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Document, Pointer
from penstock.verification.objects import schema_problem
from penstock.verification.parts import list_at, mapping_at

_DURATION = re.compile(r"0|(?=.)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?", re.ASCII)
_DURATIONS = ("interval", "query_offset", "for", "keep_firing_for")
_PERIOD = {"type": ["string", "integer"]}
_TEXTS = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
_OF_ALERTS = ("annotations", "for", "keep_firing_for")
_RULE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["expr"],
    "properties": {
        "record": {"type": "string", "minLength": 1},
        "alert": {"type": "string", "minLength": 1},
        "expr": {"type": ["string", "number"], "minLength": 1},
        "for": _PERIOD,
        "keep_firing_for": _PERIOD,
        "labels": _TEXTS,
        "annotations": _TEXTS,
    },
}
_GROUP: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "interval": _PERIOD,
        "query_offset": _PERIOD,
        "limit": {"type": "integer"},
        "labels": _TEXTS,
        "rules": {"type": "array", "items": _RULE},
    },
}
_FILE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["groups"],
    "properties": {"groups": {"type": "array", "items": _GROUP}},
}
_OPERATOR_ONLY = {"partial_response_strategy": {"type": "string"}}
"""Fields of a group that the operator hands to Thanos, and Prometheus itself does not know."""
_LABEL_NAME = re.compile(r"(?!__name__$)[A-Za-z_][A-Za-z0-9_]*")


def is_rule_file(value: dict[str, Any]) -> bool:
    """Whether a document is meant as a rule file."""
    return "groups" in value and "kind" not in value


def rule_problems(document: Document) -> Iterator[Diagnostic]:
    """What Prometheus would refuse of a rule file, or of the rules of a `PrometheusRule`; its PromQL is not parsed."""
    value = document.value
    if is_rule_file(value):
        yield from _problems(document, value, _FILE, ())
    elif value.get("kind") == "PrometheusRule" and isinstance(value.get("spec"), dict):
        group = {**_GROUP, "properties": {**_GROUP["properties"], **_OPERATOR_ONLY}}
        schema = {**_FILE, "properties": {"groups": {"type": "array", "items": group}}}
        yield from _problems(document, value["spec"], schema, ("spec",))


def _problems(document: Document, value: Any, schema: dict[str, Any], at: Pointer) -> Iterator[Diagnostic]:
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(schema).iter_errors(value):
        yield from schema_problem(document, error, "rule-file", at)
    for pointer, message in _nonsense(list_at(value, "groups")):
        yield Diagnostic.error("rule-file", message, document.span((*at, "groups", *pointer)))


def _nonsense(groups: list[Any]) -> Iterator[tuple[Pointer, str]]:
    """What no schema sees, each with the way to it from the list of groups."""
    names: set[str] = set()
    for number, group in enumerate(groups):
        name = mapping_at(group).get("name")
        if isinstance(name, str) and name in names:
            yield (number, "name"), f"a second group `{name}`: Prometheus loads no file in which a name stands twice"
        names.add(str(name))
        parts: list[tuple[Pointer, dict[str, Any]]] = [((number,), mapping_at(group))]
        for index, rule in enumerate(list_at(group, "rules")):
            at: Pointer = (number, "rules", index)
            parts.append((at, mapping_at(rule)))
            yield from ((at + pointer, message) for pointer, message in _of_rule(mapping_at(rule)))
        for at, part in parts:
            yield from ((at + pointer, message) for pointer, message in _of_part(part))


def _of_rule(rule: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    if ("record" in rule) == ("alert" in rule) and rule:
        yield (), "a rule has either `record` or `alert`"
    elif "record" in rule:
        for field in _OF_ALERTS:
            if rule.get(field):
                yield (field,), f"`{field}` belongs to alerts, and this is a recording rule"
        if re.search(r"[{}]", str(rule["record"])):
            yield ("record",), "braces in the name of a recorded series: selectors belong in `expr`"


def _of_part(part: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """What a group and a rule have in common: durations and names."""
    for field in _DURATIONS:
        value = part.get(field)
        if isinstance(value, str | int) and not _DURATION.fullmatch(str(value)):
            yield (field,), f"`{field}` is `{value}`; expected a duration such as `5m` or `1h30m`"
    for field in ("labels", "annotations"):
        for name in mapping_at(part, field):
            if not _LABEL_NAME.fullmatch(name):
                yield (field, name), f"`{name}` is no name of a label: letters, digits and `_`, and not `__name__`"
