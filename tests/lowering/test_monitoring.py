"""A model's monitoring workflow watches what its rollouts ask for, and its schedules start it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from lowering.flights import Documents, steps, values, view
from penstock.ir.workflow import ParameterValue, Schedule, Workflow
from penstock.lowering.pipelines.monitoring import monitoring_workflow
from penstock.lowering.pipelines.schedules import schedules
from penstock.targets.kubeflow.structure import problems


def workflow(change: Callable[[Documents], None] | None = None) -> Workflow:
    found = monitoring_workflow(view(change), "flight-delay")
    assert found is not None
    return found


def monitor(**changes: Any) -> Callable[[Documents], None]:
    def change(documents: Documents) -> None:
        documents["Rollout", "flight-delay-online"]["spec"]["monitor"].update(changes)

    return change


def second_rollout(documents: Documents) -> None:
    first = documents["Rollout", "flight-delay-online"]
    second = json.loads(json.dumps(first))
    second["metadata"]["name"] = "flight-delay-batch"
    second["spec"]["monitor"]["schedule"] = "0 1 * * *"
    documents["Rollout", "flight-delay-batch"] = second


def both_released(documents: Documents) -> None:
    second_rollout(documents)
    release = json.loads(json.dumps(documents["Release", "flight-delay-online-production"]))
    release["metadata"]["name"] = "flight-delay-batch-production"
    release["spec"]["rollout"] = "flight-delay-batch"
    documents["Release", "flight-delay-batch-production"] = release


def test_the_steps_follow_the_monitors() -> None:
    names = [step.name for step in workflow().steps]
    assert names[-6:] == ["features-departure-conditions", "observe", "drift", "quality", "publish", "retrain"]


def test_without_quality_no_label_is_read() -> None:
    found = steps(workflow(monitor(quality=[])))
    assert "snapshot-arrivals" not in found
    assert "quality" not in found
    assert values(found["observe"], "--label-table") == []


def test_the_window_is_the_longest_of_all_monitors() -> None:
    assert values(steps(workflow())["observe"], "--window") == ["14d"]


def clustered(**clusters: str) -> Callable[[Documents], None]:
    def change(documents: Documents) -> None:
        documents["Gate", "flight-delay-release"]["spec"]["clusters"] = clusters

    return change


def test_quality_is_measured_over_the_clusters_of_the_gates() -> None:
    found = steps(workflow(clustered(column="carrier")))
    assert values(found["observe"], "--clusters") == ['["carrier"]']
    assert values(found["quality"], "--clusters") == ['{"flight-delay-release":{"column":"carrier"}}']
    found = steps(workflow(clustered(every="1d")))
    assert values(found["observe"], "--clusters") == []
    assert values(found["quality"], "--clusters") == ['{"flight-delay-release":{"every":"1d"}}']


def test_the_groups_of_a_split_are_clusters_of_the_monitor_too() -> None:
    def change(documents: Documents) -> None:
        split = {"by": "group", "column": "carrier", "validation": "10%", "test": "20%"}
        documents["Model", "flight-delay"]["spec"]["split"] = split

    found = steps(workflow(change))
    assert values(found["observe"], "--clusters") == values(found["quality"], "--groups") == ['["carrier"]']
    assert values(steps(workflow())["quality"], "--groups") == []


def test_whom_a_monitor_tells_is_no_part_of_the_pipeline() -> None:
    quality = [{"id": "auc", "metric": "roc_auc", "below": 0.68, "window": "14d", "then": ["ticket"]}]
    assert workflow(monitor(quality=quality)) == workflow()


def test_the_released_version_is_watched() -> None:
    defaults = {parameter.name: parameter.default for parameter in workflow().parameters}
    assert defaults["digest"] == "sha256:" + "a" * 64
    assert defaults["pushgateway"] == "http://pushgateway.monitoring:9091"


def test_before_a_release_the_champion_is_watched() -> None:
    def change(documents: Documents) -> None:
        del documents["Release", "flight-delay-online-production"]

    assert {p.name: p.default for p in workflow(change).parameters}["digest"] == ""


def test_several_rollouts_have_steps_of_their_own() -> None:
    found = workflow(both_released)
    names = [step.name for step in found.steps]
    for rollout in ("flight-delay-batch", "flight-delay-online"):
        assert {f"{step}-{rollout}" for step in ("observe", "drift", "quality", "publish")} <= set(names)
    assert names.count("retrain") == 1
    drifts = [argument.key for argument in steps(found)["retrain"].arguments if argument.flag == "--drift"]
    assert drifts == ["flight-delay-batch", "flight-delay-online"]
    # Kubeflow knows inputs by their names alone.
    assert problems(found) == ()
    digests = [parameter.name for parameter in found.parameters if parameter.name.startswith("digest")]
    assert digests == ["digest_flight_delay_batch", "digest_flight_delay_online"]


def test_what_serves_nothing_yet_is_not_watched_beside_what_is_released() -> None:
    """It would be measured with the champion, and alert about a rollout that answers nobody."""
    found = workflow(second_rollout)
    assert [p.name for p in found.parameters if p.name.startswith("digest")] == ["digest_flight_delay_online"]
    assert not [step.name for step in found.steps if step.name.endswith("flight-delay-batch")]
    drifts = [argument.key for argument in steps(found)["retrain"].arguments if argument.flag == "--drift"]
    assert drifts == ["flight-delay-online"]


def test_each_rollout_publishes_under_its_own_name() -> None:
    one, both = steps(workflow()), steps(workflow(both_released))
    assert values(one["publish"], "--rollout") == ["flight-delay-online"]
    for rollout in ("flight-delay-batch", "flight-delay-online"):
        assert values(both[f"publish-{rollout}"], "--rollout") == [rollout]


def test_drift_starts_training_only_where_the_model_says_so() -> None:
    def change(documents: Documents) -> None:
        documents["Model", "flight-delay"]["spec"]["retrain"] = {"schedule": "0 3 * * 1"}

    assert "retrain" not in steps(workflow(change))
    retrain = steps(workflow())["retrain"]
    assert values(retrain, "--pipeline") == ["flight-delay-training"]
    assert values(retrain, "--version") == [ParameterValue("training_version")]
    assert values(retrain, "--cooldown") == ["1d"]


def on(**causes: bool) -> Callable[[Documents], None]:
    def change(documents: Documents) -> None:
        both_released(documents)
        documents["Model", "flight-delay"]["spec"]["retrain"] = {**causes, "cooldown": "1d"}
        del documents["Rollout", "flight-delay-batch"]["spec"]["monitor"]["quality"]

    return change


def test_what_the_model_is_retrained_on_is_all_that_is_asked() -> None:
    def findings(change: Callable[[Documents], None]) -> list[tuple[str, str | None]]:
        arguments = steps(workflow(change))["retrain"].arguments
        return [(one.flag, one.key) for one in arguments if one.flag in ("--drift", "--quality")]

    batch, online = "flight-delay-batch", "flight-delay-online"
    assert findings(on(onDrift=True)) == [("--drift", batch), ("--drift", online)]
    assert findings(on(onQuality=True)) == [("--quality", online)]
    both = [("--drift", batch), ("--drift", online), ("--quality", online)]
    assert findings(on(onDrift=True, onQuality=True)) == both
    found = workflow(on(onQuality=True))
    assert "training_version" in [parameter.name for parameter in found.parameters]
    assert problems(found) == ()


def test_an_environment_that_does_not_train_starts_no_training() -> None:
    def change(documents: Documents) -> None:
        documents["Environment", "production"]["spec"]["training"] = False

    found = workflow(change)
    assert "retrain" not in steps(found)
    assert "training_version" not in [parameter.name for parameter in found.parameters]
    (schedule,) = schedules(view(change), "flight-delay")
    assert (schedule.workflow, schedule.versions) == ("flight-delay-monitoring", ())


def test_a_monitor_that_counts_breaches_looks_at_all_their_windows() -> None:
    drift = [{"id": "d", "above": 0.2, "window": "7d", "persist": {"breaches": 3, "of": 5}}]
    assert values(steps(workflow(monitor(drift=drift)))["observe"], "--window") == ["35d"]


def test_figures_in_prometheus_alone_need_no_pipeline() -> None:
    business = [{"id": "saved", "promql": "sum(saved)", "below": 0.4}]
    assert monitoring_workflow(view(monitor(drift=[], quality=[], business=business)), "flight-delay") is None
    assert [each.workflow for each in schedules(view(monitor(drift=[], quality=[])), "flight-delay")] == [
        "flight-delay-training"
    ]


def test_what_is_measured_is_never_taken_from_a_cache() -> None:
    uncached = {step.name for step in workflow().steps if not step.cache}
    assert {"observe", "publish", "retrain"} <= uncached


def test_schedules_start_both_workflows() -> None:
    found = schedules(view(), "flight-delay")
    assert [(each.name, each.cron) for each in found] == [
        ("flight-delay-training", "0 3 * * 1"),
        ("flight-delay-monitoring", "30 5 * * *"),
    ]


def test_rollouts_that_disagree_on_the_hour_have_a_schedule_each() -> None:
    found = schedules(view(both_released), "flight-delay")
    assert [(each.name, each.workflow, each.cron) for each in found if isinstance(each, Schedule)][1:] == [
        ("flight-delay-monitoring-flight-delay-batch", "flight-delay-monitoring", "0 1 * * *"),
        ("flight-delay-monitoring-flight-delay-online", "flight-delay-monitoring", "30 5 * * *"),
    ]


def test_what_is_not_released_is_not_watched_by_the_clock() -> None:
    def withdrawn(documents: Documents) -> None:
        del documents["Release", "flight-delay-online-production"]

    assert [each.name for each in schedules(view(withdrawn), "flight-delay")] == ["flight-delay-training"]
    assert monitoring_workflow(view(withdrawn), "flight-delay") is not None


def test_a_schedule_keeps_its_name_when_another_rollout_is_released() -> None:
    names = [each.name for each in schedules(view(second_rollout), "flight-delay")]
    assert names == ["flight-delay-training", "flight-delay-monitoring-flight-delay-online"]
