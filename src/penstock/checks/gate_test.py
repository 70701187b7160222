"""A unit test of a gate fails, or tests nothing.

What it does: runs the `tests` of a Gate: judges the given figures by the rules and compares the outcomes with those
expected. A figure is given by the id of its rule, by `id.part` for a rule with several bounds (`regions.gap`,
`regions.lowest`, `speed.p99`), or by a metric's name for every plain rule on it. Where an environment's override takes
rules away, the tests that speak of them are named once, at the override, and not run there.

Why: a gate is policy. Its tests say what it is meant to let through, so that a changed bound shows as a broken promise.

Example:

    rules: [{id: quality, metric: roc_auc, atLeast: 0.68}]
    tests: [{given: {roc_auc: 0.69}, expect: {quality: fail}}]

Use instead: put the bound or the expectation right, whichever is wrong. An override with `rules` of its own needs
`tests` of its own, for it replaces the whole list.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.catalog.values import id_of
from penstock.checks.rule import listed, rule, unknown_word
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.decision import Figure, Outcome, judge
from penstock.specs.gate import AnyRule, Gate, GateSpec, GateTest, MetricRule
from penstock.specs.limits import Limit, limits

_WORST = ("fail", "warn", "pass")
_SHOWN = 3


@rule("gate-test", Gate)
def gate_test(view: View, gate: Gate) -> Iterator[Diagnostic]:
    """Yields each expectation that the rules do not meet, and each name that no rule has."""
    rules = {one.id: (position, one) for position, one in enumerate(gate.spec.rules)}
    inapplicable = _inapplicable(view, gate)
    if inapplicable:
        yield _taken_away(view, gate, inapplicable)
    for position, test in enumerate(gate.spec.tests):
        if position in inapplicable:
            continue
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


def is_met(gate: GateSpec, test: GateTest) -> bool:
    """Whether the rules give every outcome that a test expects, and are about every figure that it gives."""
    rules = {one.id: one for one in gate.rules}
    for name, expected in test.expect.items():
        outcome = _outcome(rules[name], test) if name in rules else None
        if outcome is None or outcome[0] != expected:
            return False
    return set(test.given) <= _figures(gate)


def _inapplicable(view: View, gate: Gate) -> dict[int, list[str]]:
    """Tests by position that speak of rules which the environment's override takes away, and the names of those."""
    loaded = view.catalog.loaded(id_of(gate))
    if loaded is None or not isinstance(loaded.resource, Gate):
        return {}
    patch = loaded.resource.overrides.get(view.environment_name or "", {})
    if "rules" not in patch or "tests" in patch:
        return {}
    gone = _known(loaded.resource) - _known(gate)
    named = {
        position: [name for name in dict.fromkeys((*test.expect, *test.given)) if name in gone]
        for position, test in enumerate(gate.spec.tests)
    }
    return {position: names for position, names in named.items() if names}


def _taken_away(view: View, gate: Gate, inapplicable: dict[int, list[str]]) -> Diagnostic:
    """One cause, however many tests it concerns: the override that replaces the rules."""
    names = dict.fromkeys(name for names in inapplicable.values() for name in names)
    tests = [str(position + 1) for position in inapplicable]
    which = f"test {tests[0]} does" if len(tests) == 1 else f"tests {', '.join(tests[:-1])} and {tests[-1]} do"
    return Diagnostic.error(
        "gate-test",
        "tests of the gate speak of rules that an override takes away",
        view.span(gate, ("rules",), "key"),
        f"there is no {listed(names, 'or')} any more",
        secondary=tuple(
            Label(view.span(gate, ("tests", position)), "no longer applies") for position in list(inapplicable)[:_SHOWN]
        ),
        help=(f"{which} not apply there: give the override `tests` for its own `rules`",),
    )


def _known(gate: Gate) -> set[str]:
    """Every name that a test may speak of."""
    return {one.id for one in gate.spec.rules} | _figures(gate.spec)


def _figures(gate: GateSpec) -> set[str]:
    """Every name under which a test may give a figure."""
    keys = {key for one in gate.rules for key in _keys(one)}
    return keys | {f"{one.id}.{limit.part}" for one in gate.rules for limit in limits(one)}


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
    known = _figures(gate.spec)
    for name in test.given:
        if name not in known:
            span = view.span(gate, (*pointer, "given", name), "key")
            yield unknown_word("gate-test", f"no rule of the gate is about `{name}`", span, name, known)
