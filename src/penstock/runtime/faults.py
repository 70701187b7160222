"""The two ways in which a step ends without a result: the answer is no, or what it was given is wrong."""

from __future__ import annotations


class RefusedError(Exception):
    """The answer is no: a contract is broken, a gate fails. One line for each reason; exit code 1."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class InputError(Exception):
    """What the step was given cannot be worked with; one sentence: the place, and what would be right. Exit code 2."""
