"""Trials of scikit-learn's learners on a few rows: which values of their parameters do not go together.

A combination is refused where a learner fails with it on each of several small tables: of what is left, the table is
the reason and not the values. Rules are drawn from the trials: the fewest parameters on which the failure hangs, with
the values for which it stands whatever the other parameters are.

    PYTHONPATH=tests .venv/bin/python -m catalog.learner_trials

makes the table anew, for another scikit-learn. That takes half an hour, so that no test does it: tests try what each of
its rules says.
"""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from functools import cache
from importlib import import_module
from itertools import combinations, product
from math import inf
from typing import Any

from penstock.catalog.learners.parameter_values import Interval, values_of
from penstock.catalog.learners.refused_combinations import DEFAULTS, REFUSED, TABLE, TASK, UNSURE, holds
from penstock.catalog.learners.scikit_learn import WITHOUT_PROBABILITIES, learners

Combination = dict[str, Any]
Rule = dict[str, str]
Trial = Callable[[Combination], str]

ASIDE = ("verbose", "n_jobs", "random_state", "copy", "copy_X", "copy_X_train", "warm_start")
"""Parameters on which no failure hangs."""
QUICK = {"max_iter": 5, "n_estimators": 3, "max_subpopulation": 20, "hidden_layer_sizes": [3]}
WHOLES: dict[str, list[Any]] = {
    "list": [[0.5], [0.5, 1.0], [1, 1, 1], [[0.5, 0.5]]],
    "mapping": [{}, {0: 1.0, 1: 2.0}, {"gamma": 0.5}, {"p": 2}],
    "text": ["a", "accuracy", "r2"],
}
"""Values of which any may be right or wrong: they tell what a failure hangs on, and no rule speaks of them."""
MOST_WORDS = 30
ROWS = 60
COMPLETIONS = 60
MOST_CAUSES = 4


def tried() -> Iterator[str]:
    """The learners that a spec can name and that fit with what they are by default."""
    for path, takes in learners().items():
        if not any(said == "object" or name == "estimators" for name, said in takes.items()) and defaults(path):
            yield path


@cache
def defaults(path: str) -> Combination:
    """What the parameters are where nothing is written; nothing for a learner that then fails on every table."""
    found: Combination = _class_of(path)().get_params(deep=False) | {TASK: tasks(path)[0]}
    trial = trial_of(path, found)
    return found if any(trial(found | {TASK: task}) != REFUSED for task in tasks(path)) else {}


@cache
def tasks(path: str) -> tuple[str, ...]:
    """The tasks that a learner is for."""
    from sklearn.base import ClassifierMixin

    return ("binary", "multiclass") if issubclass(_class_of(path), ClassifierMixin) else ("regression",)


def _class_of(path: str) -> Any:
    package, _, name = path.rpartition(".")
    return getattr(import_module(package), name)


@cache
def _tables(task: str) -> list[tuple[Any, Any]]:
    import numpy as np

    chance = np.random.default_rng(7)
    squares = chance.random((ROWS, 3))
    distances = np.sqrt(((squares[:, None] - squares[None]) ** 2).sum(2))
    label: Any = chance.permutation(np.arange(ROWS) % 3)
    if task == "binary":
        label = (label > 0).astype(int)
    elif task == "multiclass":
        label = np.array(["a", "b", "c"])[label]
    else:
        label = label + 1.0 + chance.random(ROWS)
    counted = chance.integers(0, 4, (ROWS, 2)).astype(float)
    # Numbers as classes, and as many rows of each.
    again = label if task == "regression" else np.arange(ROWS) % (2 if task == "binary" else 3)
    return [(counted, label), (distances, label), (distances, again), (counted[:, :1], again)]


def trial_of(path: str, given: Combination) -> Trial:
    """Says of a combination whether it is refused, gives no probabilities, or goes."""
    made, name = _class_of(path), path.rpartition(".")[2]
    known: dict[str, str] = {}

    def trial(combination: Combination) -> str:
        key = repr(sorted(combination.items()))
        if key not in known:
            known[key] = outcome(combination)
        return known[key]

    def outcome(combination: Combination) -> str:
        task = combination[TASK]
        values = {name: value for name, value in combination.items() if name != TASK}
        values |= {name: value for name, value in QUICK.items() if name in given}
        for rows, label in _tables(task):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    # Some write into what they are given.
                    learner = made(**deepcopy(values)).fit(rows, label)
                    learner.predict(rows[:5])
                    if task == "regression" or name in WITHOUT_PROBABILITIES:
                        return ""
                    if not hasattr(learner, "predict_proba"):
                        return UNSURE
                    learner.predict_proba(rows[:5])
                except Exception:
                    continue
            return ""
        return REFUSED

    return trial


def options(path: str) -> dict[str, list[str]]:
    """By parameter the classes of values that may be told apart: words, truth values, null, zero and other numbers."""
    found: dict[str, list[str]] = {TASK: [f"'{task}'" for task in tasks(path)]}
    for name, said in learners()[path].items():
        values = values_of(said)
        if name in ASIDE or name in QUICK or len(values.words) > MOST_WORDS:
            continue
        classes = [f"'{word}'" for word in values.words] + ["true", "false"] * ("bool" in values.kinds)
        classes += ["null"] * ("null" in values.kinds)
        classes += [part for interval in values.intervals for part in _parts(interval)]
        classes += [kind for kind in WHOLES if kind in values.kinds]
        classes += sorted(each for each in values.silent if each.startswith("'"))
        if classes:
            found[name] = classes
    return found


def _parts(interval: Interval) -> Iterator[str]:
    low, high = interval.low, interval.high
    if interval.type_ != "int":
        ends = (end for end in (low, high) if abs(end) != inf and interval.takes(float(end)))
        yield from (f"{interval.type_} [{end:g}, {end:g}]" for end in ends)
    left = "[" if interval.type_ == "int" and abs(low) != inf else "("
    right = "]" if interval.type_ == "int" and abs(high) != inf else ")"
    yield f"{interval.type_} {left}{low:g}, {high:g}{right}"


def one_of(class_: str, chance: random.Random | None = None) -> Any:
    """A value of a class: the same each time, or by chance."""
    values = _within(class_)
    return chance.choice(values) if chance else values[0]


def _within(class_: str) -> list[Any]:
    """Values of a class, of which the first two are the least alike."""
    if class_ in ("true", "false", "null"):
        return [{"true": True, "false": False, "null": None}[class_]]
    if class_.startswith("'"):
        return [class_[1:-1]]
    if class_ in WHOLES:
        return WHOLES[class_]
    interval = values_of(class_).intervals[0]
    floats = (0.5, 1.5, 0.05, 0.9, -0.5, 3.0, float(interval.low), float(interval.high))
    numbers = (20, 1, 2, 0, -1, 5, 50) if interval.type_ == "int" else floats
    return [each for each in numbers if abs(each) != inf and interval.takes(each)]


def covers(rule: Rule, combination: Combination) -> bool:
    return all(holds(said, combination[name]) for name, said in rule.items())


def table() -> dict[str, dict[str, Any]]:
    """By learner what it refuses, what it gives no probabilities with, and the defaults of what these name."""
    found = {path: rules_of(path) for path in tried()}
    return {path: _with_defaults(path, rules) for path, rules in found.items() if rules}


def _with_defaults(path: str, rules: dict[str, list[Rule]]) -> dict[str, Any]:
    names = sorted({name for each in rules.values() for rule in each for name in rule} - {TASK})
    return {DEFAULTS: {name: defaults(path)[name] for name in names}, **rules}


def text_of(found: dict[str, dict[str, Any]]) -> str:
    """The table with a line for each rule."""
    parts = []
    for path, sorts in found.items():
        lines = [f'  "{DEFAULTS}": {json.dumps(sorts[DEFAULTS])}']
        for sort in (REFUSED, UNSURE):
            if sort in sorts:
                rules = ",\n".join(f"   {json.dumps(rule)}" for rule in sorts[sort])
                lines.append(f'  "{sort}": [\n{rules}\n  ]')
        parts.append(f' "{path}": {{\n' + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def rules_of(path: str) -> dict[str, list[Rule]]:
    """What a learner refuses, and with what it gives no probabilities."""
    given, choices = defaults(path), options(path)
    trial = trial_of(path, given)
    found: dict[str, list[Rule]] = {REFUSED: [], UNSURE: []}
    chance = random.Random(path)

    def learn(tried: Iterable[Combination]) -> None:
        for combination in tried:
            sort = trial(combination)
            if sort and not any(covers(rule, combination) for rule in found[sort]):
                rule = _cause(trial, given, combination, sort, choices, chance)
                if rule is not None:
                    found[sort].append(rule)

    learn([given])
    for size in (1, 2):
        learn(_changed(given, choices, size))
    # Of three parameters those tell that told something before.
    telling = {name for rules in found.values() for rule in rules for name in rule}
    learn(_changed(given, {name: choices[name] for name in choices if name in telling}, 3))
    return {sort: merged(rules, choices) for sort, rules in found.items() if rules}


def _changed(given: Combination, choices: dict[str, list[str]], size: int) -> Iterator[Combination]:
    """The combinations in which so many parameters have each of their values."""
    for names in combinations(choices, size):
        for classes in product(*(choices[name] for name in names)):
            # Of numbers a second one is tried by itself alone: pairs are many.
            for values in product(
                *(_each(class_)[: None if size == 1 or class_ in WHOLES else 1] for class_ in classes)
            ):
                yield given | dict(zip(names, values, strict=True))


def _each(class_: str) -> list[Any]:
    return WHOLES.get(class_) or _within(class_)[:2]


def completed(
    given: Combination, choices: dict[str, list[str]], fixed: Combination, chance: random.Random
) -> Combination:
    """A combination with these values, and others by chance."""
    drawn = {name: one_of(chance.choice(classes), chance) for name, classes in choices.items() if name not in fixed}
    return given | drawn | fixed


def fails(outcome: str, sort: str) -> bool:
    """Whether a trial ends as a rule of this sort says: what is refused gives no probabilities either."""
    return outcome in (sort, REFUSED)


def _cause(
    trial: Trial,
    given: Combination,
    combination: Combination,
    sort: str,
    choices: dict[str, list[str]],
    chance: random.Random,
) -> Rule | None:
    """The parameters on which a failure hangs; None where it hangs on more than a person would be told."""
    causes = [
        name
        for name, classes in choices.items()
        if any(not fails(trial(combination | {name: value}), sort) for class_ in classes for value in _each(class_))
    ]
    while causes and len(causes) <= MOST_CAUSES:
        rule = {name: _class(choices[name], combination[name]) for name in causes}
        if not all(rule.values()) or not WHOLES.keys().isdisjoint(rule.values()):
            return None
        others = {name: choices[name] for name in choices if name not in causes}
        good = next(
            (one for one in _tries(combination, given, rule, others, chance) if not fails(trial(one), sort)), None
        )
        if good is None:
            return rule
        more = _turns(trial, combination, good, sort, list(others))
        if more is None:
            return None
        causes.append(more)
    return None


def _tries(
    combination: Combination, given: Combination, rule: Rule, others: dict[str, list[str]], chance: random.Random
) -> Iterator[Combination]:
    """The same with the defaults of the other parameters, with one or two of these changed, with all by chance."""
    yield combination | {name: given[name] for name in others}
    for size in (1, 2):
        yield from _changed(combination, others, size)
    for _ in range(COMPLETIONS):
        yield completed(combination, others, {name: one_of(said, chance) for name, said in rule.items()}, chance)


def _class(classes: Iterable[str], value: Any) -> str:
    return next((class_ for class_ in classes if holds(class_, value)), "")


def _turns(trial: Trial, bad: Combination, good: Combination, sort: str, names: list[str]) -> str | None:
    """The parameter at which a failure goes away, on the way from one combination to another."""
    now = dict(bad)
    for name in names:
        now[name] = good[name]
        if not fails(trial(now), sort):
            return name
    return None


def merged(rules: list[Rule], choices: dict[str, list[str]]) -> list[Rule]:
    """Fewer rules that say the same, each of as many values as the others together allow."""
    wide = []
    for rule in rules:
        parts = {name: [said] for name, said in rule.items()}
        for name in parts:
            for class_ in choices[name]:
                if class_ not in parts[name] and _implied(parts | {name: [class_]}, rules):
                    parts[name].append(class_)
        wide.append({name: " | ".join(sorted(said)) for name, said in sorted(parts.items())})
    wide.sort(key=lambda rule: (len(rule), -len(str(rule)), str(rule)))
    kept: list[Rule] = []
    for rule in wide:
        if not _implied({name: said.split(" | ") for name, said in rule.items()}, kept):
            kept.append(rule)
    return kept


def _implied(parts: dict[str, list[str]], rules: list[Rule]) -> bool:
    """Whether each combination of these values is one of some rule."""
    return all(
        any(all(name in one and one[name] in said.split(" | ") for name, said in rule.items()) for rule in rules)
        for one in (dict(zip(parts, values, strict=True)) for values in product(*parts.values()))
    )


if __name__ == "__main__":
    TABLE.write_text(text_of(table()), encoding="utf-8")
