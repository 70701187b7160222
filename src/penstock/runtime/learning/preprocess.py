"""Preprocessing as scikit-learn's own transformers, so that whoever loads a model needs nothing of Penstock's.

All numbers are float64 on the way to the learner. A category that training did not meet counts as missing: it is
encoded before anything is imputed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from penstock.specs.model import CategoricalSteps, NumericSteps, Preprocess

if TYPE_CHECKING:
    from penstock.runtime.artifacts import FeatureColumn

MISSING_CODE = -1
"""What stands for a missing category where it is one of its own."""


def preparation(declared: Preprocess, features: Sequence[FeatureColumn], *, sparse: bool) -> Any:
    """An unfitted transformer from the frame of `learner_frame` to the learner's matrix: numbers first.

    `sparse` allows a sparse matrix where most of it is zero, which one-hot columns are.
    """
    from sklearn.compose import ColumnTransformer

    numeric = [feature.name for feature in features if feature.numeric]
    categorical = [feature.name for feature in features if not feature.numeric]
    branches = [("numeric", _numeric(declared.numeric), numeric)] if numeric else []
    if categorical:
        branches.append(("categorical", _categorical(declared.categorical), categorical))
    return ColumnTransformer(branches, sparse_threshold=0.3 if sparse else 0.0, verbose_feature_names_out=False)


def _numeric(declared: NumericSteps) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

    steps: list[Any] = []
    if declared.impute == "zero":
        steps.append(SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True))
    elif declared.impute != "none":
        steps.append(SimpleImputer(strategy=declared.impute, keep_empty_features=True))
    scalers = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}
    if declared.scale != "none":
        steps.append(scalers[declared.scale]())
    if declared.pca is not None:
        # A share of 1 is a number of components to scikit-learn, and no share.
        steps.append(PCA(float(declared.pca) if declared.pca < 1 else None))
    return make_pipeline(*steps) if steps else "passthrough"


def _categorical(declared: CategoricalSteps) -> Any:
    import numpy as np
    import pandas as pd
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

    # The encoder knows NaN as missing, but takes None for a category.
    blanks = FunctionTransformer(pd.DataFrame.fillna, kw_args={"value": np.nan}, feature_names_out="one-to-one")
    missing = MISSING_CODE if declared.impute == "missing" else np.nan
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=missing, encoded_missing_value=missing, dtype=np.float64
    )
    steps: list[Any] = [blanks, codes]
    if declared.impute == "most_frequent":
        steps.append(SimpleImputer(strategy="most_frequent", keep_empty_features=True))
    if declared.encode == "onehot":
        steps.append(OneHotEncoder(handle_unknown="ignore"))
    return make_pipeline(*steps)
