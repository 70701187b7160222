"""Fixtures that every room's tests share: outside tools, upstream CRDs and the switch that rewrites golden files."""

from __future__ import annotations

import functools
import gc
import os
import shutil
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from golden_files import Golden, comparing, rewriting

ROOT = Path(__file__).resolve().parent.parent
_LONGEST = ("end_to_end", "targets")
"""The rooms with the longest files, which begin first: last, one process would be left with them and the other idle."""

os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# As `penstock-step` does, for steps that run in the tests' own process.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# The tests' repositories are made without the hooks, signatures and ignored files of who runs the tests, and not in the
# repository whose hook it may be that runs them.
for _name in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[_name]
os.environ |= {"GIT_CONFIG_GLOBAL": str(ROOT / "tests" / "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"}
# promtool spends a quarter of its time on freeing the memory of a process that is about to end.
os.environ.setdefault("GOGC", "400")


# An example may take as long as a busy machine needs for it: hypothesis itself asks that of machines in CI alone.
settings.register_profile("any machine", settings(), deadline=None)
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite golden files with what the code produces now, and run the tests of such files alone",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--update"):
        others = [item for item in items if "golden" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in set(others)]
    items.sort(key=lambda item: item.path.relative_to(ROOT / "tests").parts[0] not in _LONGEST)


def pytest_collection_finish() -> None:
    """Of garbage collection, leave out what lives as long as the process: all modules, and 14,000 tests."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def _certificates() -> Iterator[None]:
    """The authorities' certificates are read once: each new client would read them again, and none here needs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session")
def golden(pytestconfig: pytest.Config) -> Golden:
    """Whoever takes it has golden files."""
    return rewriting if pytestconfig.getoption("--update") else comparing


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def lacking() -> Callable[[str], NoReturn]:
    """Skips the test for want of a tool; in CI, which must not pass by leaving things out, fails it instead."""
    return _lacking


@pytest.fixture(scope="session")
def promtool() -> Iterator[Path]:
    """Prometheus' own checker of rules; the test skips where `make tools` has not put it.

    It collects garbage four times as rarely as Go does by itself, which is an eighth of its time.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOGC", "400")
        yield _tool("promtool")


@pytest.fixture(scope="session")
def amtool() -> Path:
    """Alertmanager's own checker of routes; the test skips where `make tools` has not put it."""
    return _tool("amtool", "alertmanager")


@pytest.fixture(scope="session")
def alertmanager() -> Path:
    """Alertmanager itself; the test skips where `make tools` has not put it."""
    return _tool("alertmanager", "alertmanager")


@pytest.fixture(scope="session")
def kustomize() -> Path:
    """What Argo CD and `kubectl apply -k` build with; the test skips where `make tools` has not put it."""
    return _tool("kustomize", "kustomize")


@pytest.fixture(scope="session")
def shared_crds() -> Path:
    """A folder of upstream CRDs: beside the checkout, or those that `make cluster` takes from the upstream modules.

    The test skips where there is neither; PENSTOCK_REQUIRE_CLUSTER=1 demands them.
    """
    for folder in (ROOT.parent / "shared" / "crds", ROOT / ".tools" / "cluster" / "manifests" / "crds"):
        if folder.is_dir():
            return folder
    reason = "no upstream CRDs: `make cluster` puts them into .tools/cluster"
    if os.environ.get("PENSTOCK_REQUIRE_CLUSTER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry that has its tables, to be copied: making them takes seconds."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("registry") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_registered_models()
    return path


def _tool(name: str, built: str | None = None) -> Path:
    """A program. Of one that is `built` from source, `make tools` notes where the machine cannot."""
    search = os.pathsep.join([str(ROOT / ".tools" / "bin"), os.environ.get("PATH", "")])
    found = shutil.which(name, path=search)
    absent = ROOT / ".tools" / f"{built}.absent"
    if found is None and absent.exists():
        pytest.skip(absent.read_text(encoding="utf-8").strip())
    return Path(found) if found is not None else _lacking(f"{name} is missing: `make tools` installs it")


def _lacking(reason: str) -> NoReturn:
    if os.environ.get("PENSTOCK_REQUIRE_TOOLS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
