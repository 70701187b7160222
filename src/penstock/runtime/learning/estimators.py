"""The learner that a spec declares: made from its class or function, and fitted so that a rerun gives the same bits."""

from __future__ import annotations

import importlib
import inspect
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.diagnostics.grammar import joined
from penstock.runtime.artifacts import FeatureColumn
from penstock.runtime.data.functions import failure, is_of_repository, own_faults
from penstock.runtime.faults import OF_THE_MACHINE, InputError
from penstock.runtime.learning.preprocess import preparation
from penstock.runtime.repository import expose
from penstock.specs.estimator import Estimator
from penstock.specs.model import Preprocess

if TYPE_CHECKING:
    import pandas as pd

THREADS = 2
"""Threads of numerical code during a fit, whatever the machine has. A sum of two parts is the same in either order, so
two threads are reproducible where more are not; processes that an estimator starts itself (``n_jobs``) are its own."""

_OPENMP = "OMP_NUM_THREADS"
_SEED = re.compile(r"(^|__)random_state$")
_MOST_NAMED = 4
_LARGEST = 1e150
"""What is larger has a square that no float holds, as in a variance; systems write the largest float for a gap."""
_INSTALL = ": install the package that provides it here, and in the Environment's runtime image"

log = logging.getLogger(__name__)


def build_estimator(declared: Estimator, params: Mapping[str, Any], task: str, seed: int) -> Any:
    """An unfitted estimator with the declared parameters and `params` over them.

    ``python`` functions get the parameters as keywords. Where the estimator, or one within it, has a ``random_state``
    that nobody set, it becomes `seed`.

    Raises:
        InputError: no such class or function, parameters that it does not take, or an estimator of another task.
    """
    values = {**declared.params, **params}
    weights = values.get("class_weight")
    if task == "binary" and isinstance(weights, dict) and weights.keys() <= {"0", "1"}:
        # Keys of a spec are text, and the classes of a binary task are numbers.
        values["class_weight"] = {int(label): weight for label, weight in weights.items()}
    where = declared.class_ or declared.python or ""
    make = _find_class(where) if declared.class_ else _find_function(where)
    try:
        estimator = make(**values)
    except TypeError as error:
        raise InputError(f"`{where}` does not take these parameters: {error}{_closest(make, values)}") from None
    except (Exception, SystemExit) as error:
        raise InputError(f"`{where}` failed{failure(error)}") from error
    if not hasattr(estimator, "fit"):
        raise InputError(f"`{where}` is not an estimator: it has no method `fit`")
    if hasattr(estimator, "get_params"):
        unset = [name for name, value in estimator.get_params().items() if value is None and _SEED.search(name)]
        if unset:
            estimator.set_params(**dict.fromkeys(unset, seed))
    _refuse_other_task(estimator, task, where)
    return estimator


def unfitted_pipeline(estimator: Any, preprocess: Preprocess, features: Sequence[FeatureColumn]) -> Any:
    """Preprocessing and estimator as one scikit-learn pipeline."""
    from sklearn.pipeline import Pipeline

    prepare = preparation(preprocess, features, sparse=takes_sparse(estimator))
    return Pipeline([("prepare", prepare), ("learn", estimator)])


def fit(model: Any, rows: pd.DataFrame | Any, label: np.ndarray[Any, Any], threads: int = THREADS) -> Any:
    """Fit `model`, a pipeline or a bare estimator, and return it.

    Raises:
        InputError: what a library says of a parameter or of the data; a single class among the labels; a learner of
            the repository that fails.
    """
    if label.dtype.kind != "f" and len(np.unique(label)) < 2:
        raise InputError(f"all {len(label)} training rows have the label `{label[0]}`: there is nothing to learn")
    with limited_threads(threads), own_faults(learner_of(model)):
        try:
            return model.fit(rows, label)
        except ValueError as error:
            raise InputError(f"{_explained(error)}{unlearnable(rows)}") from error
        except OF_THE_MACHINE:
            raise
        except Exception as error:  # libraries have exceptions of their own for parameters that do not go together
            if is_of_repository(error):
                raise
            log.exception("`%s` failed", learner_of(model))
            raise InputError(f"the learner cannot be fitted{failure(error)}{unlearnable(rows)}") from error


def learner_of(model: Any) -> str:
    """The name of the class that learns: of the model, or of the last step where it is a pipeline."""
    return type(getattr(model, "steps", [("", model)])[-1][1]).__name__


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """So many threads in OpenMP, and at most so many in linear algebra, whatever the machine or a container allows.

    Where its variable is not set, scikit-learn takes no more threads than there are physical cores, or a container has
    processors: sums in as many parts as these would be another model on each machine.
    """
    from threadpoolctl import threadpool_limits

    before = os.environ.get(_OPENMP)
    os.environ[_OPENMP] = str(threads)
    try:
        with threadpool_limits(threads):
            yield
    finally:
        del os.environ[_OPENMP]
        if before is not None:
            os.environ[_OPENMP] = before


def unlearnable(rows: pd.DataFrame | Any) -> str:
    """The end of a sentence on rows that cannot be learned: the features that none of them has, or too large ones."""
    if not hasattr(rows, "columns"):
        return ""
    told = ""
    if empty := [str(name) for name in rows.columns if rows[name].isna().all()]:
        told += (
            f"; no training row has a value of {_first(empty)}: exclude such features, or correct what they are "
            f"computed from"
        )
    numbers = [name for name in rows.columns if rows[name].dtype.kind == "f"]
    if large := [str(name) for name in numbers if bool((rows[name].abs() > _LARGEST).any())]:
        told += (
            f"; some values of {_first(large)} are beyond {_LARGEST:g}, too large to scale: if they stand for missing "
            f"ones, make them so in the feature (`sql: nullif(...)`), or bound the column by `min` and `max` at its "
            f"Dataset"
        )
    return told


def _first(names: Sequence[str]) -> str:
    named = joined([f"`{name}`" for name in names[:_MOST_NAMED]])
    return f"{named} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else named


def takes_sparse(estimator: Any) -> bool:
    """Whether the estimator says that it takes sparse matrices."""
    from sklearn.utils import get_tags

    try:
        return bool(get_tags(estimator).input_tags.sparse)
    except (AttributeError, TypeError):  # not of scikit-learn's family
        return False


def _explained(error: ValueError) -> str:
    text = " ".join(str(error).split())
    if "contains NaN" in text:
        advice = "set `preprocess.numeric.impute`"
        return f"the learner does not support missing values, and some feature has them: {advice} ({text})"
    where = failure(error)
    return f"the learner cannot be fitted{where if where.startswith(' at ') else f': {text}'}"


def _find_class(path: str) -> Any:
    module_name, _, name = path.rpartition(".")
    module = _module(module_name, path)
    found = getattr(module, name, None)
    if inspect.isclass(found):
        return found
    classes = [each for each, value in vars(module).items() if inspect.isclass(value)]
    raise InputError(f"there is no class `{path}`{_did_you_mean(name, classes, module_name + '.')}")


def _find_function(path: str) -> Any:
    module_name, _, name = path.partition(":")
    module = _module(module_name, path)
    found = getattr(module, name, None)
    if callable(found):
        return found
    functions = [each for each, value in vars(module).items() if inspect.isfunction(value)]
    raise InputError(f"there is no function `{path}`{_did_you_mean(name, functions, module_name + ':')}")


def _module(name: str, path: str) -> Any:
    expose(name)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise InputError(f"`{path}` needs the module `{error.name}`, which is not installed{_INSTALL}") from error
        parent = name.rpartition(".")[0]
        try:
            siblings = _submodules(importlib.import_module(parent)) if parent else []
        except ModuleNotFoundError:
            siblings = []
        hint = _did_you_mean(name.rpartition(".")[2], siblings, parent + ".")
        raise InputError(f"there is no module `{name}`, which `{path}` names{hint or _INSTALL}") from None
    except (Exception, SystemExit) as error:
        raise InputError(f"`{path}`: importing the module failed{failure(error)}") from error


def _submodules(package: Any) -> list[str]:
    import pkgutil

    return [each.name for each in pkgutil.iter_modules(getattr(package, "__path__", []))]


def _closest(make: Any, values: Mapping[str, Any]) -> str:
    """A suggestion for the first parameter that `make` does not take."""
    try:
        known = list(inspect.signature(make).parameters)
    except (TypeError, ValueError):
        return ""
    return next((_did_you_mean(name, known, "") for name in values if name not in known), "")


def _did_you_mean(name: str, known: Sequence[str], prefix: str) -> str:
    same = [each for each in known if each.lower() == name.lower()]
    close = same or get_close_matches(name, known, n=3)
    return f"; did you mean {' or '.join(f'`{prefix}{each}`' for each in close)}?" if close else ""


def _refuse_other_task(estimator: Any, task: str, where: str) -> None:
    from sklearn.base import is_classifier, is_regressor

    try:
        classifier, regressor = is_classifier(estimator), is_regressor(estimator)
    except AttributeError:  # not of scikit-learn's family: its own `fit` will say
        classifier = regressor = False
    if task == "regression" and classifier:
        raise InputError(f"`{where}` is a classifier, but the task is regression")
    if task != "regression" and regressor:
        raise InputError(f"`{where}` is a regressor, but the task is {task}")
    if task != "regression" and not hasattr(estimator, "predict_proba"):
        raise InputError(
            f"`{where}` does not predict probabilities: choose parameters that give it `predict_proba`, or wrap it in "
            "`sklearn.calibration.CalibratedClassifierCV` with a `python` function"
        )
