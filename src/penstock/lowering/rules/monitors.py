"""Alerts over what monitoring pipelines push: drift, quality and its absence, a pipeline that no longer runs."""

from __future__ import annotations

from penstock.ir.monitoring import Alert, ExpectedAlert, InputSeries, Labels, RuleGroup, RuleTest
from penstock.lowering.numbers import float_text
from penstock.lowering.rules import figures
from penstock.lowering.rules.alerting import COUNT, KEEP, NUMBER, AlertSubject, Rules, ServedSubject, bounds
from penstock.lowering.rules.overdue import AGE, Pipeline, Words, overdue
from penstock.lowering.rules.pushed import HOLD, of_others, pushed, sample
from penstock.lowering.rules.testing import Fires, constant, filled, fires, rule_test, silent
from penstock.specs.monitor import Action, DriftMonitor, Monitor, QualityMonitor
from penstock.specs.series import (
    DRIFT_BREACHES,
    DRIFT_DISTANCE,
    DRIFT_ROWS,
    FEWEST_DRIFT_ROWS,
    LAST_RUN,
    PREDICTION,
    QUALITY_LABELS,
    QUALITY_VALUE,
    Series,
)

DRIFT = "ModelDrift"
ROWS_MISSING = "ModelDriftRowsMissing"
QUALITY = "ModelQualityBeyondBound"
LABELS_MISSING = "ModelLabelsMissing"
QUALITY_UNMEASURED = "ModelQualityUnmeasured"
MONITORING_STALE = "ModelMonitoringStale"
MONITORING_ABSENT = "ModelMonitoringAbsent"

_FEATURE = "{{ $labels.feature }}"


def monitor_rules(monitor: Monitor, subject: ServedSubject, interval: str, released: bool) -> Rules:
    """Rules of what is watched. Where nothing is `released` yet, no pipeline runs, so none is missed."""
    alerts: list[Alert] = []
    tests: list[RuleTest] = []
    for drift in monitor.drift:
        _add(alerts, tests, *_drift(drift, subject))
        _add(alerts, tests, *_rows_missing(drift, subject))
    for quality in monitor.quality:
        _add(alerts, tests, *_quality(quality, subject))
        _add(alerts, tests, *_labels_missing(quality, subject))
        _add(alerts, tests, *_quality_unmeasured(quality, subject))
    if released and (monitor.drift or monitor.quality):
        _add(alerts, tests, *_pipeline(monitor, subject))
    business: list[Alert] = []
    _add(business, tests, *figures.beyond(monitor.business, subject))
    if released and monitor.business:
        _add(business, tests, *figures.missing(monitor.business, subject))
    groups = (
        RuleGroup(f"{subject.rollout}.monitoring", "1m", tuple(alerts)),
        RuleGroup(f"{subject.rollout}.figures", interval, tuple(business)),
    )
    return Rules(tuple(group for group in groups if group.rules), tuple(tests))


def watching(monitor: Monitor) -> Pipeline:
    """The pipeline that monitors, with the series that it pushes after each run."""
    return Pipeline("monitoring", monitor.schedule, LAST_RUN)


def _add(alerts: list[Alert], tests: list[RuleTest], more: list[Alert], proofs: list[RuleTest]) -> None:
    alerts.extend(more)
    tests.extend(proofs)


def _drift(monitor: DriftMonitor, subject: AlertSubject) -> tuple[list[Alert], list[RuleTest]]:
    labels: Labels = (("monitor", monitor.id),)
    bound = float_text(monitor.above)
    feature = PREDICTION if monitor.of == "prediction" else "distance"
    found: Labels = (*labels, ("feature", feature))
    what = "The prediction" if monitor.of == "prediction" else f"The feature {_FEATURE}"
    if monitor.persist is None:
        figure, comparison = DRIFT_DISTANCE, f"> {bound}"
        measured = f"{monitor.test} is {NUMBER}, the bound {bound}"
        high, low = monitor.above * 2, monitor.above / 2
    else:
        figure, comparison = DRIFT_BREACHES, f">= {monitor.persist.breaches}"
        measured = (
            f"{monitor.test} was above {bound} in {COUNT} of the last {monitor.persist.of} windows; "
            f"the alert fires at {monitor.persist.breaches}"
        )
        high, low = monitor.persist.breaches, monitor.persist.breaches - 1
    alerts = [
        subject.alert(
            DRIFT,
            f"{pushed(figure, subject, labels)} {comparison}",
            severity,
            hold=HOLD,
            keep_firing=KEEP,
            labels=labels,
            summary=f"Drift detected for {subject.model} in {subject.environment}",
            description=(
                f"{what} of {subject.model} has drifted from the training data (monitor {monitor.id}, windows of "
                f"{monitor.window}): {measured}. "
                "Check the data source for a change first; retrain if the change is real."
            ),
        )
        for severity in subject.severities(monitor.then)
    ]
    return alerts, _proofs(f"drift {monitor.id}", alerts, figure, subject, found, beyond=high, within=low)


def _rows_missing(monitor: DriftMonitor, subject: AlertSubject) -> tuple[list[Alert], list[RuleTest]]:
    words = Words(
        ROWS_MISSING,
        f"Too few requests to measure drift for {subject.model} in {subject.environment}",
        f"{COUNT} rows were seen in the last {monitor.window}, fewer than {FEWEST_DRIFT_ROWS}, so drift "
        f"is not measured (monitor {monitor.id}). Check the dataset that provides the rows; use a longer "
        "window if there are no more.",
    )
    return _fewer("rows", monitor.id, words, DRIFT_ROWS, FEWEST_DRIFT_ROWS, subject)


def _quality(monitor: QualityMonitor, subject: AlertSubject) -> tuple[list[Alert], list[RuleTest]]:
    labels: Labels = (("monitor", monitor.id),)
    found: Labels = (*labels, ("metric", monitor.metric))
    comparison, bound, high, low = bounds(monitor.below, monitor.above)
    alerts = [
        subject.alert(
            QUALITY,
            f"{pushed(QUALITY_VALUE, subject, found)} {comparison} {float_text(bound)}",
            severity,
            hold=HOLD,
            keep_firing=KEEP,
            labels=labels,
            summary=f"Quality of {subject.model} in {subject.environment} is beyond its bound",
            description=(
                f"{monitor.metric} of {subject.model} on labels that arrived over {monitor.window} is {NUMBER}; the "
                f"bound is {float_text(bound)} (monitor {monitor.id}). Compare with drift and with the newest release; "
                "roll that back if the loss began with it."
            ),
        )
        for severity in subject.severities(monitor.then)
    ]
    return alerts, _proofs(f"quality {monitor.id}", alerts, QUALITY_VALUE, subject, found, beyond=high, within=low)


def _labels_missing(monitor: QualityMonitor, subject: AlertSubject) -> tuple[list[Alert], list[RuleTest]]:
    words = Words(
        LABELS_MISSING,
        f"Labels for {subject.model} in {subject.environment} are not arriving",
        f"{COUNT} rows of the last {monitor.window} have a label, fewer than {monitor.min_labels}, so "
        f"{monitor.metric} is not measured (monitor {monitor.id}). Check the dataset that provides the labels.",
    )
    return _fewer("labels", monitor.id, words, QUALITY_LABELS, monitor.min_labels, subject)


def _fewer(
    what: str, monitor: str, words: Words, figure: Series, least: int, subject: AlertSubject
) -> tuple[list[Alert], list[RuleTest]]:
    """The alert about a number that has to be at least so high for anything to be measured."""
    labels: Labels = (("monitor", monitor),)
    alert = subject.alert(
        words.alert,
        f"{pushed(figure, subject, labels)} < {least}",
        "ticket",
        hold=HOLD,
        keep_firing=KEEP,
        labels=labels,
        summary=words.summary,
        description=words.description,
    )
    return [alert], _proofs(f"{what} {monitor}", [alert], figure, subject, labels, beyond=least - 1, within=least)


def _quality_unmeasured(monitor: QualityMonitor, subject: AlertSubject) -> tuple[list[Alert], list[RuleTest]]:
    """Whether the metric is undefined although labels arrive: it is then never beyond its bound.

    A value under any metric will do: after a change of the monitor's metric the next run pushes the new one.
    """
    labels: Labels = (("monitor", monitor.id),)
    alert = subject.alert(
        QUALITY_UNMEASURED,
        f"{pushed(QUALITY_LABELS, subject, labels)} >= {monitor.min_labels}\n"
        f"unless on (monitor) {pushed(QUALITY_VALUE, subject, labels)}",
        "ticket",
        hold=HOLD,
        keep_firing=KEEP,
        labels=labels,
        summary=f"Quality of {subject.model} in {subject.environment} has no value",
        description=(
            f"{COUNT} rows of the last {monitor.window} have a label, but {monitor.metric} is undefined on them, so "
            f"it is not known to be within its bound (monitor {monitor.id}). Check whether the labels or the "
            "predictions are all of one class; use a longer window if one of the classes is rare."
        ),
    )
    few, enough = monitor.min_labels - 1, monitor.min_labels
    within = bounds(monitor.below, monitor.above)[3]
    value = sample(QUALITY_VALUE, subject, (*labels, ("metric", monitor.metric)), within)
    others = of_others(QUALITY_VALUE, subject, labels, constant(within, 40))
    firing = Fires(alert, labels, filled(enough))

    def case(name: str, given: tuple[InputSeries, ...], *expect: ExpectedAlert) -> RuleTest:
        return rule_test(f"quality {monitor.id} unmeasured: {name}", given, *expect)

    def arrived(count: int) -> InputSeries:
        return sample(QUALITY_LABELS, subject, labels, count)

    never = silent("15m", QUALITY_UNMEASURED)
    return [alert], [
        case("labels alone", (arrived(enough), *others), silent("0m", QUALITY_UNMEASURED), fires("15m", firing)),
        case("labels and a value", (arrived(enough), value), never),
        case("too few labels", (arrived(few),), never),
        case("no series", (), never),
    ]


def _pipeline(monitor: Monitor, subject: AlertSubject) -> tuple[list[Alert], list[RuleTest]]:
    """Whether the pipeline still runs, or has ever run."""
    actions = [*(drift.then for drift in monitor.drift), *(quality.then for quality in monitor.quality)]
    severity: Action = "page" if any("page" in then for then in actions) else "ticket"
    blind = f"Drift and quality of {subject.model} are not being measured. Check the runs of its monitoring pipeline."
    pipeline = watching(monitor)
    stale = Words(
        MONITORING_STALE,
        f"Monitoring of {subject.model} in {subject.environment} is overdue",
        f"The monitoring pipeline last ran {AGE} ago; its schedule ({monitor.schedule}) allows {pipeline.allowed}. "
        f"{blind}",
    )
    absent = Words(
        MONITORING_ABSENT,
        f"Monitoring of {subject.model} in {subject.environment} has not reported",
        f"No run of the monitoring pipeline (schedule {monitor.schedule}) has reported anything. {blind}",
    )
    return overdue(pipeline, subject, severity, stale, absent)


def _proofs(
    name: str,
    alerts: list[Alert],
    series: Series,
    subject: AlertSubject,
    found: Labels,
    *,
    beyond: float,
    within: float,
) -> list[RuleTest]:
    """The tests of alerts of one name: they fire on a value beyond their bound, on no value within it and on none."""
    (alert,) = {each.alert for each in alerts}
    fill = (*filled(beyond), (_FEATURE, dict(found).get("feature", "")))
    firing = [Fires(each, found, fill) for each in alerts]
    # A feature of its own is not somebody else's.
    picked = tuple(label for label in found if label[0] != "feature")
    others = of_others(series, subject, picked, constant(beyond, 40))
    too_much, enough = sample(series, subject, found, beyond), sample(series, subject, found, within)
    return [
        rule_test(f"{name}: beyond its bound", (too_much,), silent("0m", alert), fires("15m", *firing)),
        rule_test(f"{name}: within its bound", (enough, *others), silent("15m", alert)),
        rule_test(f"{name}: no series", (), silent("15m", alert)),
    ]
