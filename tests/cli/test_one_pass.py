"""What a command switches off for its one pass is on again afterwards."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from penstock.cli.main import main
from penstock.cli.one_pass import collector_off


@pytest.mark.parametrize("command", ["check", "compile", "plan"])
def test_a_command_leaves_the_collector_as_it_was(command: str, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    main([command, "--root", str(tmp_path)])
    assert gc.isenabled()


def test_an_error_switches_it_on_too() -> None:
    @collector_off()
    def failing() -> None:
        assert not gc.isenabled()
        raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_off():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
