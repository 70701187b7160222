"""The list of what the runtime image can import is what the lock of its packages brings."""

from __future__ import annotations

import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from penstock.catalog.python.runtime_modules import RUNTIME_MODULES, is_brought

LOCK = Path(__file__).resolve().parents[2] / "requirements" / "runtime.lock"


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_list_is_what_the_lock_brings() -> None:
    pytest.importorskip("sklearn", reason="it is in the extra `runtime`")
    locked = {normal(name) for name in re.findall(r"^([\w.-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)}
    brought = {
        module
        for module, distributions in packages_distributions().items()
        if module.isidentifier() and locked.intersection(map(normal, distributions))
    }
    missing = {module for module in brought if not is_brought(module)}
    assert not missing
    installed = RUNTIME_MODULES & set(packages_distributions())
    assert installed - brought <= {"penstock"}


@pytest.mark.parametrize(("module", "brought"), [("sklearn", True), ("json", True), ("xgboost", False)])
def test_python_and_the_runtime_bring_what_they_bring(module: str, brought: bool) -> None:
    assert is_brought(module) is brought
