"""Optuna's samplers, asked in batches and seeded for each trial, so that a search can be replayed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from penstock.runtime.faults import InputError
from penstock.specs.search import Range, Search

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import Trial

GRID_LIMIT = 100_000


class Suggest(Protocol):
    """Where trials come from."""

    def ask(self, count: int) -> list[dict[str, Any]]:
        """The parameters of the next `count` trials; fewer where there are no more."""

    def tell(self, scores: Sequence[float | str]) -> None:
        """The scores of the trials asked for last, in their order; text for one that failed."""


def point(search: Search) -> dict[str, Any]:
    """Parameters within the space: of each the first choice, or the lower bound."""
    return {
        name: values.choice[0] if values.choice else (values.int_ or values.uniform or values.loguniform or [None])[0]
        for name, values in search.space.items()
    }


def suggestions(search: Search) -> Suggest:
    """The source of a search's trials.

    Raises:
        InputError: the sampler cannot work on this space.
    """
    return _Grid(search) if search.sampler == "grid" else _Study(search)


class _Study:
    """Trials that a sampler of Optuna suggests from the results so far."""

    def __init__(self, search: Search) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        if search.sampler == "cma-es" and sum(each.choice is None for each in search.space.values()) < 2:
            raise InputError(
                "the sampler `cma-es` needs at least two numeric parameters in `search.space`; choose `tpe`"
            )
        self._search = search
        self._space = {name: _distribution(each) for name, each in sorted(search.space.items())}
        self._study = optuna.create_study(direction="maximize" if search.maximize else "minimize")
        self._asked: list[Trial] = []

    def ask(self, count: int) -> list[dict[str, Any]]:
        """See `Suggest`."""
        self._asked = []
        for _ in range(count):
            self._study.sampler = _sampler(self._search, len(self._study.trials))
            self._asked.append(self._study.ask(self._space))
        return [dict(trial.params) for trial in self._asked]

    def tell(self, scores: Sequence[float | str]) -> None:
        """See `Suggest`."""
        from optuna.trial import TrialState

        for trial, score in zip(self._asked, scores, strict=True):
            if isinstance(score, str):
                self._study.tell(trial, state=TrialState.FAIL)
            else:
                self._study.tell(trial, score)


class _Grid:
    """Every combination of the space, in an order drawn by the seed."""

    def __init__(self, search: Search) -> None:
        import itertools
        import math

        import numpy as np

        values = {name: _grid_values(name, each) for name, each in sorted(search.space.items())}
        size = math.prod(len(each) for each in values.values())
        if size > GRID_LIMIT:
            raise InputError(f"the grid has {size} points, more than {GRID_LIMIT}; choose the sampler `random`")
        points = [dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())]
        self._points = [points[index] for index in np.random.default_rng(search.seed).permutation(size)]
        self._next = 0

    def ask(self, count: int) -> list[dict[str, Any]]:
        """See `Suggest`."""
        asked = self._points[self._next : self._next + count]
        self._next += len(asked)
        return asked

    def tell(self, scores: Sequence[float | str]) -> None:
        """A grid learns nothing."""


def _grid_values(name: str, values: Range) -> list[Any]:
    if values.choice is not None:
        return values.choice
    if values.int_ is not None:
        return list(range(values.int_[0], values.int_[1] + 1))
    raise InputError(f"a grid needs discrete values: write `search.space.{name}` as `choice` or `int`")


def _distribution(values: Range) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if values.int_ is not None:
        return IntDistribution(values.int_[0], values.int_[1])
    if values.uniform is not None:
        return FloatDistribution(values.uniform[0], values.uniform[1])
    if values.loguniform is not None:
        return FloatDistribution(values.loguniform[0], values.loguniform[1], log=True)
    return CategoricalDistribution(values.choice or [])


def _sampler(search: Search, number: int) -> BaseSampler:
    from optuna.samplers import CmaEsSampler, RandomSampler, TPESampler

    seed = int.from_bytes(hashlib.sha256(f"{search.seed}:{number}".encode()).digest()[:4])
    if search.sampler == "random":
        return RandomSampler(seed=seed)
    if search.sampler == "cma-es":
        return CmaEsSampler(seed=seed, warn_independent_sampling=False)
    # A batch's trials do not know each other's results; the liar keeps them apart.
    return TPESampler(seed=seed, multivariate=True, constant_liar=search.parallel > 1)
