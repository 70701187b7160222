"""Take a model that something else has trained, and save it as if it had been trained here.

The file is one of skops: unlike a pickle it names types and holds data, and only types that are known to run nothing,
or that the spec trusts by name, are made of it. Its bytes must have the digest of the spec, before they are looked at.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from penstock.runtime.arguments import directory, output_directory, spec
from penstock.runtime.artifacts import FeatureColumn, Splits
from penstock.runtime.faults import OF_THE_MACHINE, InputError
from penstock.runtime.learning.category_check import refuse_unrecognized_categories
from penstock.runtime.learning.inputs import refuse_other_task
from penstock.runtime.learning.model_files import save_model
from penstock.specs.estimator import External, TrustedType
from penstock.specs.model import TASKS

PLAIN_TYPES = ("numpy.dtype", "sklearn.utils._bunch.Bunch")
"""Types that skops does not load unasked, and that hold nothing but data: the type of an array, a dictionary."""
_PROBED_ROWS = 50

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--splits", type=directory, required=True, help="output of `split`")
    parser.add_argument("--external", type=spec(External), required=True, help="the estimator's `external` as JSON")
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument("--model-dir", type=output_directory, required=True, help="output directory of the model")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    splits = Splits.read(arguments.splits)
    refuse_other_task(splits, arguments)
    external: External = arguments.external
    pipeline = opened(read(external), external)
    features = features_of(pipeline, splits)
    rows = splits.frame("train", features)
    answer = "predict" if arguments.task == "regression" else "predict_proba"
    _try(pipeline, rows, arguments.task, answer, splits.classes)
    refuse_unrecognized_categories(pipeline, rows, features, answer)
    digest = save_model(
        arguments.model_dir,
        name=arguments.model,
        task=arguments.task,
        pipeline=_behind_missing_texts(pipeline, features),
        features=features,
        classes=splits.classes,
        rows=rows,
        training={
            "estimator": {"external": external.model_dump(mode="json", by_alias=True)},
            "type": _type_of(pipeline),
            "preprocess": {},
            "params": {},
            "searched": {},
            "seed": None,
            "dropped_features": sorted({f.name for f in splits.features} - {f.name for f in features}),
        },
    )
    log.info("The model `%s` is %s.", arguments.model, digest)


def read(external: External) -> bytes:
    """The bytes of the file. InputError where it cannot be read, or is another one."""
    from pyarrow import fs

    try:
        if "://" in external.file:
            filesystem, path = fs.FileSystem.from_uri(external.file)
            with filesystem.open_input_stream(path) as file:
                data = bytes(file.read())
        else:
            data = Path(external.file).read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(f"`{external.file}` cannot be read: {error}") from error
    actual = f"sha256:{hashlib.sha256(data).hexdigest()}"
    if actual != external.digest:
        raise InputError(f"`{external.file}` has the digest {actual}, not {external.digest}: it was not opened")
    return data


def _how_to_trust(strange: Sequence[str], external: External) -> str:
    """What would let the types pass; nothing does if one of them is neither plain data nor a tree."""
    refused = [each for each in strange if each not in get_args(TrustedType)]
    if refused:
        return (
            "only scikit-learn's tree types can be trusted (`external.trust`), so fit the model with scikit-learn's "
            "own transformers and learners"
        )
    listed = ", ".join([*external.trust, *strange])
    return f"if you trust whoever made the file, write `trust: [{listed}]` below `external`"


def opened(data: bytes, external: External) -> Any:
    """The pipeline in the file. InputError where it holds what nobody trusts, or is no file of skops."""
    from skops import io

    allowed = {*PLAIN_TYPES, *external.trust}
    try:
        strange = sorted(set(io.get_untrusted_types(data=data)) - allowed)
        if strange:
            raise InputError(
                f"`{external.file}` holds {', '.join(f'`{each}`' for each in strange)}, which the spec does not trust: "
                + _how_to_trust(strange, external)
            )
        return io.loads(data, trusted=sorted(allowed))
    except (InputError, MemoryError):
        raise
    except Exception as error:  # a file that is broken or forged fails in any way there is
        raise InputError(f"`{external.file}` cannot be opened: {error}") from error


def features_of(pipeline: Any, splits: Splits) -> tuple[FeatureColumn, ...]:
    """The features that the pipeline reads, in its order. InputError where the splits do not have one of them."""
    names = getattr(pipeline, "feature_names_in_", None)
    if names is None:
        raise InputError(
            "the model does not say which columns it reads: fit a scikit-learn pipeline on a data frame, not on arrays"
        )
    known = {feature.name: feature for feature in splits.features}
    if missing := [str(name) for name in names if str(name) not in known]:
        listed = ", ".join(f"`{name}`" for name in missing)
        raise InputError(f"the model reads {listed}, which its `features` do not declare")
    return tuple(known[str(name)] for name in names)


def _try(pipeline: Any, rows: Any, task: str, answer: str, classes: tuple[str, ...]) -> None:
    """InputError where the pipeline does not do the task, or cannot read rows as they come."""
    if not callable(getattr(pipeline, answer, None)):
        raise InputError(f"the model has no `{answer}`, which a {task} task needs")
    known = [str(each) for each in getattr(pipeline, "classes_", ())]
    if task == "binary" and known not in (["0", "1"], ["False", "True"]):
        raise InputError(f"the model's classes are {known}, but a binary task has 0 and 1, the positive class")
    if task == "multiclass" and (strange := sorted(set(known) - set(classes))):
        raise InputError(f"the model predicts {strange}, which are not among the labels")
    try:
        getattr(pipeline, answer)(rows.head(_PROBED_ROWS))
    except OF_THE_MACHINE:
        raise
    except Exception as error:  # what a pipeline of somebody else does with a row it was not made for is its own
        raise InputError(f"the model cannot read the features as they are: {error}") from error


def _behind_missing_texts(pipeline: Any, features: Sequence[FeatureColumn]) -> Any:
    """The pipeline behind steps that make a missing category None, which it was fitted on, in whatever rows it gets.

    A server leaves the types of a request to pandas, where a missing text is NaN among others, and None by itself.
    """
    import numpy as np
    import pandas as pd
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    names = [feature.name for feature in features if not feature.numeric]
    if not names:
        return pipeline
    objects = FunctionTransformer(pd.DataFrame.astype, kw_args={"dtype": dict.fromkeys(names, object)})
    blanks = FunctionTransformer(pd.DataFrame.replace, kw_args={"to_replace": {name: {np.nan: None} for name in names}})
    return Pipeline([("texts", objects), ("missing", blanks), ("model", pipeline)])


def _type_of(pipeline: Any) -> str:
    """The type of what predicts, behind the preprocessing."""
    steps = getattr(pipeline, "steps", None)
    last = type(steps[-1][1] if steps else pipeline)
    return f"{last.__module__}.{last.__qualname__}"
