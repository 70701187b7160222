"""The same specs come to the same bytes, whatever the hash seed and the Python; a killed compile is mended."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from incremental.repositories import OWN, compile_all, copy, edit, files
from penstock.incremental.session import GENERATED

COMPILE = "import sys; from penstock.cli.main import main; sys.exit(main(['compile', '--root', sys.argv[1]]))"


def digest(root: Path) -> str:
    total = hashlib.sha256()
    for path, body in files(root).items():
        total.update(path.encode() + b"\0" + hashlib.sha256(body).digest())
    return total.hexdigest()


def compile_with(python: str, root: Path, **environment: str) -> None:
    run = subprocess.run(
        [python, "-c", COMPILE, str(root)], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_the_hash_seed_says_nothing(tmp_path: Path, seed: str) -> None:
    compile_with(sys.executable, copy(tmp_path / "seeded", "bikes"), PYTHONHASHSEED=seed)
    compile_all(copy(tmp_path / "here", "bikes"))
    assert digest(tmp_path / "seeded") == digest(tmp_path / "here")


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "system"])
def test_the_python_says_nothing(tmp_path: Path, version: str, lacking: Callable[[str], NoReturn]) -> None:
    """Runs with the environments in ``.tools/`` that `make tools` makes of every Python that the machine has.

    That of the operating system may be an early patch release.
    """
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        python = sys.executable
    else:
        environment = OWN / ".tools" / f"python{version}"
        absent = environment.with_name(f"{environment.name}.absent")
        if absent.exists():
            pytest.skip(absent.read_text().strip())
        python = str(environment / "bin" / "python")
        if not Path(python).exists():
            lacking(f"no environment of Python {version} in .tools/: `make tools` makes one where it finds that Python")
    compile_with(python, copy(tmp_path / "other", "bikes"), PYTHONPATH=str(OWN / "src"))
    compile_all(copy(tmp_path / "here", "bikes"))
    assert digest(tmp_path / "other") == digest(tmp_path / "here")


def test_a_compile_that_is_killed_is_mended_by_the_next(tmp_path: Path) -> None:
    root = copy(tmp_path / "repository", "bikes", "flights")
    compile_all(root)
    edit(root, "specs/platform/environments.yaml", "namespace: ml-staging", "namespace: ml-stage")
    wanted = tmp_path / "wanted"
    shutil.copytree(root, wanted)
    compile_all(wanted, use_memory=False)
    chance = random.Random(11)
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", COMPILE, str(root)], stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.2, 2.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
    compile_all(root)
    assert files(root) == files(wanted)
    leftovers = [p.name for p in (root / GENERATED).rglob("*") if "tmp" in p.name or "journal" in p.name]
    assert leftovers == []


def test_the_committed_files_are_what_the_specs_say(root: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "penstock.cli.main", "compile", "--check", "--no-cache", "--root", str(root)],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
