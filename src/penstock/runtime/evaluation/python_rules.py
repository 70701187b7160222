"""Figures that a function of the repository computes, named by a gate as ``module:function``."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from penstock.runtime.data.functions import load
from penstock.runtime.evaluation.examination import SEED, Examination, decided
from penstock.runtime.faults import InputError
from penstock.runtime.measures.intervals import decided_by, looks, percentiles, reaching
from penstock.specs.decision import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.runtime.measures.predictions import Array
    from penstock.specs.gate import PythonRule

RESAMPLES = 300
"""Calls for an interval: a function of one's own sees whole rows, which is slow."""


def own_figure(rule: PythonRule, exam: Examination) -> Figure:
    """The figure of the function; an `InputError` with the line of the user's file where it fails."""
    try:
        function = load(rule.python)
    except InputError:
        raise
    except Exception as error:  # whatever the module does while it is imported
        raise InputError(f"`{rule.python}`: the module fails{_place(error)}") from error
    truth, rows = decided(exam.predictions, exam.splits.classes)[0], test_rows(exam)
    said = exam.predictions.output if exam.task == "binary" else decided(exam.predictions, exam.splits.classes)[1]
    estimate = _called(rule.python, function, truth, said, rows)
    if rule.confidence is None:
        return Figure(rule.python, estimate)
    drawn = []
    for chosen in _draws(exam):
        resampled = rows.iloc[chosen].reset_index(drop=True)
        drawn.append(_called(rule.python, function, truth[chosen], said[chosen], resampled))
    low, high = percentiles(np.array(drawn), float(rule.confidence), exam.clusters)
    low, high = decided_by(looks(exam.predictions, exam.clusters), low, high)
    return Figure(rule.python, estimate, *reaching(estimate, low, high))


def _draws(exam: Examination) -> Iterator[Array]:
    """The positions of the rows of each resample: of single rows, or of whole clusters."""
    generator, rows = np.random.default_rng(SEED), len(exam.predictions)
    if exam.clusters is not None:
        yield from exam.clusters.draws(RESAMPLES, generator)
        return
    for _ in range(RESAMPLES):
        yield generator.integers(0, rows, rows)


def test_rows(exam: Examination) -> pd.DataFrame:
    """The features and slices of the test rows."""
    slices = exam.rows.slices.to_pandas()
    features = exam.rows.features
    return pd.concat([features, slices[[name for name in slices.columns if name not in features.columns]]], axis=1)


def _called(name: str, function: Callable[..., Any], truth: Any, said: Any, rows: pd.DataFrame) -> float:
    try:
        value = function(truth, said, rows)
    except Exception as error:
        raise InputError(f"`{name}` fails{_place(error)}") from error
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InputError(f"`{name}` returned {type(value).__name__}; expected a number") from None


def _place(error: Exception) -> str:
    """Where in the repository an exception comes from: the innermost frame below the working directory."""
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename:
        return f" at {_relative(error.filename)}:{error.lineno}: {what}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _of_repository(frame.filename)]
    return f" at {_relative(frames[-1].filename)}:{frames[-1].lineno}: {what}" if frames else f": {what}"


def _of_repository(filename: str) -> bool:
    path, here = Path(filename).resolve(), Path(__file__).resolve().parents[2]
    installed = "site-packages" in path.parts or path.is_relative_to(here)
    return path.is_relative_to(Path.cwd()) and not installed


def _relative(filename: str) -> str:
    path = Path(filename).resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else filename
