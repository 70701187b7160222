"""What one build of Penstock remembered is nothing to another one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import penstock
from incremental.repositories import compile_all, copy, let_clocks_pass
from penstock.incremental import build_state
from penstock.incremental.build_state import engine_fingerprint

PACKAGE = Path(penstock.__file__).parent


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, which counts as the one that runs."""
    copied = shutil.copytree(PACKAGE, tmp_path / "penstock", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(penstock, "__file__", str(copied / "__init__.py"))
    return copied


def appended(path: str) -> Callable[[Path], None]:
    return lambda package: (package / path).write_text((package / path).read_text() + "\n")


def touched(package: Path) -> None:
    os.utime(package / "lowering" / "plans.py", (1, 1))


def added(package: Path) -> None:
    (package / "checks" / "new.py").touch()


def gone(package: Path) -> None:
    (package / "checks" / "engine.py").unlink()


def versioned(package: Path) -> None:
    penstock.__version__ = "another"


@pytest.mark.parametrize(
    "change",
    [appended("compiler.py"), appended("specs/gate.py"), touched, added, gone, versioned],
    ids=["edited", "edited in a folder", "of another time", "added", "gone", "another version"],
)
def test_another_build_has_another_fingerprint(
    package: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    monkeypatch.setattr(penstock, "__version__", penstock.__version__)
    before = engine_fingerprint()
    assert engine_fingerprint() == before
    change(package)
    assert engine_fingerprint() != before


def test_data_of_the_package_counts_and_what_compiles_nothing_does_not(package: Path) -> None:
    before = engine_fingerprint()
    appended("review/plan.py")(package)
    (package / "lowering" / "__pycache__").mkdir()
    (package / "lowering" / "__pycache__" / "plans.py").touch()
    assert engine_fingerprint() == before
    (package / "catalog" / "new.json").write_text("{}")
    assert engine_fingerprint() != before


def test_another_version_of_a_library_that_specs_are_read_with_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "yaml.py"
    library.touch()
    monkeypatch.setattr(build_state, "_origin", lambda name: str(library) if name == "yaml" else None)
    before = engine_fingerprint()
    library.write_text("# newer\n")
    assert engine_fingerprint() != before


def test_what_another_build_remembers_is_compiled_again(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = copy(tmp_path / "repository", "bikes")
    compile_all(root)
    let_clocks_pass(root)
    compile_all(root)
    assert [stage.name for stage in compile_all(root).timings.stages] == ["scan"]
    appended("compiler.py")(package)
    timings = compile_all(root).timings
    assert timings.count("read") > 1
    assert timings.count("compile") > 1
