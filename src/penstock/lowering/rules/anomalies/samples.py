"""What anomaly monitors look at, as series of a test: requests, response times or a custom metric at given levels.

Time goes in steps, at which promtool evaluates the rules: hours of a season of a day, days of one of a week.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from penstock.ir.monitoring import Evaluated, InputSeries, Labels
from penstock.lowering.endpoints.request_series import PERCENTILES, RequestSeries, Unmeasured
from penstock.lowering.rules.promql_text import is_of_series, may_read, plain_selector
from penstock.lowering.rules.testing import series
from penstock.specs.monitor import AnomalyMonitor
from penstock.specs.units import Duration

LOW, HIGH = 10, 100
"""Levels of a metric, far enough apart for every band."""
SPACING_MINUTES = 4
"""Two samples are within the five minutes of a rate."""

Levels = Sequence[int]
"""The level in each step of a test."""


class Steps(NamedTuple):
    """How time goes in the tests of a season."""

    minutes: int
    season: int
    """Steps of it."""
    evaluated: Evaluated

    @property
    def days(self) -> int:
        """Days of a season."""
        return self.minutes * self.season // (24 * 60)

    @property
    def samples(self) -> int:
        """Samples of a step."""
        return self.minutes // SPACING_MINUTES

    def at(self, step: int) -> str:
        """A time as promtool reads it, and as people do: ``23d``."""
        return str(Duration(step * self.minutes * 60_000))

    def held(self, monitor: AnomalyMonitor) -> int:
        """Steps from the one in which something begins to the one in which its alert fires."""
        return -(-int(monitor.hold) // (self.minutes * 60_000))


STEPS = {"1d": Steps(60, 24, "1h"), "7d": Steps(24 * 60, 7, "1d")}


class RequestSamples(NamedTuple):
    """Requests per second."""

    requests: RequestSeries

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its series."""
        return (self.requests.counter,)

    def sees(self, monitor: AnomalyMonitor) -> bool:
        """Whether the monitor's metric is made of these series."""
        return monitor.metric == "request_rate"

    def value(self, monitor: AnomalyMonitor, level: int) -> float:
        """What a monitor that sees them computes."""
        del monitor
        return float(level)

    def series(self, levels: Levels, steps: Steps) -> tuple[InputSeries, ...]:
        """The series of the endpoint."""
        return (self._counter(self.requests.example, levels, steps),)

    def others(self, levels: Levels, steps: Steps) -> tuple[InputSeries, ...]:
        """Those of others, which differ in one label each."""
        return tuple(self._counter(other, levels, steps) for other in self.requests.others)

    def _counter(self, labels: Labels, levels: Levels, steps: Steps) -> InputSeries:
        status: Labels = ((self.requests.code, "200"),) if self.requests.code else ()
        return series(self.requests.counter, (*labels, *status), _counted(levels, steps))


class LatencySamples(NamedTuple):
    """Response times: of a low level all in the first bucket, of a high one in the last."""

    requests: RequestSeries

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its series."""
        return (f"{self.requests.histogram}_bucket",)

    def sees(self, monitor: AnomalyMonitor) -> bool:
        """Whether the monitor's metric is made of these series."""
        return monitor.metric is not None and monitor.metric != "request_rate"

    def value(self, monitor: AnomalyMonitor, level: int) -> float:
        """What a monitor that sees them computes: Prometheus interpolates within a bucket."""
        share = float(PERCENTILES[(monitor.metric or "").removesuffix("_latency")])
        fast, slow = float(self.requests.buckets[0]), float(self.requests.buckets[-1])
        return (fast * share if level == LOW else fast + (slow - fast) * share) / self.requests.per_second

    def series(self, levels: Levels, steps: Steps) -> tuple[InputSeries, ...]:
        """The series of the endpoint."""
        return self._histogram(self.requests.example, levels, steps)

    def others(self, levels: Levels, steps: Steps) -> tuple[InputSeries, ...]:
        """Those of others, which differ in one label each."""
        return tuple(each for other in self.requests.others for each in self._histogram(other, levels, steps))

    def _histogram(self, labels: Labels, levels: Levels, steps: Steps) -> tuple[InputSeries, ...]:
        status: Labels = ((self.requests.code, "200"),) if self.requests.code else ()
        fast = [HIGH if level == LOW else 0 for level in levels]
        every = [HIGH] * len(levels)
        ends = ((self.requests.buckets[0], fast), (self.requests.buckets[-1], every), ("+Inf", every))
        return tuple(
            series(self.names[0], (*labels, *status, ("le", end)), _counted(counted, steps)) for end, counted in ends
        )


class CustomSamples(NamedTuple):
    """A gauge that a custom expression selects."""

    name: str
    labels: Labels

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its series."""
        return (self.name,)

    def sees(self, monitor: AnomalyMonitor) -> bool:
        """Whether the monitor's metric is made of these series."""
        plain = plain_selector(monitor.promql) if monitor.promql is not None else None
        return plain is not None and plain[0] == self.name and set(plain[1]) <= set(self.labels)

    def value(self, monitor: AnomalyMonitor, level: int) -> float:
        """What a monitor that sees them computes."""
        del monitor
        return float(level)

    def series(self, levels: Levels, steps: Steps) -> tuple[InputSeries, ...]:
        """The series that is selected."""
        runs = ((level, sum(1 for _ in found) * steps.samples) for level, found in groupby(levels))
        return (series(self.name, self.labels, " ".join(f"{level}x{samples - 1}" for level, samples in runs)),)

    def others(self, levels: Levels, steps: Steps) -> tuple[InputSeries, ...]:
        """None: which series a person means is not known here."""
        del levels, steps
        return ()


Samples = RequestSamples | LatencySamples | CustomSamples


def samples_of(monitor: AnomalyMonitor, requests: RequestSeries | Unmeasured) -> Samples | None:
    """The series that make the monitor's metric; None for an expression that is more than a selector."""
    if monitor.promql is not None:
        plain = plain_selector(monitor.promql)
        return CustomSamples(*plain) if plain is not None else None
    if isinstance(requests, Unmeasured):
        return None
    return RequestSamples(requests) if monitor.metric == "request_rate" else LatencySamples(requests)


def may_see(monitor: AnomalyMonitor, samples: Samples, requests: RequestSeries | Unmeasured) -> bool:
    """Whether a monitor may make something of these series that is not known here."""
    if samples.sees(monitor):
        return False
    if monitor.promql is not None:
        return not is_of_series(monitor.promql) or any(may_read(monitor.promql, name) for name in samples.names)
    own = samples_of(monitor, requests)
    return own is not None and bool(set(own.names) & set(samples.names))


def _counted(levels: Levels, steps: Steps) -> str:
    """A counter that has grown by a step's level per second when the rules are evaluated, and has no rate before."""
    total, parts = 0, ["0"]
    for level, found in groupby(levels[1:]):
        samples, growth = sum(1 for _ in found) * steps.samples, level * 60 * SPACING_MINUTES
        parts.append(f"{total + growth}+{growth}x{samples - 1}")
        total += growth * samples
    return " ".join(parts)
