"""A unit test of a gate fails, or tests nothing.

What it does: runs the `tests` of a Gate: judges the given figures by the rules and compares the outcomes with those
expected. A figure is given by the id of its rule, by `id.part` for a rule with several bounds (`regions.gap`,
`regions.lowest`, `speed.p99`), or by a metric's name for every plain rule on it.

Why: a gate is policy. Its tests say what it is meant to let through, so that a changed bound shows as a broken promise.

Example:

    rules: [{id: quality, metric: roc_auc, atLeast: 0.68}]
    tests: [{given: {roc_auc: 0.69}, expect: {quality: fail}}]

Use instead: put the bound or the expectation right, whichever is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import listed, rule, unknown_word
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.decision import Figure, Outcome, judge
from penstock.specs.gate import AnyRule, Gate, GateTest, MetricRule
from penstock.specs.limits import Limit, limits

_WORST = ("fail", "warn", "pass")


@rule("gate-test", Gate)
def gate_test(view: View, gate: Gate) -> Iterator[Diagnostic]:
    """Yields each expectation that the rules do not meet, and each name that no rule has."""
    rules = {one.id: (position, one) for position, one in enumerate(gate.spec.rules)}
    for position, test in enumerate(gate.spec.tests):
        pointer: Pointer = ("tests", position)
        yield from _unknown_figures(view, gate, test, pointer)
        for name, expected in test.expect.items():
            at: Pointer = (*pointer, "expect", name)
            if name not in rules:
                headline = f"the gate has no rule `{name}`"
                yield unknown_word("gate-test", headline, view.span(gate, at, "key"), name, rules)
                continue
            index, one = rules[name]
            outcome = _outcome(one, test)
            if outcome is None:
                yield Diagnostic.error(
                    "gate-test",
                    f"the test gives no figure for the rule `{name}`",
                    view.span(gate, (*pointer, "given"), "key"),
                    help=(f"give one under {listed(_keys(one), 'or')}",),
                )
            elif outcome[0] != expected:
                yield Diagnostic.error(
                    "gate-test",
                    f"the test expects `{name}` to {expected}, and it gives `{outcome[0]}`",
                    view.span(gate, at),
                    outcome[1],
                    secondary=(Label(view.span(gate, ("rules", index, "id")), "by this rule"),),
                )


def _keys(one: AnyRule) -> list[str]:
    """The names under which a test may give figures of a rule."""
    parts = limits(one)
    if len(parts) > 1:
        return [f"{one.id}.{limit.part}" for limit in parts]
    return [one.id, *([one.metric] if isinstance(one, MetricRule) else [])]


def _outcome(one: AnyRule, test: GateTest) -> tuple[Outcome, str] | None:
    """The worst outcome of a rule's bounds and how it came about; None where a figure is missing for all of them."""
    found: list[tuple[Outcome, str]] = []
    parts = limits(one)
    for limit in parts:
        value = _given(one, limit, len(parts) == 1, test)
        if value is not None:
            outcome = judge(Figure(limit.part, value), limit.bounds, one.severity)
            bounds = ", ".join(str(bound) for bound in limit.bounds)
            found.append((outcome, f"{value:g} against {bounds}"))
    return min(found, key=lambda one: _WORST.index(one[0])) if found else None


def _given(one: AnyRule, limit: Limit, only: bool, test: GateTest) -> float | None:
    keys = [f"{one.id}.{limit.part}"]
    if only:
        keys += [one.id, *([one.metric] if isinstance(one, MetricRule) else [])]
    return next((test.given[key] for key in keys if key in test.given), None)


def _unknown_figures(view: View, gate: Gate, test: GateTest, pointer: Pointer) -> Iterator[Diagnostic]:
    known = {key for one in gate.spec.rules for key in _keys(one)}
    known |= {f"{one.id}.{limit.part}" for one in gate.spec.rules for limit in limits(one)}
    for name in test.given:
        if name not in known:
            span = view.span(gate, (*pointer, "given", name), "key")
            yield unknown_word("gate-test", f"no rule of the gate is about `{name}`", span, name, known)
