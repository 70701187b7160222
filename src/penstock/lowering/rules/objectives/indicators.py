"""What an objective measures: the share of bad requests as PromQL over any window, and how a test makes it so.

Availability counts answers with a status of 5xx, latency the answers that come too late.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from penstock.ir.monitoring import InputSeries, Labels, Unobserved
from penstock.lowering.endpoints.request_series import RequestSeries, Unmeasured
from penstock.lowering.rules.alerting import series_name
from penstock.specs.rollout import AvailabilityObjective, LatencyObjective, Slos
from penstock.specs.units import Duration

RECENT = "5m"
"""The shortest window that errors are counted over."""

_NO_BUDGET = ("100% leaves no error budget to alert on", "at most 99.99%")
_ONCE = "1x90"
_IDLE, _OF_OTHERS, _TWICE_OF_OTHERS = "0x60", "0+10000000x60", "0+20000000x60"
"""Counters of the tests beside those of the endpoint."""


class Blind(NamedTuple):
    """How to tell that a server counts requests without the figure that an objective reads."""

    expr: str
    """PromQL that has a value then."""
    lacks: str
    """What is missing, as in "have no bucket"."""
    without: tuple[InputSeries, ...]
    """Series of a test that lack it."""
    whole: tuple[InputSeries, ...]
    """Series of a test that do not."""


class Sli(NamedTuple):
    """What one objective measures, and how a test makes it so."""

    slo: str
    alert: str
    bad: str
    """What a bad request did, as in "0.2% of requests failed"."""
    objective: Decimal
    window: Duration
    error_ratio: Callable[[str], str]
    """PromQL of the share of bad requests over a window."""
    bad_requests: Callable[[str], str]
    """PromQL of the number of bad requests in a window."""
    rate: str
    """PromQL of the requests each second over five minutes."""
    bad_rate: str
    """PromQL of the bad ones among them."""
    samples: Callable[[str, str], tuple[InputSeries, ...]]
    """Series of a test from promtool's values of good and of bad requests."""
    others: tuple[InputSeries, ...]
    """Series of a test that change nothing: of a pod without requests, and of others' requests."""
    blind: Blind | None = None
    """When there are requests that it cannot judge; None where it can judge all."""


def indicators(slos: Slos, requests: RequestSeries | Unmeasured) -> tuple[list[Sli], tuple[Unobserved, ...]]:
    """What is measured, and what was asked for that no series measures."""
    found: list[Sli | Unobserved] = []
    if slos.availability is not None:
        found.append(_availability_of(slos.availability, requests))
    if slos.latency is not None:
        found.append(_latency_of(slos.latency, requests))
    slis = [each for each in found if isinstance(each, Sli)]
    return slis, tuple(each for each in found if isinstance(each, Unobserved))


def _availability_of(objective: AvailabilityObjective, requests: RequestSeries | Unmeasured) -> Sli | Unobserved:
    if isinstance(requests, RequestSeries) and requests.code is None:
        requests = requests.without_failures
    if isinstance(requests, Unmeasured):
        return Unobserved("slos.availability", *requests)
    if objective.objective >= 1:
        return Unobserved("slos.availability.objective", *_NO_BUDGET)
    return availability(objective, requests)


def _latency_of(objective: LatencyObjective, requests: RequestSeries | Unmeasured) -> Sli | Unobserved:
    if isinstance(requests, Unmeasured):
        return Unobserved("slos.latency", *requests)
    if objective.objective >= 1:
        return Unobserved("slos.latency.objective", *_NO_BUDGET)
    try:
        return latency(objective, requests)
    except ValueError as error:
        return Unobserved("slos.latency.below", str(error), "the upper bound of a bucket")


def availability(objective: AvailabilityObjective, requests: RequestSeries) -> Sli:
    """The share of requests that fail with a status of 5xx."""

    def error_ratio(window: str) -> str:
        # Before the first failure there is no series of failures, which is zero failures and not an unknown number.
        return f"({requests.failures(window)} or vector(0))\n/ ({requests.requests(window)} > 0)"

    code = requests.code or ""

    def counted(labels: Labels, status: str, values: str) -> InputSeries:
        return InputSeries(series_name(requests.counter, (*labels, (code, status))), values)

    def samples(good: str, bad: str) -> tuple[InputSeries, ...]:
        return counted(requests.example, "200", good), counted(requests.example, "503", bad)

    idle = (*requests.example, ("pod", "idle"))

    return Sli(
        "availability",
        "ModelAvailabilityBudgetBurn",
        "failed",
        objective.objective,
        objective.window,
        error_ratio,
        requests.counted_failures,
        requests.requests(RECENT),
        f"{requests.failures(RECENT)} or vector(0)",
        samples,
        (
            counted(idle, "200", _IDLE),
            counted(idle, "503", _IDLE),
            *(counted(other, "503", _OF_OTHERS) for other in requests.others),
        ),
    )


def latency(objective: LatencyObjective, requests: RequestSeries) -> Sli:
    """The share of requests that are answered, but too late. ValueError where no bucket ends at the bound."""
    milliseconds = int(objective.below)
    timed = _TimedRequests(requests, requests.bucket(milliseconds))
    le = requests.le(milliseconds)

    def error_ratio(window: str) -> str:
        return f"1 - {requests.answered_within(le, window)}\n/ ({requests.answered(window)} > 0)"

    def bad_requests(window: str) -> str:
        return f"{requests.counted_answered(window)}\n- {requests.counted_within(le, window)}"

    own, late = requests.example, (*requests.example, ("pod", "late"))

    def samples(good: str, bad: str) -> tuple[InputSeries, ...]:
        return timed.in_time(own, good), timed.counted(own, good), timed.counted(late, bad)

    return Sli(
        "latency",
        "ModelLatencyBudgetBurn",
        f"took longer than {objective.below}",
        objective.objective,
        objective.window,
        error_ratio,
        bad_requests,
        requests.answered(RECENT),
        f"{requests.answered(RECENT)}\n- {requests.answered_within(le, RECENT)}",
        samples,
        # Of others half are in time: whoever took either count of theirs for the endpoint's would see it.
        (
            timed.in_time(late, _IDLE),
            *(
                each
                for other in requests.others
                for each in (timed.in_time(other, _OF_OTHERS), timed.counted(other, _TWICE_OF_OTHERS))
            ),
        ),
        _without_bucket(objective, timed, le),
    )


class _TimedRequests(NamedTuple):
    """The series of tests that time requests, with the bucket in which they are in time."""

    requests: RequestSeries
    bucket: str

    def counted(self, labels: Labels, values: str) -> InputSeries:
        """All requests that did not fail."""
        return InputSeries(series_name(f"{self.requests.histogram}_count", (*labels, *self._succeeded)), values)

    def in_time(self, labels: Labels, values: str, end: str | None = None) -> InputSeries:
        """Those in the bucket, or in the one that ends at `end`."""
        le = ("le", end or self.bucket)
        return InputSeries(series_name(f"{self.requests.histogram}_bucket", (*labels, *self._succeeded, le)), values)

    @property
    def _succeeded(self) -> Labels:
        return ((self.requests.code, "200"),) if self.requests.code else ()


def _without_bucket(objective: LatencyObjective, timed: _TimedRequests, le: str) -> Blind:
    """A server that times requests in other buckets."""
    requests, own = timed.requests, timed.requests.example
    return Blind(
        f"{requests.timed()} > 0\nunless {requests.timed_within(le)} > 0",
        f"`{requests.histogram}` has no bucket that ends at {objective.below}",
        (
            timed.counted(own, _ONCE),
            timed.in_time(own, _ONCE, "+Inf"),
            *(timed.in_time(other, _ONCE) for other in requests.others),
        ),
        (timed.counted(own, _ONCE), timed.in_time(own, _ONCE)),
    )
