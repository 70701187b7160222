"""The table of kinds. A new kind is one file and one row here."""

from __future__ import annotations

from penstock.specs.approval_policy import ApprovalPolicy
from penstock.specs.base import Resource
from penstock.specs.dataset import Dataset
from penstock.specs.environment import Environment
from penstock.specs.feature_set import FeatureSet
from penstock.specs.gate import Gate
from penstock.specs.model import Model
from penstock.specs.release import Release
from penstock.specs.rollout import Rollout
from penstock.specs.team import Team

KINDS: dict[str, type[Resource]] = {
    kind.kind_name: kind
    for kind in (Dataset, FeatureSet, Model, Gate, Rollout, Environment, Team, ApprovalPolicy, Release)
}
"""Kind by name, in the order in which a system is described: data first, then what is built on it."""
