"""The table of scikit-learn's learners is scikit-learn's own."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from functools import cache
from math import inf
from numbers import Integral, Real
from typing import Any

import pytest

from golden_files import Golden
from penstock.catalog.learners.parameter_values import SILENT, values_of
from penstock.catalog.learners.scikit_learn import (
    COMPOSITES,
    OTHERS,
    PACKAGES,
    TABLE,
    WITHOUT_PROBABILITIES,
    is_regressor,
    learners,
    takes_missing_values,
)

SHORT = {
    "array-like": ("list", SILENT + "mapping"),
    "boolean": ("bool",),
    "cv_object": ("int [2, inf)", "list", SILENT + "mapping", "object", "null"),
    "random_state": ("int [0, 4294967295]", "null"),
    "verbose": ("int [0, inf)", "bool"),
}
"""What scikit-learn has a word for."""
TYPES = {Integral: "int", Real: "number", str: "text", list: "list"}


@cache
def installed(kind: str | None) -> dict[str, Any]:
    """The learners of a kind in the scikit-learn that is installed, by their public paths; without one, all it has."""
    pytest.importorskip("sklearn", reason="it is in the extra `runtime`")
    from sklearn.utils import all_estimators

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [one for _, one in all_estimators(type_filter=kind)]
    return {f"{one.__module__.partition('._')[0]}.{one.__name__}": one for one in found}


def test_the_table_is_what_is_installed(golden: Golden) -> None:
    found = {
        path: {name: text(learner._parameter_constraints[name]) for name in sorted(learner._get_param_names())}
        for path, learner in sorted((installed("classifier") | installed("regressor")).items())
    }
    golden(TABLE, json.dumps(found, indent=1) + "\n")
    assert learners() == found
    assert {path.split(".")[1] for path in found} <= set(PACKAGES)


def test_what_is_no_learner_is_known() -> None:
    others = {
        path.removeprefix("sklearn."): one
        for path, one in installed(None).items()
        if path not in learners() and path.split(".")[1] in PACKAGES
    }
    assert list(OTHERS) == sorted(OTHERS)
    assert {*OTHERS, *COMPOSITES} == others.keys()
    # By themselves, outlier detectors and mixtures predict; what predicts by another estimator takes it.
    predicts = {path for path, one in others.items() if hasattr(one, "predict")}
    taking = {path for path in predicts if {"estimator", "steps"} & set(others[path]._get_param_names())}
    assert set(COMPOSITES) == taking


def test_the_classifiers_without_probabilities_are_known() -> None:
    classifiers = installed("classifier").values()
    assert set(WITHOUT_PROBABILITIES) == {one.__name__ for one in classifiers if not hasattr(one, "predict_proba")}


def test_the_learners_that_take_no_missing_values_are_known() -> None:
    """Those that need no other learner tell by themselves; a dummy never looks at what it is given."""
    alone = {
        path: learner
        for path, learner in (installed("classifier") | installed("regressor")).items()
        if not any(values == "object" or name == "estimators" for name, values in learners()[path].items())
    }
    assert len(alone) > 70
    for path, learner in alone.items():
        takes = learner().__sklearn_tags__().input_tags.allow_nan or ".dummy." in path
        assert takes_missing_values(path) == takes, path


def test_regressors_are_told_from_classifiers() -> None:
    for kind in ("classifier", "regressor"):
        for path in installed(kind):
            assert is_regressor(path.rpartition(".")[2]) == (kind == "regressor"), path


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_learner_can_be_made_of_nothing_unless_it_takes_what_only_python_can_make() -> None:
    """What the check of classes goes by."""
    for path, learner in (installed("classifier") | installed("regressor")).items():
        says_so = any(takes == "object" or name == "estimators" for name, takes in learners()[path].items())
        try:
            learner()._validate_params()
        except (TypeError, ValueError):
            assert says_so, path
        else:
            assert not says_so, path


VALUES = (
    None, True, False, -(2**63), -2, -1, 0, 1, 2, 3, 255, 256, 10**6, 2**32 - 1, 2**32, 2**63 - 1,
    -1e300, -1.0, -0.5, 0.0, 5e-324, 0.25, 0.5, 0.75, 1 - 1e-16, 1.0, 1.5, 2.0, 100.0, 1e300,
    "", "0.5", "many", "None", "auto", "balanced", "warn", "deprecated",
    [], [0], [0.5, 1], ["a"], [None], [[1]], {}, {"0": 1, "1": 2.5}, {"a": {}},
)  # fmt: skip


@pytest.mark.parametrize("path", learners())
def test_a_value_is_wrong_where_scikit_learn_says_so(path: str) -> None:
    from sklearn.utils._param_validation import InvalidParameterError, validate_parameter_constraints

    constraints = (installed("classifier") | installed("regressor"))[path]._parameter_constraints
    for name, said in learners()[path].items():
        values = values_of(said)
        for value in (*VALUES, *written(values.words), *edges(constraints[name])):
            try:
                validate_parameter_constraints(constraints, {name: value}, path)
            except InvalidParameterError:
                right = False
            else:
                right = True
            assert values.takes(value) is right, f"{name}: {value!r} is {'right' if right else 'wrong'}, not {said}"


def written(words: tuple[str, ...]) -> Iterator[str]:
    """The words, and slips of them."""
    for word in words:
        yield from (word, word[1:], word.upper(), f"'{word}'")


def edges(constraints: list[Any]) -> Iterator[float]:
    """The ends of all intervals, as whole numbers and as floats, and what is beside them."""
    for constraint in constraints:
        for end in (getattr(constraint, "left", None), getattr(constraint, "right", None)):
            if end is not None and abs(end) != inf:
                yield from (int(end) - 1, int(end), int(end) + 1, float(end), end - 1e-9, end + 1e-9)


def text(constraints: list[Any]) -> str:
    """What scikit-learn holds a parameter against, in the words of the table."""
    return " | ".join(dict.fromkeys(each for constraint in constraints for each in _alternatives(constraint)))


def _alternatives(constraint: Any) -> Iterator[str]:
    from sklearn.utils._param_validation import Hidden, Interval, Options, StrOptions

    if isinstance(constraint, Hidden):
        # Of classes that nobody is told of, a spec can write no instance.
        yield from (SILENT + each for each in _alternatives(constraint.constraint) if each != "object")
    elif isinstance(constraint, StrOptions):
        for option in sorted(constraint.options):
            yield f"{SILENT if option in constraint.deprecated else ''}'{option}'"
    elif isinstance(constraint, Options):
        assert constraint.options == {inf}, "a spec cannot write this one, and perhaps others"
    elif isinstance(constraint, Interval):
        yield _interval(constraint)
    elif constraint is None:
        yield "null"
    elif isinstance(constraint, str):
        yield from SHORT[constraint]
    elif isinstance(constraint, type) and issubclass(dict, constraint):
        yield "mapping"
    elif constraint is not tuple:  # wherever it is right, so is a list
        yield TYPES.get(constraint, "object")


def _interval(constraint: Any) -> str:
    kind = {Integral: "int", Real: "number"}.get(constraint.type, "float")
    low, high = (end is not None and abs(end) != inf for end in (constraint.left, constraint.right))
    if not low and not high:
        return kind
    # Infinity is no number of a spec, so that an end there is open.
    opening = "[" if low and constraint.closed in ("left", "both") else "("
    closing = "]" if high and constraint.closed in ("right", "both") else ")"
    left = f"{constraint.left:g}" if low else "-inf"
    right = f"{constraint.right:g}" if high else "inf"
    return f"{kind} {opening}{left}, {right}{closing}"
