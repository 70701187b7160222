"""What a gate says of a model: the outcome of each rule, from its figures and its bounds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from penstock.runtime.evaluation.figures import figure_as_json, figure_from_json
from penstock.runtime.evaluation.rule_words import about
from penstock.specs.decision import Bound, Figure, Outcome, judge
from penstock.specs.gate import AnyRule, CompareRule, MetricRule, PythonRule
from penstock.specs.limits import Limit, limits
from penstock.specs.metrics import METRICS


@dataclass(frozen=True, slots=True)
class Judgement:
    """One figure of a rule against its bounds."""

    figure: Figure
    limit: Limit
    outcome: Outcome

    @property
    def broken(self) -> tuple[Bound, ...]:
        """The bounds that do not hold."""
        return tuple(bound for bound in self.limit.bounds if not bound.holds(self.figure.nearer_end(bound)))

    def as_json(self) -> dict[str, Any]:
        """The form in which it stands in ``gate.json``."""
        return {
            "part": self.limit.part,
            "unit": self.limit.unit,
            "figure": figure_as_json(self.figure),
            "bounds": [{"kind": bound.kind, "value": bound.value} for bound in self.limit.bounds],
            "outcome": self.outcome,
        }


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """The outcome of one rule: the worst of its figures'."""

    rule: AnyRule
    outcome: Outcome
    judgements: tuple[Judgement, ...]
    skipped: str | None
    notes: tuple[str, ...]

    def reasons(self) -> tuple[str, ...]:
        """For each bound that does not hold: the rule, the figure, the bound, and why the rule exists.

        What there is no figure for says why there is none.
        """
        why = f" ({self.rule.why})" if self.rule.why else ""
        unknown = f": {'; '.join(self.notes)}" if self.notes else ""
        return tuple(
            f"rule `{self.rule.id}`: {_against(judgement.figure, bound)}, but must be {bound}"
            f"{judgement.limit.unit and ' ' + judgement.limit.unit}"
            f"{_beyond_reach(self.rule, judgement.figure, bound)}{why}"
            f"{unknown if isnan(judgement.figure.nearer_end(bound)) else ''}"
            for judgement in self.judgements
            for bound in judgement.broken
        )

    def as_json(self) -> dict[str, Any]:
        """The form in which it stands in ``gate.json``."""
        return {
            "id": self.rule.id,
            "severity": self.rule.severity,
            "outcome": self.outcome,
            "why": self.rule.why,
            "about": about(self.rule),
            "figures": [judgement.as_json() for judgement in self.judgements],
            "skipped": self.skipped,
            "notes": list(self.notes),
            "reasons": list(self.reasons()),
        }


_WORST_FIRST: tuple[Outcome, ...] = ("fail", "warn", "pass")


def verdict(rule: AnyRule, measured: Mapping[str, Any] | None) -> RuleVerdict:
    """The outcome of a rule, given what ``figures.json`` has of it; a figure that is not there holds no bound."""
    measured = measured or {"figures": {}, "skipped": None, "notes": ["it was not measured"]}
    notes = tuple(measured["notes"])
    if measured["skipped"] is not None:
        return RuleVerdict(rule, "skip", (), measured["skipped"], notes)
    judgements = []
    for limit in limits(rule):
        found = measured["figures"].get(limit.part)
        figure = Figure(limit.part, float("nan")) if found is None else figure_from_json(found, _has_interval(rule))
        judgements.append(Judgement(figure, limit, judge(figure, limit.bounds, rule.severity)))
    outcome = min((judgement.outcome for judgement in judgements), key=_WORST_FIRST.index)
    return RuleVerdict(rule, outcome, tuple(judgements), None, notes)


def verdicts(rules: Sequence[AnyRule], measured: Mapping[str, Mapping[str, Any]]) -> tuple[RuleVerdict, ...]:
    """The outcome of each rule, in the order of the gate."""
    return tuple(verdict(rule, measured.get(rule.id)) for rule in rules)


def _has_interval(rule: AnyRule) -> bool:
    """Whether an end of the interval is judged: one that is not known must not fall back to the estimate."""
    return isinstance(rule, CompareRule) or (isinstance(rule, MetricRule | PythonRule) and rule.confidence is not None)


def _beyond_reach(rule: AnyRule, figure: Figure, bound: Bound) -> str:
    """Where the estimate is as good as can be, and its interval still misses the bound: what is to blame."""
    metric = METRICS.get(rule.metric) if isinstance(rule, MetricRule) else None
    if metric is None or figure.low is None or isnan(figure.nearer_end(bound)):
        return ""
    best = metric.high if bound.kind == "at_least" else metric.low
    if figure.estimate != best:
        return ""
    return "; no model is better, so the test set is too small for this bound and confidence"


def _against(figure: Figure, bound: Bound) -> str:
    end = figure.nearer_end(bound)
    if end != end:
        if figure.estimate == figure.estimate:
            return f"{figure.name} is {figure.estimate:.4g}, its interval could not be computed"
        return f"{figure.name} could not be measured"
    if figure.low is None or figure.high is None:
        return f"{figure.name} is {end:.4g}"
    side = "lower" if bound.kind == "at_least" else "upper"
    return f"{figure.name} is {figure.estimate:.4g}, the {side} end of its interval {end:.4g}"
