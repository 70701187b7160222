"""The version that the registry calls champion, on the same test rows; or why there is none to compare with."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.runtime.evaluation.context import predictions_of
from penstock.runtime.faults import OF_THE_MACHINE, InputError
from penstock.runtime.learning.model_files import load_model
from penstock.runtime.measures.predictions import Predictions
from penstock.runtime.registry.mlflow_registry import Registry
from penstock.runtime.registry.store import MODEL, ModelStore

if TYPE_CHECKING:
    from penstock.runtime.evaluation.context import EvaluationContext


@dataclass(frozen=True, slots=True)
class Champion:
    """The champion and what it says of the test rows."""

    digest: str
    predictions: Predictions

    def as_json(self) -> dict[str, Any]:
        """The form in which it stands in ``figures.json``."""
        return {"digest": self.digest, "absent": None}


@dataclass(frozen=True, slots=True)
class AbsentChampion:
    """There is no champion, or none that these test rows can be given to."""

    reason: str
    digest: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The form in which it stands in ``figures.json``."""
        return {"digest": self.digest, "absent": self.reason}


def find_champion(context: EvaluationContext, model: str, tracking: str, store: str) -> Champion | AbsentChampion:
    """The champion of `model` before the test rows of another; of the champion itself, the one that it followed.

    An `InputError` where the registry cannot be asked: whether there is a champion is not known then.
    """
    if not tracking or not store:
        return AbsentChampion("no registry and model store are given, so there is no champion")
    registry = Registry(tracking)
    is_champion = registry.champion(model) == context.model.digest
    digest = registry.rival(model, context.model.digest)
    if digest is None:
        none = f"this model is the champion of `{model}` itself, and followed none"
        return AbsentChampion(none if is_champion else f"no champion of `{model}` is registered yet")
    named = f"the {'former ' if is_champion else ''}champion {digest}"
    with tempfile.TemporaryDirectory(prefix="champion-") as temporary:
        directory = Path(temporary) / MODEL
        try:
            ModelStore.open(store).fetch(model, digest, MODEL, directory)
        except InputError as fault:
            return AbsentChampion(f"cannot compare with {named}: {fault}", digest)
        found = on_test_rows(directory, digest, named, context)
    if is_champion and isinstance(found, AbsentChampion):
        # It became champion without this comparison, which can never be made up for: there is nobody to compare with.
        return AbsentChampion(f"this model is the champion itself; {found.reason}")
    return found


def on_test_rows(directory: Path, digest: str, named: str, context: EvaluationContext) -> Champion | AbsentChampion:
    """The files of a model, `named` in messages, before the test rows of another; why, where it cannot answer."""
    try:
        model = load_model(directory, digest)
        if model.task != context.task:
            return AbsentChampion(
                f"{named} is for a {model.task} task, but this model is for a {context.task} task", digest
            )
        model.refuse_other_types(context.splits.features)
        predictions = predictions_of(
            model, context.rows.features, context.rows.label, context.splits.classes, context.threshold
        )
    except InputError as fault:
        return AbsentChampion(f"cannot compare with {named}: {fault}", digest)
    except OF_THE_MACHINE:
        raise
    except Exception as error:  # it was made by other libraries, perhaps, and may fail in any way
        return AbsentChampion(f"{named} fails on these test rows: {type(error).__name__}: {error}", digest)
    if not np.isfinite(predictions.output).all():
        return AbsentChampion(f"{named} predicts no finite number for some of these test rows", digest)
    return Champion(digest, predictions)
