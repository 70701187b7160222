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
            return f"by group of `{rule.by}`"
        case CompareRule():
            return f"improvement over {_OTHERS[rule.compare.to]}, in {_scale(rule.compare.metric)}"
        case PerturbRule():
            return f"loss with {_perturbation(rule)}, in {_scale(rule.metric)}"
        case ExplainRule() if rule.max_share is not None:
            return "the largest share that one feature has of the total permutation importance"
        case LatencyRule():
            return "response time on the machine that evaluated the model, which may differ from the server's"
        case _:
            return ""


_OTHERS = {
    "champion": "the champion, on the same rows",
    "baseline": "a baseline predictor that uses only the labels of the training rows",
}


def _scale(metric: str) -> str:
    """The scale on which a difference is told."""
    known = METRICS.get(metric)
    direction = "" if known is None else f", of which {'more' if known.higher_is_better else 'less'} is better"
    return f"units of {metric}{direction}"


def _perturbation(rule: PerturbRule) -> str:
    if rule.perturb.missing is not None:
        return f"{rule.perturb.missing!s} of all feature values removed"
    return f"Gaussian noise of {number(rule.perturb.noise or 0)} standard deviations on every number"
