"""Every alert reaches the receiver that its team names: by Alertmanager's own judgement, and by what it sends."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from loopback import Request, free_port, json_api, running
from penstock.catalog.load import load_work_tree
from penstock.ir.alert_routes import AlertRoutes, Mail, Receiver, Route, SecretValue
from penstock.lowering.alert_routes import alert_routes
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.specs.team import Team
from penstock.targets.alertmanager.operator_config import operator_config
from penstock.targets.alertmanager.plain_config import SECRETS, plain_config
from targets.crds import problems

ROOT = Path(__file__).parents[3]
PRODUCTION = ROOT / "generated" / "production"
PLAIN = PRODUCTION / "alertmanager.yaml"
_DELIVERY_SECONDS = 120
_PAUSE = 0.1


def alerts() -> Iterator[dict[str, str]]:
    """The labels of every alert of production that the rules set by themselves."""
    for path in sorted(PRODUCTION.glob("*/*rules.prometheus.yaml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from ({"alertname": one["alert"], **one["labels"]} for one in group["rules"] if "alert" in one)


def contacts() -> dict[tuple[str, str], str | None]:
    """The receivers by team and severity, as the specs have them."""
    view = load_work_tree(ROOT).view("production")
    found = {}
    for team in view.all(Team):
        found[team.name, "page"] = team.spec.contact.page
        found[team.name, "ticket"] = team.spec.contact.ticket
    return found


def receiver(amtool: Path, labels: dict[str, str]) -> str:
    """Who gets an alert, as amtool reads the plain configuration."""
    words = [f"{name}={value}" for name, value in labels.items()]
    command = [amtool, "config", "routes", "test", f"--config.file={PLAIN}", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def test_alertmanager_takes_the_configuration(amtool: Path) -> None:
    run = subprocess.run([amtool, "check-config", PLAIN], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr


SERVICES = (
    Receiver("pager", "pagerduty", SecretValue("pagerduty", "routing-key")),
    Receiver("channel", "slack", SecretValue("slack", "url"), channel="#ml"),
    Receiver("teams", "msteams", SecretValue("teams", "url")),
    Receiver("hook", "webhook", SecretValue("hook", "url")),
    Receiver("list", "email", None, mail=Mail("ml@example.org", "alerts@example.org", "mail.example.org:25", None)),
    Receiver(
        "inbox",
        "email",
        SecretValue("mail", "password"),
        mail=Mail("ml@example.org", "alerts@example.org", "mail.example.org:587", "alerts"),
    ),
)
"""Each service, and mail with and without a login."""
ROUTES = AlertRoutes(
    environment="staging",
    namespace="ml-staging",
    owner="platform",
    version="0.28",
    receivers=SERVICES,
    routes=(Route("ml", "page", "pager", "4h"), Route("ml", "ticket", "list", "1d")),
    fallback="inbox",
    repeat="4h",
    group_by=("alertname",),
    inhibited_by_page=("alertname",),
)


def test_alertmanager_takes_every_service(amtool: Path, tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yaml"
    path.write_text(emit_yaml_documents((plain_config(ROUTES),)), encoding="utf-8")
    run = subprocess.run([amtool, "check-config", path], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_operators_own_schema_takes_every_service(shared_crds: Path) -> None:
    assert problems(operator_config(ROUTES), shared_crds) == []


def test_every_alert_of_the_examples_reaches_the_receiver_that_its_team_names(amtool: Path) -> None:
    found = list(alerts())
    assert len(found) > 30
    assert {one["severity"] for one in found} == {"page", "ticket"}
    named = contacts()
    asked = {(one["team"], one["severity"]): one for one in found}
    for (team, severity), labels in asked.items():
        assert receiver(amtool, labels) == named[team, severity]


def test_what_nobody_named_a_contact_for_reaches_the_fallback(amtool: Path) -> None:
    known = {"environment": "production", "severity": "page"}
    assert receiver(amtool, {**known, "team": "privacy"}) == "platform-tickets"
    assert receiver(amtool, {**known, "team": "nobody-knows"}) == "platform-tickets"


def test_alerts_of_others_reach_nobody(amtool: Path) -> None:
    assert receiver(amtool, {"environment": "staging", "team": "flight-ml", "severity": "page"}) == "nobody"
    assert receiver(amtool, {"alertname": "KubePodCrashLooping", "namespace": "ml-production"}) == "nobody"


def test_the_object_of_the_operator_says_the_same_as_the_plain_file() -> None:
    view = load_work_tree(ROOT).view("production")
    routes = alert_routes(view)
    assert routes is not None
    plain, (ours,) = plain_config(routes), plain_config(routes)["route"]["routes"]
    spec = operator_config(routes)["spec"]
    assert _plain_route(spec["route"]) == ours
    (rule,) = spec["inhibitRules"]
    assert plain["inhibit_rules"] == [
        {
            "source_matchers": _matchers(rule["sourceMatch"]),
            "target_matchers": _matchers(rule["targetMatch"]),
            "equal": rule["equal"],
        }
    ]
    names = [one["name"] for one in plain["receivers"]]
    assert names == ["nobody", *(one["name"] for one in spec["receivers"])]
    assert len({*names}) == len(names)


_OPERATORS_NAMES = {
    "groupBy": "group_by",
    "groupWait": "group_wait",
    "groupInterval": "group_interval",
    "repeatInterval": "repeat_interval",
}


def _plain_route(route: dict[str, Any]) -> dict[str, Any]:
    found = {_OPERATORS_NAMES.get(key, key): value for key, value in route.items()}
    found["matchers"] = _matchers(route["matchers"])
    if "routes" in route:
        found["routes"] = [_plain_route(one) for one in route["routes"]]
    return found


def _matchers(listed: list[dict[str, str]]) -> list[str]:
    assert all(one.keys() == {"name", "value"} for one in listed)
    return [f'{one["name"]}="{one["value"]}"' for one in listed]


class Told:
    """What services on loopback were sent, each by the path of its address."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def answer(self, request: Request) -> tuple[int, Any]:
        self.requests.append(request)
        return 202 if request.path == "/pagerduty" else 200, {"status": "success"}

    def until(self, path: str, text: str) -> Any:
        """The first body for a path that holds a text; the test fails where none comes."""
        deadline = time.monotonic() + _DELIVERY_SECONDS
        while time.monotonic() < deadline:
            for one in tuple(self.requests):
                if one.path == path and text in json.dumps(one.body):
                    return one.body
            time.sleep(_PAUSE)
        pytest.fail(f"nothing about {text} for {path}: {self.requests}")


def firing(name: str, severity: str, **labels: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "labels": {
            "alertname": name,
            "severity": severity,
            "team": "flight-ml",
            "environment": "production",
            "model": "flight-delay",
            "rollout": "flight-delay-online",
            **labels,
        },
        "annotations": {
            "summary": f"{name} is firing",
            "description": f"What {name} says <at length>",
            "runbook_url": f"https://runbooks.example.com/ml/{name}",
        },
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(minutes=5)).isoformat(),
    }


def test_alertmanager_tells_the_pager_of_a_page_and_nobody_of_its_ticket(alertmanager: Path, tmp_path: Path) -> None:
    told = Told()
    with json_api(told.answer) as services:
        config = yaml.safe_load(PLAIN.read_text(encoding="utf-8").replace(SECRETS, str(tmp_path)))
        config["route"]["routes"][0] |= {"group_wait": "1s"}
        for one in config["receivers"]:
            for pager in one.get("pagerduty_configs", ()):
                pager["url"] = f"{services}/pagerduty"
        (tmp_path / "alertmanager.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        for secret, key, value in (
            ("alerts-pagerduty", "flight-ml", "key-of-flight-ml"),
            ("alerts-slack", "url", f"{services}/slack"),
        ):
            (tmp_path / secret).mkdir()
            (tmp_path / secret / key).write_text(value, encoding="utf-8")
        port = free_port()
        command = [
            alertmanager,
            f"--config.file={tmp_path}/alertmanager.yaml",
            f"--storage.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ]
        with running(command, port, tmp_path) as address:
            burning = firing("ModelAvailabilityBudgetBurn", "page", slo="availability")
            _post(f"{address}/api/v2/alerts", [burning])
            paged = told.until("/pagerduty", "ModelAvailabilityBudgetBurn")
            drifting = firing("ModelDrift", "ticket", monitor="drift", feature="<distance>")
            slowly = firing("ModelAvailabilityBudgetBurn", "ticket", slo="availability")
            other = firing("ModelAvailabilityBudgetBurn", "ticket", slo="latency")
            _post(f"{address}/api/v2/alerts", [slowly, other, drifting, firing("ModelDrift", "ticket", feature="hour")])
            (ticket,) = told.until("/slack", "ModelDrift")["attachments"]
            (burnt,) = told.until("/slack", "ModelAvailabilityBudgetBurn")["attachments"]
    assert paged["routing_key"] == "key-of-flight-ml"
    assert paged["payload"]["summary"] == "[FIRING] ModelAvailabilityBudgetBurn is firing"
    assert paged["payload"]["severity"] == "critical"
    assert ticket["title"] == "[FIRING] ModelDrift is firing (2 alerts)"
    assert ticket["text"].count("What ModelDrift says") == 2
    assert "<https://runbooks.example.com/ml/ModelDrift|runbook>" in ticket["text"]
    assert "dashboard" not in ticket["text"]
    # Of the two tickets about budgets, the one that pages already is muted.
    assert burnt["title"] == "[FIRING] ModelAvailabilityBudgetBurn is firing"


def _post(address: str, body: Any) -> None:
    data = json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answered:
        assert answered.status == 200
