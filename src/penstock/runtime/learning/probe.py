"""Whether a pipeline from elsewhere hears what it is told: an encoder may pass over a value that it does not know.

A pipeline that was fitted on real booleans, for one, takes the texts ``"true"`` and ``"false"`` for unknown, and scores
every row alike.
"""

from __future__ import annotations

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
_TOLD = 3


def refuse_deaf(pipeline: Any, rows: pd.DataFrame, features: Sequence[FeatureColumn], answer: str) -> None:
    """InputError where a category changes nothing by any of its values, and does by others that the pipeline knows.

    Args:
        pipeline: fitted, reads `rows`.
        rows: what comes, in the form of `learner_frame`.
        features: the columns of `rows`.
        answer: the method by which it predicts.
    """
    known = [values for values in _categories(pipeline) if len(values) > 1]
    listener = _Listener(pipeline, rows.head(_ROWS), answer)
    for feature in features:
        if feature.numeric:
            continue
        own = sorted(value for value in pd.unique(rows[feature.name]) if value is not None)
        if not 1 < len(own) <= _MOST_VALUES or listener.hears(feature.name, own):
            continue
        for values in known:
            # Values that it knows it may well hold to be the same, if they are rare.
            if set(own).isdisjoint(values) and listener.hears(feature.name, values[:_MOST_VALUES]):
                raise InputError(
                    f"the model knows `{feature.name}` as {_listed(values)}, and none of the values that come, such as "
                    f"{_listed(own)}: fit it on text as it comes here, booleans as 'true' and 'false'"
                )


@dataclass(frozen=True, slots=True)
class _Listener:
    pipeline: Any
    rows: pd.DataFrame
    answer: str

    def hears(self, name: str, values: Sequence[Any]) -> bool:
        """Whether it is not all the same what stands in a column; not where the pipeline refuses such values."""
        count = len(self.rows)
        frame = pd.concat([self.rows] * len(values), ignore_index=True)
        frame[name] = pd.Series([value for value in values for _ in range(count)], dtype=object)
        try:
            heard = self._after(frame)
        except Exception:  # a pipeline may raise anything about a value that is no text
            return False
        each = heard.reshape(len(values), -1)
        return bool(np.any(each != each[0]))

    def _after(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
        """What the learner gets; of a learner that is no step of a pipeline, what it answers."""
        steps = getattr(self.pipeline, "steps", ())
        if len(steps) > 1:
            before: Any = self.pipeline[:-1].transform(frame)
        else:
            before = getattr(self.pipeline, self.answer)(frame)
        heard = np.asarray(before.toarray() if hasattr(before, "toarray") else before, dtype=np.float64)
        return np.nan_to_num(heard)


def _categories(part: Any) -> Iterator[list[Any]]:
    """The values that the encoders within a pipeline have learnt, column by column, each once."""
    told: set[str] = set()
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
                if repr(values) not in told:
                    told.add(repr(values))
                    yield values


def _listed(values: Sequence[Any]) -> str:
    told = [repr(value.item() if isinstance(value, np.generic) else value) for value in values[:_TOLD]]
    return ", ".join(told) + (", …" if len(values) > _TOLD else "")
