"""Point 4: semantic diff by identity. A reordering or a comment is no change; a rename is both sides' business."""

from __future__ import annotations

from copy import deepcopy

import pytest
import yaml

from penstock.review.model import Direction, Operation
from review.releases import release
from review.repositories import Documents, Repository, at, direct, directions, indirect, set_at


def test_comments_layout_and_key_order_are_no_change(repository: Repository) -> None:
    repository.branch()
    text = repository.read("specs/system.yaml")
    documents = [dict(reversed(one.items())) for one in yaml.safe_load_all(text)]
    repository.write("specs/system.yaml", "# Anew.\n" + yaml.safe_dump_all(documents, indent=4, sort_keys=False))
    repository.commit()
    plan = repository.plan()
    assert plan.changes == ()
    assert plan.kind == "none"
    assert plan.artifacts == ()


def test_a_login_in_other_letters_is_the_same_one(repository: Repository) -> None:
    assert repository.changed(set_at("Team", "flight-ml", "members", to=["Bela", "ADA"])).changes == ()


def test_and_one_that_differs_in_more_is_another(repository: Repository) -> None:
    replace = set_at("Team", "flight-ml", "members", to=["Bela", "adam"])
    assert {str(one.address): one.operation for one in direct(repository.changed(replace))} == {
        "Team/flight-ml.members[adam]": Operation.ADDED,
        "Team/flight-ml.members[ada]": Operation.REMOVED,
    }


def test_the_order_of_canary_steps_is_a_change(repository: Repository) -> None:
    def reorder(documents: Documents) -> None:
        steps = documents["Rollout", "delay-online"]["spec"]["strategy"]["canary"]["steps"]
        steps[0], steps[1] = steps[1], steps[0]

    assert direct(repository.changed(reorder))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("freshness: 26h", "freshness: 1d2h"),
        ("maxAge: 3h", "maxAge: 180m"),
        ("cpu: 500m", 'cpu: "0.5"'),
        ("memory: 1Gi", "memory: 1024Mi"),
        ("{weight: 5%}", "{weight: 0.05}"),
        ("nullable: 2%", "nullable: 2.0%"),
        ("atLeast: 0.70", "atLeast: 0.7"),
        ("parquet: data/weather.parquet", "parquet: [data/weather.parquet]"),
        ("csv: data/arrivals.csv", "csv: [data/arrivals.csv]"),
    ],
)
def test_another_way_to_write_a_value_is_no_change(repository: Repository, old: str, new: str) -> None:
    repository.branch()
    repository.replace(old, new)
    repository.commit()
    assert repository.plan().changes == ()


@pytest.mark.parametrize(("old", "new"), [('cpu: "2"', "cpu: 2000m"), ("memory: 2Gi", "memory: 2048Mi")])
def test_nor_is_another_way_to_write_what_manifests_repeat(repository: Repository, old: str, new: str) -> None:
    def served(documents: Documents) -> None:
        for kind, name in (("Model", "delay"), ("Rollout", "delay-online")):
            spec = documents[kind, name]["spec"]
            spec.get("serve", spec)["resources"] = {"cpu": "2", "memory": "2Gi"}

    repository.edit(served)
    release(repository, None)
    repository.compile()
    repository.commit()
    repository.branch()
    repository.write("specs/system.yaml", repository.read("specs/system.yaml").replace(old.replace('"', "'"), new))
    repository.compile()
    repository.commit()
    assert repository.git("diff", "--name-only", "main").split() == ["specs/system.yaml"]
    assert repository.plan().changes == ()


@pytest.mark.parametrize(
    "new", ["parquet: [data/other.parquet]", "parquet: [data/weather.parquet, data/other.parquet]"]
)
def test_another_file_is_a_change(repository: Repository, new: str) -> None:
    repository.branch()
    repository.replace("parquet: data/weather.parquet", new)
    repository.commit()
    assert directions(repository.plan())["Dataset/weather.source.parquet"] is Direction.UNKNOWN


def test_a_default_that_is_written_out_is_no_change(repository: Repository) -> None:
    def write_defaults(documents: Documents) -> None:
        documents["Gate", "delay-release"]["spec"]["rules"][0]["severity"] = "block"
        documents["Model", "delay"]["spec"].update(threshold=0.5, preprocess={"numeric": {"scale": "none"}})
        documents["Rollout", "delay-online"]["spec"]["serve"]["timeout"] = "30s"

    assert repository.changed(write_defaults).changes == ()


def test_a_spec_in_another_file_is_moved_and_nothing_else(repository: Repository) -> None:
    repository.branch()
    first, rest = repository.read("specs/system.yaml").split("---\n", 1)
    repository.write("specs/teams/flights.yaml", first)
    repository.write("specs/system.yaml", rest)
    repository.commit()
    plan = repository.plan()
    moved = at(plan, "Team/flight-ml")
    assert (moved.operation, moved.direction) == (Operation.MOVED, Direction.NEUTRAL)
    assert (moved.before, moved.after) == ("specs/system.yaml", "specs/teams/flights.yaml")
    assert (len(plan.changes), plan.kind) == (1, "none")


def test_an_item_that_is_inserted_touches_no_other(repository: Repository) -> None:
    def insert(documents: Documents) -> None:
        rule = {"id": "honest", "metric": "log_loss", "atMost": 0.6}
        documents["Gate", "delay-release"]["spec"]["rules"].insert(0, rule)

    assert directions(repository.changed(insert)) == {"Gate/delay-release.rules[honest]": Direction.TIGHTENED}


def test_a_rule_in_another_form_went_and_came(repository: Repository) -> None:
    reshape = set_at("Gate", "delay-release", "rules", 0, to={"id": "quality", "latency": {"p99": "20ms"}})
    found = direct(repository.changed(reshape))
    assert [(change.operation, change.direction) for change in found] == [
        (Operation.REMOVED, Direction.LOOSENED),
        (Operation.ADDED, Direction.TIGHTENED),
    ]
    assert len({change.fingerprint for change in found}) == 2


def test_a_rename_names_both_specs_and_its_references_follow(repository: Repository) -> None:
    def rename(documents: Documents) -> None:
        documents["Gate", "delay-release"]["metadata"]["name"] = "delay-gate"
        documents["Rollout", "delay-online"]["spec"]["gate"] = "delay-gate"

    plan = repository.changed(rename)
    renamed = at(plan, "Gate/delay-gate")
    assert renamed.operation is Operation.RENAMED
    assert str(renamed.renamed_from) == "Gate/delay-release"
    assert renamed.direction is Direction.UNKNOWN
    assert at(plan, "Rollout/delay-online.gate").direction is Direction.NEUTRAL


def test_a_rename_to_another_owner_shows_both_owners(repository: Repository) -> None:
    def take(documents: Documents) -> None:
        documents["Gate", "delay-release"]["metadata"].update(name="delay-gate", owner="flight-ml")
        documents["Rollout", "delay-online"]["spec"]["gate"] = "delay-gate"

    owner = at(repository.changed(take), "Gate/delay-gate.metadata.owner")
    assert (owner.before, owner.after, owner.direction) == ("risk", "flight-ml", Direction.UNKNOWN)


def test_a_rename_that_changes_the_content_is_a_removal(repository: Repository) -> None:
    def swap(documents: Documents) -> None:
        gate = documents["Gate", "delay-release"]
        gate["metadata"]["name"] = "delay-gate"
        gate["spec"]["rules"][0]["atLeast"] = 0.5
        documents["Rollout", "delay-online"]["spec"]["gate"] = "delay-gate"

    plan = repository.changed(swap)
    assert at(plan, "Gate/delay-release").direction is Direction.LOOSENED
    assert at(plan, "Gate/delay-gate").operation is Operation.ADDED
    assert at(plan, "Rollout/delay-online.gate").direction is Direction.UNKNOWN


def test_a_copy_of_a_spec_that_stays_is_no_rename(repository: Repository) -> None:
    def copied(documents: Documents) -> None:
        gate = documents["Gate", "delay-release"]
        documents["Gate", "delay-gate"] = {**deepcopy(gate), "metadata": {"name": "delay-gate", "owner": "risk"}}
        gate["spec"]["rules"][0]["atLeast"] = 0.6

    plan = repository.changed(copied)
    assert at(plan, "Gate/delay-gate").operation is Operation.ADDED
    assert at(plan, "Gate/delay-release.rules[quality].atLeast").direction is Direction.LOOSENED


def test_a_spec_that_comes_to_say_what_a_removed_one_said_is_no_rename(repository: Repository) -> None:
    def stricter(documents: Documents) -> None:
        gate = deepcopy(documents["Gate", "delay-release"])
        gate["metadata"]["name"] = "strict"
        gate["spec"]["rules"][0]["atLeast"] = 0.9
        documents["Gate", "strict"] = gate

    def merged(documents: Documents) -> None:
        documents["Gate", "strict"]["spec"] = documents.pop(("Gate", "delay-release"))["spec"]
        documents["Rollout", "delay-online"]["spec"]["gate"] = "strict"

    repository.edit(stricter)
    repository.commit()
    plan = repository.changed(merged)
    assert at(plan, "Gate/delay-release").operation is Operation.REMOVED
    assert at(plan, "Gate/strict.rules[quality].atLeast").direction is Direction.LOOSENED
    assert at(plan, "Rollout/delay-online.gate").direction is Direction.UNKNOWN


def test_specs_that_are_renamed_together_are_recognized_through_their_references(repository: Repository) -> None:
    def rename(documents: Documents) -> None:
        documents["Model", "delay"]["metadata"]["name"] = "late"
        documents["Model", "delay"]["spec"]["label"]["dataset"] = "landings"
        documents["Dataset", "arrivals"]["metadata"]["name"] = "landings"
        documents["Gate", "delay-release"]["spec"]["model"] = "late"
        documents["Rollout", "delay-online"]["spec"]["model"] = "late"

    plan = repository.changed(rename)
    assert at(plan, "Dataset/landings").operation is Operation.RENAMED
    assert at(plan, "Model/late").operation is Operation.RENAMED
    assert {change.direction for change in direct(plan)} == {Direction.UNKNOWN, Direction.NEUTRAL}


def test_an_override_that_hides_a_change_from_production_keeps_production_out(repository: Repository) -> None:
    repository.edit(_override_production)
    repository.commit()
    repository.branch()

    repository.edit(set_at("Rollout", "delay-online", "serve", "replicas", "min", to=1))
    repository.commit()
    change = at(repository.plan(), "Rollout/delay-online.serve.replicas.min")
    assert change.environments == ("staging",)


def test_an_override_that_changes_shows_where_it_holds(repository: Repository) -> None:
    repository.branch()
    repository.edit(_override_production)
    repository.commit()
    change = at(repository.plan(), "Rollout/delay-online.serve.replicas.min")
    assert (change.before, change.after, change.environments) == (2, 3, ("production",))
    assert change.span is not None
    assert change.span.line > 1


def test_prose_is_neutral_and_reaches_nobody(repository: Repository) -> None:
    def describe(documents: Documents) -> None:
        documents["Dataset", "weather"]["metadata"]["description"] = "Hourly weather."

    plan = repository.changed(describe)
    assert directions(plan) == {"Dataset/weather.metadata.description": Direction.NEUTRAL}
    assert indirect(plan, "Model/delay") == []


def _override_production(documents: Documents) -> None:
    documents["Rollout", "delay-online"]["overrides"] = {"production": {"serve": {"replicas": {"min": 3}}}}
