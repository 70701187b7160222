"""What goes wrong without anybody's mistake: the machine's faults are told from the program's own."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalog.repositories import small
from cli.test_check import write
from incremental.repositories import copy, edit
from penstock.cli import check, verify
from penstock.cli.main import FAULT, OK, WRONG_USE, main
from penstock.incremental.session import Session


def said(error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path) -> str:
    def fail(_: Any) -> int:
        raise error

    monkeypatch.setattr(check, "run", fail)
    assert main(["check", "--root", str(root)]) == FAULT
    return capsys.readouterr().err


def test_a_full_disk_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/work/.penstock/steps")
    assert said(full, monkeypatch, capsys, tmp_path) == "error: No space left on device: /work/.penstock/steps\n"


def test_generated_files_that_may_not_be_written_are_told_by_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file that could not be made is one that nobody knows: it lasts for as long as the writing."""
    (tmp_path / "specs").mkdir()

    def refuse(place: Path) -> None:
        def fail(*_: Any, **__: Any) -> Any:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(place))

        monkeypatch.setattr(Session, "compile", fail)

    refuse(tmp_path / "generated" / ".journal.json")
    assert main(["compile", "--root", str(tmp_path)]) == FAULT
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "error: generated/ cannot be written: Read-only file system"
    assert "`penstock compile --check`" in told[1]
    refuse(tmp_path / "specs" / "data.yaml")
    assert main(["compile", "--root", str(tmp_path)]) == FAULT
    assert capsys.readouterr().err == f"error: Read-only file system: {tmp_path}/specs/data.yaml\n"


def test_a_file_that_cannot_be_written_to_its_end_is_one_of_generated(tmp_path: Path) -> None:
    """Whoever writes into an open file hears of no name: a limit to the sizes of files stands for a full disk."""
    root = copy(tmp_path, "bikes")
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        f"from penstock.cli.main import main; main(['compile', '--root', {str(root)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[0] == "error: generated/ cannot be written: File too large"
    assert not list(root.glob("generated/**/*.penstock-tmp"))


def test_a_fault_of_its_own_asks_for_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "internal error: KeyError: 'x'" in said(KeyError("x"), monkeypatch, capsys, tmp_path)
    assert "internal error: OSError: x" in said(OSError("x"), monkeypatch, capsys, tmp_path)


def test_a_library_that_is_missing_names_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacks(*_: Any) -> Any:
        raise ModuleNotFoundError("No module named 'kfp'", name="kfp")

    (tmp_path / "specs").mkdir()
    monkeypatch.setattr(verify, "verify", lacks)
    assert main(["verify", "--root", str(tmp_path)]) == WRONG_USE
    expected = (
        "error: kfp is missing: verifying needs the extra `verify` (in a checkout of Penstock: `pip install "
        '".[verify]"`)\n'
    )
    assert capsys.readouterr().err == expected


def _without_a_reader(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python whose standard output is a pipe that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    # Without a buffer argparse itself would keep quiet about what it cannot write.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", code]
    try:
        return subprocess.run(command, env=environment, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(write)


@pytest.mark.parametrize("words", [["--help"], ["explain", "--help"], ["explain", "--codes"], ["check", "--help"]])
def test_a_reader_that_goes_away_ends_the_command_quietly(words: list[str]) -> None:
    done = _without_a_reader(f"import sys; sys.argv[1:] = {words}; from penstock.cli.main import command; command()")
    assert (done.returncode, done.stderr) in [(-signal.SIGPIPE, ""), (128 + signal.SIGPIPE, "")]


def test_a_reader_may_go_away_before_the_output_is_whole(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    words = ["policy", "codeowners", "--ruleset", "json", "--root", str(tmp_path)]
    code = f"import sys; sys.argv[1:] = {words}; from penstock.cli.main import command"
    done = _without_a_reader(f"{code}; sys.stdout.reconfigure(line_buffering=True); command()")
    assert (done.returncode, done.stderr) in [(-signal.SIGPIPE, ""), (128 + signal.SIGPIPE, "")]


@pytest.mark.parametrize("reader", [True, False])
def test_another_pipe_that_breaks_is_an_error(reader: bool) -> None:
    code = (
        "import os, sys\n"
        "from penstock.cli import main, explain\n"
        "def broken(_):\n"
        "    read, write = os.pipe()\n"
        "    os.close(read)\n"
        "    os.write(write, b'x')\n"
        "explain.run = broken\n"
        "sys.exit(main.main(['explain', 'x']))\n"
    )
    if reader:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (FAULT, "error: Broken pipe\n")
    else:
        assert _without_a_reader(code).returncode == 128 + signal.SIGPIPE


def test_output_that_finds_no_room_is_told_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "penstock.cli.main", "explain", "--codes"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr.splitlines()[0]) == (FAULT, "error: No space left on device")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_stream_that_is_closed_keeps_no_command_from_its_work(closed: str, form: str, tmp_path: Path) -> None:
    """As services and schedulers start programs whose output nobody wants."""
    root = write(tmp_path, small())
    command = f"{sys.executable} -m penstock.cli.main check --format {form} --root {root} {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (OK, "")


def test_a_terminal_that_lacks_a_letter_is_shown_its_number(tmp_path: Path) -> None:
    root = copy(tmp_path, "bikes")
    edit(root, "specs/bikes/model.yaml", "description: ", "description: Räder 自転車. ")
    command = [sys.executable, "-m", "penstock.cli.main", "explain", "Model/bike-demand.metadata", "--root", str(root)]
    done = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": "latin-1"}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (OK, b"")
    assert "Räder \\u81ea\\u8ee2\\u8eca. ".encode("latin-1") in done.stdout
