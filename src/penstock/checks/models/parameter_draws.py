"""What a learner's parameters may be when training begins, and which combinations of them it refuses.

A parameter is what the spec writes, what a search draws for it, or its default. A search draws one of the values of
each choice; of a range the two ends stand for all numbers between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import inf, nextafter, prod
from typing import Any, Literal, NamedTuple

from penstock.catalog.learners.refused_combinations import TASK, holds
from penstock.source.model import Pointer
from penstock.specs.model import Model
from penstock.specs.search import Range

_MOST_DRAWN = 1_000
"""Combinations of choices beyond which a search is not looked at as a whole."""


class Parameter(NamedTuple):
    """The values that a parameter may have when training begins."""

    values: tuple[Any, ...]
    """Of a range the two ends, or the numbers beside them."""
    at: Pointer | None
    """Where they are written; None for a default and for the task."""
    form: Literal["value", "choice", "range"] = "value"

    def place(self, position: int) -> Pointer:
        """Where one of the values is written; the whole of a range, and nothing of a default."""
        return (*(self.at or ()), position) if self.form == "choice" else self.at or ()


Parameters = Mapping[str, Parameter]
"""By name, the model's task among them, in the order in which they are written; first what is not."""

Draw = dict[str, int]
"""By the name of a parameter: which of its values is meant."""


class Refusal(NamedTuple):
    """A rule of the table: values that a learner refuses together, or with which it has no probabilities."""

    sort: str
    conditions: Mapping[str, str]
    """By the name of a parameter: the values for which the rule stands."""


class Trials(NamedTuple):
    """What becomes of the combinations that a search may draw."""

    refused: list[tuple[Draw, Refusal]]
    scored: list[Draw]


def parameters_of(model: Model, defaults: Mapping[str, Any]) -> Parameters:
    """The parameters that have `defaults`, which are those that rules name, and the task."""
    estimator, search = model.spec.estimator, model.spec.search
    space = search.space if search is not None else {}
    known = {name: Parameter((value,), None) for name, value in {TASK: model.spec.task, **defaults}.items()}
    written = {name: Parameter((value,), ("estimator", "params", name)) for name, value in estimator.params.items()}
    written |= {name: _searched(range_, ("search", "space", name)) for name, range_ in space.items()}
    left = {name: one for name, one in known.items() if name not in written}
    return left | {name: one for name, one in written.items() if name in defaults}


def _searched(range_: Range, at: Pointer) -> Parameter:
    if range_.choice is not None:
        return Parameter(tuple(range_.choice), (*at, "choice"), "choice")
    if range_.int_ is not None:
        return Parameter(tuple(range_.int_), at, "range")
    low, high = range_.uniform or range_.loguniform or (-inf, inf)
    # A number drawn between the ends is never an end itself.
    return Parameter((nextafter(low, high), nextafter(high, low)), at, "range")


def written_values(parameters: Parameters) -> Iterator[tuple[str, Any]]:
    """Each value that the spec writes, with the name of its parameter."""
    for name, one in parameters.items():
        if one.at is not None:
            yield from ((name, value) for value in one.values)


def certain_draws(refusal: Refusal, parameters: Parameters) -> Iterator[tuple[str, Draw]]:
    """Where a rule stands whatever a trial draws: once for each choice that fails, with the choice's name.

    Without a choice it is the last name that is written, and empty if none is.
    """
    met = {
        name: [at for at, one in enumerate(parameters[name].values) if holds(alternatives, one)]
        for name, alternatives in refusal.conditions.items()
    }
    parted = [name for name, found in met.items() if len(found) < len(parameters[name].values)]
    if not all(met.values()) or len(parted) > 1 or any(parameters[name].form != "choice" for name in parted):
        return
    written = [name for name in parameters if name in met and parameters[name].at is not None]
    last = (parted or [name for name in written if parameters[name].form == "choice"] or written or [""])[-1]
    is_choice = bool(last) and parameters[last].form == "choice"
    for at in met[last] if is_choice else [0]:
        yield last, {name: at if is_choice and name == last else found[0] for name, found in met.items()}


def trials(refusals: list[Refusal], parameters: Parameters, reported: set[Pointer]) -> Trials | None:
    """What becomes of the combinations of a search's choices, but for those that are `reported` by themselves.

    None where there is nothing to combine, too much, or where all trials fail anyhow: a place that is reported and is
    none of a choice.
    """
    choices = {name: range(len(one.values)) for name, one in parameters.items() if one.form == "choice"}
    places = {parameters[name].place(at) for name, positions in choices.items() for at in positions}
    if len(choices) < 2 or prod(map(len, choices.values())) > _MOST_DRAWN or not reported <= places:
        return None
    matched = [(each, _matched(each, parameters)) for each in refusals]
    found = Trials([], [])
    for drawn in (dict(zip(choices, positions, strict=True)) for positions in product(*choices.values())):
        if reported.isdisjoint(parameters[name].place(at) for name, at in drawn.items()):
            refusal = next((each for each, stands in matched if _all_stand(stands, drawn)), None)
            if refusal is None:
                found.scored.append(drawn)
            else:
                found.refused.append((drawn, refusal))
    return found


def _matched(refusal: Refusal, parameters: Parameters) -> dict[str, set[int]]:
    """By the names of a rule: the values of a choice for which it stands; of what is no choice all or none."""
    found = {}
    for name, alternatives in refusal.conditions.items():
        one = parameters[name]
        matched = {at for at, value in enumerate(one.values) if holds(alternatives, value)}
        found[name] = matched if one.form == "choice" or len(matched) == len(one.values) else set()
    return found


def _all_stand(matched: Mapping[str, set[int]], drawn: Draw) -> bool:
    return all(drawn.get(name, 0) in positions for name, positions in matched.items())
