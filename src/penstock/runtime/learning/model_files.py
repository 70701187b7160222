"""The files of a trained model: what MLflow calls a model of the flavor scikit-learn, and ``training.json`` beside it.

The estimator is a plain pickle, because that is what serving runtimes load: MLServer 1.7 brings an MLflow from 2.19
on, which knows pickles only, and its scikit-learn runtime looks for the name ``model.pkl``. MLflow's own default since
3.17, skops, is loaded by neither. A pickle runs code when it is loaded, so whoever loads a model from a store passes
the digest that it must have.

The same inputs give the same bytes: the times and random identifiers that MLflow would write are derived from the
content instead, and the example input is made up of medians and most frequent categories, not of anybody's row. MLflow
would also note the patch release of Python and the versions of pip and setuptools that happen to be installed; no
prediction depends on them, so a server is told the minor version of Python, and the exact versions of the libraries
that the model needs. A laptop and the runtime image then make the same model.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import logging
import pickle
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import yaml

from penstock.runtime.artifacts import FeatureColumn, directory_digest, learner_frame, read_json, write_json
from penstock.runtime.data.functions import own_faults
from penstock.runtime.faults import InputError
from penstock.runtime.learning.custom_code import CODE_FOLDER, own_code, try_to_serve
from penstock.runtime.learning.estimators import learner_of
from penstock.runtime.repository import expose

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

TRAINING_FILE = "training.json"
PICKLE_FILE = "model.pkl"
_PICKLE_PROTOCOL = 4  # what MLflow writes
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_EPOCH = "1970-01-01 00:00:00.000000"
_BUILD_TOOLS = ["pip", "setuptools", "wheel"]
_LIBRARIES = ("scikit-learn", "numpy", "scipy", "pandas", "mlflow-skinny")

Array: TypeAlias = np.ndarray[Any, Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A trained model in memory: preprocessing and estimator, and what it was trained on."""

    name: str
    task: str
    features: tuple[FeatureColumn, ...]
    """What the model reads, in its order."""
    classes: tuple[str, ...]
    """Multiclass tasks: the classes, sorted; the columns of `scores`."""
    digest: str
    """`directory_digest` of its files."""
    pipeline: Any
    """The fitted scikit-learn pipeline."""
    training: Mapping[str, Any]
    """All of ``training.json``."""

    def scores(self, rows: pd.DataFrame | pa.Table) -> Array:
        """What the model says of each row, as float64.

        Binary: the probability of the positive class. Multiclass: one column of probabilities for each of `classes`.
        Regression: the value. `rows` are the frame of `learner_frame`, or a table that holds the features' columns;
        further columns are ignored.

        Raises:
            InputError: a learner of the repository fails.
        """
        frame = self._frame(rows)
        with own_faults(learner_of(self.pipeline)):
            if self.task == "regression":
                return np.asarray(self.pipeline.predict(frame), dtype=np.float64)
            probabilities: Array = np.asarray(self.pipeline.predict_proba(frame), dtype=np.float64)
        if self.task == "binary":
            positive: Array = probabilities[:, 1]
            return positive
        known = [str(each) for each in self.pipeline.classes_]
        # A class that no training row has is never predicted.
        full: Array = np.zeros((len(probabilities), len(self.classes)))
        full[:, [self.classes.index(each) for each in known]] = probabilities
        return full

    def decisions(self, rows: pd.DataFrame | pa.Table, threshold: float = 0.5) -> Array:
        """The predicted classes: 0 or 1 by `threshold` (a score that reaches it is positive), else the class as text.

        Raises:
            ValueError: the task is regression.
        """
        if self.task == "regression":
            raise ValueError("a regression predicts values, not classes")
        scores = self.scores(rows)
        if self.task == "binary":
            return np.asarray(scores >= threshold, dtype=np.int64)
        classes: Array = np.asarray(self.classes, dtype=object)
        return np.asarray(classes[scores.argmax(axis=1)])

    def values(self, rows: pd.DataFrame | pa.Table) -> Array:
        """The predicted numbers of a regression.

        Raises:
            ValueError: the task is another one.
        """
        if self.task != "regression":
            raise ValueError("a classifier predicts classes, not values")
        return self.scores(rows)

    def refuse_other_types(self, features: Sequence[FeatureColumn]) -> None:
        """An `InputError` where rows hold a feature in another type than the model learned.

        It would take each value for one that it does not know, and as missing. An int counts as a float.
        """
        held = {feature.name: feature.type for feature in features}
        for own in self.features:
            now = held.get(own.name, own.type)
            if now != own.type and not {now, own.type} <= {"int", "float"}:
                raise InputError(f"the model `{self.name}` learned `{own.name}` as {own.type}, but here it is {now}")

    def _frame(self, rows: pd.DataFrame | pa.Table) -> pd.DataFrame:
        import pandas as pd

        names = [feature.name for feature in self.features]
        present = rows.columns if isinstance(rows, pd.DataFrame) else rows.column_names
        if missing := [name for name in names if name not in present]:
            raise InputError(f"the model `{self.name}` reads {_quoted(missing)}, which the rows do not have")
        return rows[names] if isinstance(rows, pd.DataFrame) else learner_frame(rows, self.features)


def save_model(
    directory: Path,
    *,
    name: str,
    task: str,
    pipeline: Any,
    features: Sequence[FeatureColumn],
    classes: Sequence[str],
    rows: pd.DataFrame,
    training: Mapping[str, Any],
) -> str:
    """Write a fitted pipeline into the empty `directory`; the digest of the files.

    `rows` are training rows, from which the example is made up; `training` is added to ``training.json``. What the
    server answers are class probabilities, or the values of a regression; of which class each column is, is written to
    ``training.json`` as ``answers``.

    Raises:
        InputError: the estimator cannot be pickled, for it holds a lambda or a function of a function, or cannot be
            served with the repository's code that goes with it.
    """
    data = _pickled(pipeline)
    # One that no training row has is not among them, and the order of somebody else's may be another one.
    answers = [str(each) for each in pipeline.classes_] if task == "multiclass" else []
    example = _example(rows[[feature.name for feature in features]])
    with tempfile.TemporaryDirectory() as temporary, _quiet("mlflow.sklearn", "mlflow.utils.requirements_utils"):
        _write_mlflow(Path(temporary) / "model", pipeline, data, task, features, answers, example)
        if (Path(temporary) / "model" / CODE_FOLDER).is_dir():
            try_to_serve(Path(temporary) / "model")
        shutil.copytree(Path(temporary) / "model", directory, dirs_exist_ok=True)
    facts = {
        "model": name,
        "task": task,
        "features": [feature.as_json() for feature in features],
        "classes": list(classes),
        **({"answers": answers} if answers else {}),
        "libraries": {library: _version(library) for library in _LIBRARIES},
        "python": _PYTHON,
    }
    write_json(directory / TRAINING_FILE, facts | dict(training))
    return directory_digest(directory)


def load_model(directory: Path, digest: str | None = None) -> TrainedModel:
    """The model in a directory; its files must have the digest `digest`, where one is given.

    Raises:
        InputError: the directory holds no model, one of another digest, or one that these libraries cannot load.
    """
    training = read_json(directory / TRAINING_FILE)
    actual = directory_digest(directory)
    if digest is not None and actual != digest:
        raise InputError(f"the model in `{directory}` has the digest {actual}, not {digest}: it was not loaded")
    return TrainedModel(
        name=training["model"],
        task=training["task"],
        features=tuple(map(FeatureColumn.of_json, training["features"])),
        classes=tuple(training["classes"]),
        digest=actual,
        pipeline=_unpickled(directory, training["libraries"]),
        training=training,
    )


def _unpickled(directory: Path, libraries: Mapping[str, str]) -> Any:
    made, here = libraries["scikit-learn"], _version("scikit-learn")
    if made != here:
        log.warning("warning: the model was saved with scikit-learn %s; this is %s", made, here)
    code = directory / CODE_FOLDER
    if code.is_dir() and str(code) not in sys.path:
        # What the repository has is taken from there, as its other code is.
        for each in sorted(code.iterdir()):
            expose(each.stem)
        sys.path.append(str(code))
    try:
        return _Modules((directory / PICKLE_FILE).read_bytes()).load()
    except Exception as error:  # a pickle of other library versions fails in any way there is
        raise InputError(
            f"the model in `{directory}` (scikit-learn {made}) cannot be loaded with scikit-learn {here}: {error}"
        ) from error


def _pickled(pipeline: Any) -> bytes:
    try:
        return pickle.dumps(pipeline, protocol=_PICKLE_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(
            f"the estimator cannot be saved: {error}; classes and functions that it uses must be at the top level "
            "of a module"
        ) from error


def _write_mlflow(
    directory: Path,
    pipeline: Any,
    data: bytes,
    task: str,
    features: Sequence[FeatureColumn],
    answers: Sequence[str],
    example: pd.DataFrame,
) -> None:
    import mlflow.sklearn
    from mlflow.models import Model, ModelSignature
    from mlflow.models.model import MLMODEL_FILE_NAME
    from mlflow.pyfunc import ENV, FLAVOR_NAME, PY_VERSION
    from mlflow.types import ColSpec, Schema, TensorSpec

    inputs: list[ColSpec | TensorSpec] = [
        ColSpec("double" if feature.numeric else "string", feature.name, required=feature.numeric)
        for feature in features
    ]
    modules = _modules(data)
    columns = {"binary": 2, "multiclass": len(answers)}.get(task)
    output = TensorSpec(np.dtype(np.float64), (-1,) if columns is None else (-1, columns))
    described = Model(utc_time_created=_EPOCH, model_uuid=hashlib.sha256(data).hexdigest()[:32])
    mlflow.sklearn.save_model(
        pipeline,
        str(directory),
        mlflow_model=described,
        serialization_format="pickle",
        signature=ModelSignature(inputs=Schema(inputs), outputs=Schema([output])),
        input_example=example,
        conda_env=_conda_environment(modules),
        pyfunc_predict_fn="predict" if columns is None else "predict_proba",
        code_paths=own_code(modules) or None,
    )
    described.flavors[FLAVOR_NAME][PY_VERSION] = _PYTHON
    described.save(str(directory / MLMODEL_FILE_NAME))
    virtualenv = {"python": _PYTHON, "build_dependencies": _BUILD_TOOLS, "dependencies": ["-r requirements.txt"]}
    (directory / described.flavors[FLAVOR_NAME][ENV]["virtualenv"]).write_text(yaml.safe_dump(virtualenv))


def _conda_environment(modules: set[str]) -> dict[str, Any]:
    """What a model whose pickle names `modules` is served with; MLflow derives ``requirements.txt`` from it."""
    libraries = [f"{library}=={_version(library)}" for library in _requirements(modules)]
    return {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": [f"python={_PYTHON}", "pip", {"pip": libraries}],
    }


def _requirements(modules: set[str]) -> list[str]:
    """The distributions of the modules that the pickle names, and what every model needs to be served."""
    distributions = importlib.metadata.packages_distributions()
    names = {module.partition(".")[0] for module in modules} - {"penstock"}
    found = {each for name in names for each in distributions.get(name, ())}
    return sorted(found | {"mlflow-skinny", "numpy", "pandas", "scikit-learn"})


class _Modules(pickle.Unpickler):
    """Loads a pickle and notes the modules that it imports, of the repository too."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.found: set[str] = set()

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if module_name not in self.found:
            self.found.add(module_name)
            expose(module_name)
        return super().find_class(module_name, global_name)


def _modules(data: bytes) -> set[str]:
    """The modules that a pickle of our own imports when it is loaded."""
    modules = _Modules(data)
    modules.load()
    return modules.found


def _example(rows: pd.DataFrame) -> pd.DataFrame:
    """One made-up row: the median of each number, the most frequent category of each other column."""
    import pandas as pd

    values: dict[str, Any] = {}
    for name, column in rows.items():
        known = column.dropna()
        if pd.api.types.is_numeric_dtype(column):
            values[str(name)] = pd.Series([float(known.median()) if len(known) else 0.0])
        else:
            counts = known.value_counts()
            most = min(counts.index[counts == counts.max()]) if len(known) else ""
            values[str(name)] = pd.Series([most], dtype=object)
    return pd.DataFrame(values)


def _version(distribution: str) -> str:
    return importlib.metadata.version(distribution)


@contextmanager
def _quiet(*loggers: str) -> Iterator[None]:
    """Without the warnings of some loggers: MLflow warns of every pickle, and this module says why it is one."""
    chosen = [logging.getLogger(name) for name in loggers]
    before = [each.level for each in chosen]
    for each in chosen:
        each.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for each, level in zip(chosen, before, strict=True):
            each.setLevel(level)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
