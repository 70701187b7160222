"""Whether a canary is worse than the version that it would replace: PromQL that compares the two.

A figure with a value in each window, such as a percentile, is compared window by window (`compared_windows`). Failures
are too rare for that: of few requests most windows have none. They are counted over the whole step, and the difference
of the two shares is measured in its standard error. Counts of rare failures are Poisson's; one more is assumed of the
canary's, so that no failure at all has an error, too.
"""

from __future__ import annotations

from decimal import Decimal

from penstock.ir.serving import StableComparison
from penstock.lowering.endpoints.canary_figures import STEP_WINDOW, enough, indented, slowness
from penstock.lowering.endpoints.request_series import CHANCE, RequestSeries, Unmeasured
from penstock.lowering.numbers import decimal_text
from penstock.specs.canary import AbortCondition, QueryBound
from penstock.specs.compared_windows import CRITICAL, FEWEST

_PART = "$part"
_CANARY, _STABLE = "$canary", "$stable"


def comparison(spec: AbortCondition, requests: RequestSeries | Unmeasured) -> StableComparison | Unmeasured:
    """A condition that is a comparison as a query, or why there is none."""
    if spec.query is not None:
        return _worse(spec.id, spec.query)
    if isinstance(requests, Unmeasured):
        return requests
    if spec.latency is not None:
        return _slower(spec.id, spec.latency.percentile, Decimal(spec.latency.above_stable or 0), requests)
    if requests.code is None:
        return requests.without_failures
    return _failing_more(spec.id, Decimal(spec.excess_error_rate or 0), requests)


def _slower(name: str, percentile: str, tolerance: Decimal, requests: RequestSeries) -> StableComparison:
    """Compares a percentile of the response time, of which the canary's may be higher by the share `tolerance`."""
    canary, stable = (slowness(of, percentile, _PART) for of in (requests.of_canary(), requests.of_stable()))
    bound = f"(\n{indented(stable)}\n)"
    if tolerance:
        bound += f" * {decimal_text(1 + tolerance)}"
    return _by_windows(name, f"(\n{indented(canary)}\n)\n- {bound}")


def _worse(name: str, query: QueryBound) -> StableComparison:
    """Compares a custom metric, of which the worst series counts; `query` has `aboveStable` or `belowStable`."""
    higher = query.above_stable is not None
    worst = "max" if higher else "min"
    tolerance = Decimal((query.above_stable if higher else query.below_stable) or 0)
    canary = f"{worst}(\n{indented(query.promql.strip())}\n)"
    stable = canary.replace(_CANARY, _STABLE)
    worse = f"{canary}\n- {stable}" if higher else f"{stable}\n- {canary}"
    # A metric may be negative: what is tolerated is a part of its size.
    return _by_windows(name, f"{worse}\n- {decimal_text(tolerance)} * abs({stable})" if tolerance else worse)


def _failing_more(name: str, excess: Decimal, requests: RequestSeries) -> StableComparison:
    """Compares the shares of requests that failed, which may differ by `excess`; the series tell failures apart."""
    canary, stable = requests.of_canary(), requests.of_stable()
    # Before the first failure there is no series of failures, which is zero failures and not an unknown number.
    failed, failed_stable = (f"({of.counted_failures(STEP_WINDOW)} or vector(0))" for of in (canary, stable))
    counted, counted_stable = (of.counted(STEP_WINDOW) for of in (canary, stable))
    share, share_stable = f"{failed}\n  / {counted}", f"{failed_stable}\n  / {counted_stable}"
    variance, variance_stable = (
        f"({failed} + 1)\n  / {counted} ^ 2",
        f"{failed_stable}\n  / {counted_stable} ^ 2",
    )
    fewest = enough(excess)
    return StableComparison(
        name,
        f"(\n  {share}\n  - {share_stable}\n  - {decimal_text(excess)}\n)\n"
        f"/ sqrt(\n  {variance}\n  + {variance_stable}\n)\n"
        f"and ({counted} >= {fewest} or {failed} > {CHANCE})\n"
        f"and {counted_stable} >= {fewest}",
        Decimal(CRITICAL),
    )


def _by_windows(name: str, worse: str) -> StableComparison:
    """The sign test of a difference that is positive where the canary is worse."""
    signs = f"(\n  sgn(\n{indented(indented(worse))}\n  )\n)[{STEP_WINDOW}:{_PART}]"
    return StableComparison(
        name,
        f"(sum_over_time({signs}) - 1)\n/ sqrt(count_over_time({signs}) >= {FEWEST})",
        Decimal(CRITICAL),
    )
