"""The classifiers and regressors of scikit-learn 1.9, the parameters that each takes, and their values.

The table beside this file is scikit-learn's own (`sklearn.utils.all_estimators` and what each learner holds its
parameters against at `fit`, `_parameter_constraints`), so that nothing heavy is imported to read it; a test holds it
against the scikit-learn that is installed. What it says of values is read by `parameter_values`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

PACKAGES = (
    "calibration", "compose", "covariance", "cross_decomposition", "decomposition", "discriminant_analysis", "dummy",
    "ensemble", "feature_selection", "gaussian_process", "impute", "isotonic", "kernel_approximation", "kernel_ridge",
    "linear_model", "manifold", "mixture", "model_selection", "multiclass", "multioutput", "naive_bayes", "neighbors",
    "neural_network", "pipeline", "preprocessing", "random_projection", "semi_supervised", "svm", "tree",
)  # fmt: skip
"""Packages that hold classes with `fit`."""

WITHOUT_PROBABILITIES = (
    "LinearSVC", "OneVsOneClassifier", "OutputCodeClassifier", "PassiveAggressiveClassifier", "Perceptron",
    "RidgeClassifier", "RidgeClassifierCV",
)  # fmt: skip
"""Classifiers that have no `predict_proba`, whatever their parameters."""

_WITHOUT_MISSING_VALUES = (
    "calibration", "compose", "cross_decomposition", "discriminant_analysis", "ensemble.AdaBoostClassifier",
    "ensemble.AdaBoostRegressor", "ensemble.GradientBoostingClassifier", "ensemble.GradientBoostingRegressor",
    "gaussian_process", "isotonic", "kernel_ridge", "linear_model", "naive_bayes", "neighbors", "neural_network",
    "semi_supervised.LabelPropagation", "semi_supervised.LabelSpreading", "svm",
)  # fmt: skip
"""Packages none of whose learners takes missing values, and single learners."""

_REGRESSORS = (
    "ARDRegression", "BayesianRidge", "CCA", "ElasticNet", "ElasticNetCV", "IsotonicRegression", "KernelRidge", "Lars",
    "LarsCV", "Lasso", "LassoCV", "LassoLars", "LassoLarsCV", "LassoLarsIC", "LinearRegression", "LinearSVR",
    "MultiTaskElasticNet", "MultiTaskElasticNetCV", "MultiTaskLasso", "MultiTaskLassoCV", "NuSVR",
    "OrthogonalMatchingPursuit", "OrthogonalMatchingPursuitCV", "PLSCanonical", "PLSRegression", "RegressorChain",
    "Ridge", "RidgeCV", "SVR",
)  # fmt: skip
"""Regressors whose names do not end so."""

TABLE = Path(__file__).with_suffix(".json")


@cache
def learners() -> dict[str, dict[str, str]]:
    """The parameters of each learner, sorted, with the values that each takes.

    Learners go by their full path such as ``sklearn.svm.SVC``.
    """
    found: dict[str, dict[str, str]] = json.loads(TABLE.read_bytes())
    return found


def is_regressor(name: str) -> bool:
    """Whether a learner of scikit-learn is a regressor; else it is a classifier."""
    return name.endswith("Regressor") or name in _REGRESSORS


def takes_missing_values(path: str) -> bool:
    """Whether a learner of scikit-learn, by its full path, may be given missing values."""
    _, package, *rest = path.split(".")
    return package not in _WITHOUT_MISSING_VALUES and ".".join((package, *rest)) not in _WITHOUT_MISSING_VALUES
