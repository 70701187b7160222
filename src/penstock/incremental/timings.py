"""Where the time of a run went: each stage with its seconds and a count of its work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stage:
    """One stage: its name, its seconds, and how many of what it handled."""

    name: str
    unit: str
    seconds: float = 0.0
    count: int = 0


@dataclass(slots=True)
class Timings:
    """The stages of a run, in order. Tests read the counts; people read both."""

    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str, unit: str) -> Iterator[Stage]:
        """Time what happens within; the caller sets the count."""
        stage = Stage(name, unit)
        self.stages.append(stage)
        began = time.perf_counter()
        try:
            yield stage
        finally:
            stage.seconds = time.perf_counter() - began

    def count(self, name: str) -> int:
        """How much a stage handled; 0 where the run did not come to it."""
        return sum(stage.count for stage in self.stages if stage.name == name)
