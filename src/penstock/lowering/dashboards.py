"""What is watched of a rollout, as people look at it: the series that its rules record and judge, with their bounds.

A panel is named as the alert about its series, so that whoever is notified finds the figure. Nothing is shown that no
rule, no pipeline and no server of the rollout makes.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.ir.dashboard import Bound, Dashboard, Panel, Query, Row, Unit
from penstock.lowering.conventions import dashboard_uid
from penstock.lowering.endpoints.request_series import PERCENTILES, RequestSeries
from penstock.lowering.endpoints.serving import free_labels, requests_of
from penstock.lowering.environments import environment_of, retraining_schedule
from penstock.lowering.rules.alerting import AlertSubject, ServedSubject, alert_environment
from penstock.lowering.rules.anomalies.anomaly_rules import EXPECTED, LOWER, UPPER, VALUE, of_metric
from penstock.lowering.rules.monitors import watching
from penstock.lowering.rules.objectives.burn_rate import WINDOWS, error_budget
from penstock.lowering.rules.objectives.indicators import Sli, indicators
from penstock.lowering.rules.objectives.slo_rules import BUDGET_REMAINING, RATIO, selector_of
from penstock.lowering.rules.overdue import Pipeline
from penstock.lowering.rules.pushed import pushed
from penstock.lowering.rules.releases import COMPLETED, phases
from penstock.lowering.rules.trainings import retrained
from penstock.specs.monitor import AnomalyMonitor, DriftMonitor, Monitor, QualityMonitor, QueryMonitor
from penstock.specs.rollout import Rollout
from penstock.specs.series import (
    DRIFT_BREACHES,
    DRIFT_DISTANCE,
    DRIFT_ROWS,
    FEWEST_DRIFT_ROWS,
    OBSERVED_ROWS,
    QUALITY_LABELS,
    QUALITY_VALUE,
)
from penstock.specs.units import Duration

_WINDOW = Duration.parse("5m")
"""Of rates; longer where targets are scraped so rarely that it would hold fewer than four samples."""
_MONTH = "30d"
"""What pipelines push changes once a run: a day shows a line and no change."""
_SHOWN_WINDOWS = tuple(window for window in WINDOWS if window in ("5m", "1h", "6h", "3d"))


def dashboard(view: View, name: str) -> Dashboard | None:
    """The dashboard of the rollout `name`; None where the environment has no Grafana, or no cluster to find it in."""
    environment = environment_of(view)
    grafana = environment.spec.grafana
    if grafana is None or not environment.spec.cluster:
        return None
    rollout = view.rollout(name)
    subject = ServedSubject(alert_environment(environment), rollout.spec.model, rollout.metadata.owner, rollout.name)
    requests = requests_of(rollout, environment.spec)
    slis, _ = indicators(rollout.spec.slos, requests)
    window = str(max(_WINDOW, environment.spec.prometheus.short_window))
    rows = (
        Row("Now", tuple(_now(view, rollout, subject, slis))),
        Row("Requests", tuple(_requests(rollout, requests, window)) if isinstance(requests, RequestSeries) else ()),
        Row("Objectives", tuple(_objectives(slis, subject))),
        *(_watched(rollout.spec.monitor, subject) if rollout.spec.monitor is not None else ()),
    )
    return Dashboard(
        uid=dashboard_uid(environment.name, rollout.name),
        rows=tuple(row for row in rows if row.panels),
        rollout=rollout.name,
        model=rollout.spec.model,
        environment=environment.name,
        namespace=environment.spec.namespace,
        owner=rollout.metadata.owner,
        version=grafana.version,
        found_by=tuple(sorted(grafana.labels.items())),
        annotations=tuple(sorted(grafana.annotations.items())),
        labels=free_labels(rollout),
    )


def _now(view: View, rollout: Rollout, subject: ServedSubject, slis: list[Sli]) -> Iterator[Panel]:
    """Whether anything is wrong, and what serves."""
    of_both = f'environment="{subject.environment}",model="{subject.model}",rollout=~"{subject.rollout}|"'
    yield Panel(
        "Alerts",
        "Firing alerts of this rollout and of its model's training.",
        (Query(f'max by (alertname) (ALERTS{{alertstate="firing",{of_both}}})', "{{alertname}}"),),
        form="states",
    )
    up = f'up{{namespace="{subject.namespace}",rollout="{subject.rollout}"}}'
    yield Panel(
        "Reachable pods",
        "Pods whose metrics Prometheus can scrape.",
        (Query(f"sum({up}) or vector(0)", "pods"),),
        form="figure",
        bound=Bound(1, "below"),
    )
    for sli in slis:
        yield Panel(
            f"Error budget: {sli.slo}",
            f"Share of the error budget over {sli.window} that remains; below zero the objective is missed.",
            (Query(f"{BUDGET_REMAINING}{selector_of(sli, subject)}", sli.slo),),
            unit="share",
            form="figure",
            bound=Bound(0, "below"),
        )
    monitor = rollout.spec.monitor
    # Before the first Release the pipeline has no schedule, and no alert that it did not run.
    is_released = view.release_of(rollout.name) is not None
    if is_released and monitor is not None and (monitor.drift or monitor.quality):
        yield _age("Since last monitoring run", "since the last monitoring run", watching(monitor), subject)
    schedule = retraining_schedule(view, subject.model)
    if schedule is not None:
        trained = AlertSubject(subject.place, subject.model, subject.team)
        # A run whose gate rejects the model does not count.
        yield _age("Since last training", "since training last registered a version", retrained(schedule), trained)
    if rollout.spec.serve.target == "argo-rollouts":
        yield Panel(
            "Release",
            "Phase of the Rollout: `Completed` if no release is in progress, `Abort` if one was rolled back.",
            (Query(phases(subject), "{{phase}}"),),
            form="states",
            normal=COMPLETED,
        )


def _age(title: str, since: str, pipeline: Pipeline, subject: AlertSubject) -> Panel:
    return Panel(
        title,
        f"Time {since}. Its schedule is `{pipeline.schedule}`; an alert fires after {pipeline.allowed}.",
        (Query(f"time() - {pushed(pipeline.heartbeat, subject)}", "ago"),),
        unit="seconds",
        form="figure",
        bound=Bound(int(pipeline.allowed) // 1000, "above"),
    )


def _requests(rollout: Rollout, requests: RequestSeries, window: str) -> Iterator[Panel]:
    """Requests and failures, the canary's apart, and response times."""
    by = requests.version
    legend = f"{{{{{by}}}}}"
    yield Panel(
        "Requests",
        f"Request rate over {window}, by version.",
        (Query(requests.requests(window, by), legend),),
        unit="per second",
    )
    if requests.code is not None:
        asked, failed = requests.requests(window, by), requests.failures(window, by)
        yield Panel(
            "Failures",
            f"Share of requests answered with a 5xx status, over {window}, by version.",
            (Query(f"({failed} or 0 * {asked})\n/ ({asked} > 0)", legend),),
            unit="share",
        )
    latency = rollout.spec.slos.latency
    promised = "" if latency is None else f" The objective counts {latency.below} as in time."
    yield Panel(
        "Response times",
        f"Percentiles of successful requests over {window}, interpolated within the server's buckets.{promised}",
        tuple(Query(requests.percentile(name, window), name) for name in PERCENTILES),
        unit="seconds",
        bound=Bound(int(latency.below) / 1000, "above") if latency is not None else None,
    )


def _objectives(slis: list[Sli], subject: ServedSubject) -> Iterator[Panel]:
    for sli in slis:
        selector = selector_of(sli, subject)
        budget = float(error_budget(sli.objective))
        yield Panel(
            f"{sli.slo.capitalize()}: share of requests that {sli.bad}",
            f"Over several window lengths. At the bound the budget lasts exactly {sli.window}; alerts fire when "
            "a short and a long window are both above a multiple of it.",
            tuple(Query(f"{RATIO}{window}{selector}", window) for window in _SHOWN_WINDOWS),
            unit="share",
            bound=Bound(budget, "above"),
        )
    if slis:
        yield Panel(
            "Error budgets",
            "Remaining share of each error budget.",
            tuple(Query(f"{BUDGET_REMAINING}{selector_of(sli, subject)}", sli.slo) for sli in slis),
            unit="share",
            bound=Bound(0, "below"),
            over=_MONTH,
        )


def _watched(monitor: Monitor, subject: ServedSubject) -> Iterator[Row]:
    yield Row("Drift", tuple(panel for drift in monitor.drift for panel in _drift(drift, subject)))
    yield Row("Quality", tuple(panel for quality in monitor.quality for panel in _quality(quality, subject)))
    if monitor.drift or monitor.quality:
        asked = (Query(pushed(OBSERVED_ROWS, subject), "rows"),)
        yield Row("Evaluated traffic", (_pushed("Rows", "Rows in the newest window of all monitors.", asked),))
    yield Row("Anomalies", tuple(_anomaly(metric, subject) for metric in monitor.anomalies))
    yield Row("Custom metrics", tuple(_custom(metric) for metric in monitor.business))


def _drift(monitor: DriftMonitor, subject: AlertSubject) -> Iterator[Panel]:
    labels = (("monitor", monitor.id),)
    what = "the predictions" if monitor.of == "prediction" else "each feature"
    yield _pushed(
        f"{monitor.id}: {monitor.test}",
        f"Distance of {what} from the training data, over windows of {monitor.window}.",
        (Query(pushed(DRIFT_DISTANCE, subject, labels), "{{feature}}"),),
        bound=Bound(monitor.above, "above"),
    )
    if monitor.persist is not None:
        yield _pushed(
            f"{monitor.id}: windows above the bound",
            f"Of the last {monitor.persist.of} windows; an alert fires at {monitor.persist.breaches}.",
            (Query(pushed(DRIFT_BREACHES, subject, labels), "{{feature}}"),),
            # What is judged is a count: from this one on it is too many.
            bound=Bound(monitor.persist.breaches, "above"),
        )
    yield _pushed(
        f"{monitor.id}: rows",
        f"Rows of the newest window; drift is not evaluated below {FEWEST_DRIFT_ROWS}.",
        (Query(pushed(DRIFT_ROWS, subject, labels), "rows"),),
        bound=Bound(FEWEST_DRIFT_ROWS, "below"),
    )


def _quality(monitor: QualityMonitor, subject: AlertSubject) -> Iterator[Panel]:
    labels = (("monitor", monitor.id),)
    yield _pushed(
        f"{monitor.id}: {monitor.metric}",
        f"On rows of the last {monitor.window} whose labels have arrived.",
        (Query(pushed(QUALITY_VALUE, subject, (*labels, ("metric", monitor.metric))), monitor.metric),),
        bound=_bound(monitor),
    )
    yield _pushed(
        f"{monitor.id}: labels",
        f"Rows of the last {monitor.window} with a label; quality is not evaluated below {monitor.min_labels}.",
        (Query(pushed(QUALITY_LABELS, subject, labels), "labels"),),
        bound=Bound(monitor.min_labels, "below"),
    )


def _anomaly(monitor: AnomalyMonitor, subject: ServedSubject) -> Panel:
    unit: Unit = "number" if monitor.metric is None else "seconds"
    shown = ((VALUE, "now"), (EXPECTED, "expected"), (UPPER, "upper edge"), (LOWER, "lower edge"))
    return Panel(
        f"{monitor.id}: anomalies",
        f"With the band around its values at the same time of earlier seasons ({monitor.season}); an alert fires if it "
        f"is outside for {monitor.hold}. The band appears after three seasons.",
        tuple(Query(of_metric(series, monitor, subject), legend) for series, legend in shown),
        unit="per second" if monitor.metric == "request_rate" else unit,
        over=_MONTH,
    )


def _custom(monitor: QueryMonitor) -> Panel:
    return Panel(
        monitor.id,
        f"Custom metric; an alert fires if it is beyond the bound for {monitor.hold}.",
        (Query(monitor.promql.strip(), monitor.id),),
        bound=_bound(monitor),
    )


def _bound(monitor: QualityMonitor | QueryMonitor) -> Bound:
    if monitor.below is not None:
        return Bound(monitor.below, "below")
    return Bound(monitor.above if monitor.above is not None else 0, "above")


def _pushed(title: str, description: str, queries: tuple[Query, ...], bound: Bound | None = None) -> Panel:
    return Panel(title, description, queries, bound=bound, over=_MONTH)
