"""What goes wrong without anybody's mistake: the machine's faults are told from the program's own."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from penstock.cli import check
from penstock.cli.main import FAULT, main


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


def test_a_fault_of_its_own_asks_for_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "the fault is its own: KeyError: 'x'" in said(KeyError("x"), monkeypatch, capsys, tmp_path)
    assert "the fault is its own: OSError: x" in said(OSError("x"), monkeypatch, capsys, tmp_path)
