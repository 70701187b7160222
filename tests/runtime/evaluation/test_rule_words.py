"""What a rule measures is told to a reader who has its figure and not its spec."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from penstock.runtime.evaluation.rule_words import about
from penstock.specs.gate import AnyRule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"metric": "roc_auc", "atLeast": 0.7}, ""),
        ({"metric": "recall", "by": "origin", "maxGap": 0.1}, "by group of `origin`"),
        ({"fairness": "demographic_parity_difference", "by": "sex", "atMost": 0.1}, "by group of `sex`"),
        ({"compare": {"to": "baseline", "metric": "mean_absolute_error"}},
         "improvement over a baseline predictor that uses only the labels of the training rows, in units of "
         "mean_absolute_error, of which less is better"),
        ({"compare": {"to": "champion", "metric": "roc_auc"}},
         "improvement over the champion, on the same rows, in units of roc_auc, of which more is better"),
        ({"perturb": {"noise": 0.1}, "metric": "mean_absolute_error", "maxDrop": 5},
         "loss with Gaussian noise of 0.1 standard deviations on every number, in units of mean_absolute_error, of "
         "which less is better"),
        ({"perturb": {"missing": "10%"}, "metric": "recall", "maxDrop": 0.1},
         "loss with 10% of all feature values removed, in units of recall, of which more is "
         "better"),
        ({"explain": "permutation", "maxShare": "60%"},
         "the largest share that one feature has of the total permutation importance"),
        ({"explain": "permutation", "forbid": ["sex"]}, ""),
        ({"latency": {"p99": "1s"}},
         "response time on the machine that evaluated the model, which may differ from the server's"),
    ],
)  # fmt: skip
def test_a_rule_says_what_it_measures(rule: dict[str, Any], words: str) -> None:
    read: AnyRule = TypeAdapter(AnyRule).validate_json(json.dumps({"id": "r", **rule}))
    assert about(read) == words
