"""Search: a function of its inputs, whatever the machine does in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from penstock.runtime.artifacts import Splits, directory_digest, read_json
from penstock.runtime.faults import EXIT_BROKEN
from penstock.runtime.learning.model_files import load_model
from penstock.runtime.main import main
from runtime.made_splits import without_values, write_splits

BOOSTING: dict[str, Any] = {"class": "sklearn.ensemble.HistGradientBoostingClassifier", "params": {"max_iter": 5}}
SPACE = {"learning_rate": {"loguniform": [0.001, 1.0]}, "max_leaf_nodes": {"int": [2, 32]}}


def arguments(splits: Path, output: Path, search: dict[str, object], **more: object) -> list[str]:
    flags = {"splits": splits, "trials": output, "search": json.dumps({"maximize": "roc_auc"} | search)}
    flags |= {"estimator": json.dumps(BOOSTING), "task": "binary"} | more
    return ["search", *(str(word) for name, value in flags.items() for word in (f"--{name}", value))]


@pytest.mark.parametrize("sampler", ["tpe", "random", "cma-es"])
def test_the_best_trial_is_the_one_with_the_best_score(tmp_path: Path, sampler: str) -> None:
    splits = write_splits(tmp_path / "splits")
    search = {"sampler": sampler, "trials": 12, "space": SPACE}
    assert main(arguments(splits, tmp_path / "trials", search)) == 0
    best = read_json(tmp_path / "trials" / "best.json")
    trials = pq.read_table(tmp_path / "trials" / "trials.parquet").to_pylist()
    assert len(trials) == 12
    assert len({trial["params"] for trial in trials}) > 6
    assert best["value"] == max(trial["value"] for trial in trials) > 0.8
    assert json.loads(trials[best["trial"]]["params"]) == best["params"]


def test_a_metric_to_minimize_is_minimized(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits")
    search = {"maximize": None, "minimize": "log_loss", "trials": 4, "space": SPACE}
    assert main(arguments(splits, tmp_path / "trials", search)) == 0
    values = pq.read_table(tmp_path / "trials" / "trials.parquet")["value"].to_pylist()
    assert read_json(tmp_path / "trials" / "best.json")["value"] == min(values)


def test_decisions_are_scored_at_the_threshold_of_the_model(tmp_path: Path) -> None:
    splits, best = write_splits(tmp_path / "splits"), {"learning_rate": 0.2}
    made = {"splits": splits, "estimator": json.dumps(BOOSTING | {"params": BOOSTING["params"] | best})}
    flags = made | {"task": "binary", "model": "made", "model-dir": tmp_path / "model"}
    assert main(["train", *(str(word) for name, value in flags.items() for word in (f"--{name}", value))]) == 0
    validation = Splits.read(splits).rows("validation")
    scores = load_model(tmp_path / "model").scores(validation.features)[validation.label == 1]
    search = {"maximize": "recall", "sampler": "grid", "trials": 1, "space": {"learning_rate": {"choice": [0.2]}}}
    for threshold in (0.3, 0.6):
        assert main(arguments(splits, tmp_path / "trials", search, threshold=threshold)) == 0
        expected = (scores >= threshold).mean()
        assert 0 < expected < 1
        found = read_json(tmp_path / "trials" / "best.json")
        assert (found["metric"], found["params"], found["value"]) == ("recall", best, expected)


def test_a_grid_tries_each_point_once(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits")
    space = {"learning_rate": {"choice": [0.1, 0.2]}, "max_leaf_nodes": {"int": [2, 4]}}
    assert main(arguments(splits, tmp_path / "trials", {"sampler": "grid", "trials": 50, "space": space})) == 0
    params = pq.read_table(tmp_path / "trials" / "trials.parquet")["params"].to_pylist()
    assert len(params) == len(set(params)) == 6


def test_trials_at_a_time_are_as_reproducible_as_one_by_one(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits")
    search = {"trials": 6, "parallel": 2, "space": SPACE}
    for name in ("one", "two"):
        command = arguments(splits, tmp_path / name, search)
        subprocess.run([sys.executable, "-m", "penstock.runtime.main", *command], check=True)
    assert directory_digest(tmp_path / "one") == directory_digest(tmp_path / "two")


# By one of its own threads, which is as fast or slow as the search is.
KILLED = """
import os, signal, sys, threading, time
from pathlib import Path
from penstock.runtime.main import main

def watch():
    journal = Path(sys.argv[1])
    while not journal.exists() or len(journal.read_text().splitlines()) < 5:
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGKILL)

threading.Thread(target=watch, daemon=True).start()
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("sampler", ["tpe", "cma-es"])
def test_a_killed_search_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], sampler: str
) -> None:
    splits = write_splits(tmp_path / "splits")
    search = {"sampler": sampler, "trials": 30, "space": SPACE}
    assert main(arguments(splits, tmp_path / "whole", search)) == 0
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    journal = scratch / "trials.jsonl"
    command = arguments(splits, tmp_path / "resumed", search)
    environment = {**os.environ, "PENSTOCK_WORK": str(scratch)}
    killed = subprocess.run([sys.executable, "-c", KILLED, str(journal), *command], env=environment)
    assert killed.returncode == -signal.SIGKILL
    done = len(journal.read_text().splitlines())
    assert done < 30
    with journal.open("a") as file:
        file.write('{"number": 29, "par')
    capfd.readouterr()
    monkeypatch.setenv("PENSTOCK_WORK", str(scratch))
    subprocess.run([sys.executable, "-m", "penstock.runtime.main", *command], check=True)
    assert f"{done} trials of an earlier run" in capfd.readouterr().err
    assert directory_digest(tmp_path / "whole") == directory_digest(tmp_path / "resumed")
    assert len([line for line in journal.read_text().splitlines() if line.endswith("}")]) >= 29


def test_a_trial_that_fails_is_told_and_the_others_count(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits")
    space = {"learning_rate": {"choice": [-1.0, 0.1]}}
    assert main(arguments(splits, tmp_path / "trials", {"sampler": "grid", "trials": 2, "space": space})) == 0
    best = read_json(tmp_path / "trials" / "best.json")
    assert (best["params"], best["failed"]) == ({"learning_rate": 0.1}, 1)
    failures = pq.read_table(tmp_path / "trials" / "trials.parquet")["failure"].to_pylist()
    assert any("learning_rate" in str(each) for each in failures)


@pytest.mark.parametrize(
    ("search", "words"),
    [
        (
            {"sampler": "grid", "space": {"learning_rate": {"uniform": [0.1, 0.2]}}},
            "write `search.space.learning_rate`",
        ),
        ({"sampler": "cma-es", "space": {"learning_rate": {"uniform": [0.1, 0.2]}}}, "two numeric parameters"),
        ({"space": {"learnin_rate": {"uniform": [0.1, 0.2]}}}, "did you mean `learning_rate`"),
        ({"space": {"learning_rate": {"uniform": [-2.0, -1.0]}}}, "none of the 2 trials could be scored"),
    ],
)
def test_a_mistake_in_the_search_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], search: dict[str, object], words: str
) -> None:
    splits = write_splits(tmp_path / "splits")
    assert main(arguments(splits, tmp_path / "trials", {"trials": 2} | search)) == 2
    assert words in capsys.readouterr().err


def test_a_feature_that_no_training_row_has_is_named_where_no_trial_can_be_fitted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    splits = write_splits(tmp_path / "splits")
    without_values(splits, "x1")
    search = {"trials": 2, "space": {"learning_rate": {"uniform": [0.1, 0.2]}}}
    assert main(arguments(splits, tmp_path / "trials", search)) == 2
    assert "; no training row has a value of `x1`: exclude such features" in capsys.readouterr().err


OWN = """from sklearn.linear_model import LogisticRegression

def build(strength, solver):
    return LogisticRegression(C=strength, solver=solver)

"""


@pytest.mark.parametrize("parallel", [1, 2])
def test_a_function_needs_no_default_for_what_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], parallel: int
) -> None:
    splits = write_splits(tmp_path / "splits")
    (tmp_path / "needy.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    space = {"strength": {"loguniform": [0.01, 1.0]}, "solver": {"choice": ["lbfgs", "newton-cg"]}}
    flags = {
        "estimator": json.dumps({"python": "needy:build"}),
        "preprocess": json.dumps({"numeric": {"impute": "median"}}),
    }
    search = {"trials": 2, "space": space, "parallel": parallel}
    assert main(arguments(splits, tmp_path / "trials", search, **flags)) == 0
    assert read_json(tmp_path / "trials" / "best.json")["failed"] == 0

    misspelt = {"trials": 2, "space": {"strenght": space["strength"], "solver": space["solver"]}}
    assert main(arguments(splits, tmp_path / "trials", misspelt, **flags)) == 2
    assert "does not take these parameters" in capfd.readouterr().err


def test_want_of_memory_ends_the_search_and_is_no_score_of_a_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sklearn.tree import DecisionTreeClassifier

    learn = DecisionTreeClassifier.fit

    def fit(self: DecisionTreeClassifier, *rows: object) -> object:
        if self.max_depth > 1:
            raise MemoryError("Unable to allocate 8 GiB")
        return learn(self, *rows)

    monkeypatch.setattr(DecisionTreeClassifier, "fit", fit)
    splits = write_splits(tmp_path / "splits")
    tree = json.dumps({"class": "sklearn.tree.DecisionTreeClassifier"})
    search = {"sampler": "grid", "trials": 2, "space": {"max_depth": {"int": [1, 2]}}}
    assert main(arguments(splits, tmp_path / "trials", search, estimator=tree)) == EXIT_BROKEN
    assert "search: memory ran out" in capsys.readouterr().err
    assert not (tmp_path / "trials" / "best.json").exists()


def test_a_library_that_raises_an_exception_of_its_own_fails_one_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.tree import DecisionTreeClassifier

    class LibraryError(Exception):
        pass

    learn = DecisionTreeClassifier.fit

    def fit(self: DecisionTreeClassifier, *rows: object) -> object:
        if self.max_depth > 1:
            raise LibraryError("too deep for these rows")
        return learn(self, *rows)

    monkeypatch.setattr(DecisionTreeClassifier, "fit", fit)
    monkeypatch.chdir(tmp_path)  # so that this file is none of the repository
    splits = write_splits(tmp_path / "splits")
    tree = json.dumps({"class": "sklearn.tree.DecisionTreeClassifier"})
    search = {"sampler": "grid", "trials": 2, "space": {"max_depth": {"int": [1, 2]}}}
    assert main(arguments(splits, tmp_path / "trials", search, estimator=tree)) == 0
    trials = pq.read_table(tmp_path / "trials" / "trials.parquet").to_pylist()
    (failed,) = (trial for trial in trials if trial["value"] is None)
    assert failed["failure"] == "the learner cannot be fitted: LibraryError: too deep for these rows"


def test_training_uses_the_kept_features_and_the_best_parameters(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits")
    selection, trials, model = tmp_path / "selection", tmp_path / "trials", tmp_path / "model"
    select = json.dumps({"method": "mutual_info", "keep": 3})
    assert main(["select", *f"--splits {splits} --task binary --selection {selection} --select".split(), select]) == 0
    search = {"trials": 3, "space": SPACE}
    assert main(arguments(splits, trials, search, selection=selection)) == 0
    inputs = f"--splits {splits} --selection {selection} --trials {trials} --task binary --model made"
    command = ["train", *inputs.split(), "--model-dir", str(model), "--estimator", json.dumps(BOOSTING)]
    assert main(command) == 0
    training = read_json(model / "training.json")
    assert [each["name"] for each in training["features"]] == read_json(selection / "selection.json")["features"]
    best = read_json(trials / "best.json")["params"]
    assert training["params"] == {"max_iter": 5, **best}
    assert training["searched"] == best


def gathered(splits: Path, folder: Path, search: dict[str, object], pods: int) -> Path:
    """The trials of a search that so many pods have made."""
    shares: list[str] = []
    for pod in range(1, pods + 1):
        output = folder / f"share-{pod}"
        assert main(arguments(splits, output, search, share=f"{pod}-of-{pods}")) == 0
        assert not (output / "best.json").exists()
        shares += ["--share", f"{pod}-of-{pods}={output}"]
    output = folder / "gathered"
    assert (
        main(["gather", *shares, "--search", json.dumps({"maximize": "roc_auc"} | search), "--trials", str(output)])
        == 0
    )
    return output


@pytest.mark.parametrize(
    "search",
    [
        {"sampler": "random", "trials": 7, "parallel": 1, "space": SPACE},
        {"sampler": "grid", "trials": 50, "parallel": 1, "space": {"max_leaf_nodes": {"int": [2, 6]}}},
    ],
    ids=["random", "grid"],
)
def test_pods_find_together_what_one_finds(tmp_path: Path, search: dict[str, object]) -> None:
    splits = write_splits(tmp_path / "splits")
    assert main(arguments(splits, tmp_path / "one", search)) == 0
    for pods in (2, 3):
        several = gathered(splits, tmp_path / str(pods), search, pods)
        assert directory_digest(several) == directory_digest(tmp_path / "one")


def test_a_share_without_a_trial_that_could_be_scored_is_no_failure_of_the_others(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits")
    search: dict[str, object] = {"sampler": "grid", "trials": 2, "space": {"max_leaf_nodes": {"choice": [1, 8]}}}
    best = read_json(gathered(splits, tmp_path, search, 2) / "best.json")
    assert (best["params"], best["trials"], best["failed"]) == ({"max_leaf_nodes": 8}, 2, 1)


def test_a_search_that_learns_has_no_shares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    splits = write_splits(tmp_path / "splits")
    search: dict[str, object] = {"sampler": "tpe", "trials": 2, "space": SPACE}
    assert main(arguments(splits, tmp_path / "trials", search, share="1-of-2")) == 2
    assert "`tpe` suggests each trial by the ones before: it has no shares" in capsys.readouterr().err


@pytest.mark.parametrize("share", ["0-of-2", "3-of-2", "2", "1-of-0", "1-of--2", "1/2"])
def test_a_share_is_one_of_several(share: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    splits = write_splits(tmp_path / "splits")
    with pytest.raises(SystemExit, match="2"):
        main(arguments(splits, tmp_path / "trials", {"trials": 2, "space": SPACE}, share=share))
    assert f"expected K-of-N with K from 1 to N, not `{share}`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("shares", "why"),
    [
        ({"1-of-3": "1-of-3", "3-of-3": "3-of-3"}, "do not make up one search: 2-of-3 is missing"),
        # Their trials are numbered without a gap.
        ({"1-of-3": "1-of-3", "2-of-3": "2-of-3"}, "do not make up one search: 3-of-3 is missing"),
        ({"1-of-1": "1-of-1", "2-of-3": "2-of-3"}, "do not make up one search: not all of them are of 1"),
        (
            {"1-of-2": "1-of-2", "2-of-2": "1-of-2"},
            "shares 1-of-2, 2-of-2 are not those of one search",
        ),
        ({"first": "1-of-1"}, "--share: expected K-of-N with K from 1 to N, not `first`"),
    ],
)
def test_shares_that_are_no_whole_search_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shares: dict[str, str], why: str
) -> None:
    splits = write_splits(tmp_path / "splits")
    search: dict[str, object] = {"sampler": "random", "trials": 3, "space": SPACE}
    words: list[str] = []
    for name, share in shares.items():
        assert main(arguments(splits, tmp_path / share, search, share=share)) == 0
        words += ["--share", f"{name}={tmp_path / share}"]
    sought = json.dumps({"maximize": "roc_auc"} | search)
    assert main(["gather", *words, "--search", sought, "--trials", str(tmp_path / "all")]) == 2
    assert why in capsys.readouterr().err


def test_what_is_no_search_is_not_gathered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sought = json.dumps({"maximize": "roc_auc", "trials": 1, "space": SPACE})
    (tmp_path / "empty").mkdir()
    words = ["--share", f"1-of-1={tmp_path / 'empty'}", "--search", sought, "--trials", str(tmp_path / "all")]
    assert main(["gather", *words]) == 2
    assert "has no trials.parquet: it is not the output of a search" in capsys.readouterr().err
