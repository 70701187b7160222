"""What Prometheus accepts and nobody wants: checks of rules in the manner of pint, as plain functions.

Each takes parsed rules and answers with sentences. `problems` runs them all over a rule file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from penstock.ir.monitoring import Alert, Recording, RuleFile

_LABEL_USED = re.compile(r"\$labels\.([A-Za-z_]\w*)")
_COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
# Functions that answer whether something is there: their result needs no bound.
_PRESENCE = frozenset({"absent", "absent_over_time"})


def problems(rules: RuleFile) -> Iterator[str]:
    """Everything that is wrong with the expressions and the labels of a rule file, a sentence each."""
    for group in rules.groups:
        for rule in group.rules:
            name = rule.record if isinstance(rule, Recording) else dict(rule.labels).get("monitor", rule.alert)
            expression = parse(rule.expr)
            if isinstance(expression, str):
                yield f"{name}: {expression}"
                continue
            yield from (f"{name}: {found}" for found in short_ranges(expression, rules.scrape_seconds))
            if isinstance(rule, Alert):
                if not compares(expression):
                    yield f"{name}: the expression has no comparison, so it fires whenever it has a value"
                yield from (f"{name}: {found}" for found in lost_labels(rule, expression))
                yield from (f"{name}: {found}" for found in missing_parts(rule))


def parse(expr: str) -> Any | str:
    """The expression's syntax tree, or why it has none."""
    from promql_parser import parse as parse_promql

    try:
        return parse_promql(expr)
    except ValueError as error:
        return f"`{expr}` is not valid PromQL: {error}"


def short_ranges(expression: Any, scrape_seconds: int) -> Iterator[str]:
    """Ranges that hold fewer than two scrapes: a rate over them never has a value."""
    from promql_parser import MatrixSelector

    for part in _parts(expression):
        if isinstance(part, MatrixSelector) and (seconds := part.range.total_seconds()) < 2 * scrape_seconds:
            yield f"[{seconds:g}s] is shorter than two scrape intervals of {scrape_seconds}s"


def _parts(expression: Any) -> Iterator[Any]:
    """An expression, and every one within it."""
    yield expression
    inner = (getattr(expression, name, None) for name in ("expr", "lhs", "rhs", "param"))
    for part in (*inner, *getattr(expression, "args", ())):
        if part is not None:
            yield from _parts(part)


def compares(expression: Any) -> bool:
    """Whether the result is filtered by a bound at every end of the expression, so that silence is possible."""
    from promql_parser import BinaryExpr, Call, ParenExpr

    if isinstance(expression, ParenExpr):
        return compares(expression.expr)
    if isinstance(expression, Call):
        return expression.func.name in _PRESENCE
    if not isinstance(expression, BinaryExpr):
        return False
    operator = str(expression.op)
    if operator in _COMPARISONS:
        return expression.modifier is None or not expression.modifier.return_bool
    if operator == "and":
        return compares(expression.lhs) or compares(expression.rhs)
    if operator == "or":
        return compares(expression.lhs) and compares(expression.rhs)
    return operator == "unless" and compares(expression.lhs)


def lost_labels(alert: Alert, expression: Any) -> Iterator[str]:
    """Labels that a text shows and that the expression has aggregated away."""
    kept = kept_labels(expression)
    if kept is None:
        return
    known = kept | {key for key, _ in alert.labels}
    for _, text in alert.annotations:
        for label in _LABEL_USED.findall(text):
            if label not in known:
                yield f"an annotation uses `$labels.{label}`, which the expression does not keep"


def kept_labels(expression: Any) -> frozenset[str] | None:
    """The labels that an expression's result can have; None where the expression does not say."""
    from promql_parser import AggModifierType, AggregateExpr, BinaryExpr, ParenExpr

    if isinstance(expression, ParenExpr):
        return kept_labels(expression.expr)
    if isinstance(expression, BinaryExpr):
        left, right = kept_labels(expression.lhs), kept_labels(expression.rhs)
        if left is None or right is None:
            return left if left is not None else right
        return left | right
    if isinstance(expression, AggregateExpr):
        if expression.modifier is None:
            return frozenset()
        if expression.modifier.type == AggModifierType.By:
            return frozenset(expression.modifier.labels)
    return None


def missing_parts(alert: Alert) -> Iterator[str]:
    """What whoever is woken by the alert has to find in it."""
    labels, annotations = dict(alert.labels), dict(alert.annotations)
    if labels.get("severity") not in ("page", "ticket"):
        yield "an alert's severity must be `page` or `ticket`"
    if not labels.get("team"):
        yield "an alert must name the team that answers it"
    for part in ("summary", "description"):
        if not annotations.get(part):
            yield f"an alert must have a {part}"
