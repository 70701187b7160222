"""Alerts about releases: stopped by the controller, stuck, or forgotten by the person who is to go on."""

from __future__ import annotations

from pathlib import Path

from lowering.rollouts import BY_HAND, BY_ITSELF, ENVIRONMENT, PLAIN, changed, release
from penstock.ir.monitoring import Alert
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.targets.prometheus.target import LONG_TESTS_FILE, PLAIN_FILE
from targets.prometheus_rules import alert_of, manifests, nothing_asked, plan, run, told_by


def test_what_argo_rollouts_stops_or_pauses_is_told() -> None:
    asked = nothing_asked(BY_ITSELF)
    told = {"ModelReleaseStopped": "ticket", "ModelReleaseWaiting": "ticket"}
    assert told.items() <= told_by(plan(asked)).items()
    assert not told.keys() & told_by(plan(BY_ITSELF, ENVIRONMENT, None)).keys(), "nothing is released"
    assert not told.keys() & told_by(plan(nothing_asked(BY_HAND))).keys(), "no controller holds it"


def waiting(rollout: str) -> Alert:
    """The alert of a release that takes too long."""
    return alert_of(plan(rollout), "ModelReleaseWaiting")


def test_a_release_waits_half_an_hour_longer_than_its_steps_are_held() -> None:
    asked = nothing_asked(BY_ITSELF)
    assert waiting(asked).hold == "3h", "30m and 2h"
    assert "too few requests" in dict(waiting(asked).annotations)["description"]


def test_a_release_that_nothing_measures_may_be_stuck_too() -> None:
    """The controller that may not write the route goes on trying, whatever the deadline."""
    conditions = BY_ITSELF[BY_ITSELF.index("      abortOn:") : BY_ITSELF.index("  slos:")]
    unmeasured = nothing_asked(changed(BY_ITSELF, (conditions, "")))
    assert waiting(unmeasured).hold == "3h"
    without = nothing_asked(changed(PLAIN, ("target: kserve", "target: argo-rollouts")))
    assert waiting(without).hold == "30m"
    for rollout in (unmeasured, without):
        assert "too few requests" not in dict(waiting(rollout).annotations)["description"]


def test_a_step_that_a_person_is_to_end_may_take_its_time_and_what_the_controller_does_may_not() -> None:
    by_person = waiting(changed(nothing_asked(BY_ITSELF), ("{weight: 25%, hold: 2h}", "{weight: 25%}")))
    assert by_person.hold == "30m"
    assert "Progressing" in by_person.expr
    assert "Paused" not in by_person.expr


def test_a_step_that_a_person_is_to_end_is_not_forgotten() -> None:
    asked = nothing_asked(BY_ITSELF)
    assert "ModelReleaseForgotten" not in told_by(plan(asked)), "no step waits for a person"
    by_person = plan(changed(asked, ("{weight: 25%, hold: 2h}", "{weight: 25%}")))
    alert = alert_of(by_person, "ModelReleaseForgotten")
    assert alert.hold == "3d30m", "the first step is held for 30m"
    assert "Progressing" not in alert.expr
    assert "has been paused for 3d30m." in dict(alert.annotations)["description"]


def test_a_canary_that_pull_requests_advance_is_not_forgotten(promtool: Path, tmp_path: Path) -> None:
    asked = nothing_asked(BY_HAND)
    first, second = (plan(asked, ENVIRONMENT, release(step=step)) for step in (0, 1))
    alert, next_alert = (alert_of(rules, "ModelReleaseForgotten") for rules in (first, second))
    assert alert.hold == next_alert.hold == "3d"
    assert alert.labels != next_alert.labels, "the next step waits anew"
    assert "has had 5% of the requests for 3d, at step 0." in dict(alert.annotations)["description"]
    assert "ModelReleaseForgotten" not in told_by(plan(asked, ENVIRONMENT, release())), "the canary is complete"
    found = manifests(first)
    for file in (PLAIN_FILE, LONG_TESTS_FILE):
        (tmp_path / file).write_text(emit_yaml_documents(found[file].documents), encoding="utf-8")
    assert run(promtool, "test", "rules", LONG_TESTS_FILE, at=tmp_path).returncode == 0
    file = tmp_path / PLAIN_FILE
    file.write_text(changed(file.read_text(encoding="utf-8"), ("for: 3d", "for: 5d")), encoding="utf-8")
    assert run(promtool, "test", "rules", LONG_TESTS_FILE, at=tmp_path).returncode == 1


def test_the_tests_of_a_canary_that_takes_days_are_evaluated_once_a_day(promtool: Path, tmp_path: Path) -> None:
    rules = plan(changed(nothing_asked(BY_ITSELF), ("hold: 30m", "hold: 3d"), ("hold: 2h", "hold: 7d")))
    found = manifests(rules)
    assert [test["name"] for test in found[LONG_TESTS_FILE].documents[0]["tests"]] == [
        "waiting: paused all the time",
        "waiting: scraped without honouring labels",
        "waiting: completed",
        "waiting: another rollout",
        "waiting: another namespace",
    ]
    for file in (PLAIN_FILE, LONG_TESTS_FILE):
        (tmp_path / file).write_text(emit_yaml_documents(found[file].documents), encoding="utf-8")
    assert run(promtool, "test", "rules", LONG_TESTS_FILE, at=tmp_path).returncode == 0
    file = tmp_path / PLAIN_FILE
    file.write_text(changed(file.read_text(encoding="utf-8"), ('for: "10d30m"', "for: 13d")), encoding="utf-8")
    assert run(promtool, "test", "rules", LONG_TESTS_FILE, at=tmp_path).returncode == 1
