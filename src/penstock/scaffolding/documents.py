"""The specs of a model of one file, commented for whoever reads such specs for the first time.

What they claim of the data is what it keeps today and can be expected to keep: types, that a value is there, the values
of a category, numbers that are never negative. No bound is taken from what a model happened to reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from penstock.runtime.profiling.model import ColumnProfile, Profile
from penstock.scaffolding.columns import Key, Roles
from penstock.scaffolding.commented import Noted
from penstock.scaffolding.names import identifiers, joined_slug, sql_name
from penstock.scaffolding.personal import sensitivity
from penstock.scaffolding.target import Target
from penstock.specs.base import API_VERSION
from penstock.specs.metrics import Task

_METRIC: dict[Task, str] = {"binary": "roc_auc", "multiclass": "accuracy", "regression": "mean_absolute_error"}
_LEARNER: dict[Task, str] = {
    "binary": "sklearn.ensemble.HistGradientBoostingClassifier",
    "multiclass": "sklearn.ensemble.HistGradientBoostingClassifier",
    "regression": "sklearn.ensemble.HistGradientBoostingRegressor",
}
_ENOUGH_OF_A_CLASS = 40
"""Rows of a class of which a fifth, those for testing, tells something of it."""
_NEARLY_ALL = 0.9
_HOUR, _DAY = 3_600, 86_400


@dataclass(frozen=True, slots=True)
class System:
    """What the specs are written from."""

    name: str
    owner: str
    path: str
    """Of the file, from the repository's root."""
    profile: Profile
    target: Target
    key: Key
    time: str | None
    roles: Roles

    @property
    def model(self) -> str:
        """The name of the model."""
        return joined_slug(self.name, self.target.column.name)


def team(name: str, login: str) -> dict[str, Any]:
    """The team that owns the specs."""
    note = "Logins on the forge of those who may approve changes of what the team owns: put yours here."
    return _document(
        "Team", name, name, "Owns the specs, and approves their changes.", {"members": Noted([login], note)}
    )


def environment(owner: str) -> dict[str, Any]:
    """The environment of runs on this machine."""
    spec = {
        "stage": "development",
        "cluster": Noted(
            False, "Pipelines run on this machine. An environment with a cluster trains and serves there."
        ),
    }
    return _document("Environment", "local", owner, "This machine; nothing is served here.", spec)


def dataset(system: System) -> dict[str, Any]:
    """The contract of the rows."""
    profile, key = system.profile, system.key
    source: dict[str, Any] = {profile.form: system.path}
    dialect = profile.dialect.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if profile.form == "csv" and dialect:
        source["dialect"] = dialect
    spec: dict[str, Any] = {"source": source}
    if key.is_surrogate:
        repeated = f" {profile.repeated:,} rows are equal to another one." if profile.repeated else ""
        spec["surrogateKey"] = Noted(
            key.columns[0], f"No column tells the rows apart, so this one is added: a digest of their values.{repeated}"
        )
    else:
        spec["primaryKey"] = list(key.columns)
    if system.time is not None:
        spec["eventTime"] = Noted(system.time, _ABOUT_TIME)
    columns = {system.key.columns[0]: {"type": "string"}} if key.is_surrogate else {}
    columns |= {column.name: _contract(column, system) for column in system.roles.declared}
    unread = [f"Not read: {_shown(name)} {reason}." for name, reason in system.roles.unread]
    spec["columns"] = Noted(
        columns, "\n".join(["What the data keeps today. A run stops at rows that break it.", *unread])
    )
    fewest = max(1, profile.rows // 2)
    spec["checks"] = Noted(
        [{"id": "enough-rows", "rows": {"atLeast": fewest}}],
        f"Half of today's {profile.rows:,}, against a cut-off file.",
    )
    return _document("Dataset", system.name, system.owner, f"Rows of {system.path}.", spec)


_ABOUT_TIME = (
    "Features are taken to be known at this time of their row. Where some become known later, tell by `knownAt`: "
    "`penstock explain future-leak`."
)


def _contract(column: ColumnProfile, system: System) -> Any:
    """The contract of a column, with a comment where it should be confirmed."""
    found: dict[str, Any] = {"type": column.type}
    if column.missing:
        found["nullable"] = True
    is_key = column.name in system.key.columns
    if is_key and len(system.key.columns) == 1:
        found["unique"] = True
    elif column.type == "string" and column.counts:
        found["oneOf"] = sorted(str(value) for value, _ in column.counts)
    elif column.type in ("int", "float") and isinstance(column.least, int | float) and column.least >= 0 and not is_key:
        found["min"] = 0
    personal = sensitivity(column.name)
    if personal is None:
        return found
    return Noted(found | {"sensitivity": personal}, "Looks personal by its name: confirm, or correct `sensitivity`.")


def feature_set(system: System) -> dict[str, Any]:
    """The features: the columns themselves."""
    names = identifiers(column.name for column in system.roles.features)
    features: dict[str, Any] = {}
    for column in system.roles.features:
        feature = {"type": column.type, "sql": sql_name(column.name)}
        near = f"Tells {system.target.column.name} almost by itself: is it known before?"
        features[names[column.name]] = Noted(feature, near) if column.determines >= _NEARLY_ALL else feature
    left_out = [f"Left out: {_shown(name)} {reason}." for name, reason in system.roles.left_out]
    spec: dict[str, Any] = {
        "source": system.name,
        "entity": list(system.key.columns),
        "features": Noted(
            features,
            "\n".join(["Add what the columns do not say by themselves: `penstock explain FeatureSet`.", *left_out]),
        ),
    }
    return _document("FeatureSet", system.name, system.owner, f"What a row of {system.path} is predicted from.", spec)


def model(system: System) -> dict[str, Any]:
    """The model: a default learner, and how its rows are split."""
    target, column = system.target, system.target.column
    label: dict[str, Any] = {"dataset": system.name, "column": column.name}
    note = ""
    if target.positive is not None:
        label["positive"] = target.positive
        note = "The model's score is that of the value `positive`."
    elif target.task == "multiclass" and column.type == "int":
        note = f"Each of the {column.distinct} numbers is a class. To predict the number itself: `task: regression`."
    spec: dict[str, Any] = {
        "task": target.task,
        "features": {system.name: "all"},
        "label": Noted(label, note),
        "split": _split(system),
        "estimator": Noted(
            {"class": _LEARNER[target.task], "params": {"random_state": 0}},
            "Gradient boosting, a sound first choice: it takes missing numbers and columns of any scale as they are.",
        ),
    }
    if sensitivity(column.name) is not None:
        use = {"column": f"{system.name}.{column.name}", "use": "label"}
        spec["sensitiveUses"] = Noted(
            [{**use, "purpose": f"The model is made to predict {column.name}."}], "Confirm that it may be predicted."
        )
    spec["card"] = {
        "purpose": Noted(f"Predict {column.name} of {system.path}.", "Who uses the predictions, and for what?"),
        "riskTier": Noted("medium", "The harm of a wrong prediction: low, medium or high."),
        "limitations": ["Set up by `penstock init`; nobody has described its limits yet."],
    }
    return _document("Model", system.model, system.owner, f"Predicts {column.name}.", spec)


def _split(system: System) -> Any:
    if system.time is None:
        times = [each.name for each in system.profile.columns if each.newest is not None]
        note = "At random, since no time was named: right where rows come in no order."
        if times:
            note += (
                f" Rows that have a time, such as {_shown(times[0])}, are better split by it: `penstock init --time`."
            )
        return Noted({"by": "random", "validation": "20%", "test": "20%"}, note)
    time = system.profile.column(system.time)
    assert time is not None
    assert time.newest is not None
    assert isinstance(time.greatest, datetime)
    early, late = time.newest
    unit, sign = (_DAY, "d") if (time.greatest - late).total_seconds() >= 5 * _DAY else (_HOUR, "h")
    lengths = [
        max(1, -(-int((until - since).total_seconds()) // unit))
        for since, until in ((early, late), (late, time.greatest))
    ]
    split = {"by": "time", "validation": f"{lengths[0]}{sign}", "test": f"{lengths[1]}{sign}"}
    return Noted(split, "The newest fifth of the rows is for testing, and the fifth before it for validation.")


def gate(system: System) -> dict[str, Any]:
    """What the model has to show: that it is better than one that knows the labels alone."""
    metric = _metric(system.target)
    rule = {
        "id": "skill",
        "why": "A model that does no better than a guess from the labels alone is of no use.",
        "compare": {"to": "baseline", "metric": metric},
    }
    note = (
        "Add what a model must reach to be of use, as your work demands it and not as the model happens to measure:\n"
        f"`{{id: quality, metric: {metric}, {_EXAMPLE[system.target.task]}, confidence: 95%}}`."
    )
    spec = {"model": system.model, "rules": Noted([rule], note)}
    name = joined_slug(system.model, "release")
    return _document("Gate", name, system.owner, f"What a model of {system.target.column.name} must show.", spec)


def _metric(target: Target) -> str:
    """A metric that a guess from the labels cannot make good; each class counts alike where none is too rare for it."""
    counts = [rows for _, rows in target.column.counts]
    if target.task == "multiclass" and counts and min(counts) >= _ENOUGH_OF_A_CLASS:
        return "balanced_accuracy"
    return _METRIC[target.task]


_EXAMPLE: dict[Task, str] = {"binary": "atLeast: ...", "multiclass": "atLeast: ...", "regression": "atMost: ..."}


def _shown(name: str) -> str:
    return f"`{name}`" if name else "a column"


def _document(kind: str, name: str, owner: str, description: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "owner": owner, "description": description}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
