"""The class of an estimator exists neither in the repository nor in scikit-learn.

What it does: finds the module of a class in the repository, and the class in it, by parsing the file; and reports
misspelt names of the scikit-learn package. Other packages are checked by `missing-library`.

Why: training would fail after the data has been read.

Example:

    estimator: {class: systems.learners.Forest}      # the file says `class Forrest:`

Use instead:

    estimator: {class: systems.learners.Forrest}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.learners.scikit_learn import learners
from penstock.catalog.model import View
from penstock.catalog.python.functions import module_of
from penstock.catalog.python.runtime_modules import who_brings
from penstock.checks.datasets.unknown_function import hidden_module, no_module
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Label, Safety, Span
from penstock.diagnostics.suggest import is_certain
from penstock.specs.model import Model

_SCIKIT_LEARN = "sklearn"
_DISTRIBUTION = ("scikit_learn", "scikitlearn")
"""What scikit-learn is called where it is not imported."""


@rule("unknown-class", once=True)
def unknown_class(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields a class that cannot be found."""
    path = model.spec.estimator.class_
    if path is None or path.startswith(f"{_SCIKIT_LEARN}."):
        return
    module_name, _, name = path.rpartition(".")
    package = path.partition(".")[0]
    at = ("estimator", "class")
    module = module_of(view, module_name)
    other = who_brings(package)
    if module is not None and other:
        span = view.span(model, at, within=(0, len(module_name)))
        yield hidden_module("unknown-class", module_name, other, span)
    elif module is not None and module.error is not None:
        line, reason = module.error
        yield Diagnostic.error(
            "unknown-class",
            f"cannot parse the module `{module_name}`",
            Span.point(module.path, line),
            reason,
            secondary=(Label(view.span(model, at), "a spec refers to a class in it"),),
        )
    elif module is not None:
        names = [one.name for one in module.functions]
        if name not in names and not module.is_open:
            span = view.span(model, at, within=(len(module_name) + 1, len(path)))
            yield unknown_word("unknown-class", f"`{module.path}` has no class `{name}`", span, name, names)
    elif module_of(view, package) is not None:
        yield no_module(view, "unknown-class", module_name, view.span(model, at, within=(0, len(module_name))))
    elif means_scikit_learn(path):
        span = view.span(model, at, within=(0, len(package)))
        yield Diagnostic.error(
            "unknown-class",
            f"neither the repository nor scikit-learn has a package `{package}`",
            span,
            help=(f"did you mean `{_SCIKIT_LEARN}`?",),
            fix=Fix(Safety.UNSAFE, f"write `{_SCIKIT_LEARN}`", (Edit(span, _SCIKIT_LEARN),)),
        )


def means_scikit_learn(path: str) -> bool:
    """Whether scikit-learn alone is meant: packages like `sklearnex` and `cuml` have learners of the same paths."""
    package, _, rest = path.partition(".")
    is_slip = package in _DISTRIBUTION or is_certain(package, [_SCIKIT_LEARN])
    return f"{_SCIKIT_LEARN}.{rest}" in learners() and is_slip
