"""How long a call takes, on a machine that also does other things."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import numpy as np

PERCENTILES = {"p50": 50, "p95": 95, "p99": 99}
_WARM_UP = 20
_ROUNDS = 5
_CALLS = 100
_SECONDS = 3.0


def call_percentiles(call: Callable[[int], object]) -> dict[str, float]:
    """Percentiles of the time of ``call(0)``, ``call(1)`` ..., in milliseconds.

    After a warm-up, five rounds of 100 calls are timed, each alone and without garbage collection; the figure is the
    smallest of the rounds' percentiles, since what else the machine does can only add to a call. A slow call gets
    fewer rounds: after 3 seconds no further one begins. One thread computes, as in a server with one CPU.
    """
    from threadpoolctl import threadpool_limits

    collecting = gc.isenabled()
    rounds: list[list[float]] = []
    with threadpool_limits(limits=1):
        for number in range(_WARM_UP):
            call(number)
        gc.collect()
        gc.disable()
        try:
            began = time.perf_counter()
            while len(rounds) < _ROUNDS and (not rounds or time.perf_counter() - began < _SECONDS):
                rounds.append([_timed(call, number) for number in range(_CALLS)])
        finally:
            if collecting:
                gc.enable()
    return {
        name: float(min(np.percentile(times, percent) for times in rounds)) for name, percent in PERCENTILES.items()
    }


def _timed(call: Callable[[int], object], number: int) -> float:
    began = time.perf_counter_ns()
    call(number)
    return (time.perf_counter_ns() - began) / 1e6
