"""What the table says that a learner refuses, scikit-learn refuses, whatever the other parameters are."""

from __future__ import annotations

import json
import random
from itertools import product

import pytest

from catalog.learner_trials import completed, covers, defaults, one_of, options, trial_of, tried
from penstock.catalog.learners.refused_combinations import REFUSED, TABLE, TASK, UNSURE, combinations
from penstock.catalog.learners.scikit_learn import learners

pytest.importorskip("sklearn", reason="it is in the extra `runtime`")

SAMPLE = 12


def test_the_table_is_of_learners_that_there_are_and_small() -> None:
    assert set(combinations()) <= set(learners())
    assert TABLE.stat().st_size < 20_000


@pytest.mark.parametrize("path", combinations())
def test_the_defaults_are_those_of_the_learner(path: str) -> None:
    said = combinations()[path]["defaults"]
    assert said == json.loads(json.dumps({name: defaults(path)[name] for name in said}))
    assert {name for sort in (REFUSED, UNSURE) for rule in combinations()[path].get(sort, ()) for name in rule} <= {
        TASK, *said
    }  # fmt: skip


@pytest.mark.parametrize("path", combinations())
def test_what_a_rule_says_happens_whatever_the_other_parameters_are(path: str) -> None:
    given, choices, chance = defaults(path), options(path), random.Random(f"rule {path}")
    trial = trial_of(path, given)
    for sort in (REFUSED, UNSURE):
        for rule in combinations()[path].get(sort, ()):
            for position in range(SAMPLE):
                # Each class of values that a rule lists has its turn.
                said = {name: classes.split(" | ") for name, classes in rule.items()}
                fixed = {name: one_of(each[position % len(each)], chance) for name, each in said.items()}
                other = completed(given, choices, fixed, chance)
                assert trial(other) in (sort, REFUSED), other
            for classes in product(*(each.split(" | ") for each in rule.values())):
                alone = given | {name: one_of(class_) for name, class_ in zip(rule, classes, strict=True)}
                assert trial(alone) in (sort, REFUSED), alone


@pytest.mark.parametrize("path", sorted(set(combinations()) | {"sklearn.ensemble.HistGradientBoostingClassifier"}))
def test_no_rule_speaks_of_a_combination_that_goes(path: str) -> None:
    given, choices, chance = defaults(path), options(path), random.Random(f"any {path}")
    trial = trial_of(path, given)
    for _ in range(4 * SAMPLE):
        names = chance.sample(sorted(choices), min(3, len(choices)))
        combination = given | {name: one_of(chance.choice(choices[name]), chance) for name in names}
        for sort in (REFUSED, UNSURE):
            if any(covers(rule, combination) for rule in combinations().get(path, {}).get(sort, ())):
                assert trial(combination) in (sort, REFUSED), combination


def test_each_learner_that_a_spec_can_name_was_tried() -> None:
    untried = {path.rpartition(".")[2] for path in set(learners()) - set(tried())}
    assert not untried & {"LogisticRegression", "SVC", "SGDClassifier", "LinearSVC", "RandomForestClassifier", "Ridge"}
