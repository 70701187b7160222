"""What a rule measures, in words for a reader who has the figure's name and not the spec."""

from __future__ import annotations

from penstock.specs.gate import (
    AnyRule,
    CompareRule,
    ExplainRule,
    FairnessRule,
    LatencyRule,
    PerturbRule,
    SliceRule,
)
from penstock.specs.metrics import METRICS
from penstock.specs.numbers import number


def about(rule: AnyRule) -> str:
    """A clause without a capital or a full stop; empty where the name of the figure says it all."""
    match rule:
        case SliceRule() | FairnessRule():
            return f"the groups are those of `{rule.by}`"
        case CompareRule():
            return f"how much better than {_OTHERS[rule.compare.to]}, in {_scale(rule.compare.metric)}"
        case PerturbRule():
            return f"how much worse with {_perturbation(rule)}, in {_scale(rule.metric)}"
        case ExplainRule() if rule.max_share is not None:
            return "of what the model loses as its features are shuffled one by one, the largest share by one of them"
        case LatencyRule():
            return (
                "the time of a call on the machine that evaluated the model, which need not be as the one that serves"
            )
        case _:
            return ""


_OTHERS = {
    "champion": "the champion, on the same rows",
    "baseline": "a predictor that knows of the training rows their labels alone, and of the test rows nothing",
}


def _scale(metric: str) -> str:
    """The scale on which a difference is told."""
    known = METRICS.get(metric)
    direction = "" if known is None else f", of which {'more' if known.higher_is_better else 'less'} is better"
    return f"units of {metric}{direction}"


def _perturbation(rule: PerturbRule) -> str:
    if rule.perturb.missing is not None:
        return f"{rule.perturb.missing!s} of the values of all features taken away"
    return f"noise of {number(rule.perturb.noise or 0)} standard deviations on every number"
