"""A model that something else has trained is taken as it is, once it is the one that was meant and runs nothing."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

from penstock.runtime.artifacts import Splits
from penstock.runtime.faults import EXIT_USAGE
from penstock.runtime.learning.model_files import load_model
from penstock.runtime.main import main
from runtime.made_splits import write_splits

TREE = "sklearn.tree._tree.Tree"
READ = ["x1", "x0", "color"]


def pipeline(estimator: Any, first: Any = None) -> Pipeline:
    numbers = ColumnTransformer(
        [("numbers", SimpleImputer(), READ[:2]), ("categories", OneHotEncoder(handle_unknown="ignore"), READ[2:])]
    )
    return Pipeline([("first", first or numbers), ("learner", estimator)])


@pytest.fixture
def splits(tmp_path: Path) -> Path:
    return write_splits(tmp_path / "splits")


Import = Callable[..., int]


@pytest.fixture
def take(tmp_path: Path, splits: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    """Save a model as another program would, and run the step over it; the exit code."""
    monkeypatch.chdir(tmp_path)

    def run(model: Any, *, digest: str = "", **more: Any) -> int:
        data = model if isinstance(model, bytes) else skops.io.dumps(model)
        Path("delay.skops").write_bytes(data)
        external = {"file": "delay.skops", "digest": digest or f"sha256:{hashlib.sha256(data).hexdigest()}"} | more
        words = ["--splits", str(splits), "--task", "binary", "--model", "made"]
        return main(["import", *words, "--external", json.dumps(external), "--model-dir", str(tmp_path / "model")])

    return run


def fitted(splits: Path, model: Any) -> Any:
    rows = Splits.read(splits).rows("train")
    return model.fit(rows.features[READ], rows.label)


def test_a_model_scores_as_it_did_where_it_was_trained(take: Import, splits: Path, tmp_path: Path) -> None:
    model = fitted(splits, pipeline(LogisticRegression()))
    assert take(model) == 0
    taken = load_model(tmp_path / "model")
    rows = Splits.read(splits).rows("test").features
    assert [feature.name for feature in taken.features] == READ
    np.testing.assert_array_equal(taken.scores(rows), model.predict_proba(rows[READ])[:, 1])
    assert taken.training["type"] == "sklearn.linear_model._logistic.LogisticRegression"
    assert taken.training["dropped_features"] == ["flag", "x2", "x3"]


def test_the_same_file_gives_the_same_bytes(take: Import, splits: Path, tmp_path: Path) -> None:
    model = skops.io.dumps(fitted(splits, pipeline(LogisticRegression())))
    assert take(model) == 0
    first = load_model(tmp_path / "model").digest
    (tmp_path / "model").rename(tmp_path / "before")
    assert take(model) == 0
    assert load_model(tmp_path / "model").digest == first


def test_trees_are_taken_where_the_spec_trusts_them(
    take: Import, splits: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    forest = fitted(splits, pipeline(RandomForestClassifier(5, random_state=0)))
    assert take(forest) == EXIT_USAGE
    told = f"`{TREE}`, which the spec does not trust: if you trust whoever made the file, write `trust: [{TREE}]` below"
    assert told in capfd.readouterr().err
    assert take(forest, trust=[TREE]) == 0


def test_a_boosting_is_taken_too(take: Import, splits: Path) -> None:
    model = fitted(splits, pipeline(HistGradientBoostingClassifier(max_iter=5)))
    assert take(model, trust=["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]) == 0


def test_a_column_that_the_model_reads_and_passes_over_is_taken(take: Import, splits: Path) -> None:
    rows = Splits.read(splits).rows("train")
    first = ColumnTransformer(
        [("numbers", SimpleImputer(), ["x0"]), ("categories", OneHotEncoder(handle_unknown="ignore"), ["color"])]
    )
    model = pipeline(LogisticRegression(), first).fit(rows.features[["x0", "flag", "color"]], rows.label)
    assert take(model) == 0


def test_a_missing_category_is_taken_where_the_model_knows_it_as_it_comes(take: Import, splits: Path) -> None:
    frame, label = _with_gaps(splits)
    assert take(pipeline(LogisticRegression()).fit(frame, label)) == 0


def test_a_server_that_makes_nan_of_a_missing_category_scores_alike(take: Import, splits: Path, tmp_path: Path) -> None:
    frame, label = _with_gaps(splits)
    assert take(pipeline(LogisticRegression()).fit(frame, label)) == 0
    taken, served = load_model(tmp_path / "model"), mlflow.pyfunc.load_model(str(tmp_path / "model"))
    # As MLServer makes a frame of a request: by itself a missing text stays None, beside others pandas makes it NaN.
    gap = int(frame["color"].isna().argmax())
    for rows in (frame, frame.iloc[[gap]]):
        request = pd.DataFrame({name: pd.Series(rows[name].tolist()) for name in READ})
        np.testing.assert_array_equal(served.predict(request)[:, 1], taken.scores(rows))


def test_values_that_the_model_does_not_know_are_told(
    take: Import, splits: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = Splits.read(splits).rows("train")
    some = rows.features["color"].isin(["blue", "cyan"])
    frame = rows.features[READ].assign(color=rows.features["color"].where(some, "none of these"))
    assert take(pipeline(LogisticRegression()).fit(frame, rows.label)) == 0
    told = caplog.text
    assert "warning: the model does not know the values 'amber'" in told
    assert f"in {100 * rows.features['color'].eq('amber').mean():.1f}% of the rows" in told


def test_values_that_the_model_knows_and_holds_to_be_the_same_are_taken(take: Import, splits: Path) -> None:
    rows = Splits.read(splits).rows("train")
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=len(rows.label) * 2)
    first = ColumnTransformer([("numbers", SimpleImputer(), ["x0"]), ("categories", encoder, ["color"])])
    frame = rows.features[["x0", "color"]]
    many = pd.concat([frame, *[frame.assign(color="grey")] * 3], ignore_index=True)
    model = pipeline(LogisticRegression(), first).fit(many, np.tile(rows.label, 4))
    assert take(model) == 0


def test_a_file_of_another_digest_is_not_opened(take: Import, splits: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert take(b"anything at all", digest="sha256:" + "0" * 64) == EXIT_USAGE
    assert "it was not opened" in capfd.readouterr().err


def test_a_function_that_runs_programs_is_never_loaded(
    take: Import, splits: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hostile = FunctionTransformer(os.system)
    model = fitted(splits, pipeline(LogisticRegression()))
    model.steps[0] = ("first", hostile)
    assert take(model) == EXIT_USAGE
    assert (
        "`posix.system`, which the spec does not trust: only scikit-learn's tree types can be" in capfd.readouterr().err
    )
    assert not (tmp_path / "model").exists() or not list((tmp_path / "model").iterdir())


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: b"PK no archive", "cannot be opened"),
        (lambda _: pipeline(DummyClassifier(), FunctionTransformer()).fit(np.zeros((4, 2)), [0, 1, 0, 1]),
         "does not say which columns it reads"),
        (lambda splits: _without(splits, "x0"), "reads `absent`, which its `features` do not declare"),
        (lambda splits: fitted(splits, pipeline(LinearRegression())), "has no `predict_proba`"),
        (lambda splits: _other_classes(splits), "a binary task has 0 and 1"),
        (lambda splits: _blind(splits), "cannot read the features as they are"),
        (lambda splits: _of_booleans(splits, OneHotEncoder(handle_unknown="ignore")),
         "expects `flag` to be False, True, but the data has other values, such as 'false', 'true'"),
        (lambda splits: _of_booleans(splits, OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)),
         "expects `flag` to be False, True, but the data has other values, such as 'false', 'true'"),
        (lambda splits: _of_booleans(splits, OneHotEncoder(handle_unknown="ignore"), inner=True),
         "expects `flag` to be False, True, but the data has other values, such as 'false', 'true'"),
        (lambda splits: _of_gaps(splits), "expects a missing `color` as NaN, but it is None here: fit it on None for "
         "missing values, in pandas `column.astype(object).where(column.notna(), None)`"),
        (lambda splits: _shouted(splits),
         "expects `color` to be 'AMBER', 'BLUE', 'CYAN', …, but the data has other values, such as 'amber', 'blue'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_words(
    take: Import, splits: Path, make: Callable[[Path], Any], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert take(make(splits)) == EXIT_USAGE
    assert said in capfd.readouterr().err


def _without(splits: Path, name: str) -> Any:
    rows = Splits.read(splits).rows("train")
    frame = rows.features[["x2", name]].rename(columns={name: "absent"})
    return Pipeline([("fill", SimpleImputer()), ("learner", LogisticRegression())]).fit(frame, rows.label)


def _other_classes(splits: Path) -> Any:
    rows = Splits.read(splits).rows("train")
    return pipeline(LogisticRegression()).fit(rows.features[READ], np.where(rows.label == 1, "late", "punctual"))


def _of_gaps(splits: Path) -> Any:
    """Fitted where a missing category was NaN, as pandas reads it."""
    frame, label = _with_gaps(splits)
    return pipeline(LogisticRegression()).fit(frame.assign(color=frame["color"].where(frame["color"].notna())), label)


def _with_gaps(splits: Path) -> tuple[pd.DataFrame, Any]:
    rows = Splits.read(splits).rows("train")
    frame = rows.features[READ].copy()
    frame.loc[::7, "color"] = None
    return frame, rows.label


def _of_booleans(splits: Path, encoder: Any, *, inner: bool = False) -> Any:
    """Fitted where `flag` was a boolean, behind what fills gaps: there the encoder has no names of columns."""
    rows = Splits.read(splits).rows("train")
    frame = rows.features[["x0", "flag", "color"]].assign(flag=rows.features["flag"].eq("true").astype(object))
    flags = Pipeline([("fill", SimpleImputer(strategy="most_frequent")), ("encode", encoder)])
    colors = OneHotEncoder(handle_unknown="ignore")
    first = ColumnTransformer([("n", SimpleImputer(), ["x0"]), ("f", flags, ["flag"]), ("c", colors, ["color"])])
    if inner:
        # The learner is a pipeline of its own, before which there is nothing but text.
        first = Pipeline(
            [
                (
                    "all",
                    ColumnTransformer([("all", "passthrough", ["x0", "flag", "color"])]).set_output(transform="pandas"),
                ),
                ("inner", Pipeline([("prepare", _by_name(flags, colors)), ("learner", LogisticRegression())])),
            ]
        )
        return first.fit(frame, rows.label)
    return pipeline(LogisticRegression(), first).fit(frame, rows.label)


def _by_name(flags: Any, colors: Any) -> ColumnTransformer:
    parts = [("n", SimpleImputer(), ["all__x0"]), ("f", flags, ["all__flag"]), ("c", colors, ["all__color"])]
    return ColumnTransformer(parts)


def _shouted(splits: Path) -> Any:
    rows = Splits.read(splits).rows("train")
    frame = rows.features[READ].assign(color=rows.features["color"].str.upper())
    return pipeline(LogisticRegression()).fit(frame, rows.label)


def _blind(splits: Path) -> Any:
    """A learner that takes no missing numbers, which `x1` sometimes is."""
    rows = Splits.read(splits).rows("train")
    frame = rows.features[["x1"]].fillna(0)
    return Pipeline([("learner", LogisticRegression())]).fit(frame, rows.label)
