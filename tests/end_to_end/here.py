"""``penstock`` in the tests' own process, with every step of its runs.

A process for each step spends most of its time on loading its libraries. That steps are processes, what becomes of them
when they are killed, and what the commands print to a terminal is what `test_bikes` and `tests/local` are about.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from penstock.cli.main import main
from penstock.local import runner
from penstock.runtime.main import main as run_step


def penstock_here(root: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository; it must end with `code`."""
    out, err = io.StringIO(), io.StringIO()
    with _alone_in(root) as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("NO_COLOR", "1")
        patch.setattr(runner._Schedule, "_process", _process)
        ended = main(words)
    assert ended == code, f"{words} ended with {ended}\n{out.getvalue()}\n{err.getvalue()}"
    return subprocess.CompletedProcess(words, ended, out.getvalue(), err.getvalue())


async def _process(schedule: runner._Schedule, step_run: runner.StepRun, command: list[str], scratch: Path) -> int:
    """In the place of the runner's own: a step that ends before the next begins."""
    step = step_run.step
    assert command[0] == "penstock-step", command
    said = io.StringIO()
    with _alone_in(schedule._runner.repository) as patch, redirect_stdout(said), redirect_stderr(said):
        for name, value in {**step.environment, "PENSTOCK_WORK": str(scratch.resolve())}.items():
            patch.setenv(name, value)
        ended = run_step(command[1:])
    step_run.log.write_text(said.getvalue(), encoding="utf-8")
    step_run.tail = said.getvalue().splitlines()[-runner.TAIL_LINES :]
    return ended


@contextmanager
def _alone_in(root: Path) -> Iterator[pytest.MonkeyPatch]:
    """In the folder, and afterwards without the modules that were loaded from there, which another test has as well."""
    path, known = list(sys.path), set(sys.modules)
    try:
        with chdir(root), pytest.MonkeyPatch.context() as patch:
            yield patch
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - known:
            module = sys.modules[name]
            # A package without an `__init__.py` has folders alone.
            places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
            if any(Path(place).is_relative_to(root.resolve()) for place in places if place):
                del sys.modules[name]
