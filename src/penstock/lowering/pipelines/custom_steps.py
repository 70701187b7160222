"""Custom steps: their places among the training steps, and what can be wrong with these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from penstock.ir.workflow import Step
from penstock.lowering.pipelines.steps import CUSTOM_HOURS, compute_of
from penstock.specs.model import CustomStep

_HOUR = 3600


class CustomStepProblem(NamedTuple):
    """A mistake in one of a model's `steps`, and its path below ``spec``."""

    reason: Literal["unknown", "taken", "cycle", "placeholder"]
    """``unknown``: there is no step of this name. ``taken``: another step has it. ``cycle``: steps wait for each
    other, so that none of them can ever start. ``placeholder``: the cluster would replace a part of the command."""
    pointer: tuple[str | int, ...]
    step: str
    """The custom step; for ``unknown``, the name that it waits for."""
    known: tuple[str, ...]
    """For ``unknown``, the steps that there are; for ``cycle``, the steps on it, in order."""


def custom_step_problems(built_in: tuple[Step, ...], custom: Sequence[CustomStep]) -> tuple[CustomStepProblem, ...]:
    """The mistakes in a model's custom steps and in their places among the built-in ones."""
    problems = [*_taken(built_in, custom), *_unknown(built_in, custom)]
    if not problems:
        problems += _cycle(built_in, custom)
    return (*problems, *_placeholders(custom))


def with_custom_steps(built_in: tuple[Step, ...], custom: Sequence[CustomStep], image: str) -> tuple[Step, ...]:
    """All steps, each after those that it waits for, and otherwise in the given order.

    ValueError where `custom_step_problems` would find a problem.
    """
    if not custom:
        return built_in
    if wrong := [*_taken(built_in, custom), *_unknown(built_in, custom)]:
        raise ValueError(f"{wrong[0].reason} step {wrong[0].step!r}")
    steps = {step.name: replace(step, after=(*step.after, *_extra(step.name, custom))) for step in built_in}
    for step in custom:
        steps[step.name] = _custom_step(step, (*step.after, *_extra(step.name, custom)), image)
    order, left = _ordered(_waits(built_in, custom))
    if left:
        raise ValueError(f"steps depend on each other in a circle: {', '.join(left)}")
    return tuple(steps[name] for name in order)


def _custom_step(step: CustomStep, after: tuple[str, ...], image: str) -> Step:
    return Step(
        name=step.name,
        title=step.name,
        image=step.image or image,
        command=tuple(step.command),
        arguments=(),
        outputs=(),
        compute=compute_of(step.resources, gpu=True),
        after=tuple(dict.fromkeys(after)),
        cache=False,  # nothing is known of what it touches
        timeout_seconds=CUSTOM_HOURS * _HOUR,
    )


def _extra(name: str, custom: Iterable[CustomStep]) -> tuple[str, ...]:
    """The custom steps that declare to run before the step `name`."""
    return tuple(step.name for step in custom if name in step.before)


def _waits(built_in: Iterable[Step], custom: Sequence[CustomStep]) -> dict[str, list[str]]:
    """For each step, in order, those that it waits for."""
    waits = {step.name: list(step.upstream) for step in built_in}
    waits.update({step.name: list(step.after) for step in custom})
    for step in custom:
        for name in step.before:
            waits[name].append(step.name)
    return waits


def _ordered(waits: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    """The steps in an order as close to the given one as possible, and those that a cycle keeps from starting."""
    order: dict[str, None] = {}
    left = list(waits)
    while ready := next((name for name in left if all(before in order for before in waits[name])), None):
        order[ready] = None
        left.remove(ready)
    return list(order), left


def _taken(built_in: Iterable[Step], custom: Sequence[CustomStep]) -> Iterable[CustomStepProblem]:
    seen = {step.name for step in built_in}
    for position, step in enumerate(custom):
        if step.name in seen:
            yield CustomStepProblem("taken", ("steps", position, "name"), step.name, ())
        seen.add(step.name)


def _placeholders(custom: Sequence[CustomStep]) -> Iterable[CustomStepProblem]:
    for position, step in enumerate(custom):
        for index, word in enumerate(step.command):
            if "{{" in word:
                yield CustomStepProblem("placeholder", ("steps", position, "command", index), step.name, ())


def _unknown(built_in: Iterable[Step], custom: Sequence[CustomStep]) -> Iterable[CustomStepProblem]:
    known = (*(step.name for step in built_in), *(step.name for step in custom))
    for position, step in enumerate(custom):
        for key, names in (("after", step.after), ("before", step.before)):
            for index, name in enumerate(names):
                if name not in known:
                    yield CustomStepProblem("unknown", ("steps", position, key, index), name, known)


def _cycle(built_in: Iterable[Step], custom: Sequence[CustomStep]) -> Iterable[CustomStepProblem]:
    waits = _waits(built_in, custom)
    _, left = _ordered(waits)
    on_cycle = _one_cycle(waits, left) if left else ()
    for position, step in enumerate(custom):
        if step.name in on_cycle:
            yield CustomStepProblem("cycle", ("steps", position), step.name, on_cycle)
            return


def _one_cycle(waits: dict[str, list[str]], left: Sequence[str]) -> tuple[str, ...]:
    """One cycle among the steps that could not be ordered: each of them waits for another of them."""
    path: list[str] = []
    name = left[0]
    while name not in path:
        path.append(name)
        name = next(before for before in waits[name] if before in left)
    return tuple(reversed(path[path.index(name) :]))
