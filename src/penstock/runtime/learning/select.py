"""Select the features that the learner gets, by what the training rows say.

On more than `SAMPLE` rows a sample of so many, drawn by the seed, decides. Missing numbers count as the median and
categories as the codes of their sorted values; a category that is missing is one of its own. The scores are:

* ``mutual_info``: the estimated mutual information with the label, in nats.
* ``l1``: the largest absolute coefficient of the feature's columns in a linear model with an L1 penalty (C = 1, or
  alpha = 0.01 of the label's deviation), on standardized numbers and one-hot categories.
* ``rfe``: the importance in a forest of extremely randomized trees, at the round of recursive elimination in which the
  feature fell or was kept; who fell later comes first.
* ``variance``: that of a number scaled to [0, 1]; of a category half its Gini impurity, which is the same for two.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.runtime.arguments import directory, output_directory, spec
from penstock.runtime.artifacts import FeatureColumn, Splits, write_json
from penstock.runtime.learning.estimators import THREADS, fit, limited_threads
from penstock.runtime.learning.inputs import SELECTION_FILE, refuse_other_task
from penstock.runtime.learning.preprocess import preparation
from penstock.specs.model import TASKS, CategoricalSteps, NumericSteps, Preprocess, Select

if TYPE_CHECKING:
    import pandas as pd

SAMPLE = 20_000
TREES = 50

log = logging.getLogger(__name__)

Array = np.ndarray[Any, Any]
Scores = dict[str, tuple[float, float]]
"""By feature: what it is ranked by, higher first, and the score that is reported."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--splits", type=directory, required=True, help="output of `split`")
    parser.add_argument("--select", type=spec(Select), required=True, help="the model's `select` as JSON")
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--selection", type=output_directory, required=True, help="output directory of the selection")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    splits = Splits.read(arguments.splits)
    refuse_other_task(splits, arguments)
    of_rows = splits.count("train")
    chosen = _sample(of_rows, arguments.seed)
    frame, label = splits.frame("train", splits.features, chosen), splits.label("train")
    label = label if chosen is None else label[chosen]
    with limited_threads(THREADS):
        scores = _METHODS[arguments.select.method](
            frame, label, splits.features, arguments.task, arguments.select.keep, arguments.seed
        )
    order = sorted(scores, key=lambda name: (-scores[name][0], name))
    kept = set(order[: arguments.select.keep])
    write_json(
        arguments.selection / SELECTION_FILE,
        {
            "method": arguments.select.method,
            "features": [feature.name for feature in splits.features if feature.name in kept],
            "scores": [{"feature": name, "score": scores[name][1], "kept": name in kept} for name in order],
            "rows": len(frame),
            "of_rows": of_rows,
        },
    )
    sampled = "" if chosen is None else f", based on a sample of {len(frame)} rows"
    log.info("Kept %d of %d features by %s%s.", len(kept), len(order), arguments.select.method, sampled)


def _sample(rows: int, seed: int) -> Array | None:
    """The places of the rows that decide; None where all of them do."""
    return None if rows <= SAMPLE else np.sort(np.random.default_rng(seed).choice(rows, SAMPLE, replace=False))


def _coded(frame: pd.DataFrame, features: tuple[FeatureColumn, ...]) -> tuple[Array, tuple[FeatureColumn, ...]]:
    """One column a feature, numbers first, and the features in the order of the columns."""
    simple = Preprocess(
        numeric=NumericSteps(impute="median"), categorical=CategoricalSteps(impute="missing", encode="ordinal")
    )
    matrix = preparation(simple, features, sparse=False).fit_transform(frame)
    return matrix, tuple(sorted(features, key=lambda feature: not feature.numeric))


def _mutual_info(
    frame: pd.DataFrame, label: Array, features: tuple[FeatureColumn, ...], task: str, keep: int, seed: int
) -> Scores:
    from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

    del keep
    matrix, columns = _coded(frame, features)
    measure = mutual_info_regression if task == "regression" else mutual_info_classif
    discrete = np.array([not feature.numeric for feature in columns])
    found = measure(matrix, label, discrete_features=discrete, random_state=seed)
    return {feature.name: (float(score), float(score)) for feature, score in zip(columns, found, strict=True)}


def _l1(
    frame: pd.DataFrame, label: Array, features: tuple[FeatureColumn, ...], task: str, keep: int, seed: int
) -> Scores:
    from sklearn.linear_model import Lasso, LogisticRegression

    del keep
    scaled = Preprocess(
        numeric=NumericSteps(impute="median", scale="standard"),
        categorical=CategoricalSteps(impute="missing", encode="onehot"),
    )
    # Of thousands of categories, a column each, hardly any number is not 0.
    prepare = preparation(scaled, features, sparse=True)
    matrix = prepare.fit_transform(frame)
    if task == "regression":
        linear = Lasso(alpha=0.01 * float(np.std(label)) or 0.01, max_iter=5_000)
    else:
        linear = LogisticRegression(l1_ratio=1.0, solver="saga", tol=1e-3, max_iter=1_000, random_state=seed)
    fit(linear, matrix, label)
    weights = np.abs(np.atleast_2d(linear.coef_)).max(axis=0)
    found: Scores = {}
    position = 0
    for feature in sorted(features, key=lambda each: not each.numeric):
        width = 1 if feature.numeric else _categories(prepare, features, feature)
        score = float(weights[position : position + width].max(initial=0.0))
        found[feature.name] = (score, score)
        position += width
    return found


def _categories(prepare: Any, features: tuple[FeatureColumn, ...], feature: FeatureColumn) -> int:
    """How many columns a categorical feature has become."""
    categorical = [each.name for each in features if not each.numeric]
    encoder = prepare.named_transformers_["categorical"][-1]
    return len(encoder.categories_[categorical.index(feature.name)])


def _rfe(
    frame: pd.DataFrame, label: Array, features: tuple[FeatureColumn, ...], task: str, keep: int, seed: int
) -> Scores:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    matrix, columns = _coded(frame, features)
    forest = ExtraTreesRegressor if task == "regression" else ExtraTreesClassifier
    alive = list(range(len(columns)))
    found: Scores = {}
    stage = 0
    while True:
        trees = fit(forest(TREES, min_samples_leaf=5, random_state=seed), matrix[:, alive], label)
        importance = dict(zip(alive, trees.feature_importances_.tolist(), strict=True))
        # A tenth of the features falls in a round, so that many features do not mean as many forests.
        falling = min(len(alive) - keep, max(1, len(alive) // 10))
        if falling <= 0:
            break
        for column in sorted(alive, key=lambda each: (importance[each], columns[each].name))[:falling]:
            found[columns[column].name] = (stage + importance[column], importance[column])
            alive.remove(column)
        stage += 2  # an importance is at most 1
    return found | {columns[each].name: (stage + importance[each], importance[each]) for each in alive}


def _variance(
    frame: pd.DataFrame, label: Array, features: tuple[FeatureColumn, ...], task: str, keep: int, seed: int
) -> Scores:
    del label, task, keep, seed
    found: Scores = {}
    for feature in features:
        values = frame[feature.name]
        if feature.numeric:
            spread = float(values.max() - values.min())
            score = float((values.fillna(values.median()) / spread).var(ddof=0)) if spread > 0 else 0.0
        else:
            shares = values.value_counts(normalize=True, dropna=False)
            score = float(1 - (shares**2).sum()) / 2 if len(values) else 0.0
        found[feature.name] = (score, score)
    return found


_METHODS: dict[str, Callable[..., Scores]] = {
    "mutual_info": _mutual_info,
    "l1": _l1,
    "rfe": _rfe,
    "variance": _variance,
}
