"""Anomaly bands as rules: recordings of a metric, of its past and of its band, and the alerts about leaving it.

`band` says what a band is, and computes it for the tests.
"""

from __future__ import annotations

from collections.abc import Sequence

from penstock.ir.monitoring import Alert, Labels, Recording, RuleGroup, Unobserved
from penstock.lowering.endpoints.request_series import RequestSeries, Unmeasured
from penstock.lowering.numbers import decimal_text, float_text
from penstock.lowering.rules.alerting import KEEP, NUMBER, Rules, ServedSubject, series_name
from penstock.lowering.rules.anomalies.band import ANOMALY, FEWEST_SEASONS, SCALE, SEASONS, UNMEASURED, Side
from penstock.lowering.rules.anomalies.unit_tests import WatchedMetric, anomaly_tests
from penstock.lowering.rules.objectives.indicators import RECENT
from penstock.lowering.rules.promql_text import closable
from penstock.specs.monitor import AnomalyMonitor
from penstock.specs.units import Duration

VALUE, EXPECTED = "anomaly:metric:value", "anomaly:metric:expected"
UPPER, LOWER = "anomaly:metric:upper", "anomaly:metric:lower"
_PAST = "anomaly:metric:past_avg1h"
_RESIDUALS = "anomaly:residual:absolute", "anomaly:residual:relative"
_DEVIATIONS = "anomaly:deviation:absolute", "anomaly:deviation:relative"

_HALF_WINDOW = Duration.parse("30m")
"""So long before and after the same time the past is averaged."""
_TIMES = {"1d": "days", "7d": "weeks"}
_UNUSUAL: dict[Side, str] = {"above": "unusually high", "below": "unusually low"}


def anomaly_rules(
    monitors: Sequence[AnomalyMonitor], requests: RequestSeries | Unmeasured, subject: ServedSubject, released: bool
) -> Rules:
    """Rules of the bands. Where nothing is `released` yet, nobody misses a value."""
    values: list[Recording] = []
    bands: list[Recording] = []
    watched: list[WatchedMetric] = []
    for monitor in monitors:
        value = _value(monitor, requests, subject)
        if isinstance(value, Unmeasured):
            return Rules(unobserved=(Unobserved("monitor.anomalies", *value),))
        labels: Labels = (*subject.labels, ("monitor", monitor.id))
        values += [Recording(VALUE, value, labels), *_past(monitor, subject, labels)]
        bands += _band(monitor, subject, labels)
        missing = _unmeasured(monitor, subject) if released else None
        watched.append(WatchedMetric(monitor, tuple(_alerts(monitor, subject)), missing))
    alerts = [alert for each in watched for alert in each.alerts]
    name = subject.rollout
    groups = (
        RuleGroup(f"{name}.anomaly-values", "1m", tuple(values)),
        RuleGroup(f"{name}.anomaly-bands", "2m", tuple(bands)),
        RuleGroup(f"{name}.anomaly-alerts", "1m", tuple(alerts)),
    )
    tests = anomaly_tests(watched, requests, subject)
    return Rules(tuple(group for group in groups if group.rules), tuple(tests))


def of_metric(series: str, monitor: AnomalyMonitor, subject: ServedSubject) -> str:
    """What picks one of the recorded series of a monitor."""
    labels = (("environment", subject.environment), ("rollout", subject.rollout), ("monitor", monitor.id))
    return series_name(series, labels)


def _value(monitor: AnomalyMonitor, requests: RequestSeries | Unmeasured, subject: ServedSubject) -> str | Unmeasured:
    """PromQL of the metric; it has no value where that would not be a number, which would be in no band for weeks."""
    if monitor.promql is not None:
        return f"sum({closable(monitor.promql)}) >= -Inf"
    if isinstance(requests, Unmeasured):
        return requests
    if monitor.metric == "request_rate":
        # Pods that answer and were never asked count no requests yet: that is zero, and may be why somebody looks.
        up = series_name("up", (("namespace", subject.namespace), ("rollout", subject.rollout)))
        return f"{requests.requests(RECENT)}\nor 0 * max({up} == 1)"
    percentile = (monitor.metric or "").removesuffix("_latency")
    return f"({requests.percentile(percentile, RECENT)}) >= -Inf"


def _past(monitor: AnomalyMonitor, subject: ServedSubject, labels: Labels) -> list[Recording]:
    """The same time in the last seasons, and what is expected from it."""
    value, past = (of_metric(series, monitor, subject) for series in (VALUE, _PAST))
    season, window = Duration.parse(monitor.season), Duration(2 * _HALF_WINDOW)
    found = []
    for ago in range(1, SEASONS + 1):
        offset = Duration(ago * season - _HALF_WINDOW)
        averaged = f"avg_over_time({value}[{window}] offset {offset})"
        found.append(Recording(_PAST, averaged, (*labels, ("seasons_ago", str(ago)))))
    return [*found, Recording(EXPECTED, f"quantile(0.5, {past})\nand count({past}) >= {FEWEST_SEASONS}", labels)]


def _band(monitor: AnomalyMonitor, subject: ServedSubject, labels: Labels) -> list[Recording]:
    """How far the metric was from what was expected, how far that usually is, and the band."""
    value, expected = (of_metric(series, monitor, subject) for series in (VALUE, EXPECTED))
    residual, relative_residual = (of_metric(series, monitor, subject) for series in _RESIDUALS)
    absolute, relative = (of_metric(series, monitor, subject) for series in _DEVIATIONS)
    season, bands, level = monitor.season, float_text(monitor.bands), f"abs({expected})"
    # Before a whole season is known, a few quiet hours would make a band that noon is never in.
    known = f"and on () present_over_time({residual}[{season}] offset {season})"
    upwards = f"{bands} * {relative} * {level}"
    downwards = f"{bands} * {relative} / (1 + {bands} * {relative}) * {level}"
    least = f"{decimal_text(monitor.min_width)} * {level}"

    def edge(sign: str, of_ratios: str) -> str:
        widths = ((f"{bands} * {absolute}", "difference"), (of_ratios, "ratio"), (least, "least"))
        # `or` keeps those whose labels differ.
        listed = "\n  or ".join(f'label_replace({width}, "of", "{name}", "", "")' for width, name in widths)
        return f"{expected}\n{sign} on () max(\n  {listed}\n)\nand on () {absolute}"

    # Neither requests nor the time that they take are ever negative.
    lower = edge("-", downwards) if monitor.metric is None else f"clamp_min(\n{edge('-', downwards)}, 0)"
    return [
        Recording(_RESIDUALS[0], f"abs({value} - {expected})", labels),
        Recording(_RESIDUALS[1], f"{residual} / ({level} > 0)", labels),
        Recording(_DEVIATIONS[0], f"{SCALE} * quantile_over_time(0.5, {residual}[{season}])\n{known}", labels),
        Recording(_DEVIATIONS[1], f"{SCALE} * quantile_over_time(0.5, {relative_residual}[{season}])\n{known}", labels),
        Recording(UPPER, edge("+", upwards), labels),
        Recording(LOWER, lower, labels),
    ]


def _alerts(monitor: AnomalyMonitor, subject: ServedSubject) -> list[tuple[Side, Alert]]:
    sides: tuple[tuple[Side, str, str], ...] = (("above", ">", UPPER), ("below", "<", LOWER))
    value = of_metric(VALUE, monitor, subject)
    return [
        (
            side,
            subject.alert(
                ANOMALY,
                f"{value} {comparison} {of_metric(edge, monitor, subject)}",
                severity,
                hold=str(monitor.hold),
                keep_firing=KEEP,
                labels=(("monitor", monitor.id), ("beyond", side)),
                summary=f"{monitor.id} of {subject.rollout} in {subject.environment} is {_UNUSUAL[side]}",
                description=(
                    f"{_what(monitor)} of {subject.rollout} (model {subject.model}, namespace {subject.namespace}) is "
                    f"{NUMBER}. For {monitor.hold} it has been {side} the band around its values at the same time of "
                    f"the last {SEASONS} {_TIMES[monitor.season]} ({float_text(monitor.bands)} deviations, at least "
                    f"{monitor.min_width!s}). Look for a change at the callers, a holiday or a new version first."
                ),
            ),
        )
        for side, comparison, edge in sides
        if monitor.beyond in ("either", side)
        for severity in subject.severities(monitor.then)
    ]


def _what(monitor: AnomalyMonitor) -> str:
    if monitor.metric is None:
        return f"The custom metric {monitor.id}"
    if monitor.metric == "request_rate":
        return "The number of requests per second"
    return f"The {monitor.metric.removesuffix('_latency')} response time in seconds"


def _unmeasured(monitor: AnomalyMonitor, subject: ServedSubject) -> Alert:
    patience = Duration((SEASONS + 1) * Duration.parse(monitor.season))
    return subject.alert(
        UNMEASURED,
        f"absent({of_metric(UPPER, monitor, subject)})",
        "ticket",
        hold=str(patience),
        keep_firing=KEEP,
        labels=(("monitor", monitor.id),),
        summary=f"{monitor.id} of {subject.rollout} in {subject.environment} has no anomaly band",
        description=(
            f"For {patience} there has been no band for the monitor {monitor.id} (model {subject.model}, rollout "
            f"{subject.rollout}), so no anomaly is noticed. Check that the metric has values, and that Prometheus "
            f"keeps them for {Duration(FEWEST_SEASONS * Duration.parse(monitor.season) + _HALF_WINDOW)} at least."
        ),
    )
