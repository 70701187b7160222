"""Names that more than one room relies on: workflows, their parameters, what steps hand on."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

Purpose = Literal["training", "monitoring"]

AS_OF = "as_of"
"""Parameter: the moment as of which data is read; now where empty."""
TRACKING = "tracking"
"""Parameter: address of MLflow's tracking store and registry."""
MODEL_STORE = "model_store"
"""Parameter: address of the content-addressed store of models."""
DIGEST = "digest"
"""Parameter: digest of the version that is watched; the registry's champion where empty."""
PUSHGATEWAY = "pushgateway"
"""Parameter: address that figures are pushed to; a file alone where empty."""
TRAINING_VERSION = "training_version"
"""Parameter: name of the version of the training pipeline that drift starts; the newest where empty."""

STEP_COMMAND = "penstock-step"
"""Program of the runtime image that runs one step."""


def workflow_name(model: str, purpose: Purpose) -> str:
    """The name of a model's workflow, under which the cluster knows its pipeline."""
    return f"{model}-{purpose}"


def suffixed(step: str, name: str) -> str:
    """The name of a step of which a workflow has several, such as ``snapshot-flights``."""
    return f"{step}-{name}"


def identifier(name: str) -> str:
    """`name` as one word: inputs and parameters of a step are identifiers, names of specs have dashes."""
    return name.replace("-", "_")


def dashboard_uid(environment: str, rollout: str) -> str:
    """The address of a rollout's dashboard: at most 40 characters, another one in each environment."""
    mark = sha256(f"{environment}/{rollout}".encode()).hexdigest()[:12]
    return f"{rollout[:27]}-{mark}"
