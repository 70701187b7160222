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
from math import prod
from typing import Any

from penstock.catalog.learners.parameter_values import text_of, values_of
from penstock.catalog.learners.refused_combinations import DEFAULTS, REFUSED, TASK, UNSURE, combinations, holds
from penstock.catalog.learners.scikit_learn import learners
from penstock.catalog.model import View
from penstock.checks.models.parameter_draws import (
    Draw,
    Parameter,
    Parameters,
    Refusal,
    certain_draws,
    parameters_of,
    trials,
    written_values,
)
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Label, Severity
from penstock.source.model import Pointer
from penstock.specs.model import Model

_APART = ("class_weight", "monotonic_cst", "interaction_cst", "categorical_features", "hidden_layer_sizes")
"""Lists and mappings on which nothing hangs that a rule names."""
_MOST_NAMED = 8
"""Values beyond which a sentence only says how many there are."""
_TRIED = (0, 0.5, 1, 2)
"""Numbers of which one tells whether some number would be right."""


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
    parameters = parameters_of(model, known[DEFAULTS])
    if not all(values_of(learners()[path][name]).takes(value) for name, value in written_values(parameters)):
        return  # of which `estimator-value` speaks
    sorts = (REFUSED,) if model.spec.task == "regression" else (REFUSED, UNSURE)
    refusals = [Refusal(sort, conditions) for sort in sorts for conditions in known.get(sort, ())]
    reported: set[Pointer] = set()
    for refusal in refusals:
        for last, drawn in certain_draws(refusal, parameters):
            place = _place(last, drawn, parameters)
            if place not in reported:
                reported.add(place)
                yield _rejected(view, model, refusal.sort, last, drawn, parameters)
    yield from _of_search(view, model, refusals, parameters, reported)


def _of_search(
    view: View, model: Model, refusals: list[Refusal], parameters: Parameters, reported: set[Pointer]
) -> Iterator[Diagnostic]:
    """Choices that are refused together, where none of them is reported by itself."""
    found = trials(refusals, parameters, reported)
    if found is None:
        return
    if found.refused and not found.scored:
        yield _all_rejected(view, model, *found.refused[0], parameters)
        return
    good = {item for drawn in found.scored for item in drawn.items()}
    lost = dict.fromkeys(item for drawn, _ in found.refused for item in drawn.items() if item not in good)
    for name, at in lost:
        by = [refusal for drawn, refusal in found.refused if drawn[name] == at]
        yield _rejected_with_others(view, model, name, at, by, parameters)
    for each in refusals:
        draws = [one for one, refusal in found.refused if refusal is each and lost.keys().isdisjoint(one.items())]
        if draws:
            yield _partly_rejected(view, model, each, draws, parameters)


def _all_rejected(view: View, model: Model, drawn: Draw, refusal: Refusal, parameters: Parameters) -> Diagnostic:
    """A search none of whose trials can be scored."""
    met = {name: drawn.get(name, 0) for name in refusal.conditions}
    return Diagnostic.error(
        "estimator-combination",
        f"`{model.spec.estimator.class_name}` rejects every combination of this search",
        view.span(model, ("search", "space"), "key"),
        secondary=(Label(view.span(model, ("estimator", "class")), "the estimator"),),
        help=_advice(model, met, parameters, ""),
    )


def _rejected_with_others(
    view: View, model: Model, name: str, at: int, refusals: list[Refusal], parameters: Parameters
) -> Diagnostic:
    """A value that goes with none of the other choices."""
    others = [
        other
        for other, one in parameters.items()
        if other != name and one.form == "choice" and any(other in refusal.conditions for refusal in refusals)
    ]
    labels = [Label(view.span(model, parameters[other].at or ()), "with none of these") for other in others]
    return Diagnostic.error(
        "estimator-combination",
        f"`{model.spec.estimator.class_name}` does not accept {_written_as(name, parameters[name], at)} with any other "
        "choice of the search",
        view.span(model, parameters[name].place(at)),
        secondary=(Label(view.span(model, ("estimator", "class")), "the estimator"), *labels),
        help=("remove it",),
    )


def _partly_rejected(
    view: View, model: Model, refusal: Refusal, draws: list[Draw], parameters: Parameters
) -> Diagnostic:
    """Choices of which some combinations fail."""
    conditions = refusal.conditions
    choices = [name for name in parameters if name in conditions and parameters[name].form == "choice"]
    met = {name: draws[0].get(name, 0) for name in conditions}
    found = _rejected(view, model, refusal.sort, choices[-1], met, parameters)
    failing = len({tuple(one[name] for name in choices) for one in draws})
    total = prod(len(parameters[name].values) for name in choices)
    help_ = (
        f"remove one of them: of the {total} combinations of these choices {failing} "
        f"{'fails' if failing == 1 else 'fail'}, and trials with one of them are wasted"
    )
    return replace(found, severity=Severity.WARNING, help=(help_,))


def _rejected(view: View, model: Model, sort: str, last: str, met: Draw, parameters: Parameters) -> Diagnostic:
    """A rule that stands, at the place of one of its names."""
    learner = model.spec.estimator.class_name
    shown = [name for name in parameters if name in met and name != TASK and _is_offered(model, name, parameters[name])]
    others = [name for name in shown if name != last]
    texts = {name: _written_as(name, parameters[name], met[name]) for name in shown}
    with_ = f" with {' and '.join(texts[name] for name in others)}" if others else ""
    if sort == REFUSED:
        task = f" in a {model.spec.task} task" if TASK in met else ""
        headline = f"`{learner}` does not accept {texts.get(last, 'its default values')}{with_}{task}"
    else:
        with_ = f" with {' and '.join(texts[name] for name in shown)}" if shown else " by default"
        headline = f"`{learner}` has no `predict_proba`{with_}, which a {model.spec.task} model needs"
    defaults = [
        f"`{name}` is `{text_of(parameters[name].values[0])}`"
        for name in others or shown
        if parameters[name].at is None
    ]
    at_learner = f"the estimator; {' and '.join(defaults)} by default" if defaults else "the estimator"
    labels = [
        Label(view.span(model, parameters[name].place(met[name])), "with this")
        for name in others
        if parameters[name].at
    ]
    labels += [Label(view.span(model, ("task",)), "the task")] if TASK in met else []
    place = _place(last, met, parameters)
    if last:
        labels.append(Label(view.span(model, ("estimator", "class")), at_learner))
    return Diagnostic.error(
        "estimator-combination", headline, view.span(model, place),
        "" if last else at_learner.removeprefix("the estimator; "),
        secondary=tuple(labels), help=_advice(model, met, parameters, last),
    )  # fmt: skip


def _is_offered(model: Model, name: str, one: Parameter) -> bool:
    """Whether a value is one that a person may know, as some defaults are not."""
    values = values_of(learners()[model.spec.estimator.class_ or ""][name])
    return one.at is not None or f"'{one.values[0]}'" not in values.silent


def _place(last: str, met: Draw, parameters: Parameters) -> Pointer:
    return parameters[last].place(met[last]) if last else ("estimator", "class")


def _written_as(name: str, one: Parameter, position: int) -> str:
    return f"`{name}` of this range" if one.form == "range" else f"`{name}: {text_of(one.values[position])}`"


def _advice(model: Model, met: Draw, parameters: Parameters, last: str) -> tuple[str, ...]:
    """What would go instead, by each name of the rule that has such values."""
    path = model.spec.estimator.class_ or ""
    now = {
        name: one.values[met.get(name, 0)] for name, one in parameters.items() if name in met or len(one.values) == 1
    }
    parts = []
    for name in [name for name in reversed(list(parameters)) if name in met and name != TASK]:
        values = values_of(learners()[path][name])
        words = [*values.words, *([True, False] if "bool" in values.kinds else [])]
        words += [None] if "null" in values.kinds else []
        numbers = [one for one in _TRIED if any(interval.takes(one) for interval in values.intervals)]
        right = [one for one in words if _is_accepted(path, now | {name: one})]
        texts = [f"`{text_of(one)}`" for one in right]
        texts += [f"a number such as `{text_of(one)}`" for one in numbers if _is_accepted(path, now | {name: one})][:1]
        if len(texts) > _MOST_NAMED:
            parts.append(f"`{name}` to one of {counted(len(texts), 'other')}")
        elif texts:
            *most, end = texts
            parts.append(f"`{name}` to {', '.join(most)}{' or ' if most else ''}{end}")
    leave = ["remove it"] if last and parameters[last].form == "choice" and len(parameters[last].values) > 1 else []
    sets = [f"set {', or '.join(parts)}"] if parts else []
    return (", or ".join([*leave, *sets]),) if leave or sets else ()


def _is_accepted(path: str, now: Mapping[str, Any]) -> bool:
    rules = [rule for sort in (REFUSED, UNSURE) for rule in combinations()[path].get(sort, ())]
    # Of what a search draws there may be a value that goes.
    return not any(
        all(name in now and holds(alternatives, now[name]) for name, alternatives in conditions.items())
        for conditions in rules
    )
