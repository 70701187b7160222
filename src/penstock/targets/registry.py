"""Every target that `penstock compile` renders for, in one table."""

from __future__ import annotations

from penstock.targets.base import Target
from penstock.targets.kubeflow.target import TARGET as KUBEFLOW

TARGETS: dict[str, Target] = {target.name: target for target in (KUBEFLOW,)}
"""Target by name."""
