"""The repository's own code goes with the model that is made of it, and a model that lacks some of it is not saved."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from penstock.runtime.faults import InputError
from penstock.runtime.learning.model_files import TrainedModel
from runtime.made_splits import write_splits

CAREFUL = """from sklearn.linear_model import LogisticRegression
{imports}

class Careful(LogisticRegression):
    def predict_proba(self, rows):
{body}
        return super().predict_proba(rows)


def build(strength):
    return Careful(C=strength)
"""
# As a server does that has no Penstock, no repository and no package of that name.
SERVED = """import json, sys
from pathlib import Path
import mlflow.pyfunc
model = mlflow.pyfunc.load_model(sys.argv[1])
answer = model.predict(model.input_example)
name = type(model.get_raw_model()[-1]).__name__
print(json.dumps([name, list(answer.shape), "penstock" in sys.modules]))
"""


def _train(tmp_path: Path, files: dict[str, str], strength: float = 0.5) -> subprocess.CompletedProcess[str]:
    repository = tmp_path / "repository"
    for name, text in files.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text)
    flags = {
        "estimator": json.dumps({"python": "learners.own:build", "params": {"strength": strength}}),
        "preprocess": json.dumps({"numeric": {"impute": "median"}, "categorical": {"impute": "most_frequent"}}),
        "splits": write_splits(tmp_path / "splits"),
        "model-dir": tmp_path / "model",
    }
    words = [str(word) for name, value in flags.items() for word in (f"--{name}", value)]
    # As the script `penstock-step` does, which has its own folder first on the path.
    start = "import sys; del sys.path[0]; from penstock.runtime.main import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "train", "--task", "binary", "--model", "made", "--seed", "3", *words]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


def _served(tmp_path: Path) -> list[object]:
    command = [sys.executable, "-c", SERVED, str(tmp_path / "model")]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    answer: list[object] = json.loads(told.stdout)
    return answer


@pytest.mark.parametrize(
    ("imports", "body", "package"),
    [
        ("", "", True),
        ("from common.words import WORD", "        assert WORD == 'word'", True),
        ("import alone", "        assert alone.WORD == 'word'", False),
        ("", "        from common import words\n        assert words.WORD == 'word'", False),
    ],
)
def test_code_goes_with_the_model_and_so_does_what_it_imports(
    tmp_path: Path, imports: str, body: str, package: bool
) -> None:
    files = {
        "learners/own.py": CAREFUL.format(imports=imports, body=body),
        "common/words.py": "import further.words\nWORD = further.words.WORD\n",
        "further/words.py": "WORD = 'word'\n",
        "alone.py": "WORD = 'word'\n",
        "unasked/words.py": "",
        "notes.txt": "",
    }
    if package:
        files |= {f"{folder}/__init__.py": "" for folder in ("learners", "common", "further")}
    done = _train(tmp_path, files)
    assert done.returncode == 0, done.stderr
    assert _served(tmp_path) == ["Careful", [1, 2], False]
    taken = {entry.name for entry in (tmp_path / "model" / "code").iterdir()}
    wanted = {"alone.py"} if "alone" in imports else {"common", "further"} if imports or body else set()
    assert taken == {"learners"} | wanted


@pytest.mark.parametrize(
    ("imports", "body", "words"),
    [
        (
            "",
            "        import importlib\n        importlib.import_module('com' + 'mon.words')",
            "`ModuleNotFoundError: No module named 'common'`",
        ),
        (
            "from pathlib import Path\nTEXT = (Path.cwd() / 'notes.txt').read_text()",
            "",
            "`FileNotFoundError: [Errno 2] No such file or directory: ",
        ),
    ],
)
def test_a_model_that_cannot_be_served_with_the_code_it_takes_along_is_not_saved(
    tmp_path: Path, imports: str, body: str, words: str
) -> None:
    own = CAREFUL.format(imports=imports, body=body)
    done = _train(tmp_path, {"learners/own.py": own, "common/words.py": "", "notes.txt": ""})
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert words in done.stderr
    assert "import needed modules with import statements" in done.stderr
    assert not list((tmp_path / "model").rglob("*"))


FAILING = """from sklearn.linear_model import LogisticRegression

class Careful(LogisticRegression):
    def {method}(self, *given):
        raise {raised}

def build(strength):
    return Careful(C=strength)
"""


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("RuntimeError('not today')", "`Careful` failed at learners/own.py:5: RuntimeError: not today"),
        ("ValueError('odd')", "the learner cannot be fitted at learners/own.py:5: ValueError: odd"),
    ],
)
def test_a_learner_of_the_repository_that_fails_is_told_with_its_line(tmp_path: Path, raised: str, said: str) -> None:
    done = _train(tmp_path, {"learners/own.py": FAILING.format(method="fit", raised=raised)})
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1] == f"train: {said}"


def test_a_prediction_of_such_a_learner_that_fails_is_told_so_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "failing_learner.py").write_text(FAILING.format(method="predict_proba", raised="KeyError('hour')"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    learner = importlib.import_module("failing_learner").build(1.0)
    model = TrainedModel("made", "binary", (), (), "", learner, {})
    with pytest.raises(InputError, match=r"^`Careful` failed at failing_learner\.py:5: KeyError: 'hour'$"):
        model.scores(pd.DataFrame({"x": [1.0]}))
