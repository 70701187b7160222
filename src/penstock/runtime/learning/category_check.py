"""Whether a pipeline from elsewhere recognizes the categories that it gets: an encoder may ignore one it does not know.

A pipeline that was fitted on real booleans, for one, takes the texts ``"true"`` and ``"false"`` for unknown, and scores
every row alike.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from penstock.runtime.artifacts import FeatureColumn
from penstock.runtime.faults import InputError

_ROWS = 10
"""Rows in which a value is put in the place of the one that is there."""
_MOST_VALUES = 2_000
"""Different values of a feature; where it has more, nothing is concluded."""
_MOST_SHOWN = 3
_UNKNOWN = "\N{REPLACEMENT CHARACTER} no value is called so"

log = logging.getLogger(__name__)


def refuse_unrecognized_categories(
    pipeline: Any, rows: pd.DataFrame, features: Sequence[FeatureColumn], method: str
) -> None:
    """InputError where a category changes nothing by any of its values, and does by others that the pipeline knows.

    Likewise where a missing category is unknown to it and NaN is not. Of single values that it does not know, the log
    tells.

    Args:
        pipeline: fitted, reads `rows`.
        rows: what comes, in the form of `learner_frame`.
        features: the columns of `rows`.
        method: the one by which it predicts.
    """
    known = [values for values in _categories(pipeline) if len(values) > 1]
    probe = _Probe(pipeline, rows.head(_ROWS), method)
    for feature in features:
        if feature.numeric:
            continue
        name = feature.name
        own = sorted(value for value in pd.unique(rows[name]) if value is not None)
        if feature.type == "bool":
            own = ["false", "true"]
        if not 1 < len(own) <= _MOST_VALUES:
            continue
        if probe.is_sensitive_to(name, own):
            _refuse_nan(probe, name)
            _log_unknown(probe, rows[name], own, known)
            continue
        for values in known:
            # Values that it knows it may well hold to be the same, if they are rare.
            if set(own).isdisjoint(values) and probe.is_sensitive_to(name, values[:_MOST_VALUES]):
                raise InputError(
                    f"the model expects `{name}` to be {_listed(values)}, but the data has other values, such as "
                    f"{_listed(own)}: fit it on the strings used here, booleans as 'true' and 'false'"
                )


def _refuse_nan(probe: _Probe, name: str) -> None:
    if probe.is_sensitive_to(name, [float("nan"), _UNKNOWN]) and not probe.is_sensitive_to(name, [None, _UNKNOWN]):
        raise InputError(
            f"the model expects a missing `{name}` as NaN, but it is None here: fit it on None for missing values, in "
            f"pandas `column.astype(object).where(column.notna(), None)`"
        )


def _log_unknown(probe: _Probe, column: pd.Series[Any], own: list[str], known: list[list[Any]]) -> None:
    answers = probe.answers(str(column.name), [*own, _UNKNOWN])
    if answers is None:
        return
    as_unknown = [value for value, row in zip(own, answers[:-1], strict=True) if bool(np.all(row == answers[-1]))]
    strange = [value for value in as_unknown if not any(value in values for values in known)]
    if strange:
        share = float(column.isin(strange).mean())
        log.warning(
            "warning: the model does not know the values %s of `%s`, in %.1f%% of the rows",
            _listed(strange),
            column.name,
            100 * share,
        )


@dataclass(frozen=True, slots=True)
class _Probe:
    pipeline: Any
    rows: pd.DataFrame
    method: str

    def is_sensitive_to(self, name: str, values: Sequence[Any]) -> bool:
        """Whether it is not all the same what stands in a column; not where the pipeline refuses such values."""
        answers = self.answers(name, values)
        return answers is not None and bool(np.any(answers != answers[0]))

    def answers(self, name: str, values: Sequence[Any]) -> np.ndarray[Any, Any] | None:
        """What comes of each value in a column, a row each; None where the pipeline refuses such values."""
        count = len(self.rows)
        frame = pd.concat([self.rows] * len(values), ignore_index=True)
        frame[name] = pd.Series([value for value in values for _ in range(count)], dtype=object)
        try:
            outputs = self._after(frame)
        except Exception:  # a pipeline may raise anything about a value that is no text
            return None
        return outputs.reshape(len(values), -1)

    def _after(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
        """What the learner gets; where that is no numbers, or no step of a pipeline, what it answers."""
        if len(getattr(self.pipeline, "steps", ())) > 1:
            before = self.pipeline[:-1].transform(frame)
            try:
                return _numbers(before.toarray() if hasattr(before, "toarray") else before)
            except (TypeError, ValueError):
                # The learner prepares text itself.
                pass
        return _numbers(getattr(self.pipeline, self.method)(frame))


def _numbers(values: Any) -> np.ndarray[Any, Any]:
    return np.nan_to_num(np.asarray(values, dtype=np.float64))


def _categories(part: Any) -> Iterator[list[Any]]:
    """The values that the encoders within a pipeline have learnt, column by column, each once."""
    shown: set[str] = set()
    seen: set[int] = set()
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, list | tuple):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif hasattr(one, "get_params"):
            waiting.extend(vars(one).values())
            for column in getattr(one, "categories_", ()):
                values = list(column)
                if repr(values) not in shown:
                    shown.add(repr(values))
                    yield values


def _listed(values: Sequence[Any]) -> str:
    shown = [repr(value.item() if isinstance(value, np.generic) else value) for value in values[:_MOST_SHOWN]]
    return ", ".join(shown) + (", …" if len(values) > _MOST_SHOWN else "")
