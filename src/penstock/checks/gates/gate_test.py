"""A unit test of a gate fails, or tests nothing.

What it does: runs the `tests` of a Gate: applies the rules to the given values and compares the outcomes with those
expected. A value is given by the id of its rule, by `id.part` for a rule with several bounds (`regions.gap`,
`regions.lowest`, `speed.p99`), or by a metric's name for every plain rule on it. If an environment's override removes
rules, the tests that refer to them are reported once, at the override, and not run there.

Why: a gate is policy. Its tests state what it is meant to pass, so a changed bound shows as a failing test.

Example:

    rules: [{id: quality, metric: roc_auc, atLeast: 0.68}]
    tests: [{given: {roc_auc: 0.69}, expect: {quality: fail}}]

Use instead: correct the bound or the expectation. An override of `rules` also needs `tests`, since it replaces the
whole list.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.deduplicate import deduplicated
from penstock.diagnostics.grammar import joined, listed
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.gate import Gate, GateTest
from penstock.specs.gate_tests import figures, names_of, outcome_of

_SHOWN = 3


@rule("gate-test")
def gate_test(view: View, gate: Gate) -> Iterator[Diagnostic]:
    """Yields each expectation that the rules do not meet, and each name that no rule has."""
    rules = {one.id: (position, one) for position, one in enumerate(gate.spec.rules)}
    inapplicable = _inapplicable(view, gate)
    if inapplicable:
        yield _taken_away(view, gate, inapplicable)
    applicable = {place: test for place, test in enumerate(gate.spec.tests) if place not in inapplicable}
    yield from deduplicated(_unknown_names(view, gate, applicable), {"gate-test"})
    for position, test in applicable.items():
        pointer: Pointer = ("tests", position)
        for name, expected in test.expect.items():
            if name not in rules:
                continue
            at: Pointer = (*pointer, "expect", name)
            index, one = rules[name]
            outcome = outcome_of(one, test)
            if outcome is None:
                yield Diagnostic.error(
                    "gate-test",
                    f"the test gives no value for the rule `{name}`",
                    view.span(gate, (*pointer, "given"), "key"),
                    help=(f"add one under {listed(names_of(one), 'or')}",),
                )
            elif outcome[0] != expected:
                yield Diagnostic.error(
                    "gate-test",
                    f"the test expects `{name}` to {expected}, but the outcome is `{outcome[0]}`",
                    view.span(gate, at),
                    outcome[1],
                    secondary=(Label(view.span(gate, ("rules", index, "id")), "by this rule"),),
                )


def _inapplicable(view: View, gate: Gate) -> dict[int, list[str]]:
    """Tests by position that speak of rules which the environment's override takes away, and the names of those."""
    declared = view.catalog.find(Gate, gate.name)
    if declared is None:
        return {}
    patch = declared.overrides.get(view.environment_name or "", {})
    if "rules" not in patch or "tests" in patch:
        return {}
    gone = _known(declared) - _known(gate)
    named = {
        position: [name for name in dict.fromkeys((*test.expect, *test.given)) if name in gone]
        for position, test in enumerate(gate.spec.tests)
    }
    return {position: names for position, names in named.items() if names}


def _taken_away(view: View, gate: Gate, inapplicable: dict[int, list[str]]) -> Diagnostic:
    """One cause, however many tests it concerns: the override that replaces the rules."""
    names = dict.fromkeys(name for names in inapplicable.values() for name in names)
    tests = [str(position + 1) for position in inapplicable]
    which = f"test {tests[0]} does" if len(tests) == 1 else f"tests {joined(tests)} do"
    return Diagnostic.error(
        "gate-test",
        "an override removes rules that tests of the gate refer to",
        view.span(gate, ("rules",), "key"),
        f"this override removes {listed(names)}",
        secondary=tuple(
            Label(view.span(gate, ("tests", position)), "no longer applies") for position in list(inapplicable)[:_SHOWN]
        ),
        help=(f"{which} not apply there: add `tests` for the new `rules` to the override",),
    )


def _known(gate: Gate) -> set[str]:
    """Every name that a test may speak of."""
    return {one.id for one in gate.spec.rules} | figures(gate.spec)


def _unknown_names(view: View, gate: Gate, tests: dict[int, GateTest]) -> Iterator[Diagnostic]:
    """Names of rules and figures that the gate does not have, at each place where tests write them."""
    rules, known = {one.id for one in gate.spec.rules}, figures(gate.spec)
    unruled = {name for test in tests.values() for name in test.expect if name not in rules}
    for position, test in tests.items():
        for key, names in (("expect", test.expect), ("given", test.given)):
            for name in names:
                is_rule = name in unruled
                if is_rule or (key == "given" and name not in known):
                    headline = f"the gate has no rule `{name}`" if is_rule else f"no rule of the gate uses `{name}`"
                    span = view.span(gate, ("tests", position, key, name), "key")
                    yield unknown_word("gate-test", headline, span, name, rules if is_rule else known)
