"""The table of kinds. A new kind is one file and one row here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from penstock.specs.base import Resource


class _Kinds(Mapping[str, type[Resource]]):
    """Kind by name, loaded when somebody asks for it: an edit of a rollout needs no approval policy."""

    def __init__(self, modules: dict[str, str]) -> None:
        self._modules = modules
        self._loaded: dict[str, type[Resource]] = {}

    def __getitem__(self, name: str) -> type[Resource]:
        kind = self._loaded.get(name)
        if kind is None:
            kind = self._loaded[name] = getattr(import_module(f"penstock.specs.{self._modules[name]}"), name)
        return kind

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


KINDS: Mapping[str, type[Resource]] = _Kinds(
    {
        "Dataset": "dataset",
        "FeatureSet": "feature_set",
        "Model": "model",
        "Gate": "gate",
        "Rollout": "rollout",
        "Environment": "environment",
        "Team": "team",
        "ApprovalPolicy": "approval_policy",
        "Release": "release",
    }
)
"""Kind by name, in the order in which a system is described: data first, then what is built on it."""
