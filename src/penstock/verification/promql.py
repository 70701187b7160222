"""PromQL wherever generated files hold it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from penstock.source.model import Pointer
from penstock.verification.dashboards import JsonTexts, queries
from penstock.verification.parts import list_at, mapping_at

_ARGUMENT = re.compile(r"\{\{\s*args\.[\w-]+\s*\}\}")
_ARGUMENT_AS_RANGE = re.compile(rf"(?<=[\[:]){_ARGUMENT.pattern}")


def expressions(value: dict[str, Any], texts: JsonTexts) -> Iterator[tuple[Pointer, str]]:
    """Every expression of a document, with the way to it: rules, analyses, triggers, dashboards."""
    kind = value.get("kind")
    if "groups" in value and kind is None:
        yield from _rules(list_at(value, "groups"), ("groups",))
    elif kind == "PrometheusRule":
        yield from _rules(list_at(value, "spec", "groups"), ("spec", "groups"))
    elif kind in ("AnalysisTemplate", "ClusterAnalysisTemplate"):
        for index, metric in enumerate(list_at(value, "spec", "metrics")):
            query = mapping_at(metric, "provider", "prometheus").get("query")
            if isinstance(query, str):
                place: Pointer = ("spec", "metrics", index, "provider", "prometheus", "query")
                yield place, _ARGUMENT.sub("argument", _ARGUMENT_AS_RANGE.sub("1m", query))
    elif kind == "ScaledObject":
        for index, trigger in enumerate(list_at(value, "spec", "triggers")):
            query = mapping_at(trigger, "metadata").get("query")
            if isinstance(query, str) and trigger.get("type") == "prometheus":
                yield ("spec", "triggers", index, "metadata", "query"), query
    else:
        yield from queries(texts)


def _rules(groups: list[Any], at: Pointer) -> Iterator[tuple[Pointer, str]]:
    for number, group in enumerate(groups):
        for index, rule in enumerate(list_at(group, "rules")):
            expression = mapping_at(rule).get("expr")
            if isinstance(expression, str):
                yield (*at, number, "rules", index, "expr"), expression


def promql_problems(found: Iterable[tuple[Pointer, str]]) -> Iterator[tuple[Pointer, str]]:
    """Expressions that do not parse, each with the parser's reason."""
    import promql_parser

    for pointer, expression in found:
        try:
            promql_parser.parse(expression)
        except ValueError as error:
            yield pointer, str(error).strip()
