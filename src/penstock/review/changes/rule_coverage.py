"""Whether the changes that a rule of a policy matches are matched by other rules anyway.

The conditions are taken apart into statements that hold or do not, independently of each other, and the cases are
gone through: first those of the rule itself, and of each only as many as it takes. What is impossible in a real change
may be among the cases, so that a rule can be covered which is not found to be; the reverse does not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.review.model import Direction, Operation
from penstock.review.policy.predicates.table import PREDICATES, Answer, any_of, compile_when
from penstock.specs.approval_policy import ApprovalRule, When

_MOST_CASES = 5_000
"""More are not gone through; nobody knows then."""
_OTHER = ""
"""A kind that no rule names."""
_SINGLE: dict[str, tuple[str, ...]] = {
    "direction": tuple(one.value for one in Direction),
    "cause": ("direct", "indirect"),
    "operation": tuple(one.value for one in Operation if one is not Operation.MOVED),
}
"""Fields of which a change has one value, beside its kind."""
_SEVERAL = ("area", "stage", "risk_tier", "sensitive", "labels", "evidence")
"""Fields of which each listed value may hold or not."""
_ALWAYS_KNOWN = ("labels",)

_Statement = tuple[str, str]
"""The field, and the value or the whole condition; of a field with one value, nothing."""
_Case = dict[_Statement, Any]


class _TooManyCasesError(Exception):
    """The cases cannot be gone through."""


def is_covered(rule: ApprovalRule, others: Sequence[ApprovalRule]) -> bool:
    """Whether each change that the rule may match is surely matched by one of the others."""
    rules = (rule, *others)
    choices = {**_choices(rules, rule), **_choices(rules, *others)}
    compiled = [_CompiledRule(one.require == "nobody", compile_when(one.when, _predicates())) for one in rules]
    try:
        return _Search(compiled[0], compiled[1:], choices).holds({})
    except _TooManyCasesError:
        return False


@dataclass(frozen=True, slots=True)
class _CompiledRule:
    is_for_nobody: bool
    when: Callable[[_Case], Answer]

    def surely_applies(self, case: _Case) -> bool:
        """Of a case that is settled: what nobody can tell asks people, and frees nobody."""
        answer = self.when(case)
        return answer is True or (answer is None and not self.is_for_nobody)


@dataclass(slots=True)
class _Search:
    rule: _CompiledRule
    others: Sequence[_CompiledRule]
    choices: dict[_Statement, tuple[Any, ...]]
    cases: int = field(default=0)

    def holds(self, case: _Case) -> bool:
        """Whether the rule is covered in every case that agrees with this one, in which some statements are open."""
        self.cases += 1
        if self.cases > _MOST_CASES:
            raise _TooManyCasesError
        if self.rule.when(case) is False or any(other.when(case) is True for other in self.others):
            return True
        statement = next((one for one in self.choices if one not in case), None)
        if statement is None:
            return any(other.surely_applies(case) for other in self.others)
        return all(self.holds({**case, statement: value}) for value in self.choices[statement])


def _choices(everything: Iterable[ApprovalRule], *rules: ApprovalRule) -> dict[_Statement, tuple[Any, ...]]:
    """The statements of the rules' conditions, with the values that each may have."""
    kinds = [kind for rule in everything for when in parts(rule.when) for kind in when.kind or ()]
    found: dict[_Statement, tuple[Any, ...]] = {}
    for rule in rules:
        for when in parts(rule.when):
            for name in PREDICATES:
                wanted = getattr(when, name)
                if wanted is None:
                    continue
                if name == "kind":
                    found[name, ""] = (*dict.fromkeys(kinds), _OTHER)
                elif name in _SINGLE:
                    found[name, ""] = _SINGLE[name]
                else:
                    values = (True, False) if name in _ALWAYS_KNOWN else (True, False, None)
                    found |= dict.fromkeys(((name, said) for said in _said(name, wanted)), values)
    return found


def parts(when: When) -> Iterator[When]:
    """The condition, and all that it is joined from."""
    yield when
    joined = [*(when.all or ()), *(when.any or ()), *(when.at_least.of if when.at_least is not None else ())]
    for one in joined if when.not_ is None else (*joined, when.not_):
        yield from parts(one)


def _said(name: str, wanted: Any) -> list[str]:
    return list(wanted) if name in _SEVERAL else [repr(wanted)]


def _predicates() -> dict[str, Callable[[Any, _Case], Answer]]:
    """The predicates as they answer of a case, None where a statement is open."""

    def of(name: str) -> Callable[[Any, _Case], Answer]:
        if name == "direction":
            return _direction
        if name == "kind" or name in _SINGLE:
            return lambda wanted, case: None if (name, "") not in case else _is_one_of(case[name, ""], wanted)
        return lambda wanted, case: any_of(case.get((name, said)) for said in _said(name, wanted))

    return {name: of(name) for name in PREDICATES}


def _is_one_of(value: str, wanted: str | list[str]) -> bool:
    return value == wanted if isinstance(wanted, str) else value in wanted


def _direction(wanted: list[str], case: _Case) -> Answer:
    """An unknown direction may be `loosened`."""
    value = case.get(("direction", ""))
    if value is None or (value == Direction.UNKNOWN.value and "loosened" in wanted and value not in wanted):
        return None
    return value in wanted
