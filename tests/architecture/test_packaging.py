"""The locks, the Makefile, the set-up script and the image agree with each other."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.version import Version

LOCKS = tuple(
    f"requirements/{name}.lock" for name in ("bootstrap", "core", "dev", "review", "runtime", "s3", "serving")
)


def locked(root: Path, lock: str) -> dict[str, set[Version]]:
    """Versions by package; a package has several where they differ between Pythons."""
    versions: dict[str, set[Version]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", (root / lock).read_text(encoding="utf-8"), re.MULTILINE):
        versions.setdefault(name, set()).add(Version(version))
    assert versions
    return versions


@pytest.fixture(scope="module")
def project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_versions_and_hashes_alone(root: Path, lock: str) -> None:
    requirement = re.compile(r"[a-z0-9-]+==\S+( ; [^\\]+)? \\")
    digest = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    lines = (root / lock).read_text(encoding="utf-8").splitlines()
    strange = [
        line for line in lines if not (line.startswith("#") or requirement.fullmatch(line) or digest.fullmatch(line))
    ]
    assert strange == []


@pytest.mark.parametrize(
    ("extras", "lock"),
    [
        (("runtime", "demo", "kubeflow", "verify", "review", "dev"), "requirements/dev.lock"),
        (("runtime", "demo"), "requirements/runtime.lock"),
    ],
)
def test_a_lock_satisfies_what_the_project_declares(root: Path, project: dict, extras: tuple, lock: str) -> None:
    declared = [*project["dependencies"], *(line for e in extras for line in project["optional-dependencies"][e])]
    versions = locked(root, lock)
    environment = default_environment()
    for requirement in map(Requirement, declared):
        if requirement.name == project["name"] or (requirement.marker and not requirement.marker.evaluate(environment)):
            continue
        found = versions.get(requirement.name, set())
        assert found, f"{lock} lacks {requirement.name}: run make lock"
        assert all(v in requirement.specifier for v in found), f"{lock} has {found}, not {requirement}: run make lock"


def test_the_image_runs_the_versions_that_the_tests_ran(root: Path) -> None:
    tested = locked(root, "requirements/dev.lock")
    assert {n: v for n, v in locked(root, "requirements/runtime.lock").items() if v != tested.get(n)} == {}


def test_a_server_loads_models_with_what_saved_them(root: Path) -> None:
    saved, served = locked(root, "requirements/runtime.lock"), locked(root, "requirements/serving.lock")
    names = ("cloudpickle", "joblib", "mlflow-skinny", "numpy", "pandas", "scikit-learn", "scipy", "skops")
    assert {name: served.get(name) for name in names} == {name: saved[name] for name in names}


def test_the_image_is_without_what_only_the_compile_side_needs(root: Path) -> None:
    assert not {"kfp", "kubernetes", "pytest", "mypy"} & set(locked(root, "requirements/runtime.lock"))


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "Dockerfile.mlserver"])
def test_a_dockerfile_copies_what_is_there(root: Path, dockerfile: str) -> None:
    copied = [
        source
        for line in (root / dockerfile).read_text(encoding="utf-8").splitlines()
        if line.startswith("COPY ") and "--from=" not in line
        for source in line.split()[1:-1]
    ]
    allowed = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied
    for source in copied:
        assert (root / source).exists(), f"{dockerfile} copies {source}, which is not there"
        assert "!" + source.split("/")[0] in allowed, f".dockerignore hides {source}"


def test_the_image_runs_steps_as_nobody_in_particular(root: Path) -> None:
    lines = (root / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER 65532:65532" in lines
    assert 'ENTRYPOINT ["penstock-step"]' in lines
    assert lines.index("WORKDIR /workspace") < lines.index("USER 65532:65532")


def test_the_server_starts_by_itself_where_no_manifest_names_a_command(root: Path) -> None:
    lines = (root / "Dockerfile.mlserver").read_text(encoding="utf-8").splitlines()
    assert "USER 65532:65532" in lines
    assert 'CMD ["mlserver", "start", "/mnt/models"]' in lines
    assert "requirements/serving.lock" in next(line for line in lines if line.startswith("COPY "))


def test_help_lists_every_target(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    (targets,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert re.findall(r"^  make (\S+)", shown, re.MULTILINE) == targets.split()


def test_setup_names_the_python_it_needs(root: Path, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    script = Path(shutil.copy(root / "tools" / "setup.sh", tmp_path / "tools"))
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.18" && exit\nexit 1\n')
    old.chmod(0o755)
    run = subprocess.run([script], env={"PATH": "/usr/bin:/bin", "PYTHON": str(old)}, capture_output=True, text=True)
    assert run.returncode == 1
    assert "needs Python 3.11 or newer" in run.stderr
    assert "Python 3.9.18" in run.stderr
    assert "make PYTHON=python3.12 setup" in run.stderr
    assert not (tmp_path / ".venv").exists()
