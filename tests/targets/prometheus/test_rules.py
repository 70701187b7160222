"""Rule files that promtool takes, whose own tests pass, and whose mistakes are found before Prometheus is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from golden_files import Golden
from lowering.rollouts import (
    BY_HAND,
    BY_ITSELF,
    ENVIRONMENT,
    ISTIO,
    KNATIVE,
    ONLINE,
    PLAIN,
    RELEASE,
    changed,
    view,
)
from penstock.ir.monitoring import Alert, RuleFile
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.lowering.rules.rollout import rule_file
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.targets.kserve.inference_service import inference_service
from penstock.targets.prometheus import lint
from penstock.targets.prometheus.target import LONG_TESTS_FILE, PLAIN_FILE, TARGET, TESTS_FILE
from targets.crds import problems
from targets.prometheus_rules import (
    SERVE,
    manifests,
    nothing_asked,
    plan,
    run,
    slos,
    told_by,
    without_monitors,
    without_objectives,
    write,
    write_all,
    write_parts,
)

GOLDEN = Path(__file__).parent / "golden"


def custom_metrics(*expressions: str) -> str:
    """Nothing is monitored but the values of PromQL expressions, given as YAML."""
    listed = "".join(f"      - {{id: m{i}, promql: {text}, above: 30}}\n" for i, text in enumerate(expressions))
    plain = nothing_asked(BY_HAND)
    return changed(plain, ("  access:\n", f"  monitor:\n    schedule: 30 5 * * *\n    business:\n{listed}  access:\n"))


MONITORS = without_objectives(BY_HAND)
NOBODY_WOKEN = changed(ENVIRONMENT, ("  prometheus:\n", "  prometheus:\n    pages: false\n"))
MANY_LABELS = changed(MONITORS, ("minLabels: 2000", "minLabels: 20000"))
VARIANTS: dict[str, tuple[str, str, str | None]] = {
    "MLServer": (BY_HAND, ENVIRONMENT, RELEASE),
    "Argo Rollouts": (without_monitors(BY_ITSELF), ENVIRONMENT, RELEASE),
    "Knative": (without_monitors(BY_HAND), KNATIVE, RELEASE),
    "Istio": (without_monitors(BY_ITSELF), ISTIO, RELEASE),
    "nothing released": (BY_HAND, ENVIRONMENT, None),
    "a small budget": (slos("    availability: {objective: 99.995%}\n", ""), ENVIRONMENT, RELEASE),
    "a large budget": (slos("    availability: {objective: 80%}\n", ""), ENVIRONMENT, RELEASE),
    "four weeks": (slos("    availability: {objective: 99.9%, window: 28d}\n", ""), ENVIRONMENT, RELEASE),
    "a week": (slos("    availability: {objective: 99%, window: 7d}\n", ""), ENVIRONMENT, RELEASE),
    "a day": (slos("", "    latency: {objective: 95%, below: 1s, window: 1d}\n"), ENVIRONMENT, RELEASE),
    "three days": (slos("    availability: {objective: 99%, window: 3d}\n", ""), ENVIRONMENT, RELEASE),
    "objectives, and nobody is woken": (without_monitors(BY_HAND), NOBODY_WOKEN, RELEASE),
    "monitors, and nobody is woken": (MONITORS, NOBODY_WOKEN, RELEASE),
    "nobody is woken within a week": (
        slos("    availability: {objective: 99%, window: 7d}\n", ""),
        NOBODY_WOKEN,
        RELEASE,
    ),
    "KServe's own server": (
        changed(
            slos("", "    latency: {objective: 99.9%, below: 5s}\n"),
            (SERVE, f"{SERVE}\n    protocol: v1\n    format: sklearn"),
        ),
        ENVIRONMENT,
        RELEASE,
    ),
    "nothing asked": (nothing_asked(BY_HAND), ENVIRONMENT, RELEASE),
    "nothing asked, Argo Rollouts": (nothing_asked(BY_ITSELF), ENVIRONMENT, RELEASE),
    "nothing asked, a step that a person ends": (
        changed(nothing_asked(BY_ITSELF), ("{weight: 25%, hold: 2h}", "{weight: 25%}")),
        ENVIRONMENT,
        RELEASE,
    ),
    "nothing asked, Argo Rollouts without a canary": (
        nothing_asked(changed(PLAIN, ("target: kserve", "target: argo-rollouts"))),
        ENVIRONMENT,
        RELEASE,
    ),
    "nothing asked, Knative": (nothing_asked(BY_HAND), KNATIVE, RELEASE),
    "nothing asked, Istio": (nothing_asked(BY_ITSELF), ISTIO, RELEASE),
    "nothing asked, nobody is woken": (nothing_asked(BY_HAND), NOBODY_WOKEN, RELEASE),
    "nothing asked of a server that counts no failures": (
        changed(nothing_asked(BY_HAND), (SERVE, f"{SERVE}\n    protocol: v1\n    format: sklearn")),
        ENVIRONMENT,
        RELEASE,
    ),
    "an hourly pipeline": (changed(MONITORS, ("30 5 * * *", "15 * * * *")), ENVIRONMENT, RELEASE),
    "a monthly pipeline": (changed(MONITORS, ("30 5 * * *", "0 6 1 * *")), ENVIRONMENT, RELEASE),
    "more labels than four digits": (MANY_LABELS, ENVIRONMENT, RELEASE),
    "a comment behind an expression": (
        changed(MONITORS, ("promql: boarding_queue,", "promql: 'boarding_queue  # of all gates',")),
        ENVIRONMENT,
        RELEASE,
    ),
    "label values that need escapes": (
        custom_metrics(
            r"""'waits{gate="the \"new\" one"}'""", r"""'waits{gate="C:\\9"}'""", r"""'waits{gate="9\n10"}'"""
        ),
        ENVIRONMENT,
        RELEASE,
    ),
    "label values that no series has": (
        custom_metrics("""'waits{gate=""}'""", """'waits{gate="9",gate="10"}'"""),
        ENVIRONMENT,
        RELEASE,
    ),
    "one bound to tell of and one to wake for": (
        changed(
            custom_metrics("waits", "waits", """'waits{gate="9"}'"""),
            ("id: m1, promql: waits, above: 30", "id: m1, promql: waits, above: 50, hold: 2h, then: [page, ticket]"),
            ("id: m2, promql: 'waits{gate=\"9\"}', above: 30", "id: m2, promql: 'waits{gate=\"9\"}', below: 10"),
        ),
        ENVIRONMENT,
        RELEASE,
    ),
    "sums of a series beside it": (custom_metrics("waits", "sum(waits)", """'{gate="9"}'"""), ENVIRONMENT, RELEASE),
    "a value where there is no series": (custom_metrics("waits", "waited or vector(40)"), ENVIRONMENT, RELEASE),
    "the clock": (custom_metrics("hour( )", "hour(opened)"), ENVIRONMENT, RELEASE),
    "an older Prometheus": (
        without_monitors(BY_HAND),
        changed(ENVIRONMENT, ("  prometheus:\n", '  prometheus:\n    version: "2.41"\n')),
        RELEASE,
    ),
    "no runbooks": (
        without_monitors(BY_HAND),
        changed(ENVIRONMENT, ("    runbooks: https://runbooks.example.com/models\n", "")),
        RELEASE,
    ),
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_promtool_takes_the_rules_and_their_tests_pass(
    variant: tuple[str, str, str | None], promtool: Path, tmp_path: Path
) -> None:
    rules = plan(*variant)
    write(rules, tmp_path)
    checked = run(promtool, "check", "rules", "--lint-fatal", PLAIN_FILE, at=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    names = [name for name in write_parts(rules, tmp_path) if name.endswith(f"/{TESTS_FILE}")]
    tested = run(promtool, "test", "rules", *names, at=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_rules_of_different_topics_pass_their_tests_beside_each_other(promtool: Path, tmp_path: Path) -> None:
    """As one file, which is how they are generated; above, each topic has a file of its own."""
    write(plan(), tmp_path)
    tested = run(promtool, "test", "rules", TESTS_FILE, at=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_the_operators_objects_are_taken_and_nothing_is_to_find(
    variant: tuple[str, str, str | None], shared_crds: Path
) -> None:
    rules = plan(*variant)
    assert list(lint.problems(rules)) == []
    assert [c.field for c in TARGET.capabilities if c.problem(rules) is not None] == []
    for manifest in manifests(rules).values():
        if manifest.applied:
            assert problems(manifest.documents[0], shared_crds) == [], manifest.file


def test_where_nobody_is_woken_everything_is_a_ticket_and_nothing_is_told_twice() -> None:
    alerts = [rule for group in plan(BY_HAND, NOBODY_WOKEN).groups for rule in group.rules if isinstance(rule, Alert)]
    told = [(rule.alert, rule.labels) for rule in alerts]
    assert {dict(labels)["severity"] for _, labels in told} == {"ticket"}
    assert len(told) == len(set(told))
    assert {rule.alert for rule in alerts} == {
        rule.alert for group in plan().groups for rule in group.rules if isinstance(rule, Alert)
    }


KEEPS = {
    "ModelAvailabilityBudgetBurn": {"page": "10m", "ticket": "30m"},
    "ModelLatencyBudgetBurn": {"page": "10m", "ticket": "30m"},
    "ModelLatencyUnmeasured": {"ticket": "10m"},
    "ModelUnreachable": {"page": "10m"},
    "ModelNotReady": {"page": "10m"},
    "ModelPodUnreachable": {"ticket": "10m"},
    "ModelReleaseStopped": {"ticket": "10m"},
    "ModelReleaseWaiting": {"ticket": "10m"},
    "ModelDrift": {"page": "15m", "ticket": "15m"},
    "ModelDriftRowsMissing": {"ticket": "15m"},
    "ModelQualityBeyondBound": {"page": "15m", "ticket": "15m"},
    "ModelLabelsMissing": {"ticket": "15m"},
    "ModelQualityUnmeasured": {"ticket": "15m"},
    "ModelMonitoringStale": {"page": "15m"},
    "ModelMonitoringAbsent": {"page": "15m"},
    "ModelFigureBeyondBound": {"page": "15m", "ticket": "15m"},
    "ModelFigureMissing": {"ticket": "15m"},
}


def kept(rules: RuleFile) -> dict[str, dict[str, str | None]]:
    """How long each alert goes on after its condition has ended, by name and severity, as the file says it."""
    found: dict[str, dict[str, str | None]] = {}
    (document,) = manifests(rules)[PLAIN_FILE].documents
    for rule in (rule for group in document["groups"] for rule in group["rules"] if "alert" in rule):
        found.setdefault(rule["alert"], {})[rule["labels"]["severity"]] = rule.get("keep_firing_for")
    return found


def test_an_alert_goes_on_for_a_while_so_that_nobody_is_told_twice_of_one_cause() -> None:
    assert kept(plan(BY_ITSELF)) == KEEPS
    assert kept(plan(nothing_asked(BY_HAND)))["ModelFailing"] == {"page": "10m"}


def test_an_older_prometheus_gets_no_field_that_it_does_not_know() -> None:
    older = changed(ENVIRONMENT, ("  prometheus:\n", '  prometheus:\n    version: "2.41"\n'))
    assert {duration for found in kept(plan(BY_ITSELF, older)).values() for duration in found.values()} == {None}


def test_a_count_is_written_out_in_the_text_of_an_alert() -> None:
    tests = {test.name: test for test in plan(MANY_LABELS).tests}
    ((_, texts),) = tests["labels ranking: beyond its bound"].expect[-1].firing
    assert dict(texts)["description"].startswith("19999 rows of the last 14d have a label, fewer than 20000")


def test_the_operator_can_route_every_alert_by_its_namespace() -> None:
    rules = plan()
    alerts = [rule for group in rules.groups for rule in group.rules if isinstance(rule, Alert)]
    assert {dict(alert.labels).get("namespace") for alert in alerts} == {rules.namespace}


def test_whatever_serves_is_scraped_and_has_alerts_that_need_no_figure() -> None:
    asked = nothing_asked(BY_HAND)
    names = ("ModelUnreachable", "ModelNotReady", "ModelFailing")
    one_of_several = {"ModelPodUnreachable": "ticket"}
    assert told_by(plan(asked)) == dict.fromkeys(names, "page") | one_of_several
    assert told_by(plan(asked, NOBODY_WOKEN)) == dict.fromkeys(names, "ticket") | one_of_several
    assert plan(asked).scrape is not None
    assert rule_file(view(asked, ENVIRONMENT, None), ONLINE) is None, "nothing serves yet"
    uncounted = changed(asked, (SERVE, f"{SERVE}\n    format: onnx"))
    assert told_by(plan(uncounted)) == dict.fromkeys(names[:-1], "page") | one_of_several


def test_an_objective_of_availability_says_when_failures_are_too_many() -> None:
    assert "ModelFailing" not in told_by(plan())
    assert "ModelFailing" in told_by(plan(slos("", "    latency: {objective: 99%, below: 100ms}\n")))


def test_every_alert_is_tested_to_fire_and_to_stay_silent() -> None:
    rules = plan()
    written = {
        rule.alert
        for group in rules.groups
        for rule in group.rules
        if isinstance(rule, Alert) and "saved_hours" not in rule.expr
    }
    expectations = [expected for test in rules.tests for expected in test.expect]
    assert {expected.alert for expected in expectations if expected.firing} == written
    assert {expected.alert for expected in expectations if not expected.firing} == written


@pytest.mark.parametrize(
    ("schedule", "lasts_days"),
    [("0 6 * * *", False), ("0 6 * * 1-5", True), ("0 6 1 * *", True), ("0 6 1 1 *", True)],
)
def test_tests_that_go_on_for_days_are_evaluated_once_a_day(
    schedule: str, lasts_days: bool, promtool: Path, tmp_path: Path
) -> None:
    names = write_all(plan(changed(MONITORS, ("30 5 * * *", schedule))), tmp_path)
    assert names == ([TESTS_FILE, LONG_TESTS_FILE] if lasts_days else [TESTS_FILE])
    tested = run(promtool, "test", "rules", *names, at=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_tests_that_go_on_for_days_notice_another_series(promtool: Path, tmp_path: Path) -> None:
    write_all(plan(changed(MONITORS, ("30 5 * * *", "0 6 * * 1-5"))), tmp_path)
    file = tmp_path / PLAIN_FILE
    file.write_text(
        file.read_text().replace("absent(penstock_monitoring", "absent(penstock_training"), encoding="utf-8"
    )
    assert run(promtool, "test", "rules", LONG_TESTS_FILE, at=tmp_path).returncode == 1


@pytest.mark.parametrize("file", [PLAIN_FILE, TESTS_FILE, "rules.yaml", "scraping.yaml"])
def test_the_files_are_what_a_reviewer_has_read(file: str, golden: Golden) -> None:
    golden(GOLDEN / file, emit_yaml_documents(manifests(plan())[file].documents))


def test_the_operators_object_holds_the_same_groups_as_the_plain_file() -> None:
    found = manifests(plan())
    assert found["rules.yaml"].documents[0]["spec"] == found[PLAIN_FILE].documents[0]
    assert not found[PLAIN_FILE].applied
    assert found["rules.yaml"].applied


def test_pods_are_scraped_under_the_names_that_the_rules_use() -> None:
    monitor = yaml.safe_load(emit_yaml_documents(manifests(plan(BY_ITSELF))["scraping.yaml"].documents))
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint["port"] == "metrics"
    rollout, revision = endpoint["relabelings"]
    assert (rollout["targetLabel"], rollout["replacement"]) == ("rollout", ONLINE)
    assert revision["sourceLabels"] == ["__meta_kubernetes_pod_label_rollouts_pod_template_hash"]
    assert monitor["metadata"]["labels"]["release"] == "kube-prometheus-stack"


def test_versions_of_kserve_are_told_apart_by_a_label_that_their_pods_have() -> None:
    by_hand = view(BY_HAND, ENVIRONMENT, RELEASE)
    predictor = inference_service(endpoint(by_hand, ONLINE))["spec"]["predictor"]
    scrape = plan().scrape
    assert scrape is not None
    assert dict(scrape.copies)["revision"] in predictor["labels"]
