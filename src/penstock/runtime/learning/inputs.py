"""What the steps of learning read of the steps before them: the kept features and the best parameters."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from penstock.runtime.artifacts import FeatureColumn, Splits, read_json
from penstock.runtime.faults import InputError

SELECTION_FILE = "selection.json"
BEST_FILE = "best.json"


def kept_features(splits: Splits, selection: Path | None) -> tuple[FeatureColumn, ...]:
    """The features that the selection keeps, in the order of the splits; all of them without a selection."""
    if selection is None:
        return splits.features
    kept = set(read_json(selection / SELECTION_FILE)["features"])
    if unknown := kept - {feature.name for feature in splits.features}:
        raise InputError(f"the selection keeps {sorted(unknown)}, which the splits do not have")
    return tuple(feature for feature in splits.features if feature.name in kept)


def best_params(trials: Path | None) -> dict[str, Any]:
    """The parameters that the search found best; none without a search."""
    return dict(read_json(trials / BEST_FILE)["params"]) if trials is not None else {}


def refuse_other_task(splits: Splits, arguments: argparse.Namespace) -> None:
    """The task of the splits must be the one that the step was started for."""
    if splits.task != arguments.task:
        raise InputError(f"the splits are of a {splits.task} task, but --task is {arguments.task}")
