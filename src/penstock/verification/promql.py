"""PromQL wherever generated files hold it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from penstock.source.model import Pointer
from penstock.verification.dashboards import JsonTexts, queries

_ARGUMENT = re.compile(r"\{\{\s*args\.[\w-]+\s*\}\}")
_ARGUMENT_AS_RANGE = re.compile(rf"(?<=[\[:]){_ARGUMENT.pattern}")


def expressions(value: dict[str, Any], texts: JsonTexts) -> Iterator[tuple[Pointer, str]]:
    """Every expression of a document, with the way to it: rules, analyses, triggers, dashboards."""
    kind, spec = value.get("kind"), value.get("spec")
    if "groups" in value and kind is None:
        yield from _rules(value["groups"], ("groups",))
    elif kind == "PrometheusRule" and isinstance(spec, dict):
        yield from _rules(spec.get("groups"), ("spec", "groups"))
    elif kind in ("AnalysisTemplate", "ClusterAnalysisTemplate") and isinstance(spec, dict):
        for index, metric in enumerate(spec.get("metrics") or ()):
            query = metric.get("provider", {}).get("prometheus", {}).get("query")
            if isinstance(query, str):
                place: Pointer = ("spec", "metrics", index, "provider", "prometheus", "query")
                yield place, _ARGUMENT.sub("argument", _ARGUMENT_AS_RANGE.sub("1m", query))
    elif kind == "ScaledObject" and isinstance(spec, dict):
        for index, trigger in enumerate(spec.get("triggers") or ()):
            query = trigger.get("metadata", {}).get("query")
            if trigger.get("type") == "prometheus" and isinstance(query, str):
                yield ("spec", "triggers", index, "metadata", "query"), query
    else:
        yield from queries(texts)


def _rules(groups: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    for number, group in enumerate(groups or ()):
        for index, rule in enumerate(group.get("rules") or ()):
            if isinstance(rule.get("expr"), str):
                yield (*at, number, "rules", index, "expr"), rule["expr"]


def promql_problems(found: Iterable[tuple[Pointer, str]]) -> Iterator[tuple[Pointer, str]]:
    """Expressions that do not parse, each with the parser's reason."""
    import promql_parser

    for pointer, expression in found:
        try:
            promql_parser.parse(expression)
        except ValueError as error:
            yield pointer, str(error).strip()
