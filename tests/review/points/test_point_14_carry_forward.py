"""Approvals carry forward by the fingerprint of a change: a push voids only the approvals of what it alters."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from penstock.review.model import VerdictState
from review.pull_requests import (
    APPROVED,
    PENDING,
    Change,
    bigger_step,
    both,
    looser_gate,
    node,
    opened,
    set_at,
)
from review.repositories import Documents, Repository, at, with_step

bigger_still = set_at("Rollout", "delay-online", "strategy", "canary", "steps", 1, "weight", to="80%")


def test_only_the_altered_change_loses_its_approvals(repository: Repository) -> None:
    pull_request = opened(repository, both(looser_gate, bigger_step))
    pull_request.approve("ada", "rita", "sam")
    assert pull_request.state is APPROVED
    pull_request.push(bigger_still)
    verdict = pull_request.verdict()
    assert node(verdict, "gate").state is APPROVED
    assert node(verdict, "traffic").state is PENDING
    assert "sam approved an earlier version of this" in node(verdict, "traffic").children[0].why
    pull_request.approve("sam")
    assert [one.name for one in node(pull_request.verdict(), "owner").children if one.state is PENDING] == [
        "Rollout/delay-online.strategy.canary.steps[1].weight"
    ]
    pull_request.approve("ada")
    assert pull_request.state is APPROVED


def test_a_push_that_means_nothing_voids_nothing(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED
    repository.write("README.md", "Words.")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED


def test_a_change_that_comes_back_is_approved_still(repository: Repository) -> None:
    pull_request = opened(repository, bigger_step)
    pull_request.approve("ada", "sam")
    assert pull_request.state is APPROVED
    pull_request.push(bigger_still)
    assert pull_request.state is PENDING
    pull_request.push(bigger_step)
    assert pull_request.state is APPROVED


def test_an_approval_that_nobody_recorded_is_void_after_a_push(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    pull_request.push(both())
    verdict = pull_request.verdict()
    assert verdict.state is PENDING
    assert "rita approved an earlier version" in node(verdict, "owner").children[0].why
    assert pull_request.state is PENDING, "what the record sees of it now is not what it was given for"


def added(**more: Any) -> Change:
    """A change that adds a dataset, which an approval of then covers as a whole."""

    def edit(documents: Documents) -> None:
        another = deepcopy(documents["Dataset", "flights"])
        another["metadata"]["name"] = "another"
        documents["Dataset", "another"] = {
            **another,
            "metadata": {**another["metadata"], **more.get("metadata", {})},
            "overrides": more.get("overrides", {}),
        }

    return edit


@pytest.mark.parametrize(
    "more",
    [
        {"overrides": {"production": {"source": {"python": "systems.flights:hidden"}}}},
        {"metadata": {"labels": {"tier": "critical"}}},
    ],
    ids=["overrides", "metadata"],
)
def test_an_approval_of_a_new_spec_is_one_of_all_that_it_says(repository: Repository, more: dict[str, Any]) -> None:
    pull_request = opened(repository, added())
    pull_request.approve("dora", "petra", "pia")
    assert node(pull_request.verdict(), "owner").state is APPROVED
    pull_request.push(added(**more))
    assert node(pull_request.verdict(), "owner").state is PENDING


def test_the_file_and_the_line_of_a_change_do_not_matter(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED
    repository.write("specs/system.yaml", "# more\n# lines\n" + repository.read("specs/system.yaml"))
    repository.git("mv", "specs/system.yaml", "specs/elsewhere.yaml")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED


def derived(sql: str) -> Change:
    def edit(documents: Documents) -> None:
        documents["Dataset", "flights"]["spec"]["columns"]["age"] = {"type": "int", "sensitivity": "sensitive"}
        features = documents["FeatureSet", "conditions"]["spec"]["features"]
        features["bucket"] = {"type": "int", "sql": sql}

    return edit


def test_an_approval_that_a_column_reaches_a_model_is_one_of_what_is_made_of_it(repository: Repository) -> None:
    pull_request = opened(repository, derived("age // 50"))
    pull_request.approve("pia")
    assert node(pull_request.verdict(), "privacy").state is APPROVED
    pull_request.push(set_at("FeatureSet", "conditions", "features", "distance", "sql", to="distance + 1"))
    assert node(pull_request.verdict(), "privacy").state is APPROVED
    pull_request.push(derived("age"))
    assert node(pull_request.verdict(), "privacy").state is PENDING
    pull_request.approve("pia")
    assert node(pull_request.verdict(), "privacy").state is APPROVED


def test_so_it_is_where_a_new_dataset_makes_it(repository: Repository) -> None:
    def with_dataset(sql: str) -> Change:
        def edit(documents: Documents) -> None:
            columns = {"flight_id": {"type": "string"}, "who": {"type": "string", "sensitivity": "internal"}}
            documents["Dataset", "passengers"] = {
                "apiVersion": "penstock/v1",
                "kind": "Dataset",
                "metadata": {"name": "passengers", "owner": "flight-data"},
                "spec": {"source": {"sql": sql}, "primaryKey": ["flight_id"], "columns": columns},
            }
            feature = {"lookup": {"of": "passengers", "column": "who", "match": ["flight_id"]}, "type": "string"}
            documents["FeatureSet", "conditions"]["spec"]["features"]["who"] = feature

        return edit

    pull_request = opened(repository, with_dataset("select flight_id, left(contact, 1) as who from flights"))
    pull_request.approve("pia")
    assert node(pull_request.verdict(), "privacy").state is APPROVED
    pull_request.push(with_dataset("select flight_id, contact as who from flights"))
    assert node(pull_request.verdict(), "privacy").state is PENDING


def test_so_it_is_where_code_makes_it(repository: Repository) -> None:
    def with_code(documents: Documents) -> None:
        derived("age")(documents)
        feature = {"type": "int", "python": "systems.ages:bucket", "reads": ["age"]}
        documents["FeatureSet", "conditions"]["spec"]["features"]["bucket"] = feature

    repository.write("systems/ages.py", "def bucket(age):\n    return age // 50\n")
    pull_request = opened(repository, with_code)
    pull_request.approve("pia")
    assert node(pull_request.verdict(), "privacy").state is APPROVED
    repository.write("systems/ages.py", "def bucket(age):\n    return age\n")
    pull_request.forge.push(repository.commit())
    assert node(pull_request.verdict(), "privacy").state is PENDING


SCRIPTS = {"steps/first.py": "1\n", "steps/second.py": "1\n", "steps/data.json": "1\n"}


@pytest.mark.parametrize("changed", SCRIPTS)
@pytest.mark.parametrize("later", SCRIPTS)
def test_an_approval_of_one_file_that_a_command_runs_says_nothing_of_another(
    repository: Repository, changed: str, later: str
) -> None:
    repository.edit(with_step(["sh", "-c", "python steps/first.py steps/data.json; python steps/second.py"]))
    for path, text in SCRIPTS.items():
        repository.write(path, text)
    repository.compile()
    pull_request = opened(repository)
    repository.write(changed, "2\n")
    pull_request.forge.push(repository.commit())
    pull_request.approve("ada", "bela")
    assert pull_request.state is APPROVED
    repository.write(later, "3\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is PENDING
    change = at(pull_request.inputs().plan, "Model/delay.steps[prepare].command")
    assert all(path in str(change.after) for path in {changed, later})


USE = {"column": "flights.contact", "use": "feature", "purpose": "To know who is late, and how often."}


def _contact(documents: Documents, **texts: str) -> None:
    features = documents["FeatureSet", "conditions"]["spec"]["features"]
    features.update({name: {"type": "string", "sql": sql} for name, sql in texts.items()})
    documents["Model", "delay"]["spec"]["sensitiveUses"] = [USE]


@pytest.mark.parametrize("later", [{"first": "contact"}, {"second": "contact"}, {"third": "contact"}])
def test_an_approval_of_a_part_of_a_private_column_is_none_of_the_whole_by_another_feature(
    repository: Repository, later: dict[str, str]
) -> None:
    parts = {"first": "left(contact, 1)", "second": "right(contact, 1)"}
    pull_request = opened(repository, lambda documents: _contact(documents, **parts))
    pull_request.approve("ada", "pia")
    assert pull_request.state is APPROVED
    pull_request.push(lambda documents: _contact(documents, **{**parts, **later}))
    assert node(pull_request.verdict(), "privacy").state is PENDING


def test_every_feature_by_which_a_private_column_comes_is_told(repository: Repository) -> None:
    texts = {name: f"left(contact, {size})" for size, name in enumerate("abcdef", 1)}
    plan = repository.changed(lambda documents: _contact(documents, **texts))
    (found,) = (one for one in plan.changes if one.sensitivity == "pii")
    assert found.why == (
        "pii column flights.contact newly reaches the model as feature: flights.contact -> conditions.a, and by "
        "`FeatureSet/conditions.features.b`, `FeatureSet/conditions.features.c`, "
        "`FeatureSet/conditions.features.d` and 2 more"
    )


def test_an_approval_of_a_private_column_holds_while_none_of_its_ways_changes(repository: Repository) -> None:
    pull_request = opened(repository, lambda documents: _contact(documents, first="left(contact, 1)"))
    pull_request.approve("ada", "pia")
    assert pull_request.state is APPROVED

    def more(documents: Documents) -> None:
        features = documents["FeatureSet", "conditions"]["spec"]["features"]
        features["far"] = {"type": "bool", "sql": "distance > 1000"}

    pull_request.push(more)
    assert node(pull_request.verdict(), "privacy").state is APPROVED


@pytest.mark.parametrize(
    ("later", "state"),
    [
        (lambda features: set_at("Model", "delay", "features", to={"conditions": [*features, "second"]}), PENDING),
        (lambda _: set_at("FeatureSet", "conditions", "features", "first", "sql", to="contact"), PENDING),
        (lambda _: set_at("FeatureSet", "conditions", "features", "first", "description", to="One letter."), APPROVED),
    ],
    ids=["another that is there", "the same by another text", "the same in other words"],
)
def test_nor_of_the_whole_by_a_feature_that_is_there_and_only_chosen_later(
    repository: Repository, later: Callable[[list[str]], Change], state: VerdictState
) -> None:
    def choose(*names: str) -> Change:
        return set_at("Model", "delay", "features", to={"conditions": ["distance", *names]})

    repository.edit(lambda documents: _contact(documents, first="left(contact, 1)", second="contact"))
    repository.edit(both(choose(), set_at("Model", "delay", "sensitiveUses", to=[])))
    repository.commit()
    pull_request = opened(repository, both(choose("first"), set_at("Model", "delay", "sensitiveUses", to=[USE])))
    pull_request.approve("ada", "pia")
    assert pull_request.state is APPROVED
    pull_request.push(later(["distance", "first"]))
    assert node(pull_request.verdict(), "privacy").state is state
