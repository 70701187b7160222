"""The train step as tests call it, and learners for it."""

from __future__ import annotations

import json
from pathlib import Path

BOOSTING = {"class": "sklearn.ensemble.HistGradientBoostingClassifier", "params": {"max_iter": 10}}
LOGISTIC = {"class": "sklearn.linear_model.LogisticRegression"}
SCALED = {"numeric": {"impute": "median", "scale": "standard"}, "categorical": {"impute": "most_frequent"}}


def arguments(splits: Path, output: Path, estimator: dict[str, object], **more: object) -> list[str]:
    flags = {"estimator": json.dumps(estimator), "task": "binary", "model": "made", "model-dir": output}
    flags |= {"splits": splits, "seed": 3} | {name.replace("_", "-"): value for name, value in more.items()}
    return ["train", *(str(word) for name, value in flags.items() for word in (f"--{name}", value))]
