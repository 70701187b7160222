"""Alerts about a scheduled pipeline that should have reported by now that its work is done.

It reported once and no longer does, or it never has. Both alerts wait for as long as its schedule allows, so that
neither fires for a pipeline that was just added.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from penstock.ir.monitoring import Alert, ExpectedAlert, InputSeries, RuleTest
from penstock.lowering.cron_period import longest_gap
from penstock.lowering.rules.alerting import KEEP, AlertSubject
from penstock.lowering.rules.pushed import HOLD, as_scraped, of_others, pushed, selector
from penstock.lowering.rules.testing import Fires, after, evaluated, evaluated_every, fires, silent
from penstock.specs.monitor import Action
from penstock.specs.series import Series
from penstock.specs.units import Duration

AGE = "{{ $value | humanizeDuration }}"
"""How long ago the pipeline last reported, in the texts of an alert."""
_LONGEST_DELAY = dt.timedelta(days=3)
"""Of the first run behind its schedule."""
_LEAST_SLACK = dt.timedelta(minutes=30)
"""Beyond one period: a run on a cluster takes minutes for its pods to start, and a schedule may be as short as that."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A scheduled pipeline, and the series that holds the time at which it last did its work."""

    purpose: str
    schedule: str
    heartbeat: Series
    varies: dt.timedelta = dt.timedelta(0)
    """How much longer than the one before a run may take, up to a period of the schedule."""

    @property
    def allowed(self) -> Duration:
        """The age from which on its last report is too old: two periods of the schedule, or one and some slack."""
        gap = longest_gap(self.schedule)
        return _duration(gap + max(gap, _LEAST_SLACK) + min(gap, self.varies))

    @property
    def awaited(self) -> Duration:
        """How long its first report may be missing: a pipeline added just after a start runs a whole gap later."""
        gap = longest_gap(self.schedule)
        return _duration(gap + max(min(gap, _LONGEST_DELAY), _LEAST_SLACK))


class Words(NamedTuple):
    """The name of an alert and its texts."""

    alert: str
    summary: str
    description: str


def overdue(
    pipeline: Pipeline,
    subject: AlertSubject,
    severity: Action,
    stale: Words,
    absent: Words,
) -> tuple[list[Alert], list[RuleTest]]:
    """The alert about a report that is too old, whose texts may hold `AGE`, the one about none, and their tests."""
    too_old = subject.alert(
        stale.alert,
        f"time() - {pushed(pipeline.heartbeat, subject)} > {int(pipeline.allowed) // 1000}",
        severity,
        hold=HOLD,
        keep_firing=KEEP,
        labels=(),
        summary=stale.summary,
        description=stale.description,
    )
    missing = subject.alert(
        absent.alert,
        f"absent({selector(pipeline.heartbeat, subject)})",
        severity,
        hold=str(pipeline.awaited),
        keep_firing=KEEP,
        labels=(),
        summary=absent.summary,
        description=absent.description,
    )
    return [too_old, missing], _tests(pipeline, subject, too_old, missing)


def _tests(pipeline: Pipeline, subject: AlertSubject, stale: Alert, absent: Alert) -> list[RuleTest]:
    """The tests of both, whose samples are as far apart as the evaluations."""
    every = evaluated_every(int(pipeline.awaited) // 60_000)
    purpose, interval = pipeline.purpose, f"{every}m"
    allowed, step = int(pipeline.allowed) // 1000, 60 * every
    gap = int(longest_gap(pipeline.schedule).total_seconds())
    later, due = f"{2 * every}m", after(int(pipeline.awaited) // 1000, every)
    too_old = Fires(stale, fill=((AGE, _humanize_duration(allowed + 2 * step)),))

    def reported(values: str, *, honoured: bool = True) -> InputSeries:
        return as_scraped(pipeline.heartbeat, subject, (), values, honoured=honoured)

    # Other pipelines have reported, and are all too late.
    others = of_others(pipeline.heartbeat, subject, (), f"{-allowed - step}x{due // every}")

    def case(name: str, given: tuple[InputSeries, ...], *expect: ExpectedAlert) -> RuleTest:
        return RuleTest(f"{purpose}: {name}", interval, given, expect, evaluated(every))

    late, in_time = f"{-allowed}x4", f"{4 * step - allowed}x4"
    unhonoured = reported(late, honoured=False)
    beside = (reported(in_time), unhonoured, *others)
    return [
        case("last run too long ago", (reported(late),), silent("0m", stale.alert), fires(later, too_old)),
        case("scraped without honouring labels", (unhonoured,), fires(later, too_old)),
        case("runs in time, beside an older value", beside, silent(later, stale.alert)),
        case(
            "runs all the time",
            (reported(f"0+{step}x{due // every}"),),
            silent(f"{due}m", stale.alert),
            silent(f"{due}m", absent.alert),
        ),
        case(
            "has never run",
            others,
            silent(interval, stale.alert),
            silent(f"{gap // step * every}m", absent.alert),
            fires(f"{due}m", Fires(absent)),
        ),
    ]


def _duration(span: dt.timedelta) -> Duration:
    return Duration(int(span.total_seconds()) * 1000)


def _humanize_duration(seconds: int) -> str:
    """A span as ``humanizeDuration`` of Prometheus' templates prints it."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days}d {hour}h {minute}m {second}s"
    if hour:
        return f"{hour}h {minute}m {second}s"
    return f"{minute}m {second}s" if minute else f"{second}s"
