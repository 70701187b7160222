"""MLflow's database is there as a whole or not at all, whenever its making ends."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from penstock.local.workspace import Workspace
from penstock.runtime.faults import InputError
from penstock.runtime.registry.mlflow_registry import Registry
from penstock.runtime.registry.mlflow_runs import Figures
from penstock.runtime.registry.sqlite import create_database

ASK = "import sys; from penstock.runtime.registry.mlflow_registry import Registry; Registry(sys.argv[1]).champion('m')"

ASK_AND_REGISTER = """
import sys
from penstock.runtime.registry.mlflow_registry import Registry
from penstock.runtime.registry.mlflow_runs import Figures

registry = Registry(sys.argv[1])
print(registry.champion("m"), registry.register("m", "sha256:0", "file:///m", {}, Figures({}, {})))
"""


@pytest.mark.parametrize("after", [0.05, 0.4, 1.0])
def test_a_process_that_is_killed_leaves_a_database_that_can_be_used_or_none(tmp_path: Path, after: float) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    process = subprocess.Popen([sys.executable, "-c", ASK, uri], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not any(tmp_path.glob("**/mlflow.db")) and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(after)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    assert Registry(uri).champion("m") is None


def test_a_database_that_another_process_made_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    uri = f"sqlite:///{path}"
    create_database(uri)
    before = path.stat()
    create_database(uri)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    """Such as that in which a build server checks out the branch `feature/x`."""
    folder = tmp_path / "feature%2Fx, what?"
    folder.mkdir()
    uri = Workspace(folder).tracking
    assert Registry(uri).champion("m") is None
    assert [path.name for path in folder.iterdir()] == ["mlflow.db"]


def test_a_file_system_without_links_gets_it_by_a_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "mlflow.db"
    create_database(f"sqlite:///{path}")
    assert list(tmp_path.iterdir()) == [path]
    assert Registry(f"sqlite:///{path}").champion("m") is None


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    path.write_text("no database, and long enough to be taken for one" * 100)
    with pytest.raises(InputError) as caught:
        Registry(f"sqlite:///{path}").champion("m")
    assert str(caught.value) == (
        f"MLflow at `sqlite:///{path}` says: file is not a database: use the address of another file, or move this one "
        "away"
    )


ROOM = "free disk space or quota, and run this again; finished work is kept"
RIGHTS = "allow this user to write the file and its folder"


@pytest.mark.parametrize(
    ("pragma", "said"),
    [
        # No page more than there are; SQLite says the same of a disk that has none left.
        ("max_page_count = 1", f"database or disk is full: {ROOM}"),
        ("query_only = 1", f"attempt to write a readonly database: {RIGHTS}"),
    ],
)
def test_a_disk_that_takes_no_more_leaves_nothing_half_registered(
    tmp_path: Path, pragma: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    given = ("m", "sha256:0", "file:///m", {"penstock.specs": "x" * 4000}, Figures({"p": "y" * 5000}, {"f": 1.0}))

    def restrict(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    create_database(uri)
    event.listen(Engine, "connect", restrict)
    try:
        with pytest.raises(InputError) as caught:
            Registry(uri).register(*given)
    finally:
        event.remove(Engine, "connect", restrict)
    assert str(caught.value) == f"MLflow at `{uri}` says: {said}"
    assert "Traceback" not in capfd.readouterr().err
    # MLflow keeps a store for each address, with the connections that it has: another process asks anew.
    done = subprocess.run([sys.executable, "-c", ASK_AND_REGISTER, uri], capture_output=True, text=True, check=True)
    assert done.stdout == "None 1\n"


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, f"No space left on device: {ROOM}"), (errno.EACCES, f"Permission denied: {RIGHTS}")],
)
def test_a_folder_that_takes_no_file_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "x")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(InputError, match=f"cannot be created: {said}$"):
        Registry(f"sqlite:///{tmp_path / 'mlflow.db'}")


@pytest.mark.parametrize(
    "uri", ["sqlite:///x.db?timeout=5", "sqlite:///:memory:", "http://127.0.0.1:1", "postgresql://db/x"]
)
def test_no_other_address_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    monkeypatch.chdir(tmp_path)
    create_database(uri)
    assert not list(tmp_path.iterdir())
