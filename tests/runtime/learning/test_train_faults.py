"""Training: what is wrong with a learner or its data is one sentence, and what may be meant is a warning."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.runtime.learning import train
from penstock.runtime.main import main
from runtime.made_splits import without_values, write_splits
from runtime.train_step import BOOSTING, LOGISTIC, SCALED, arguments


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        ({"class": "sklearn.ensemble.HistGradientBoostingClasifier"}, "did you mean `sklearn.ensemble.HistGrad"),
        ({"class": "sklearn.ensembel.RandomForestClassifier"}, "did you mean `sklearn.ensemble`"),
        ({"class": "sklearm.ensemble.RandomForestClassifier"}, "there is no module `sklearm.ensemble`"),
        ({"class": "sklearn.linear_model.Ridge"}, "is a regressor, but the task is binary"),
        ({"class": "sklearn.svm.LinearSVC"}, "does not predict probabilities"),
        ({**LOGISTIC, "params": {"c": 1}}, "did you mean `C`"),
        ({**LOGISTIC, "params": {"C": -1.0}}, "The 'C' parameter of LogisticRegression"),
        (LOGISTIC, "set `preprocess.numeric.impute`"),
        ({"python": "nowhere:build"}, "there is no module `nowhere`"),
        ({"class": "nowhere.Learner"},
         "there is no module `nowhere`, which `nowhere.Learner` names: install the package that provides it here, "
         "and in the Environment's runtime image"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_learner_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], estimator: dict[str, object], words: str
) -> None:
    assert main(arguments(write_splits(tmp_path / "splits"), tmp_path / "model", estimator)) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


def test_the_exception_of_a_library_is_one_sentence_with_its_traceback_in_the_log(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Some have exceptions of their own, which are no `ValueError`, for parameters that do not go together."""
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "made_library.py").write_text(
        "from sklearn.linear_model import LogisticRegression\n\n\n"
        "class BoostError(Exception):\n    pass\n\n\n"
        "class Boost(LogisticRegression):\n"
        "    def fit(self, rows, label):\n        raise BoostError('num_leaves is too small')\n"
    )
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    monkeypatch.syspath_prepend(tmp_path / "library")
    estimator = {"class": "made_library.Boost"}
    assert main(arguments(write_splits(tmp_path / "splits"), tmp_path / "model", estimator)) == 2
    assert capsys.readouterr().err == "train: the learner cannot be fitted: BoostError: num_leaves is too small\n"
    assert [record.exc_info is not None for record in caplog.records if record.message == "`Boost` failed"] == [True]


def test_a_learner_that_has_not_converged_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    splits, preprocess = write_splits(tmp_path / "splits"), json.dumps(SCALED)
    one_step = {**LOGISTIC, "params": {"max_iter": 1}}
    assert main(arguments(splits, tmp_path / "model", one_step, preprocess=preprocess)) == 0
    warned = [message for message in caplog.messages if message.startswith("warning: ")]
    assert len(warned) == 1
    assert "the learner has not converged (lbfgs failed to converge after 1 iteration" in warned[0]
    assert "raise `max_iter`" in warned[0]


def test_a_feature_that_no_training_row_has_is_named_where_the_learner_cannot_be_fitted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    splits = write_splits(tmp_path / "splits")
    without_values(splits, "x1")
    assert main(arguments(splits, tmp_path / "model", BOOSTING)) == 2
    assert capsys.readouterr().err.endswith(
        "; no training row has a value of `x1`: exclude such features, or correct what they are computed from\n"
    )


def test_the_largest_float_in_place_of_a_missing_number_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its square is infinite, and the scaled column no number: scikit-learn speaks of missing values alone."""
    splits = write_splits(tmp_path / "splits")
    table = pq.read_table(splits / "train.parquet")
    numbers = table["x0"].to_numpy().copy()
    numbers[::50] = -np.finfo(np.float64).max
    pq.write_table(table.set_column(0, "x0", pa.array(numbers)), splits / "train.parquet")
    assert main(arguments(splits, tmp_path / "model", LOGISTIC, preprocess=json.dumps(SCALED))) == 2
    assert "; some values of `x0` are beyond 1e+150, too large to scale: if they stand" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("X = 1 / 0\n", "importing the module failed at made_learner.py:1: ZeroDivisionError: division by zero"),
        (
            "def build():\n    return {}['depth']\n",
            "`made_learner:build` failed at made_learner.py:2: KeyError: 'depth'",
        ),
        ("import nothing_of_this_name\n", "needs the module `nothing_of_this_name`, which is not installed: install "),
    ],
)
def test_a_function_that_makes_no_learner_is_one_sentence_with_its_line(
    code: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "made_learner.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "made_learner", raising=False)
    learner = {"python": "made_learner:build"}
    assert main(arguments(write_splits(tmp_path / "splits"), tmp_path / "model", learner)) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("learner", "encode", "warned"),
    [(BOOSTING, "onehot", True), (BOOSTING, "ordinal", False), (LOGISTIC, "onehot", False)],
)
def test_categories_that_need_much_memory_are_warned_of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    learner: dict[str, object],
    encode: str,
    warned: bool,
) -> None:
    monkeypatch.setattr(train, "_MUCH", 20_000)
    preprocess = json.dumps({"numeric": {"impute": "median"}, "categorical": {"encode": encode}})
    assert main(arguments(write_splits(tmp_path / "splits"), tmp_path / "model", learner, preprocess=preprocess)) == 0
    # Three colors and two flags of 800 rows take 32,000 bytes.
    words = "warning: 5 categories (3 of `color`) become a column each, which takes 0.0 GB for 800 rows"
    assert any(record.getMessage().startswith(words) for record in caplog.records) is warned


def test_a_text_that_hardly_two_rows_share_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    splits = write_splits(tmp_path / "splits")
    path = splits / "train.parquet"
    rows = pq.read_table(path)
    names = pa.array([f"name {row}" for row in range(rows.num_rows)])
    pq.write_table(rows.set_column(rows.column_names.index("color"), "color", names), path)
    preprocess = json.dumps(SCALED)
    assert main(arguments(splits, tmp_path / "model", LOGISTIC, preprocess=preprocess)) == 0
    warned = [message for message in caplog.messages if "feature `made." in message]
    count = f"{rows.num_rows:,}"
    assert warned == [
        f"warning: feature `made.color`: {count} different values in {count} training rows, each a category of its "
        "own, and others count as missing: compute from it what rows have in common (`sql`, `python`), or exclude it"
    ]
