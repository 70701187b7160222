"""The files that a first system consists of, by their paths."""

from __future__ import annotations

from typing import Any

from penstock.scaffolding import documents
from penstock.scaffolding.commented import commented_yaml
from penstock.scaffolding.documents import System

GIT_ATTRIBUTES = """\
# Digests cover bytes: git on Windows would check out different ones.
* text=auto eol=lf
generated/** linguist-generated
"""


def system_files(system: System) -> dict[str, str]:
    """The specs of one model."""
    made = {
        "dataset": documents.dataset(system),
        "features": documents.feature_set(system),
        "model": documents.model(system),
        "gate": documents.gate(system),
    }
    return {f"specs/{system.name}/{name}.yaml": commented_yaml(document) for name, document in made.items()}


def platform_files(owner: str, login: str, *, has_team: bool, has_environment: bool) -> dict[str, str]:
    """What the first model of a repository needs beside itself."""
    made: dict[str, dict[str, Any]] = {}
    if not has_team:
        made["teams"] = documents.team(owner, login)
    if not has_environment:
        made["environments"] = documents.environment(owner)
    return {f"specs/platform/{name}.yaml": commented_yaml(document) for name, document in made.items()}
