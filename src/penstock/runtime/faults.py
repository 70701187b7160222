"""The ways in which a step ends without a result: the answer is no, what it was given is wrong, or it broke."""

from __future__ import annotations

EXIT_REJECTED = 10
"""Exit code of a step whose answer is no. Python ends with 1 after an exception and with 2 after wrong use, a shell
with 126 and 127 where it cannot start a program, and a signal with more than 128: what breaks does not end with 10."""
EXIT_USAGE = 2
"""Exit code of a step that cannot work with what it was given."""
EXIT_BROKEN = 1
"""Exit code of a step in which an exception was not expected, as Python's own."""


OF_THE_MACHINE = (MemoryError, OSError)
"""Exceptions for want of memory, disk or a network. They tell nothing of the data or the model, so no step takes them
for an answer of either: on another machine the answer would be another."""


MORE_MEMORY = (
    "give the step fewer rows or features, or more memory: on a cluster that is the model's `resources.memory`, on "
    "this machine what other programs and steps leave (`penstock run --parallel 1` runs one step at a time)"
)
"""What helps where memory has run out."""


class RefusedError(Exception):
    """The answer is no: a contract is broken, a gate fails. One line for each reason; exit code `EXIT_REJECTED`."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class InputError(Exception):
    """What the step was given cannot be worked with; one sentence: the place, and what would be right.

    Exit code `EXIT_USAGE`.
    """
