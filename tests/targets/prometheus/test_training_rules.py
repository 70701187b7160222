"""A model that the clock trains is missed when it registers nothing: promtool takes the rules, and their tests pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from golden_files import Golden
from lowering.flights import Documents, view
from lowering.rollouts import changed
from penstock.ir.monitoring import Alert, RuleFile
from penstock.lowering.cron_period import longest_gap
from penstock.lowering.plans import model_plans
from penstock.lowering.rules.trainings import training_rules
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.targets.prometheus import lint
from penstock.targets.prometheus.target import TARGET
from targets.crds import problems
from targets.prometheus_rules import run, write_all

GOLDEN = Path(__file__).parent / "golden"
PLAIN, TESTS, APPLIED = "training-rules.prometheus.yaml", "training-rules.days.test.yaml", "training-rules.yaml"
Change = Callable[[Documents], None]


def retrain(**how: Any) -> Change:
    def change(documents: Documents) -> None:
        documents["Model", "flight-delay"]["spec"]["retrain"] = how

    return change


def production(**changes: Any) -> Change:
    def change(documents: Documents) -> None:
        documents["Environment", "production"]["spec"].update(changes)

    return change


def plan(change: Change | None = None) -> RuleFile:
    found = training_rules(view(change), "flight-delay")
    assert found is not None
    return found


def alerts(rules: RuleFile) -> dict[str, Alert]:
    return {rule.alert: rule for group in rules.groups for rule in group.rules if isinstance(rule, Alert)}


def texts(rules: RuleFile) -> dict[str, str]:
    return {found.file: emit_yaml_documents(found.documents) for found in TARGET.renders[RuleFile](rules)}


SCHEDULES = {
    "weekly": None,
    "hourly": retrain(schedule="5 * * * *"),
    "on working days": retrain(schedule="0 3 * * 1-5"),
    "yearly": retrain(schedule="0 4 1 11 *"),
    "on leap days": retrain(schedule="0 4 29 2 *"),
    "a Prometheus of old, without runbooks": production(prometheus={"version": "2.41"}),
}


@pytest.mark.parametrize("change", SCHEDULES.values(), ids=SCHEDULES)
def test_promtool_takes_the_rules_and_their_tests_pass(change: Change | None, promtool: Path, tmp_path: Path) -> None:
    write_all(plan(change), tmp_path)
    tests = [file.name for file in tmp_path.glob("*.test.yaml")]
    assert len(tests) == 1
    for command in (("check", "rules", "--lint-fatal", PLAIN), ("test", "rules", *tests)):
        done = run(promtool, *command, at=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("what", "old", "new"),
    [
        ("training that may stop for a year", "> 1231200", "> 31536000"),
        ("another series", "absent(penstock_training", "absent(penstock_monitoring"),
        ("labels of the scrape", 'model="flight-delay"}) > ', 'model="flight-delay",job="penstock"}) > '),
        ("an older word of another scrape", "max by", "min by"),
        ("a model that was just added", "for: 10d", "for: 1d"),
    ],
)
def test_the_tests_notice(what: str, old: str, new: str, promtool: Path, tmp_path: Path) -> None:
    write_all(plan(), tmp_path)
    file = tmp_path / PLAIN
    file.write_text(changed(file.read_text(encoding="utf-8"), (old, new)), encoding="utf-8")
    assert run(promtool, "test", "rules", TESTS, at=tmp_path).returncode == 1, what


@pytest.mark.parametrize("file", [PLAIN, TESTS, APPLIED])
def test_the_files_are_what_a_reviewer_has_read(file: str, golden: Golden) -> None:
    golden(GOLDEN / file, texts(plan())[file])


def test_the_operators_object_is_taken_and_nothing_is_to_find(shared_crds: Path) -> None:
    assert list(lint.problems(plan())) == []
    applied = [found for found in TARGET.renders[RuleFile](plan()) if found.applied]
    assert [found.file for found in applied] == [APPLIED]
    assert problems(applied[0].documents[0], shared_crds) == []


def test_every_alert_is_tested_to_fire_and_to_stay_silent() -> None:
    expectations = [expected for test in plan().tests for expected in test.expect]
    for fires in (True, False):
        assert {one.alert for one in expectations if bool(one.firing) is fires} == alerts(plan()).keys()


def test_two_periods_and_what_a_run_may_take_longer_are_too_many() -> None:
    rules = alerts(plan())
    assert rules["ModelTrainingStale"].expr.endswith(f"> {14 * 86_400 + 6 * 3600}")
    assert rules["ModelTrainingAbsent"].hold == "10d"
    hourly = alerts(plan(retrain(schedule="5 * * * *")))
    assert hourly["ModelTrainingStale"].expr.endswith(f"> {3 * 3600}"), "a run may take no more than a period longer"
    assert hourly["ModelTrainingAbsent"].hold == "2h"


@pytest.mark.parametrize("schedule", ["0 4 1 11 *", "0 0 29 2 *"])
def test_rare_training_is_not_missed_before_it_is_due(schedule: str) -> None:
    hold = alerts(plan(retrain(schedule=schedule)))["ModelTrainingAbsent"].hold
    assert hold == f"{(longest_gap(schedule) + dt.timedelta(days=3)).days}d"


def test_it_is_a_ticket_for_the_models_owner_and_says_where_to_look() -> None:
    for rule in alerts(plan()).values():
        assert dict(rule.labels) == {
            "severity": "ticket",
            "team": "flight-ml",
            "namespace": "flights",
            "environment": "production",
            "model": "flight-delay",
        }
        said = dict(rule.annotations)["description"]
        assert "Runs fail, a gate rejects the new model" in said
        assert "flight-delay-training" in said


NONE = {
    "no training here": production(training=False),
    "no cluster": production(cluster=False),
    "drift alone starts it": retrain(onDrift=True, cooldown="1d"),
    "nothing starts it": lambda documents: documents["Model", "flight-delay"]["spec"].pop("retrain"),
}


@pytest.mark.parametrize("change", NONE.values(), ids=NONE)
def test_what_no_clock_starts_is_not_missed(change: Change) -> None:
    assert training_rules(view(change), "flight-delay") is None
    assert not [found for found in model_plans(view(change), "flight-delay") if isinstance(found, RuleFile)]


def test_a_rollout_of_the_models_name_keeps_its_files_and_objects() -> None:
    applied = next(found for found in TARGET.renders[RuleFile](plan()) if found.applied)
    assert applied.documents[0]["metadata"]["name"] == "flight-delay.training"
    assert all(found.file.startswith("training-") for found in TARGET.renders[RuleFile](plan()))
