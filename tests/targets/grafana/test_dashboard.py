"""Dashboards of which Grafana's own models know every field, over series that are there, with the alerts' bounds."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from lowering import flights
from lowering.flights import Documents
from lowering.rollouts import BY_HAND, BY_ITSELF, ENVIRONMENT, ISTIO, KNATIVE, ONLINE, RELEASE, changed
from penstock.capabilities import capability_problems
from penstock.catalog.model import SpecId, View
from penstock.ir.dashboard import Bound, Dashboard, Panel
from penstock.ir.monitoring import Recording, RuleFile
from penstock.lowering.conventions import dashboard_uid
from penstock.lowering.dashboards import dashboard
from penstock.lowering.plans import rollout_plans
from penstock.lowering.rules.rollout import rule_file
from penstock.lowering.rules.trainings import training_rules
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.specs.series import SERIES
from penstock.targets.grafana.target import TARGET
from penstock.targets.prometheus.target import TARGET as PROMETHEUS
from penstock.verification.dashboards import dashboard_problems, dashboards, json_texts, queries
from penstock.verification.promql import promql_problems

GRAFANA = '  grafana: {version: "12.2", url: "https://grafana.example.com/"}\n'
KINDS = {"by hand": (BY_HAND, ENVIRONMENT), "by itself": (BY_ITSELF, ENVIRONMENT), "Istio": (BY_HAND, ISTIO)}
KINDS["Knative"] = (changed(BY_HAND, ("metric: cpu, target: 70", "metric: rps, target: 50")), KNATIVE)
PROMETHEUS_OWN = {"ALERTS", "up"}
_METRIC = re.compile(r"([A-Za-z_:][\w:]*)\{")


def view(rollout: str = BY_ITSELF, environment: str = ENVIRONMENT, grafana: str = GRAFANA) -> View:
    def change(documents: Documents) -> None:
        documents["Environment", "production"] = yaml.safe_load(environment + grafana)
        documents["Rollout", ONLINE] = yaml.safe_load(rollout)
        documents["Model", "flight-delay"]["spec"]["retrain"] = {"schedule": "0 3 * * 1"}
        del documents["Release", "flight-delay-online-production"]
        documents["Release", "production-release"] = yaml.safe_load(RELEASE)
        documents["Team", "platform"] = {
            **documents["Team", "flight-ml"],
            "metadata": {"name": "platform", "owner": "platform"},
        }

    return flights.view(change)


def plan(*arguments: str, **named: str) -> Dashboard:
    found = dashboard(view(*arguments, **named), ONLINE)
    assert found is not None
    return found


def config_map(shown: Dashboard) -> dict[str, Any]:
    ((manifest),) = TARGET.renders[Dashboard](shown)
    ((document),) = manifest.documents
    return document


def model(shown: Dashboard) -> dict[str, Any]:
    ((_, found),) = dashboards(json_texts(config_map(shown)))
    return found


def panels(shown: Dashboard) -> dict[str, Panel]:
    return {panel.title: panel for row in shown.rows for panel in row.panels}


def expressions(shown: Dashboard) -> list[str]:
    return [query.expr for panel in panels(shown).values() for query in panel.queries]


def metrics(expression: str) -> set[str]:
    promql_parser.parse(expression)
    return set(_METRIC.findall(expression))


@pytest.mark.parametrize("kind", KINDS)
def test_grafana_knows_every_field(kind: str) -> None:
    plugins = pytest.importorskip("grafana_foundation_sdk.cog.plugins", reason="Grafana's models are not installed")
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models.dashboard import Dashboard as Official

    plugins.register_default_plugins()
    ours = model(plan(*KINDS[kind]))
    theirs = json.loads(JSONEncoder().encode(Official.from_json(ours)))
    assert list(lost(ours, theirs)) == []


def test_a_field_that_grafana_does_not_know_would_be_seen() -> None:
    assert list(lost({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1, "d": 3}]})) == ["a.0.c"]


def lost(ours: Any, theirs: Any, at: str = "") -> Iterator[str]:
    """What of our values is not in theirs; they may add what they take for granted."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            where = f"{at}.{key}".lstrip(".")
            if key in theirs:
                yield from lost(value, theirs[key], where)
            else:
                yield where
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from lost(one, other, f"{at}.{index}")
    elif ours != theirs:
        yield at


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_overlaps_and_every_expression_parses(kind: str) -> None:
    texts = json_texts(config_map(plan(*KINDS[kind])))
    assert list(dashboard_problems(texts)) == []
    assert list(promql_problems(queries(texts))) == []


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_shown_is_recorded_pushed_or_served(kind: str) -> None:
    at = view(*KINDS[kind])
    found = dashboard(at, ONLINE)
    assert found is not None
    made = PROMETHEUS_OWN | {series.name for series in SERIES}
    for rules in (rule_file(at, ONLINE), training_rules(at, "flight-delay")):
        assert rules is not None
        each = [rule for group in rules.groups for rule in group.rules]
        made |= {rule.record for rule in each if isinstance(rule, Recording)}
        made |= {name for rule in each for name in metrics(rule.expr)}
    for expression in expressions(found):
        assert metrics(expression) <= made | {"boarding_queue", "saved_hours_total"}, expression


def test_a_panel_has_the_bound_of_its_alert() -> None:
    found = {title: panel.bound for title, panel in panels(plan()).items()}
    assert found["inputs: psi"] == Bound(0.25, "above")
    assert found["inputs: windows above the bound"] == Bound(3, "above")
    assert found["scores: psi"] == Bound(0.2, "above")
    assert found["ranking: roc_auc"] == Bound(0.62, "below")
    assert found["ranking: labels"] == Bound(2000, "below")
    assert found["saved-hours"] == Bound(0.4, "below")
    assert found["queue"] == Bound(100, "above")
    assert found["Availability: share of requests that failed"] == Bound(0.001, "above")
    assert found["Response times"] == Bound(0.1, "above")
    # Two periods of 24 hours, and two of a week with six hours for a queue: as the rules about both have it.
    assert found["Since last monitoring run"] == Bound(2 * 86_400, "above")
    assert found["Since last training"] == Bound(14 * 86_400 + 6 * 3_600, "above")


def test_before_the_first_release_no_panel_waits_for_a_pipeline_that_nothing_starts() -> None:
    def withdrawn(documents: Documents) -> None:
        documents["Environment", "production"] = yaml.safe_load(ENVIRONMENT + GRAFANA)
        del documents["Release", "flight-delay-online-production"]

    found = dashboard(flights.view(withdrawn), ONLINE)
    assert found is not None
    assert "Last watched" not in panels(found)
    assert "Reachable pods" in panels(found)


def test_a_bound_is_red_on_its_far_side() -> None:
    steps = {
        panel["title"]: panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        for panel in model(plan())["panels"]
        if panel["type"] != "row"
    }
    assert steps["scores: psi"] == [{"color": "green", "value": None}, {"color": "red", "value": 0.2}]
    assert steps["ranking: roc_auc"] == [{"color": "red", "value": None}, {"color": "green", "value": 0.62}]
    assert steps["Requests"] == [{"color": "green", "value": None}]


def test_a_release_that_has_ended_well_is_not_coloured_like_one_that_somebody_has_to_look_at() -> None:
    shown = {panel["title"]: panel for panel in model(plan())["panels"]}
    (ended_well,) = shown["Release"]["fieldConfig"]["overrides"]
    assert ended_well["matcher"] == {"id": "byName", "options": "Completed"}
    assert ended_well["properties"] == [{"id": "color", "value": {"mode": "fixed", "fixedColor": "green"}}]
    assert shown["Alerts"]["fieldConfig"]["overrides"] == [], "no alert that fires is good"


@pytest.mark.parametrize("bound", ["1.0e+300", "-18446744073709551616.0"])
def test_a_bound_may_be_larger_than_any_integer_of_json(bound: str) -> None:
    shown = model(plan(changed(BY_ITSELF, ("boarding_queue, above: 100", f"boarding_queue, above: {bound}"))))
    (queue,) = [panel for panel in shown["panels"] if panel["title"] == "queue"]
    assert queue["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] == float(bound)


def test_a_canary_is_shown_apart() -> None:
    for environment, label in ((ENVIRONMENT, "revision"), (ISTIO, "destination_service_name")):
        for rollout in (BY_ITSELF, BY_HAND):
            apart = panels(plan(rollout, environment))["Failures"].queries[0]
            assert apart.legend == f"{{{{{label}}}}}"
            assert f"sum by ({label})" in apart.expr
    assert "Release" in panels(plan(BY_ITSELF))
    assert "Release" not in panels(plan(BY_HAND))


def test_no_two_rollouts_share_an_address_or_a_file() -> None:
    shown = plan()
    places = [("a-b", "c"), ("a", "b-c"), ("production", "r" * 50), ("staging", "r" * 50), ("production", "r" * 49)]
    addresses = {dashboard_uid(environment, rollout) for environment, rollout in places}
    assert len(addresses) == len(places)
    assert all(re.fullmatch(r"[a-z0-9-]{8,40}", address) for address in {*addresses, shown.uid})
    assert shown.uid == dashboard_uid("production", ONLINE)
    assert list(config_map(shown)["data"]) == ["production.flight-delay-online.json"]
    files = {
        key
        for environment, rollout in places
        for key in config_map(shown._replace(environment=environment, rollout=rollout))["data"]
    }
    assert len(files) == len(places)
    long = shown._replace(rollout="r" * 50)
    assert config_map(long)["metadata"]["name"] == f"{'r' * 50}-dashboard"


def test_an_alert_leads_to_the_dashboard() -> None:
    rules = rule_file(view(), ONLINE)
    assert rules is not None
    links = {
        dict(rule.annotations)["dashboard_url"]
        for group in rules.groups
        for rule in group.rules
        if not isinstance(rule, Recording)
    }
    assert links == {f"https://grafana.example.com/d/{plan().uid}"}


def test_the_config_map_is_found_by_its_labels() -> None:
    wanted = '  grafana: {labels: {dashboards: ours}, annotations: {grafana_folder: "ML models"}}\n'
    metadata = config_map(plan(grafana=wanted))["metadata"]
    assert metadata["labels"]["dashboards"] == "ours"
    assert metadata["labels"]["cost-centre"] == "4711"
    assert "grafana_dashboard" not in metadata["labels"]
    assert metadata["annotations"] == {"grafana_folder": "ML models"}
    assert config_map(plan())["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_without_grafana_there_is_none() -> None:
    at = view(grafana="")
    assert dashboard(at, ONLINE) is None
    assert not any(isinstance(each, Dashboard) for each in rollout_plans(at, ONLINE))
    assert any(isinstance(each, Dashboard) for each in rollout_plans(view(), ONLINE))


def test_a_grafana_that_does_not_know_the_model_is_an_error() -> None:
    at = view(grafana='  grafana: {version: "9.5"}\n')
    (problem,) = capability_problems(at, SpecId("Rollout", ONLINE), plan(grafana='  grafana: {version: "9.5"}\n'))
    assert problem.primary is not None
    assert problem.primary.message == "Grafana 9.5 does not support the generated dashboard schema"
    assert problem.help == ("use Grafana 10 or newer",)
    assert list(capability_problems(view(), SpecId("Rollout", ONLINE), plan())) == []


PUSHED = 'environment="production",model="flight-delay",rollout="flight-delay-online",job="penstock"'
SCRAPED = 'namespace="ml-prod",rollout="flight-delay-online"'
ANSWERED = f'{SCRAPED},path="/v2/models/m/infer",revision="a"'
SAMPLES = {
    f'rest_server_requests_total{{{ANSWERED},status_code="200"}}': "0+60x200",
    f'rest_server_requests_total{{{ANSWERED},status_code="503"}}': "0+1x200",
    f'rest_server_request_duration_seconds_bucket{{{ANSWERED},status_code="200",le="0.1"}}': "0+59x200",
    f'rest_server_request_duration_seconds_bucket{{{ANSWERED},status_code="200",le="+Inf"}}': "0+60x200",
    f'rest_server_request_duration_seconds_count{{{ANSWERED},status_code="200"}}': "0+60x200",
    f"up{{{SCRAPED}}}": "1x200",
    'rollout_info{name="flight-delay-online",namespace="ml-prod",phase="Paused"}': "1x200",
    f'penstock_drift_distance{{{PUSHED},monitor="inputs",feature="distance"}}': "0.1x200",
    f'penstock_drift_distance{{{PUSHED},monitor="scores",feature="prediction"}}': "0.1x200",
    f'penstock_drift_breaches{{{PUSHED},monitor="inputs",feature="distance"}}': "4x200",
    f'penstock_drift_rows{{{PUSHED},monitor="inputs"}}': "500x200",
    f'penstock_drift_rows{{{PUSHED},monitor="scores"}}': "500x200",
    f'penstock_quality_value{{{PUSHED},monitor="ranking",metric="roc_auc"}}': "0.7x200",
    f'penstock_quality_labels{{{PUSHED},monitor="ranking"}}': "3000x200",
    f"penstock_monitoring_observed_rows{{{PUSHED}}}": "500x200",
    f"penstock_monitoring_last_run_timestamp_seconds{{{PUSHED}}}": "60x200",
    'penstock_training_last_registration_timestamp_seconds{environment="production",model="flight-delay"}': "60x200",
    'saved_hours_total{app="boarding"}': "0+10x200",
    "boarding_queue": "5x200",
}


def test_every_panel_has_a_value_where_the_series_are_there(tmp_path: Path, promtool: Path) -> None:
    """promtool names each expression that gives something where nothing is expected: that has to be each of them."""
    rules = rule_file(view(), ONLINE)
    assert rules is not None
    for manifest in PROMETHEUS.renders[RuleFile](rules):
        (tmp_path / manifest.file).write_text(emit_yaml_documents(manifest.documents), encoding="utf-8")
    wanted = expressions(plan())
    tests = {
        "rule_files": ["rules.prometheus.yaml"],
        "evaluation_interval": "1m",
        "group_eval_order": [group.name for group in rules.groups],
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in SAMPLES.items()],
                "promql_expr_test": [{"expr": one, "eval_time": "3h", "exp_samples": []} for one in wanted],
            }
        ],
    }
    (tmp_path / "shown.yaml").write_text(yaml.safe_dump(tests), encoding="utf-8")
    command = [promtool, "test", "rules", "shown.yaml"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    told = run.stdout + run.stderr
    assert [one for one in wanted if json.dumps(one) not in told] == []
    assert '"ModelDrift"' in told
