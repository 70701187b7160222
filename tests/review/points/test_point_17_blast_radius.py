"""Point 17: the affected models, environments, schedules, SLOs and cost, direct and indirect."""

from __future__ import annotations

import pytest

from penstock.review.model import Direction, Impact, Plan
from penstock.review.rendering.rows import headline, rows
from review.repositories import Documents, Repository, at, indirect, set_at


def impact(plan: Plan, address: str) -> Impact:
    return plan.impacts[at(plan, address).fingerprint]


def test_a_column_reaches_what_is_trained_from_it(repository: Repository) -> None:
    loosen = set_at("Dataset", "weather", "columns", "wind_speed", "nullable", to="50%")
    found = impact(repository.changed(loosen), "Dataset/weather.columns.wind_speed.nullable")
    assert found.models == ("delay",)
    assert found.rollouts == ("delay-online",)
    assert found.environments == ("staging", "production")
    assert found.stages == ("staging", "production")
    assert found.schedules == ("monitoring of delay-online (30 5 * * *)", "training of delay (0 3 * * 1)")
    assert found.slos == ("delay-online availability 99.9%",)
    assert found.callers == ("boarding/app=gate", "desk")
    assert found.risk_tiers == ("medium",)


def test_what_moves_itself_is_counted_once(repository: Repository) -> None:
    """The impact lists it as it was and as it is."""

    def move(documents: Documents) -> None:
        spec = documents["Rollout", "delay-online"]["spec"]
        spec["slos"]["availability"]["objective"] = "99.1%"
        spec["monitor"]["schedule"] = "0 6 * * *"

    (row, *_) = rows(repository.changed(move))
    assert "SLO delay-online availability, 2 schedules" in row.affects


def test_a_column_that_no_model_reads_reaches_none(repository: Repository) -> None:
    plan = repository.changed(set_at("Dataset", "flights", "columns", "contact", "nullable", to=True))
    assert impact(plan, "Dataset/flights.columns.contact.nullable").models == ()
    assert indirect(plan, "Model/delay") == []


def test_what_a_change_reaches_is_told_with_its_way(repository: Repository) -> None:
    plan = repository.changed(set_at("Dataset", "weather", "columns", "wind_speed", "nullable", to="50%"))
    (model,) = indirect(plan, "Model/delay")
    assert model.direction is Direction.LOOSENED
    assert model.through == (
        "Dataset/weather.columns.wind_speed.nullable",
        "FeatureSet/conditions.features.wind_speed",
    )
    (rollout,) = indirect(plan, "Rollout/delay-online")
    assert rollout.through[-1] == "Model/delay"


def test_more_copies_cost_more(repository: Repository) -> None:
    grow = set_at("Rollout", "delay-online", "serve", "replicas", "max", to=10)
    found = impact(repository.changed(grow), "Rollout/delay-online.serve.replicas.max")
    # Six copies more of half a core and a gibibyte, in two environments.
    assert found.cpu_cores == pytest.approx(6)
    assert found.memory_bytes == pytest.approx(12 * 2**30)


def test_costs_of_several_fields_add_up_to_the_whole(repository: Repository) -> None:
    def grow(documents: Documents) -> None:
        serve = documents["Rollout", "delay-online"]["spec"]["serve"]
        serve["replicas"]["max"] = 10
        serve["resources"] = {"cpu": "2", "memory": "4Gi"}

    plan = repository.changed(grow)
    found = [one for one in plan.impacts.values() if one.cpu_cores or one.memory_bytes]
    assert sum(one.cpu_cores for one in found) == pytest.approx(2 * (10 * 2 - 4 * 0.5))
    assert sum(one.memory_bytes for one in found) == pytest.approx(2 * (40 - 4) * 2**30)


def test_a_rollout_under_another_name_costs_nothing_more(repository: Repository) -> None:
    def rename(documents: Documents) -> None:
        documents["Rollout", "delay-online"]["metadata"]["name"] = "delays"

    found = impact(repository.changed(rename), "Rollout/delays")
    assert (found.cpu_cores, found.memory_bytes, found.is_cost_unknown) == (0, 0, False)


def test_an_environment_less_and_a_larger_copy_add_up_to_the_whole(repository: Repository) -> None:
    def edit(documents: Documents) -> None:
        spec = documents["Rollout", "delay-online"]["spec"]
        spec["environments"].remove("staging")
        spec["serve"]["resources"]["cpu"] = "2"

    plan = repository.changed(edit)
    assert impact(plan, "Rollout/delay-online.environments[staging]").cpu_cores == pytest.approx(-2)
    assert impact(plan, "Rollout/delay-online.serve.resources.cpu").cpu_cores == pytest.approx(6)


def test_a_graphics_card_in_each_copy_is_told(repository: Repository) -> None:
    plan = repository.changed(set_at("Rollout", "delay-online", "serve", "resources", "gpu", to=1))
    assert impact(plan, "Rollout/delay-online.serve.resources.gpu").gpus == 8
    assert "+8 GPUs" in next(iter(rows(plan))).affects


def test_a_raw_change_has_an_unknown_cost(repository: Repository) -> None:
    def patch(documents: Documents) -> None:
        documents["Rollout", "delay-online"]["spec"]["patches"] = [
            {"kind": "InferenceService", "name": "delay-online", "merge": {"metadata": {"labels": {"pool": "big"}}}}
        ]

    plan = repository.changed(patch)
    (row,) = [one for one in rows(plan) if one.change.is_raw]
    assert plan.impacts[row.change.fingerprint].is_cost_unknown
    assert row.affects.endswith("an unknown cost")


def test_a_rollout_that_cannot_be_read_has_an_unknown_cost(repository: Repository) -> None:
    break_it = set_at("Rollout", "delay-online", "serve", "resources", "cpu", to="many")
    assert impact(repository.changed(break_it), "Rollout/delay-online").is_cost_unknown


def test_a_loosened_gate_reaches_the_rollouts_whose_versions_pass_it(repository: Repository) -> None:
    plan = repository.changed(set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.5))
    assert impact(plan, "Gate/delay-release.rules[quality].atLeast").rollouts == ("delay-online",)
    assert indirect(plan, "Rollout/delay-online")


def test_members_decide_for_what_their_team_owns(repository: Repository) -> None:
    def join(documents: Documents) -> None:
        documents["Team", "risk"]["spec"]["members"].append("mallory")

    plan = repository.changed(join)
    assert at(plan, "Team/risk.members[mallory]").direction is Direction.LOOSENED
    assert [change.why for change in indirect(plan, "Gate/delay-release")] == [
        "risk decides who may approve for its owner"
    ]
    assert indirect(plan, "Model/delay") == []


def test_a_cluster_version_reaches_what_runs_there(repository: Repository) -> None:
    plan = repository.changed(set_at("Environment", "production", "kserve", "version", to="0.22"))
    assert at(plan, "Environment/production.kserve.version").environments == ("production",)
    assert indirect(plan, "Rollout/delay-online")


@pytest.mark.parametrize(("trains", "models"), [(True, ("delay",)), (False, ())])
def test_an_environment_that_trains_reaches_every_model(
    repository: Repository, trains: bool, models: tuple[str, ...]
) -> None:
    """Its pipelines and schedules come with it, though nothing is served there."""

    def add(documents: Documents) -> None:
        production = documents["Environment", "production"]
        spec = production["spec"] | {"namespace": "flights-europe", "training": trains}
        metadata = {"name": "europe", "owner": "flight-ml"}
        documents["Environment", "europe"] = production | {"metadata": metadata, "spec": spec}

    found = impact(repository.changed(add), "Environment/europe")
    assert found.models == models
    assert found.environments == ("europe",)
    assert found.risk_tiers == (("medium",) if trains else ())
    assert ("training of delay (0 3 * * 1)" in found.schedules) is trains


def test_code_that_a_spec_names_is_a_change_of_the_spec(repository: Repository) -> None:
    repository.branch()
    repository.write("systems/flights.py", "def departures():\n    return 1\n")
    repository.commit()
    plan = repository.plan()
    change = at(plan, "Dataset/flights.source.python")
    assert (change.direction, change.cause) == (Direction.UNKNOWN, "indirect")
    assert plan.impacts[change.fingerprint].models == ("delay",)
    assert indirect(plan, "Model/delay")


def test_code_that_such_code_imports_counts_too(repository: Repository) -> None:
    repository.write("systems/flights.py", "from systems import clock\n\n\ndef departures():\n    return clock.NOW\n")
    repository.write("systems/clock.py", "NOW = 0\n")
    repository.commit()
    repository.branch()
    repository.write("systems/clock.py", "NOW = 1\n")
    repository.commit()
    assert at(repository.plan(), "Dataset/flights.source.python").direction is Direction.UNKNOWN


def test_layout_and_comments_of_code_are_no_change(repository: Repository) -> None:
    repository.branch()
    repository.write("systems/flights.py", "# Flights.\n\n\ndef departures():\n    return (None)\n")
    repository.commit()
    assert repository.plan().changes == ()


def test_what_has_a_new_name_is_counted_once(repository: Repository) -> None:
    def rename(documents: Documents) -> None:
        documents["Model", "delay"]["metadata"]["name"] = "late"
        documents["Gate", "delay-release"]["spec"]["model"] = "late"
        rollout = documents["Rollout", "delay-online"]
        rollout["metadata"]["name"] = "late-online"
        rollout["spec"]["model"] = "late"
        documents["Dataset", "weather"]["spec"]["columns"]["wind_speed"]["nullable"] = "1%"

    plan = repository.changed(rename)
    for address in ("Model/late", "Rollout/late-online", "Dataset/weather.columns.wind_speed.nullable"):
        found = impact(plan, address)
        assert (found.models, found.rollouts) == (("late",), ("late-online",))
        assert found.schedules == ("monitoring of late-online (30 5 * * *)", "training of late (0 3 * * 1)")
        assert found.slos == ("late-online availability 99.9%",)
    assert "reaching 1 model and 1 rollout in staging and production" in headline(plan)


@pytest.mark.parametrize(("name", "stage"), [("production", "staging"), ("staging", "production")])
def test_an_environment_is_of_the_stage_that_it_was_of_and_of_the_new_one(
    repository: Repository, name: str, stage: str
) -> None:
    """Else a rule on changes in production would not see one that comes with another word for the stage."""

    def edit(documents: Documents) -> None:
        documents["Environment", name]["spec"]["stage"] = stage
        documents["Rollout", "delay-online"]["spec"]["strategy"]["canary"]["steps"][0]["weight"] = "20%"

    found = impact(repository.changed(edit), "Rollout/delay-online.strategy.canary.steps[0].weight")
    assert found.stages == ("staging", "production")


def test_an_environment_that_trains_no_longer_is_reached_all_the_same(repository: Repository) -> None:
    def edit(documents: Documents) -> None:
        documents["Environment", "production"]["spec"]["training"] = False
        documents["Model", "delay"]["spec"]["threshold"] = 0.1

    repository.edit(set_at("Rollout", "delay-online", "environments", to=["staging"]))
    repository.commit()
    found = impact(repository.changed(edit), "Model/delay.threshold")
    assert found.environments == ("staging", "production")


def test_code_that_differs_reaches_the_environment_that_goes_with_it(repository: Repository) -> None:
    """Production under another name and another stage is no way to keep code from whom production asks."""

    def edit(documents: Documents) -> None:
        environment = documents.pop(("Environment", "production"))
        environment["metadata"]["name"] = "prod"
        environment["spec"]["stage"] = "development"
        documents["Environment", "prod"] = environment
        documents["Rollout", "delay-online"]["spec"]["environments"] = ["staging", "prod"]

    repository.branch()
    repository.edit(edit)
    repository.write("systems/flights.py", "def departures():\n    return 1\n")
    repository.commit()
    found = impact(repository.plan(), "Dataset/flights.source.python")
    assert found.stages == ("development", "staging", "production")
    assert found.environments == ("prod", "staging", "production")
