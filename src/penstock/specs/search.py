"""The search of a model's parameters."""

from typing import Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from penstock.specs.base import Choosing, MetricName, field
from penstock.specs.choices import exactly_one
from penstock.specs.review import Area, Loosens


class Range(Choosing):
    """Search space of one parameter: exactly one of the fields."""

    chosen = exactly_one("int_", "uniform", "loguniform", "choice")

    int_: list[int] | None = field(
        "Integers between two bounds, both included.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
        alias="int",
        min_length=2,
        max_length=2,
    )
    uniform: list[float] | None = field(
        "Numbers between two bounds.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
        min_length=2,
        max_length=2,
    )
    loguniform: list[float] | None = field(
        "Numbers between two bounds above 0, uniform on a log scale.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
        min_length=2,
        max_length=2,
    )
    choice: list[str | int | float | bool | None] | None = field(
        "One of these.", loosens=Loosens.ANY, area=Area.QUALITY, default=None, min_length=1
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for bounds in (self.int_, self.uniform, self.loguniform):
            if bounds is not None and bounds[0] == bounds[1]:
                raise PydanticCustomError("range_empty", "expected two bounds that differ")
            if bounds is not None and not bounds[0] < bounds[1]:
                raise PydanticCustomError("range_order", "expected the smaller bound first")
        if self.loguniform is not None and self.loguniform[0] <= 0:
            raise PydanticCustomError("range_log", "expected bounds above 0 on a log scale")
        return self


INDEPENDENT = ("random", "grid")
"""Samplers that suggest each trial without regard to the others."""


class Search(Choosing):
    """Search over the estimator's parameters, scored on the validation rows. Exactly one of `maximize`, `minimize`."""

    chosen = exactly_one("maximize", "minimize")

    sampler: Literal["tpe", "random", "grid", "cma-es"] = field(
        "Sampler of the parameters.", loosens=Loosens.ANY, area=Area.QUALITY, default="tpe"
    )
    trials: int = field("Number of trials.", loosens=Loosens.ANY, area=Area.CAPACITY, ge=1, le=10_000)
    parallel: int = field(
        "Number of trials that run at the same time, in one pod.",
        loosens=Loosens.ANY,
        area=Area.CAPACITY,
        default=1,
        ge=1,
        le=64,
    )
    pods: int = field(
        "Number of pods that the trials are divided among, each with the model's resources. Only with the samplers "
        "`random` and `grid`, whose trials do not depend on each other: the result is that of one pod.",
        loosens=Loosens.ANY,
        area=Area.CAPACITY,
        default=1,
        ge=1,
        le=64,
    )
    maximize: MetricName | None = field("Metric to maximize.", loosens=Loosens.ANY, area=Area.QUALITY, default=None)
    minimize: MetricName | None = field("Metric to minimize.", loosens=Loosens.ANY, area=Area.QUALITY, default=None)
    space: dict[str, Range] = field(
        "Search space of each parameter.", loosens=Loosens.ANY, area=Area.QUALITY, min_length=1
    )
    seed: int = field("Seed of the sampler.", loosens=Loosens.ANY, area=Area.QUALITY, default=0)
