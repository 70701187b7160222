"""What is measured of a canary: metrics that abort it at any time, and metrics that each step ends with.

Three bad requests are chance, whatever share of few requests they are: a metric has a value only where three bad ones
would still be within its bound, or where more than three were counted. Below that nothing is known, and there is no
value. A bound of zero leaves no room for chance: there the first failure is beyond it.

What is watched all the time is the better of the two newest windows, which touch and do not overlap: one incident is
in one of them, and a canary is beyond a bound once it has been in both. A window with too few requests holds nothing
against it; that there were requests at all is asked of the whole step, at its end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from penstock.ir.serving import AbortCondition
from penstock.lowering.endpoints.request_series import CHANCE, PERCENTILES, RequestSeries, Unmeasured
from penstock.lowering.numbers import decimal_text
from penstock.specs.canary import AbortCondition as AbortSpec
from penstock.specs.canary import BurnRateBound, QueryBound
from penstock.specs.rollout import LatencyObjective, Slos
from penstock.specs.units import Duration

STEP_WINDOW = "$window"
"""Stands for the length of the step in the query that judges it."""


Figure = Callable[[str], str]
"""PromQL of a metric of the canary, by the length of the window that it is measured over."""


def abort_condition(
    spec: AbortSpec, slos: Slos, requests: RequestSeries | Unmeasured, window: Duration
) -> AbortCondition | Unmeasured:
    """A condition that is no comparison as queries, or why there are none."""
    if spec.query is not None:
        return _of_query(spec.id, spec.query, window)
    if isinstance(requests, Unmeasured):
        return requests
    of_canary = requests.of_canary()
    if spec.latency is not None and spec.latency.above is not None:
        found = _slow(of_canary, spec.latency.percentile, spec.latency.above)
    elif spec.burn_rate is not None:
        found = _burning(of_canary, spec.burn_rate, slos)
    else:
        found = _failing(of_canary, Decimal(spec.error_rate or 0))
    if isinstance(found, Unmeasured):
        return found
    figure, bound = found
    return AbortCondition(spec.id, _sustained(figure(str(window)), window), figure(STEP_WINDOW), bound, "above")


def _failing(of_canary: RequestSeries, bound: Decimal) -> tuple[Figure, Decimal] | Unmeasured:
    """The share of requests that failed."""
    if of_canary.code is None:
        return of_canary.without_failures
    return lambda window: _failures(of_canary, bound, window), bound


def _slow(of_canary: RequestSeries, percentile: str, above: Duration) -> tuple[Figure, Decimal] | Unmeasured:
    """A percentile of the response time, in seconds."""
    bound = Decimal(int(above)) / 1000
    if bound >= of_canary.longest:
        longest = f"{of_canary.longest}s"
        return Unmeasured(
            f"no percentile of `{of_canary.histogram}` is ever above {longest}, its last bucket",
            f"a bound below `{longest}`",
        )
    return lambda window: slowness(of_canary, percentile, window), bound


def _burning(of_canary: RequestSeries, burn: BurnRateBound, slos: Slos) -> tuple[Figure, Decimal] | Unmeasured:
    """How many times as fast as the objective allows the bad requests use up its budget."""
    objective = slos.of(burn.slo)
    if objective is None:
        return Unmeasured(f"`slos` has no `{burn.slo}`", "an objective that is declared")
    budget = 1 - Decimal(objective.objective)
    if not budget:
        return Unmeasured("100% leaves no error budget", "an objective below 100%")
    bound = Decimal(repr(burn.above))
    if isinstance(objective, LatencyObjective):
        try:
            le = of_canary.le(int(objective.below))
        except ValueError as error:
            return Unmeasured(str(error), f"such a bucket in `slos.{burn.slo}.below`")
        return lambda window: _lateness(of_canary, le, bound * budget, window, budget), bound
    if of_canary.code is None:
        return of_canary.without_failures
    return lambda window: _failures(of_canary, bound * budget, window, budget), bound


def _failures(of_canary: RequestSeries, bound: Decimal, window: str, budget: Decimal | None = None) -> str:
    """The share of a window's requests that failed, where there are enough of either; `bound` is that of the share.

    With a budget, how many times that the share is.
    """
    failed, counted = of_canary.counted_failures(window), of_canary.counted(window)
    # Before the first failure there is no series of failures, which is zero failures and not an unknown number.
    share = f"({failed} or vector(0))\n/ ({counted} > 0)"
    if budget is not None:
        share += f"\n/ {decimal_text(budget)}"
    if not bound:
        return share
    return f"{share}\nand ({counted} >= {enough(bound)} or {failed} > {CHANCE})"


def _lateness(of_canary: RequestSeries, le: str, bound: Decimal, window: str, budget: Decimal) -> str:
    """How many times a budget the share of a window's answers is that were late, where there are enough of either."""
    answered, in_time = of_canary.counted_answered(window), of_canary.counted_within(le, window)
    share = f"(1 - {in_time}\n/ ({answered} > 0))\n/ {decimal_text(budget)}"
    return f"{share}\nand ({answered} >= {enough(bound)} or {answered} - {in_time} > {CHANCE})"


def slowness(requests: RequestSeries, percentile: str, window: str) -> str:
    """A percentile of a window's response times, where there are enough of them."""
    beyond = 1 - Decimal(PERCENTILES[percentile])
    figure = requests.percentile(percentile, window)
    return f"{figure}\nand {requests.counted_answered(window)} >= {enough(beyond)}"


def enough(share: Decimal) -> int:
    """Requests of which a share is as many as chance may make bad."""
    return math.ceil(CHANCE / share)


def _sustained(figure: str, window: Duration) -> str:
    """The better of the figure's two newest windows."""
    return f"min_over_time((\n{indented(figure)}\n  or vector(0)\n){_newest(window)})"


def _of_query(name: str, query: QueryBound, window: Duration) -> AbortCondition:
    """A custom metric: its expression decides about few requests, and over which window.

    Of several series the worst one counts: who judges takes the first value of an answer, whichever that is.
    """
    best, worst, bound = ("min", "max", query.above) if query.above is not None else ("max", "min", query.below)
    figure = f"{worst}(\n{indented(query.promql.strip())}\n)"
    return AbortCondition(
        name,
        f"{best}_over_time((\n{indented(figure)}\n){_newest(window)})",
        figure,
        Decimal(repr(bound)),
        "above" if query.above is not None else "below",
    )


def _newest(window: Duration) -> str:
    """A subquery's range over two windows that touch."""
    return f"[{Duration(2 * window)}:{window}]"


def indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
