"""What a rule of a gate makes of figures. Pure, so that a check can run a gate's unit tests and a step can gate."""

from __future__ import annotations

from typing import Literal, NamedTuple

from penstock.specs.numbers import number

Outcome = Literal["pass", "fail", "warn", "skip"]


class Bound(NamedTuple):
    """One inequality that a figure must satisfy."""

    kind: Literal["at_least", "at_most"]
    value: float

    def holds(self, figure: float) -> bool:
        """Whether `figure` satisfies it; a NaN satisfies nothing."""
        return figure >= self.value if self.kind == "at_least" else figure <= self.value

    def __str__(self) -> str:
        return f"{'>=' if self.kind == 'at_least' else '<='} {number(self.value)}"


class Figure(NamedTuple):
    """A measured value with its interval, where one was computed."""

    name: str
    """What was measured: ``roc_auc``, ``recall[EWR] - recall[JFK]``, ``p99``."""
    estimate: float
    low: float | None = None
    high: float | None = None

    def nearer_end(self, bound: Bound) -> float:
        """The end of the interval that is nearer to breaking `bound`; the estimate where there is no interval."""
        end = self.low if bound.kind == "at_least" else self.high
        return self.estimate if end is None else end


def bounds(at_least: float | None, at_most: float | None) -> tuple[Bound, ...]:
    """The bounds that the two fields of a rule declare."""
    lower = (Bound("at_least", at_least),) if at_least is not None else ()
    upper = (Bound("at_most", at_most),) if at_most is not None else ()
    return lower + upper


def judge(figure: Figure, limits: tuple[Bound, ...], severity: Literal["block", "warn"]) -> Outcome:
    """``pass`` where the figure's nearer end satisfies every bound, else what the severity makes of a failure."""
    if all(limit.holds(figure.nearer_end(limit)) for limit in limits):
        return "pass"
    return "fail" if severity == "block" else "warn"
