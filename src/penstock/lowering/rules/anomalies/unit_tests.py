"""Tests of anomaly bands: seasons of a metric, and the alerts that must fire over them.

What must fire is computed here from the definition of a band, not from the rules, for all monitors that see the series.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from penstock.ir.monitoring import Alert, ExpectedAlert, InputSeries, RuleTest
from penstock.lowering.endpoints.request_series import RequestSeries, Unmeasured
from penstock.lowering.rules.alerting import ServedSubject
from penstock.lowering.rules.anomalies.band import ANOMALY, UNMEASURED, Side, outside
from penstock.lowering.rules.anomalies.samples import (
    HIGH,
    LOW,
    SPACING_MINUTES,
    STEPS,
    RequestSamples,
    Samples,
    Steps,
    may_see,
    samples_of,
)
from penstock.lowering.rules.promql_text import is_of_series
from penstock.lowering.rules.testing import Fires, filled, fires, series, silent
from penstock.specs.monitor import AnomalyMonitor


class WatchedMetric(NamedTuple):
    """A monitor with its alerts."""

    monitor: AnomalyMonitor
    anomalies: tuple[tuple[Side, Alert], ...]
    missing: Alert | None
    """The alert about a band that never comes; None where nothing is released."""

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All of them."""
        anomalies = tuple(alert for _, alert in self.anomalies)
        return anomalies if self.missing is None else (*anomalies, self.missing)


def anomaly_tests(
    watched: Sequence[WatchedMetric], requests: RequestSeries | Unmeasured, subject: ServedSubject
) -> Iterator[RuleTest]:
    """The tests of all monitors of a rollout; none over series of which a custom expression may make anything."""
    for each in watched:
        samples = samples_of(each.monitor, requests)
        if samples is None or any(may_see(other.monitor, samples, requests) for other in watched):
            continue
        seeing = [other for other in watched if samples.sees(other.monitor)]
        # Time goes in other steps in the tests of another season.
        if {other.monitor.season for other in seeing} == {each.monitor.season}:
            yield from _Tests(each.monitor, samples, seeing, watched, subject).all()
    missing = [each for each in watched if each.missing is not None]
    if missing and all(each.monitor.promql is None or is_of_series(each.monitor.promql) for each in watched):
        yield _never_measured(missing)


class _Tests(NamedTuple):
    """The tests of one monitor, over series that some of all monitors see."""

    monitor: AnomalyMonitor
    samples: Samples
    seeing: Sequence[WatchedMetric]
    watched: Sequence[WatchedMetric]
    subject: ServedSubject

    @property
    def _steps(self) -> Steps:
        return STEPS[self.monitor.season]

    def all(self) -> Iterator[RuleTest]:
        """Falls, rises, patterns, and what must change nothing."""
        season, samples = self._steps.season, self.samples
        # A band is there from the fourth season on.
        known, changed = 3 * season + 1, self._changed
        falls, rises = [HIGH] * known + [LOW] * changed, [LOW] * known + [HIGH] * changed
        yield self._test("falls below its band", falls)
        yield self._test("rises above its band", rises)
        yield self._test("falls before there is a band", [HIGH] * (3 * season - changed) + [LOW] * changed)
        others = samples.others(rises, self._steps)
        if others:
            yield self._test("others rise", [LOW] * len(rises), others)
        busy = 5 * season // 7
        pattern = ([HIGH] * busy + [LOW] * (season - busy)) * 4
        yield self._test("repeats its pattern", pattern, looked_at=season)
        if changed <= season - busy:
            yield self._test("is high when it is usually low", pattern[: 3 * season + busy] + [HIGH] * changed)
        yield from self._outvoted()
        if isinstance(samples, RequestSamples):
            yield self._without_requests([HIGH] * known)
        yield from self._measured()

    @property
    def _changed(self) -> int:
        """Steps after which every alert fires about a change."""
        return 1 + max(self._steps.held(each.monitor) for each in self.seeing)

    def _outvoted(self) -> Iterator[RuleTest]:
        """Each of the last seasons is outvoted by the other two, if these are looked at in the same steps as now."""
        season, changed = self._steps.season, self._changed
        levels = [HIGH if (step - 1) // changed % 2 == 0 else LOW for step in range(season)] * 5
        for ago, first, words in ((1, 1, "was low a season ago"), (2, 1 + changed, "was high two seasons ago")):
            last = first + changed
            if last <= season:
                other = range((4 - ago) * season + first, (4 - ago) * season + last)
                flipped = [LOW + HIGH - level if step in other else level for step, level in enumerate(levels)]
                yield self._test(words, flipped[: 4 * season + last])

    def _without_requests(self, levels: Sequence[int]) -> RuleTest:
        """Pods that answer and count no requests any more, as after a restart."""
        target = (("namespace", self.subject.namespace), ("rollout", self.subject.rollout))
        up = series("up", target, f"1x{(len(levels) + self._changed) * self._steps.samples}")
        given = (*self.samples.series(levels, self._steps), up)
        return self._over("is not asked any more", given, (*levels, *[0] * self._changed), self._changed)

    def _test(
        self, name: str, levels: Sequence[int], others: tuple[InputSeries, ...] = (), looked_at: int | None = None
    ) -> RuleTest:
        given = (*self.samples.series(levels, self._steps), *others)
        return self._over(name, given, tuple(levels), looked_at or self._changed)

    def _over(self, name: str, given: tuple[InputSeries, ...], levels: tuple[int, ...], looked_at: int) -> RuleTest:
        """What fires in the last steps."""
        expect = (self._expected(levels, step) for step in range(len(levels) - looked_at, len(levels)))
        return self._rule_test(name, given, *expect)

    def _expected(self, levels: tuple[int, ...], step: int) -> ExpectedAlert:
        firing = []
        for each in self.seeing:
            monitor = each.monitor
            values = tuple(self.samples.value(monitor, level) for level in levels)
            held = range(step - self._steps.held(monitor), step + 1)
            width = (monitor.bands, float(monitor.min_width))
            sides = {outside(values, at, self._steps.season, *width) for at in held}
            firing += [Fires(alert, fill=filled(values[step])) for side, alert in each.anomalies if sides == {side}]
        at = self._steps.at(step)
        return fires(at, *firing) if firing else silent(at, ANOMALY)

    def _measured(self) -> Iterator[RuleTest]:
        """A band that is there is not missed. Those of other series are, and one of a metric that has just begun."""
        if len({each.monitor.season for each in self.watched}) > 1:
            return
        missing = [(each.missing, self.samples.sees(each.monitor)) for each in self.watched]
        last, half = 4 * self._steps.season + 1, self._steps.season // 2
        unseen = [Fires(alert) for alert, seen in missing if alert is not None and not seen]
        every = [Fires(alert) for alert, _ in missing if alert is not None]
        at, whole = self._steps.at(last), self.samples.series([HIGH] * (last + 1), self._steps)
        begun = self.samples.series([HIGH] * half, self._steps)
        late = tuple(
            each._replace(values=f"_x{(last + 1 - half) * self._steps.samples} {each.values}") for each in begun
        )
        if every:
            yield self._rule_test("has a band", whole, fires(at, *unseen) if unseen else silent(at, UNMEASURED))
            yield self._rule_test("has begun", late, fires(at, *every))

    def _rule_test(self, name: str, given: tuple[InputSeries, ...], *expect: ExpectedAlert) -> RuleTest:
        title = f"anomaly {self.monitor.id}: {name}"
        return RuleTest(title, f"{SPACING_MINUTES}m", given, expect, self._steps.evaluated)


def _never_measured(missing: Sequence[WatchedMetric]) -> RuleTest:
    """Bands that never come are missed, each after four of its seasons."""
    days = {each.monitor.id: 4 * STEPS[each.monitor.season].days for each in missing}
    expect = []
    for day in sorted({around for due in days.values() for around in (due - 1, due + 1)}):
        firing = [Fires(each.missing) for each in missing if each.missing is not None and days[each.monitor.id] < day]
        at = STEPS["7d"].at(day)
        expect.append(fires(at, *firing) if firing else silent(at, UNMEASURED))
    return RuleTest("anomalies: nothing is measured", f"{SPACING_MINUTES}m", (), tuple(expect), "1d")
