"""A parameter is set to a value, or searched over values, that the estimator rejects.

What it does: for estimators of scikit-learn, validates the values in `estimator.params`, and the choices and the ends
of ranges in `search.space`, as scikit-learn does when training begins. Values that a search overrides are skipped.
Incompatible values are reported by `estimator-combination`, meta-estimators by `estimator-class`.

Why: training, or some of the search's trials, would fail after the data has been read.

Example:

    estimator:
      class: sklearn.linear_model.SGDClassifier
      params: {loss: logloss, max_iter: 2.5}

Use instead:

    estimator:
      class: sklearn.linear_model.SGDClassifier
      params: {loss: log_loss, max_iter: 3}

A word that resembles none of the accepted ones is only a warning: a newer scikit-learn may accept it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from penstock.catalog.errors.remedies import is_number, short_text
from penstock.catalog.learners.parameter_values import Values, text_of, values_of
from penstock.catalog.learners.scikit_learn import learners
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Label, Safety, Severity
from penstock.diagnostics.suggest import did_you_mean
from penstock.source.model import Pointer
from penstock.source.reading.scalars import Ambiguous, plain_value
from penstock.specs.model import Model
from penstock.specs.search import Range

_ONCE = {
    "deviance": "log_loss", "log": "log_loss", "logistic": "log_loss", "binary_crossentropy": "log_loss",
    "ls": "squared_error", "mse": "squared_error", "squared_loss": "squared_error", "least_squares": "squared_error",
    "lad": "absolute_error", "mae": "absolute_error", "least_absolute_deviation": "absolute_error",
}  # fmt: skip
"""Words of older versions and of other libraries."""

_BY_PYTHON = "a function or an object has to be created in Python: write `estimator: {python: module:function}`"
_PYTHONS = {"none": None, "null": None, "true": True, "false": False}


@rule("estimator-value", severities=MAY_WARN)
def estimator_value(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each value that the learner refuses."""
    estimator, search = model.spec.estimator, model.spec.search
    space = search.space if search is not None else {}
    known = learners().get(estimator.class_ or "") if estimator.params or space else None
    if known is None:
        return
    for name, value in estimator.params.items():
        if name in space or known.get(name, "object") == "object":
            continue
        values = values_of(known[name])
        if not values.takes(value):
            yield _refused(view, model, name, values, value, ("estimator", "params", name))
    for name, range_ in space.items():
        if known.get(name, "object") != "object":
            yield from _searched(view, model, name, values_of(known[name]), range_)


def _searched(view: View, model: Model, name: str, values: Values, range_: Range) -> Iterator[Diagnostic]:
    """What a range holds that the learner refuses; of the numbers between two ends, the ends tell."""
    below = ("search", "space", name)
    if range_.choice is not None:
        for position, value in enumerate(range_.choice):
            if not values.takes(value):
                yield _refused(view, model, name, values, value, (*below, "choice", position))
        return
    key = "int" if range_.int_ is not None else "uniform" if range_.uniform is not None else "loguniform"
    ends = range_.int_ or range_.uniform or range_.loguniform or []
    if not values.takes_type(int if key == "int" else float):
        other = "uniform" if key == "int" else "int"
        takes_other = values.takes_type(float if key == "int" else int)
        wanted = "a whole number" if key == "int" else "a float"
        yield Diagnostic.error(
            "estimator-value",
            f"`{name}` of `{model.spec.estimator.class_name}` cannot be {wanted}",
            view.span(model, (*below, key), "key"),
            f"expected {values.described}",
            secondary=(_at_learner(view, model),),
            help=(f"use `{other}`" if takes_other else "list the values as `choice`",),
        )
        return
    right = map(values.takes, ends) if key == "int" else values.takes_within(*ends)
    for position, (end, is_right) in enumerate(zip(ends, right, strict=True)):
        if not is_right:
            whole = float(end).is_integer() and not values.takes(int(end))
            yield _wrong(view, model, name, values, int(end) if whole else end, (*below, key, position))


def _refused(view: View, model: Model, name: str, values: Values, value: Any, pointer: Pointer) -> Diagnostic:
    """A value that is refused, with what was probably meant."""
    found = _wrong(view, model, name, values, value, pointer)
    meant = _meant(values, value)
    if meant is not None:
        return _mended(found, f"write `{meant}`", meant)
    if not isinstance(value, str):
        return found
    if "object" in values.kinds and not {".", ":"}.isdisjoint(value):
        return replace(found, help=(_BY_PYTHON,))
    if not values.words:
        return replace(found, help=(_BY_PYTHON,) if "object" in values.kinds else ())
    once = _ONCE.get(value.lower())
    guesses = [once] if once in values.words else did_you_mean(value, values.words)
    if guesses:
        return _mended(found, f"did you mean {' or '.join(f'`{guess}`' for guess in guesses)}?", str(guesses[0]))
    helps = () if values.names_words else (f"expected one of {listed(values.words)}",)
    return replace(found, severity=Severity.WARNING, help=helps)


def _wrong(view: View, model: Model, name: str, values: Values, value: Any, pointer: Pointer) -> Diagnostic:
    """A value that is refused, and what would be right in its place."""
    headline = f"`{name}` of `{model.spec.estimator.class_name}` cannot be {_shown(value)}"
    span = view.span(model, pointer)
    return Diagnostic.error(
        "estimator-value", headline, span, f"expected {values.described}", secondary=(_at_learner(view, model),)
    )


def _mended(found: Diagnostic, help_: str, text: str) -> Diagnostic:
    at = found.primary
    fix = Fix(Safety.UNSAFE, f"write `{text}`", (Edit(at.span, text),)) if at is not None else None
    return replace(found, help=(help_,), fix=fix)


def _meant(values: Values, value: Any) -> str | None:
    """The value in the form that the learner takes, as it is to be written; None where there is none."""
    candidates: list[Any] = []
    if isinstance(value, str):
        if value.lower() in _PYTHONS:
            candidates.append(_PYTHONS[value.lower()])
        elif value.endswith("%") and is_number(value[:-1]):
            candidates.append(float(Decimal(value[:-1]) / 100))
        elif is_number(value):
            candidates.append(float(value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        candidates.append(float(value))
        if value in (0, 1):
            candidates.append(bool(value))
    whole = [int(each) for each in candidates if isinstance(each, float) and each.is_integer()]
    texts = [text_of(each) for each in (*whole, *candidates) if values.takes(each)]
    return next((text for text in texts if not isinstance(plain_value(text), str | Ambiguous)), None)


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    if isinstance(value, str) and not isinstance(plain_value(value or "0"), str):
        return f'the text "{value}"'
    return f"`{short_text(text_of(value))}`"


def _at_learner(view: View, model: Model) -> Label:
    return Label(view.span(model, ("estimator", "class")), "the estimator")
