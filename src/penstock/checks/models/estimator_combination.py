"""Parameter values are incompatible with each other, or with the model's task.

What it does: for estimators of scikit-learn, compares the values in `estimator.params`, those in `search.space`, and
the defaults of the others with the combinations that scikit-learn rejects when training begins. Also with those for
which a classifier has no `predict_proba`, such as `SGDClassifier` with its default loss. A choice of a search is an
error if no trial with it can be scored. If it is incompatible with only some of the other choices, that is a warning,
since the search skips trials that fail. Nothing is reported if a list or a mapping may supply what the other values
lack, as `metric_params` does.

Why: training, or some of the search's trials, would fail after the data has been read.

Example:

    estimator:
      class: sklearn.linear_model.LogisticRegression
      params: {solver: lbfgs, penalty: l1}

Use instead:

    estimator:
      class: sklearn.linear_model.LogisticRegression
      params: {solver: saga, penalty: l1}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from math import inf, nextafter, prod
from typing import Any, Literal, NamedTuple

from penstock.catalog.learners.parameter_values import text_of, values_of
from penstock.catalog.learners.refused_combinations import DEFAULTS, REFUSED, TASK, UNSURE, combinations, holds
from penstock.catalog.learners.scikit_learn import learners
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Label, Severity
from penstock.source.model import Pointer
from penstock.specs.model import Model, Range

_APART = ("class_weight", "monotonic_cst", "interaction_cst", "categorical_features", "hidden_layer_sizes")
"""Lists and mappings on which nothing hangs that a rule names."""
_MOST_NAMED = 8
"""Values beyond which a sentence only says how many there are."""
_MOST_DRAWN = 1_000
"""Combinations of choices beyond which a search is not looked at as a whole."""
_TRIED = (0, 0.5, 1, 2)
"""Numbers of which one tells whether some number would be right."""


class _Given(NamedTuple):
    """The values that a parameter may have when training begins."""

    values: tuple[Any, ...]
    """Of a range the two ends, or the numbers beside them."""
    at: Pointer | None
    """Where they are written; None for a default and for the task."""
    form: Literal["value", "choice", "range"] = "value"


_Met = dict[str, int]
"""By name: which of the values is meant."""
_Rule = tuple[str, Mapping[str, str]]
"""A sort, and the values for which it stands by their names."""


@rule("estimator-combination", severities=MAY_WARN)
def estimator_combination(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields what no fit goes with."""
    path = model.spec.estimator.class_ or ""
    known = combinations().get(path)
    if known is None:
        return
    if any(
        isinstance(value, list | dict) and name not in _APART for name, value in model.spec.estimator.params.items()
    ):
        return
    given = _given(model, known[DEFAULTS])
    if not all(values_of(learners()[path][name]).takes(value) for name, value in _written(given)):
        return  # of which `estimator-value` speaks
    sorts = (REFUSED,) if model.spec.task == "regression" else (REFUSED, UNSURE)
    rules = [(sort, conditions) for sort in sorts for conditions in known.get(sort, ())]
    named: set[Pointer] = set()
    for each in rules:
        for last, met in _met(each[1], given):
            place = _place(last, met, given)
            if place not in named:
                named.add(place)
                yield _rejected(view, model, each[0], last, met, given)
    yield from _of_search(view, model, rules, given, named)


def _given(model: Model, defaults: Mapping[str, Any]) -> dict[str, _Given]:
    """What the rules name, in the order in which it is written; first what is not."""
    estimator, search = model.spec.estimator, model.spec.search
    space = search.space if search is not None else {}
    given = {name: _Given((value,), None) for name, value in {TASK: model.spec.task, **defaults}.items()}
    written = {name: _Given((value,), ("estimator", "params", name)) for name, value in estimator.params.items()}
    written |= {name: _searched(range_, ("search", "space", name)) for name, range_ in space.items()}
    left = {name: one for name, one in given.items() if name not in written}
    return left | {name: one for name, one in written.items() if name in defaults}


def _searched(range_: Range, at: Pointer) -> _Given:
    if range_.choice is not None:
        return _Given(tuple(range_.choice), (*at, "choice"), "choice")
    if range_.int_ is not None:
        return _Given(tuple(range_.int_), at, "range")
    low, high = range_.uniform or range_.loguniform or (-inf, inf)
    # A number drawn between the ends is never an end itself.
    return _Given((nextafter(low, high), nextafter(high, low)), at, "range")


def _written(given: Mapping[str, _Given]) -> Iterator[tuple[str, Any]]:
    for name, one in given.items():
        if one.at is not None:
            yield from ((name, value) for value in one.values)


def _met(conditions: Mapping[str, str], given: Mapping[str, _Given]) -> Iterator[tuple[str, _Met]]:
    """Where a rule stands whatever a trial draws: once for each choice that fails, with the choice's name.

    Without a choice it is the last name that is written, and empty if none is.
    """
    met = {
        name: [at for at, one in enumerate(given[name].values) if holds(alternatives, one)]
        for name, alternatives in conditions.items()
    }
    parted = [name for name, found in met.items() if len(found) < len(given[name].values)]
    if not all(met.values()) or len(parted) > 1 or any(given[name].form != "choice" for name in parted):
        return
    written = [name for name in given if name in met and given[name].at is not None]
    last = (parted or [name for name in written if given[name].form == "choice"] or written or [""])[-1]
    is_choice = bool(last) and given[last].form == "choice"
    for at in met[last] if is_choice else [0]:
        yield last, {name: at if is_choice and name == last else found[0] for name, found in met.items()}


def _of_search(
    view: View, model: Model, rules: list[_Rule], given: Mapping[str, _Given], named: set[Pointer]
) -> Iterator[Diagnostic]:
    """Choices that are refused together, where none of them is reported by itself."""
    choices = {name: range(len(one.values)) for name, one in given.items() if one.form == "choice"}
    places = {_pointer(given[name], at) for name, positions in choices.items() for at in positions}
    # Without a choice that is named, all trials fail anyhow.
    if len(choices) < 2 or prod(map(len, choices.values())) > _MOST_DRAWN or not named <= places:
        return
    matched = [(each, _matched(each[1], given)) for each in rules]
    refused: list[tuple[_Met, _Rule]] = []
    scored: list[_Met] = []
    for drawn in (dict(zip(choices, positions, strict=True)) for positions in product(*choices.values())):
        if named.isdisjoint(_pointer(given[name], at) for name, at in drawn.items()):
            rule_ = next((each for each, stands in matched if _all_stand(stands, drawn)), None)
            if rule_ is None:
                scored.append(drawn)
            else:
                refused.append((drawn, rule_))
    if refused and not scored:
        yield _nothing_goes(view, model, *refused[0], given)
        return
    good = {item for drawn in scored for item in drawn.items()}
    lost = dict.fromkeys(item for drawn, _ in refused for item in drawn.items() if item not in good)
    for name, at in lost:
        yield _goes_with_none(view, model, name, at, [rule_ for drawn, rule_ in refused if drawn[name] == at], given)
    for each in rules:
        drawn_ = [drawn for drawn, rule_ in refused if rule_ is each and lost.keys().isdisjoint(drawn.items())]
        if drawn_:
            yield _in_part(view, model, each, drawn_, given)


def _matched(conditions: Mapping[str, str], given: Mapping[str, _Given]) -> dict[str, set[int]]:
    """By the names of a rule: the values of a choice for which it stands; of what is no choice all or none."""
    found = {}
    for name, alternatives in conditions.items():
        one = given[name]
        matched = {at for at, value in enumerate(one.values) if holds(alternatives, value)}
        found[name] = matched if one.form == "choice" or len(matched) == len(one.values) else set()
    return found


def _all_stand(matched: Mapping[str, set[int]], drawn: _Met) -> bool:
    return all(drawn.get(name, 0) in positions for name, positions in matched.items())


def _nothing_goes(view: View, model: Model, drawn: _Met, rule_: _Rule, given: Mapping[str, _Given]) -> Diagnostic:
    met = {name: drawn.get(name, 0) for name in rule_[1]}
    return Diagnostic.error(
        "estimator-combination",
        f"`{_learner(model)}` rejects every combination of this search",
        view.span(model, ("search", "space"), "key"),
        secondary=(Label(view.span(model, ("estimator", "class")), "the estimator"),),
        help=_advice(model, met, given, ""),
    )


def _goes_with_none(
    view: View, model: Model, name: str, at: int, rules: list[_Rule], given: Mapping[str, _Given]
) -> Diagnostic:
    others = [
        other
        for other, one in given.items()
        if other != name and one.form == "choice" and any(other in conditions for _, conditions in rules)
    ]
    labels = [Label(view.span(model, given[other].at or ()), "with none of these") for other in others]
    return Diagnostic.error(
        "estimator-combination",
        f"`{_learner(model)}` does not accept {_written_as(name, given[name], at)} with any other choice of the search",
        view.span(model, _pointer(given[name], at)),
        secondary=(Label(view.span(model, ("estimator", "class")), "the estimator"), *labels),
        help=("remove it",),
    )


def _in_part(view: View, model: Model, rule_: _Rule, drawn: list[_Met], given: Mapping[str, _Given]) -> Diagnostic:
    sort, conditions = rule_
    choices = [name for name in given if name in conditions and given[name].form == "choice"]
    met = {name: drawn[0].get(name, 0) for name in conditions}
    found = _rejected(view, model, sort, choices[-1], met, given)
    failing = len({tuple(one[name] for name in choices) for one in drawn})
    total = prod(len(given[name].values) for name in choices)
    help_ = (
        f"remove one of them: of the {total} combinations of these choices {failing} "
        f"{'fails' if failing == 1 else 'fail'}, and trials with one of them are wasted"
    )
    return replace(found, severity=Severity.WARNING, help=(help_,))


def _learner(model: Model) -> str:
    return str(model.spec.estimator.class_).rpartition(".")[2]


def _rejected(view: View, model: Model, sort: str, last: str, met: _Met, given: Mapping[str, _Given]) -> Diagnostic:
    """A rule that stands, at the place of one of its names."""
    learner = _learner(model)
    shown = [name for name in given if name in met and name != TASK and _is_offered(model, name, given[name])]
    others = [name for name in shown if name != last]
    texts = {name: _written_as(name, given[name], met[name]) for name in shown}
    with_ = f" with {' and '.join(texts[name] for name in others)}" if others else ""
    if sort == REFUSED:
        task = f" in a {model.spec.task} task" if TASK in met else ""
        headline = f"`{learner}` does not accept {texts.get(last, 'its default values')}{with_}{task}"
    else:
        with_ = f" with {' and '.join(texts[name] for name in shown)}" if shown else " by default"
        headline = f"`{learner}` has no `predict_proba`{with_}, which a {model.spec.task} model needs"
    defaults = [f"`{name}` is `{text_of(given[name].values[0])}`" for name in others or shown if given[name].at is None]
    at_learner = f"the estimator; {' and '.join(defaults)} by default" if defaults else "the estimator"
    labels = [
        Label(view.span(model, _pointer(given[name], met[name])), "with this") for name in others if given[name].at
    ]
    labels += [Label(view.span(model, ("task",)), "the task")] if TASK in met else []
    place = _place(last, met, given)
    if last:
        labels.append(Label(view.span(model, ("estimator", "class")), at_learner))
    return Diagnostic.error(
        "estimator-combination", headline, view.span(model, place),
        "" if last else at_learner.removeprefix("the estimator; "),
        secondary=tuple(labels), help=_advice(model, met, given, last),
    )  # fmt: skip


def _is_offered(model: Model, name: str, one: _Given) -> bool:
    """Whether a value is one that a person may know, as some defaults are not."""
    values = values_of(learners()[model.spec.estimator.class_ or ""][name])
    return one.at is not None or f"'{one.values[0]}'" not in values.silent


def _place(last: str, met: _Met, given: Mapping[str, _Given]) -> Pointer:
    return _pointer(given[last], met[last]) if last else ("estimator", "class")


def _pointer(one: _Given, position: int) -> Pointer:
    return (*(one.at or ()), position) if one.form == "choice" else one.at or ()


def _written_as(name: str, one: _Given, position: int) -> str:
    return f"`{name}` of this range" if one.form == "range" else f"`{name}: {text_of(one.values[position])}`"


def _advice(model: Model, met: _Met, given: Mapping[str, _Given], last: str) -> tuple[str, ...]:
    """What would go instead, by each name of the rule that has such values."""
    path = model.spec.estimator.class_ or ""
    now = {name: one.values[met.get(name, 0)] for name, one in given.items() if name in met or len(one.values) == 1}
    parts = []
    for name in [name for name in reversed(list(given)) if name in met and name != TASK]:
        values = values_of(learners()[path][name])
        words = [*values.words, *([True, False] if "bool" in values.kinds else [])]
        words += [None] if "null" in values.kinds else []
        numbers = [one for one in _TRIED if any(interval.takes(one) for interval in values.intervals)]
        right = [one for one in words if _goes(path, now | {name: one})]
        texts = [f"`{text_of(one)}`" for one in right]
        texts += [f"a number such as `{text_of(one)}`" for one in numbers if _goes(path, now | {name: one})][:1]
        if len(texts) > _MOST_NAMED:
            parts.append(f"`{name}` to one of {counted(len(texts), 'other')}")
        elif texts:
            *most, end = texts
            parts.append(f"`{name}` to {', '.join(most)}{' or ' if most else ''}{end}")
    leave = ["remove it"] if last and given[last].form == "choice" and len(given[last].values) > 1 else []
    sets = [f"set {', or '.join(parts)}"] if parts else []
    return (", or ".join([*leave, *sets]),) if leave or sets else ()


def _goes(path: str, now: Mapping[str, Any]) -> bool:
    rules = [rule for sort in (REFUSED, UNSURE) for rule in combinations()[path].get(sort, ())]
    # Of what a search draws there may be a value that goes.
    return not any(
        all(name in now and holds(alternatives, now[name]) for name, alternatives in conditions.items())
        for conditions in rules
    )
