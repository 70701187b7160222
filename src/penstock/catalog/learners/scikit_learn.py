"""The classifiers and regressors of scikit-learn 1.9, the parameters that each takes, and their values; and the rest.

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

COMPOSITES = (
    "feature_selection.RFE", "feature_selection.RFECV", "model_selection.GridSearchCV",
    "model_selection.RandomizedSearchCV", "pipeline.Pipeline",
)  # fmt: skip
"""Estimators that predict by others that they are given."""

OTHERS = (
    "compose.ColumnTransformer", "covariance.EllipticEnvelope", "covariance.EmpiricalCovariance",
    "covariance.GraphicalLasso", "covariance.GraphicalLassoCV", "covariance.LedoitWolf", "covariance.MinCovDet",
    "covariance.OAS", "covariance.ShrunkCovariance", "cross_decomposition.PLSSVD",
    "decomposition.DictionaryLearning", "decomposition.FactorAnalysis", "decomposition.FastICA",
    "decomposition.IncrementalPCA", "decomposition.KernelPCA", "decomposition.LatentDirichletAllocation",
    "decomposition.MiniBatchDictionaryLearning", "decomposition.MiniBatchNMF",
    "decomposition.MiniBatchSparsePCA", "decomposition.NMF", "decomposition.PCA", "decomposition.SparseCoder",
    "decomposition.SparsePCA", "decomposition.TruncatedSVD", "ensemble.IsolationForest",
    "ensemble.RandomTreesEmbedding", "feature_selection.GenericUnivariateSelect", "feature_selection.SelectFdr",
    "feature_selection.SelectFpr", "feature_selection.SelectFromModel", "feature_selection.SelectFwe",
    "feature_selection.SelectKBest", "feature_selection.SelectPercentile",
    "feature_selection.SequentialFeatureSelector", "feature_selection.VarianceThreshold", "impute.KNNImputer",
    "impute.MissingIndicator", "impute.SimpleImputer", "kernel_approximation.AdditiveChi2Sampler",
    "kernel_approximation.Nystroem", "kernel_approximation.PolynomialCountSketch",
    "kernel_approximation.RBFSampler", "kernel_approximation.SkewedChi2Sampler", "linear_model.SGDOneClassSVM",
    "manifold.ClassicalMDS", "manifold.Isomap", "manifold.LocallyLinearEmbedding", "manifold.MDS",
    "manifold.SpectralEmbedding", "manifold.TSNE", "mixture.BayesianGaussianMixture", "mixture.GaussianMixture",
    "neighbors.KNeighborsTransformer", "neighbors.KernelDensity", "neighbors.LocalOutlierFactor",
    "neighbors.NearestNeighbors", "neighbors.NeighborhoodComponentsAnalysis",
    "neighbors.RadiusNeighborsTransformer", "neural_network.BernoulliRBM", "pipeline.FeatureUnion",
    "preprocessing.Binarizer", "preprocessing.FunctionTransformer", "preprocessing.KBinsDiscretizer",
    "preprocessing.KernelCenterer", "preprocessing.LabelBinarizer", "preprocessing.LabelEncoder",
    "preprocessing.MaxAbsScaler", "preprocessing.MinMaxScaler", "preprocessing.MultiLabelBinarizer",
    "preprocessing.Normalizer", "preprocessing.OneHotEncoder", "preprocessing.OrdinalEncoder",
    "preprocessing.PolynomialFeatures", "preprocessing.PowerTransformer", "preprocessing.QuantileTransformer",
    "preprocessing.RobustScaler", "preprocessing.SplineTransformer", "preprocessing.StandardScaler",
    "preprocessing.TargetEncoder", "random_projection.GaussianRandomProjection",
    "random_projection.SparseRandomProjection", "svm.OneClassSVM",
)  # fmt: skip
"""Estimators that are neither classifiers nor regressors, of the packages that hold such; composites are not here."""

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
