"""Live progress of a run: a table that is redrawn on a terminal, a line a step elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from penstock.local.pipeline import LocalPipeline
from penstock.local.runner import State

_MARKS = {
    State.WAITING: ("·", "dim"),
    State.RUNNING: ("▶", "cyan"),
    State.DONE: ("✓", "green"),
    State.REUSED: ("↺", "blue"),
    State.REFUSED: ("✗", "red bold"),
    State.FAILED: ("✗", "red bold"),
    State.SKIPPED: ("–", "dim"),
    State.STOPPED: ("■", "yellow"),
}
_ENDED = {State.DONE, State.REUSED, State.REFUSED, State.FAILED, State.STOPPED}


class Progress:
    """Shows the steps of a pipeline as they go; a context, whose `observe` the runner calls."""

    def __init__(self, title: str, pipeline: LocalPipeline) -> None:
        self._title = title
        self._console = Console(stderr=True, highlight=False)
        self._began: dict[str, float] = {}
        self._steps = {step.name: _Shown() for step in pipeline.steps}
        self._titles = {step.name: step.title for step in pipeline.steps}
        self._live = (
            Live(get_renderable=self._table, console=self._console, refresh_per_second=8)
            if self._console.is_terminal
            else None
        )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        else:
            print(self._title, file=sys.stderr)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def observe(self, name: str, state: State, seconds: float, tail: Sequence[str] = ()) -> None:
        """Take in that a step has changed its state, or printed a line; `tail` are the last ones."""
        step = self._steps[name] = _Shown(state, seconds, tail[-1] if tail else "")
        if state is State.RUNNING:
            self._began.setdefault(name, time.monotonic())
        if self._live is None and state in _ENDED:
            mark, _ = _MARKS[state]
            print(f"  {mark} {self._titles[name]:<36} {_took(step)}", file=sys.stderr)

    def _table(self) -> Table:
        table = Table(title=self._title, title_justify="left", box=None, show_header=False, padding=(0, 1))
        table.add_column(width=1)
        # The line that a step has said gives way to the titles where the terminal is narrow, and not they to it.
        table.add_column(no_wrap=True, min_width=max(map(len, self._titles.values()), default=0))
        table.add_column(justify="right", width=9)
        table.add_column(overflow="ellipsis", no_wrap=True, style="dim", ratio=1)
        for name, step in self._steps.items():
            mark, style = _MARKS[step.state]
            is_running = step.state is State.RUNNING
            clock = f"{time.monotonic() - self._began[name]:.0f} s" if is_running else _took(step)
            line = Text(step.line) if is_running else Text()
            table.add_row(Text(mark, style), Text(self._titles[name]), clock, line)
        return table


class _Shown(NamedTuple):
    """What is shown of a step."""

    state: State = State.WAITING
    seconds: float = 0.0
    line: str = ""
    """The last that it printed."""


def _took(step: _Shown) -> str:
    if step.state is State.REUSED:
        return "reused"
    return f"{step.seconds:.1f} s" if step.state in _ENDED else ""
