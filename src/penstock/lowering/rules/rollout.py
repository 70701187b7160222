"""All rules of a rollout in one environment: objectives, monitors, and whether anything answers at all.

The last needs no figure of the spec, so whatever serves has it.
"""

from __future__ import annotations

from penstock.catalog.model import View
from penstock.ir.monitoring import Alert, ExpectedAlert, InputSeries, RuleFile, RuleGroup, RuleTest, Scrape
from penstock.lowering.endpoints.request_series import CHANCE, RequestSeries
from penstock.lowering.endpoints.serving import free_labels, pods_of, requests_of
from penstock.lowering.environments import environment_of
from penstock.lowering.rules.alerting import COUNT, ServedSubject, alert_environment
from penstock.lowering.rules.anomalies.anomaly_rules import anomaly_rules
from penstock.lowering.rules.monitors import monitor_rules
from penstock.lowering.rules.objectives.indicators import indicators
from penstock.lowering.rules.objectives.slo_rules import slo_rules
from penstock.lowering.rules.reachable import reachable_rules
from penstock.lowering.rules.releases import release_rules
from penstock.lowering.rules.testing import Fires, filled, fires, rule_test, series, silent
from penstock.specs.environment import EnvironmentSpec
from penstock.specs.rollout import Rollout

FAILING = "ModelFailing"


def rule_file(view: View, name: str) -> RuleFile | None:
    """The rules of the rollout `name`; None where nothing serves yet and nothing else is asked for."""
    rollout = view.rollout(name)
    spec = rollout.spec
    release = view.release_of(name)
    released = release is not None
    wanted = spec.slos.availability or spec.slos.latency
    if not wanted and spec.monitor is None and not released:
        return None
    environment = environment_of(view).spec
    prometheus = environment.prometheus
    subject = ServedSubject(alert_environment(environment_of(view)), spec.model, rollout.metadata.owner, rollout.name)
    interval = str(prometheus.scrape_interval)
    groups: list[RuleGroup] = []
    tests: list[RuleTest] = []
    requests = requests_of(rollout, environment)
    slis, unobserved = indicators(spec.slos, requests)
    for sli in slis:
        rules = slo_rules(sli, subject, interval)
        groups += rules.groups
        tests += rules.tests
    if release is not None:
        alerts, proofs = reachable_rules(subject)
        if isinstance(requests, RequestSeries) and requests.code and spec.slos.availability is None:
            failing, more = _failing(subject, requests, requests.code)
            alerts.append(failing)
            proofs += more
        groups.append(RuleGroup(f"{subject.rollout}.reachable", interval, tuple(alerts)))
        tests += proofs
        alerts, proofs = release_rules(rollout, release, subject)
        if alerts:
            groups.append(RuleGroup(f"{subject.rollout}.release", interval, tuple(alerts)))
            tests += proofs
    if spec.monitor is not None:
        watched = monitor_rules(spec.monitor, subject, interval, released)
        anomalies = anomaly_rules(spec.monitor.anomalies, requests, subject, released)
        groups += [*watched.groups, *anomalies.groups]
        tests += [*watched.tests, *anomalies.tests]
        unobserved = (*unobserved, *anomalies.unobserved)
    return RuleFile(
        name=rollout.name,
        namespace=environment.namespace,
        groups=tuple(groups),
        tests=tuple(tests),
        environment=environment_of(view).name,
        model=spec.model,
        owner=rollout.metadata.owner,
        selected_by=tuple(sorted(prometheus.rule_labels.items())),
        labels=free_labels(rollout),
        scrape=_scrape(rollout, environment),
        scrape_seconds=-(-int(prometheus.scrape_interval) // 1000),
        unobserved=unobserved,
    )


def _failing(subject: ServedSubject, requests: RequestSeries, code: str) -> tuple[Alert, list[RuleTest]]:
    """Whether any request succeeds, where no objective says how many must."""
    alert = subject.alert(
        FAILING,
        f"{requests.counted_failures('5m')} > {CHANCE}\nunless {requests.counted_successes('5m')} > 0",
        "page",
        hold="5m",
        keep_firing="10m",
        labels=(),
        summary=f"All requests to {subject.rollout} in {subject.environment} fail",
        description=(
            f"For at least five minutes every request to {subject.rollout} (model {subject.model}, namespace "
            f"{subject.namespace}) has failed, {COUNT} of them in the last five. If a version was released recently, "
            "roll it back first."
        ),
    )
    good = (*requests.example, (code, "200"))
    bad = (*requests.example, (code, "503"))
    others = tuple(
        series(requests.counter, (*other, (code, status)), "0+10x40")
        for other in requests.others
        for status in ("200", "503")
    )

    def case(name: str, good_values: str, bad_values: str, expected: ExpectedAlert, *others: InputSeries) -> RuleTest:
        given = (series(requests.counter, good, good_values), series(requests.counter, bad, bad_values))
        return rule_test(f"failing: {name}", (*given, *others), expected)

    return alert, [
        case("every request fails", "100x40", "0+10x40", fires("30m", Fires(alert, fill=filled(50))), *others),
        case("one of many succeeds", "0+1x40", "0+100x40", silent("30m", FAILING)),
        case("every request succeeds", "0+100x40", "0x40", silent("30m", FAILING)),
        case("three requests fail", "0x40", "0x10 1 2 3x13 4 5 6x10", silent("30m", FAILING)),
        case("no requests but others'", "0x40", "0x40", silent("30m", FAILING), *others),
        rule_test("failing: no series", (), silent("30m", FAILING)),
    ]


def _scrape(rollout: Rollout, environment: EnvironmentSpec) -> Scrape:
    pods = pods_of(rollout, environment)
    return Scrape(
        pods=pods.labels,
        port=pods.metrics[0],
        path="/metrics",
        interval=str(environment.prometheus.scrape_interval),
        adds=(("rollout", rollout.name),),
        copies=(("revision", pods.revision),),
    )
