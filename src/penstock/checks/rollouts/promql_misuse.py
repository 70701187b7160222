"""PromQL in a spec does not parse, contains a comparison, or does not return series.

What it does: parses every PromQL expression of the specs as Prometheus does, and checks that it returns an instant
vector, and not a scalar, a string or a range vector. It also reports what the Prometheus of an environment does not
know, by its `prometheus.version`: experimental functions, which every version has behind a feature flag, and before 3.0
quoted names of metrics and labels, durations without a unit, and `histogram_avg`, `histogram_stddev` and
`histogram_stdvar`.

Why: Prometheus rejects a whole rule file for one invalid expression, and keeps the old one. A canary whose query is
rejected stops its release with an error.

Example:

    business: [{id: saved, promql: "sum(rate(saved_euros[1h])", below: 10}]

Use instead:

    business: [{id: saved, promql: "sum(rate(saved_euros[1h]))", below: 10}]
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.embedded_code import embedded_code
from penstock.catalog.model import View
from penstock.checks.rollouts.newer_promql import newer
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Pointer
from penstock.specs.environment import Environment
from penstock.specs.rollout import Rollout

_CLOSING = {")": "(", "]": "[", "}": "{"}
_NUMBER = ("a scalar", "select a series; `vector(...)` turns a scalar into a vector")
_RANGE = ("a range vector", "reduce it to one value per series, such as with `rate(...)` or `avg_over_time(...)`")
_TEXT = ("a string", "select a series")
_COMPARISONS = ("==", "!=", ">=", "<=", ">", "<")


@rule("promql-misuse")
def promql_misuse(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields each expression that does not parse, and each that compares by itself."""
    for found in embedded_code(view, rollout, "promql"):
        below = found.pointer[1:]
        try:
            tree = _parse(found.text)
        except ValueError as error:
            at, message = _place(found.text, str(error))
            yield Diagnostic.error(
                "promql-misuse", "the PromQL does not parse", view.span(rollout, below, within=at), message
            )
            continue
        if (comparison := _compares(tree)) is not None:
            yield Diagnostic.error(
                "promql-misuse",
                "the expression contains a comparison",
                view.span(rollout, below),
                f"contains `{comparison}`",
                help=(
                    "write only the value here, and the bound as `above` or `below`, so that reviews see which "
                    "changes loosen it",
                ),
            )
        elif (given := _given(tree)) is not None:
            what, instead = given
            yield Diagnostic.error(
                "promql-misuse",
                f"the expression returns {what}, but a bound needs an instant vector",
                view.span(rollout, below),
                help=(instead,),
            )
        elif view.environment is not None:
            yield from _newer(view, rollout, below, found.text, view.environment)


def _newer(view: View, rollout: Rollout, below: Pointer, text: str, environment: Environment) -> Iterator[Diagnostic]:
    """What the Prometheus of an environment refuses, and all rules of the file with it."""
    version = environment.spec.prometheus.version
    found = newer(text, version)
    if found is None:
        return
    why = "experimental, and off by default" if found.is_experimental else f"newer than Prometheus {version}"
    yield Diagnostic.error(
        "promql-misuse",
        f"the Prometheus of `{environment.name}` may reject the whole rule file: {found.what} is {why}",
        view.span(rollout, below, within=found.at),
        help=("write the expression without it",)
        if found.is_experimental
        else ("write the expression without it, or set `prometheus.version` of the environment to the one it runs",),
    )


def _parse(text: str) -> object:
    """The syntax tree of an expression; ValueError where it has none."""
    import promql_parser

    try:
        return promql_parser.parse(text)
    except BaseException as error:
        # The parser gives up on numbers beyond all durations with an exception of its own, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(f"the parser fails: {error}") from None


def _compares(tree: object) -> str | None:
    """The comparison that decides whether an expression has a value; None where it has one of its own.

    One within a function or an operand only selects series, and one behind `and` or `unless` says when to look.
    """
    import promql_parser as promql

    while isinstance(tree, promql.ParenExpr | promql.UnaryExpr):
        tree = tree.expr
    if not isinstance(tree, promql.BinaryExpr):
        return None
    operator = str(tree.op).strip()
    if operator in ("and", "unless"):
        return _compares(tree.lhs)
    if operator == "or":
        return _compares(tree.lhs) or _compares(tree.rhs)
    return operator if operator in _COMPARISONS else None


def _given(tree: object) -> tuple[str, str] | None:
    """What an expression gives that is no vector, and what to write instead; None for a vector."""
    import promql_parser as promql

    if isinstance(tree, promql.ParenExpr):
        return _given(tree.expr)
    if isinstance(tree, promql.MatrixSelector | promql.SubqueryExpr):
        return _RANGE
    if isinstance(tree, promql.StringLiteral):
        return _TEXT
    if isinstance(tree, promql.Call):
        return _NUMBER if tree.func.return_type == promql.ValueType.Scalar else None
    if isinstance(tree, promql.UnaryExpr):
        return _given(tree.expr)
    if isinstance(tree, promql.BinaryExpr):
        return _NUMBER if _given(tree.lhs) == _given(tree.rhs) == _NUMBER else None
    return _NUMBER if isinstance(tree, promql.NumberLiteral) else None


def _place(text: str, message: str) -> tuple[tuple[int, int], str]:
    """The bracket that is not closed, or closes nothing; else the whole expression with the parser's words."""
    opened: list[int] = []
    quote = ""
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote and text[position - 1] != "\\" else quote
        elif character in "\"'`":
            quote = character
        elif character in _CLOSING.values():
            opened.append(position)
        elif character in _CLOSING:
            if not opened or text[opened[-1]] != _CLOSING[character]:
                wrong = opened[-1] if opened else position
                return (wrong, wrong + 1), "this bracket is not closed" if opened else "this bracket closes nothing"
            opened.pop()
    if quote:
        return (text.rfind(quote), len(text)), "this quote is not closed"
    if opened:
        return (opened[-1], opened[-1] + 1), "this bracket is not closed"
    return (0, len(text)), message
