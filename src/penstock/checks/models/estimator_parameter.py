"""A parameter is set, or searched, that the estimator does not have.

What it does: for estimators of scikit-learn, looks up the names in `estimator.params` and `search.space` among the
parameters of the class. Parameters of a nested estimator (`estimator__max_depth`) are not supported: a Python function
has to create both estimators.

Why: training would fail after the data has been read.

Example:

    estimator:
      class: sklearn.ensemble.HistGradientBoostingClassifier
      params: {learn_rate: 0.1}

Use instead:

    estimator:
      class: sklearn.ensemble.HistGradientBoostingClassifier
      params: {learning_rate: 0.1}

A name that resembles none of them is only a warning: a newer scikit-learn may have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from penstock.catalog.learners.scikit_learn import learners
from penstock.catalog.model import View
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Label, Severity
from penstock.specs.model import Model

_WITHIN = "a nested estimator needs a Python function: write `estimator: {python: module:function}`"


@rule("estimator-parameter", severities=MAY_WARN)
def estimator_parameter(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each name that the learner does not know."""
    estimator, search = model.spec.estimator, model.spec.search
    known = learners().get(estimator.class_ or "")
    if known is None:
        return
    places = [(("estimator", "params"), name) for name in estimator.params]
    places += [(("search", "space"), name) for name in (search.space if search is not None else ())]
    for above, name in places:
        if name in known:
            continue
        span = view.span(model, (*above, name), "key")
        headline = f"`{estimator.class_name}` has no parameter `{name}`"
        within, separator, _ = name.partition("__")
        if separator and within in known:
            found = Diagnostic.error("estimator-parameter", headline, span, help=(_WITHIN,))
        else:
            found = unknown_word("estimator-parameter", headline, span, name, known, most_listed=len(known))
            if found.fix is None:
                found = replace(found, severity=Severity.WARNING)
        label = Label(view.span(model, ("estimator", "class")), "the estimator")
        yield replace(found, secondary=(label,))
