"""Mistakes in a model's custom steps as diagnostics at their lines."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import SpecId, View
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety
from penstock.diagnostics.suggest import did_you_mean
from penstock.lowering.pipelines.custom_steps import CustomStepProblem, custom_step_problems
from penstock.lowering.pipelines.training import training_steps

CODE = "custom-step"


def step_problems(view: View, spec: SpecId) -> Iterator[Diagnostic]:
    """The mistakes in the custom steps of a model that has no other errors."""
    custom = view.model(spec.name).spec.steps
    if custom:
        for problem in custom_step_problems(training_steps(view, spec.name), custom):
            yield _diagnostic(view, spec, problem)


def _diagnostic(view: View, spec: SpecId, problem: CustomStepProblem) -> Diagnostic:
    span = view.span(spec, problem.pointer)
    if problem.reason == "taken":
        return Diagnostic.error(CODE, f"another step is named `{problem.step}`", span, help=("rename the step",))
    if problem.reason == "placeholder":
        return Diagnostic.error(
            CODE,
            f"the step `{problem.step}` would not get this argument unchanged",
            span,
            "`{{` starts a placeholder, which the cluster replaces",
            help=("move it into a script in the step's image, and call the script",),
        )
    if problem.reason == "cycle":
        circle = " -> ".join((*problem.known, problem.known[0]))
        return Diagnostic.error(
            CODE,
            "dependency cycle: these steps wait for each other",
            view.span(spec, problem.pointer, "key"),
            circle,
            help=("remove one of them from `after` or `before`",),
        )
    guesses = did_you_mean(problem.step, problem.known)
    headline = f"the training pipeline has no step `{problem.step}`"
    if not guesses:
        listed = ", ".join(f"`{name}`" for name in problem.known)
        return Diagnostic.error(CODE, headline, span, help=(f"its steps are {listed}",))
    fix = Fix(Safety.UNSAFE, f"write `{guesses[0]}`", (Edit(span, guesses[0]),))
    return Diagnostic.error(CODE, headline, span, help=(f"did you mean `{guesses[0]}`?",), fix=fix)
