"""The tests of a gate, run against its rules, and what they promise. Pure, as `penstock.specs.decision` is."""

from __future__ import annotations

from penstock.specs.decision import Figure, Outcome, judge
from penstock.specs.gate import AnyRule, GateSpec, GateTest, MetricRule
from penstock.specs.limits import Limit, limits
from penstock.specs.numbers import number

_WORST = ("fail", "warn", "pass")
_MOST_TESTS = 100
"""Tests of a gate up to which each is held against each; of more, none is taken to promise what another does."""


def figures(gate: GateSpec) -> set[str]:
    """Every name under which a test may give a figure."""
    names = {name for rule in gate.rules for name in names_of(rule)}
    return names | {f"{rule.id}.{limit.part}" for rule in gate.rules for limit in limits(rule)}


def names_of(rule: AnyRule) -> list[str]:
    """The names under which a test may give figures of a rule."""
    parts = limits(rule)
    if len(parts) > 1:
        return [f"{rule.id}.{limit.part}" for limit in parts]
    return [rule.id, *([rule.metric] if isinstance(rule, MetricRule) else [])]


def outcome_of(rule: AnyRule, test: GateTest) -> tuple[Outcome, str] | None:
    """The worst outcome of a rule's bounds and how it came about; None where a figure is missing for all of them."""
    found: list[tuple[Outcome, str]] = []
    for limit, value in _given(rule, test):
        outcome = judge(Figure(limit.part, value), limit.bounds, rule.severity)
        bounds = ", ".join(str(bound) for bound in limit.bounds)
        found.append((outcome, f"{number(value)} against {bounds}"))
    return min(found, key=lambda one: _WORST.index(one[0])) if found else None


def is_met(gate: GateSpec, test: GateTest) -> bool:
    """Whether the rules give every outcome that a test expects, and are about every figure that it gives."""
    rules = {rule.id: rule for rule in gate.rules}
    for name, expected in test.expect.items():
        outcome = outcome_of(rules[name], test) if name in rules else None
        if outcome is None or outcome[0] != expected:
            return False
    return set(test.given) <= figures(gate)


def is_kept(gate: GateSpec, test: GateTest) -> bool:
    """Whether the tests of a gate promise all that another test does: what fails by 0.71 fails by 0.69, too."""
    if len(gate.tests) > _MOST_TESTS:
        return False
    rules = {rule.id: rule for rule in gate.rules}
    return all(
        name in rules
        and any(_implies(rules[name], one, test) for one in gate.tests if one.expect.get(name) == expected)
        for name, expected in test.expect.items()
    )


def _implies(rule: AnyRule, one: GateTest, other: GateTest) -> bool:
    """Whether the outcome by one test's figures settles it by the other's: they pass by better ones, fail by worse."""
    known, asked = _given(rule, one), _given(rule, other)
    if [limit.part for limit, _ in known] != [limit.part for limit, _ in asked]:
        return False
    # By how much a figure may be better, as its bound sees it, so that the outcome stays.
    sign = 1 if one.expect[rule.id] == "pass" else -1
    for (limit, first), (_, second) in zip(known, asked, strict=True):
        kinds = {bound.kind for bound in limit.bounds}
        better = second - first if kinds == {"at_least"} else first - second
        if better * sign < 0 or (len(kinds) > 1 and better != 0):
            return False
    return True


def _given(rule: AnyRule, test: GateTest) -> list[tuple[Limit, float]]:
    """The limits of a rule for which a test gives a figure, with that figure."""
    parts = limits(rule)
    found = []
    for limit in parts:
        names = [f"{rule.id}.{limit.part}", *(names_of(rule) if len(parts) == 1 else [])]
        value = next((test.given[name] for name in names if name in test.given), None)
        if value is not None:
            found.append((limit, value))
    return found
