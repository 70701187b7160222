"""An estimator does not suit its model.

What it does: checks the path of the class, without importing it. Reported are a misspelt package or class of scikit-
learn, one that is no learner, such as a scaler, a regressor for a classification or vice versa, a classifier without
probabilities, a meta-estimator, which takes another estimator and so cannot be written in a spec, and an estimator
that does not accept missing values if features may be missing.

Why: training would fail after the data has been read, or silently learn something else.

Example:

    task: binary
    estimator: {class: sklearn.ensemble.HistGradientBoostingRegressor}

Use instead:

    estimator: {class: sklearn.ensemble.HistGradientBoostingClassifier}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.learners.scikit_learn import (
    COMPOSITES,
    OTHERS,
    PACKAGES,
    WITHOUT_PROBABILITIES,
    is_regressor,
    learners,
    takes_missing_values,
)
from penstock.catalog.lineage import lineage
from penstock.catalog.model import View
from penstock.checks.label_type import contradicts_task
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model

_AT = ("estimator", "class")


@rule("estimator-class")
def estimator_class(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields what the class's path gives away."""
    path = model.spec.estimator.class_
    if path is None:
        return
    unusable = (
        _no_such_class(view, model, path) or _of_other_estimators(view, model, path) or _no_learner(view, model, path)
    )
    if unusable is not None:
        yield unusable
        return
    yield from _task(view, model, path)
    if path.startswith("sklearn."):
        name = path.rpartition(".")[2]
        if model.spec.task != "regression" and name in WITHOUT_PROBABILITIES:
            yield Diagnostic.error(
                "estimator-class",
                f"`{name}` has no `predict_proba`, which a {model.spec.task} model needs",
                view.span(model, _AT),
                help=("use an estimator with `predict_proba`, such as `sklearn.linear_model.LogisticRegression`",),
            )
        if not takes_missing_values(path):
            found = missing_numbers(view, model)
            if found is not None:
                feature, why = found
                yield Diagnostic.error(
                    "estimator-class",
                    f"`{name}` does not accept missing values, but `{feature}` may be missing",
                    view.span(model, _AT),
                    secondary=(why,),
                    help=(
                        "add `preprocess: {numeric: {impute: median}}`, or use an estimator that accepts missing "
                        "values",
                    ),
                )


def _no_such_class(view: View, model: Model, path: str) -> Diagnostic | None:
    """A path that is none of a learner of scikit-learn, as far as it can be told without importing it.

    A class that the table does not list is told only where one of nearly its name is: the table is of one release.
    """
    parts = path.split(".")
    if parts[0] != "sklearn":
        return None
    if len(parts) == 2:
        return Diagnostic.error(
            "estimator-class",
            f"`{path}` is not a class of scikit-learn",
            view.span(model, _AT),
            help=("write its full path, such as `sklearn.linear_model.LogisticRegression`",),
        )
    package, name = parts[1], parts[-1]
    if package not in PACKAGES and not package.startswith("_"):
        start = len("sklearn.")
        span = view.span(model, _AT, within=(start, start + len(package)))
        without = f"scikit-learn has no classifiers or regressors in `{package}`"
        return unknown_word("estimator-class", without, span, package, PACKAGES)
    if path in learners():
        return None
    start = len(path) - len(name)
    known = [*learners(), *(f"sklearn.{other}" for other in (*COMPOSITES, *OTHERS))]
    siblings = [one[start:] for one in known if one.startswith(path[:start])]
    span = view.span(model, _AT, within=(start, len(path)))
    found = unknown_word("estimator-class", f"`{path[: start - 1]}` has no estimator `{name}`", span, name, siblings)
    return found if found.fix is not None else None


def _of_other_estimators(view: View, model: Model, path: str) -> Diagnostic | None:
    """A learner that is made of another one."""
    takes_others = any(takes == "object" or name == "estimators" for name, takes in learners().get(path, {}).items())
    if not takes_others and path.removeprefix("sklearn.") not in COMPOSITES:
        return None
    return Diagnostic.error(
        "estimator-class",
        f"`{path.rpartition('.')[2]}` takes another estimator, which cannot be written in a spec",
        view.span(model, _AT),
        help=("write a function that creates both, and `estimator: {python: module:function}`",),
    )


def _no_learner(view: View, model: Model, path: str) -> Diagnostic | None:
    """A transformer, a cluster analysis or a detector of outliers."""
    if not path.startswith("sklearn.") or path.removeprefix("sklearn.") not in OTHERS:
        return None
    kind, instead = ("regressor", "Ridge") if model.spec.task == "regression" else ("classifier", "LogisticRegression")
    return Diagnostic.error(
        "estimator-class",
        f"`{path.rpartition('.')[2]}` is neither a classifier nor a regressor",
        view.span(model, _AT),
        help=(
            f"use a {kind}, such as `sklearn.linear_model.{instead}`; features are scaled, filled in and encoded by "
            "`preprocess`",
        ),
    )


def _task(view: View, model: Model, path: str) -> Iterator[Diagnostic]:
    """A learner of the other kind: by the table where it is of scikit-learn, else by its name."""
    if contradicts_task(view, model):
        return
    task, name = model.spec.task, path.rpartition(".")[2]
    wrong, right, instead = "Regressor", "Classifier", "LogisticRegression"
    if task == "regression":
        wrong, right, instead = "Classifier", "Regressor", "Ridge"
    is_wrong = name.endswith(wrong)
    if path in learners():
        is_wrong = is_regressor(name) != (task == "regression")
    if is_wrong:
        advice = f"use a {right.lower()}, such as `sklearn.linear_model.{instead}`"
        if name.endswith(wrong):
            advice = f"did you mean `{name.removesuffix(wrong)}{right}`?"
        yield Diagnostic.error(
            "estimator-class",
            f"`{name}` does not support {task} tasks",
            view.span(model, _AT),
            secondary=(Label(view.span(model, ("task",)), "the task"),),
            help=(advice,),
        )


def missing_numbers(view: View, model: Model) -> tuple[str, Label] | None:
    """The first feature whose number may be missing and that nothing fills in, with why; None where there is none."""
    if model.spec.preprocess.numeric.impute != "none":
        return None
    for feature in lineage(view).features_of(model):
        feature_set = view.get(FeatureSet, feature.feature_set)
        declared = feature_set.spec.features[feature.name]
        if declared.type not in ("int", "float"):
            continue
        why = "there may be no earlier value" if declared.latest or declared.aggregate else ""
        if declared.lookup is not None:
            why = "there may be no such row"
        if declared.sql is not None and _reads_nullable(view, feature_set, declared.sql.strip()):
            why = "the column is nullable"
        if why:
            return feature.name, Label(view.span(feature_set, ("features", feature.name), "key"), why)
    return None


def _reads_nullable(view: View, feature_set: FeatureSet, text: str) -> bool:
    """Whether the expression is a column, by itself, that may be missing."""
    source = view.find(Dataset, feature_set.spec.source)
    if len(text) > 2 and text.startswith('"') and text.endswith('"'):
        text = text[1:-1]
    column = source.spec.columns.get(text) if source is not None else None
    return column is not None and bool(column.nullable)
