"""Runs of MLflow that show a registered version's parameters and figures, in an experiment named after the model.

A run is known by the digest of its model. What it lacks is logged, and nothing twice, so that whoever was killed in the
middle is followed by somebody who finishes the same run.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, Run, RunTag

_LONGEST_PARAMETER = 6_000
"""Characters of a parameter's value that MLflow's stores take."""
_LARGEST_BATCH = 100
"""Parameters or tags that MLflow takes at once."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run shows."""

    params: Mapping[str, str]
    metrics: Mapping[str, float]
    """NaN for what could not be measured."""

    @classmethod
    def of_card(cls, card: Mapping[str, Any]) -> Figures:
        """What the card of a model tells: how it was learned, and its figures on the test rows with their intervals.

        The threshold is among the figures, since it decides them and is no part of the model, which stays the same one
        under another.
        """
        params = {"learner": card["learner"], "seed": card["seed"]}
        for kind, steps in card["preprocess"].items():
            params |= {f"preprocess.{kind}.{step}": how for step, how in steps.items()}
        params |= {f"estimator.{name}": value for name, value in card["params"].items()}
        metrics: dict[str, float | None] = {"test_rows": card["test_rows"], "threshold": card["threshold"]}
        for name, figure in card["metrics"].items():
            metrics |= {name: figure["estimate"], f"{name}.low": figure["low"], f"{name}.high": figure["high"]}
        return cls(
            {name: _text(value) for name, value in params.items() if value is not None},
            {name: float("nan") if value is None else float(value) for name, value in metrics.items()},
        )


class _Lacking(NamedTuple):
    """What a run does not have yet."""

    metrics: list[Metric]
    params: list[Param]
    tags: list[RunTag]


class Runs:
    """The runs of models in one tracking store. What MLflow says no to is raised as its own exception."""

    def __init__(self, client: MlflowClient, digest_tag: str) -> None:
        """`digest_tag` is the tag by which a run is found."""
        self._client = client
        self._tag = digest_tag

    def begin(self, model: str, digest: str) -> str:
        """The id of a run for the digest: the oldest that an attempt before has left, or a new one."""
        experiment = self._experiment(model)
        found = self._of_digest(experiment, digest)
        if found:
            return found[0]
        name = digest.removeprefix("sha256:")[:12]
        return str(self._client.create_run(experiment, tags={self._tag: digest}, run_name=name).info.run_id)

    def complete(self, run_id: str, tags: Mapping[str, str], figures: Figures) -> None:
        """Log what the run lacks of the tags and figures, and end it.

        Somebody else may complete it at the same time, and be faster with a parameter: what is lacking then is logged.
        """
        run = self._client.get_run(run_id)
        left = _lacking(run, tags, figures)
        while any(left):
            try:
                self._log(run_id, left)
                break
            except Exception:
                # A store that was asked twice at once says no to one of the two, each in words of its own.
                run, before = self._client.get_run(run_id), left
                left = _lacking(run, tags, figures)
                if len(left.params) == len(before.params):
                    raise
        if run.info.status != "FINISHED":
            self._client.set_terminated(run_id)

    def _log(self, run_id: str, left: _Lacking) -> None:
        for first in range(0, max(len(left.metrics), len(left.params), len(left.tags)), _LARGEST_BATCH):
            part = slice(first, first + _LARGEST_BATCH)
            self._client.log_batch(run_id, left.metrics[part], left.params[part], left.tags[part])

    def keep_only(self, model: str, digest: str, run_id: str) -> None:
        """Remove the other runs of a digest, which a race or a kill has left."""
        for other in self._of_digest(self._experiment(model), digest):
            if other != run_id:
                self._client.delete_run(other)

    def _experiment(self, model: str) -> str:
        from mlflow.exceptions import MlflowException

        found = self._client.get_experiment_by_name(model)
        if found is None:
            try:
                return str(self._client.create_experiment(model))
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            found = self._client.get_experiment_by_name(model)
            assert found is not None, "another process has just created the experiment"
        return str(found.experiment_id)

    def _of_digest(self, experiment: str, digest: str) -> list[str]:
        """The runs of a digest, the oldest first."""
        found = self._client.search_runs([experiment], filter_string=f"tags.`{self._tag}` = '{digest}'")
        return [run.info.run_id for run in sorted(found, key=lambda run: (run.info.start_time, run.info.run_id))]


def _lacking(run: Run, tags: Mapping[str, str], figures: Figures) -> _Lacking:
    from mlflow.entities import Metric, Param, RunTag

    known = run.data
    # What is logged at the same time twice is there once, so two who log at once do not double a figure.
    started, now = run.info.start_time, int(time.time() * 1000)
    return _Lacking(
        [
            Metric(name, value, started if name not in known.metrics else now, 0)
            for name, value in figures.metrics.items()
            if not _equal(known.metrics.get(name, math.nan), value)
        ],
        # A parameter cannot change: the digest is of everything that decides it.
        [Param(name, value) for name, value in figures.params.items() if name not in known.params],
        [RunTag(name, value) for name, value in tags.items() if known.tags.get(name) != value],
    )


def _equal(shown: float, value: float) -> bool:
    """Whether a figure is shown as it is; one that is not known needs no place."""
    return shown == value or (math.isnan(shown) and math.isnan(value))


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text[:_LONGEST_PARAMETER]
