"""Point 13: a second dataset over the same rows takes no label away from their columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from penstock.review.model import Direction
from penstock.source.git.default_base import WORK_TREE
from review.points.reaching import reaching
from review.pull_requests import set_at
from review.repositories import Documents, Repository


def twin(source: dict[str, Any], label: str = "internal", column: str = "contact") -> Callable[[Documents], None]:
    """A second dataset, whose column of the same name a feature looks up."""

    def add(documents: Documents) -> None:
        documents["Dataset", "people"] = {
            "apiVersion": "penstock/v1",
            "kind": "Dataset",
            "metadata": {"name": "people", "owner": "flight-data"},
            "spec": {
                "source": source,
                "primaryKey": ["flight_id"],
                "columns": {
                    "flight_id": {"type": "string", "sensitivity": "public"},
                    column: {"type": "string", "sensitivity": label},
                },
            },
        }
        documents["FeatureSet", "conditions"]["spec"]["features"]["who"] = {
            "type": "string",
            "lookup": {"of": "people", "column": column, "match": ["flight_id"]},
        }

    return add


@pytest.mark.parametrize("label", ["internal", "public"])
def test_a_second_dataset_over_the_same_rows_takes_no_label_away(repository: Repository, label: str) -> None:
    (change,) = reaching(repository.changed(twin({"python": "systems.flights:departures"}, label)))
    assert (change.direction, change.sensitivity) == (Direction.LOOSENED, "pii")
    assert change.after == {"column": "people.contact", "use": "feature", "sensitivity": "pii"}
    assert "pii by the label of Dataset/flights, which has the same rows" in change.why


def test_a_label_is_told_of_every_environment_whichever_dataset_gives_it_there(repository: Repository) -> None:
    def add(documents: Documents) -> None:
        twin({"python": "systems.flights:departures"})(documents)
        own = {"columns": {"contact": {"sensitivity": "pii"}}}
        documents["Dataset", "people"]["overrides"] = {"production": own}

    (change,) = reaching(repository.changed(add))
    assert set(change.environments) == {"staging", "production"}
    assert "pii by the label of Dataset/flights, which has the same rows" in change.why


def test_nor_does_a_public_dataset_beside_a_private_one_that_no_model_is_made_from(repository: Repository) -> None:
    def public(documents: Documents) -> None:
        for (kind, _), document in documents.items():
            for column in document["spec"]["columns"].values() if kind == "Dataset" else ():
                column["sensitivity"] = "public"
        twin({"python": "systems.flights:departures"}, "pii")(documents)
        del documents["FeatureSet", "conditions"]["spec"]["features"]["who"]

    repository.edit(public)
    repository.commit()
    feature = {"type": "string", "sql": "contact"}
    (change,) = reaching(repository.changed(set_at("FeatureSet", "conditions", "features", "who", to=feature)))
    assert (change.after["column"], change.sensitivity) == ("flights.contact", "pii")
    assert "pii by the label of Dataset/people, which has the same rows" in change.why


def test_nor_does_one_beside_which_the_column_is_taken_out_of_the_first(repository: Repository) -> None:
    def split(documents: Documents) -> None:
        del documents["Dataset", "flights"]["spec"]["columns"]["contact"]
        twin({"python": "systems.flights:departures"})(documents)

    (change,) = reaching(repository.changed(split))
    assert (change.after["column"], change.sensitivity) == ("people.contact", "pii")


@pytest.mark.parametrize(
    ("source", "is_the_same"),
    [
        ({"csv": "data/people/2024.csv"}, True),
        ({"csv": ["data/towns.csv", "./data/people/2024.csv"]}, True),
        ({"csv": "data/**/*.csv"}, True),
        ({"csv": "data/people/20??.csv"}, True),
        ({"csv": "data/people/202[34].csv"}, True),
        ({"csv": "data/people/*.tsv"}, False),
        ({"csv": "data/towns.csv"}, False),
        ({"csv": "other/people/*.csv"}, False),
        ({"python": "systems.flights:arrivals"}, False),
    ],
)
def test_rows_are_the_same_where_paths_may_lead_to_one_file(
    repository: Repository, source: dict[str, Any], is_the_same: bool
) -> None:
    def other(documents: Documents) -> None:
        documents["Dataset", "passengers"] = {
            "apiVersion": "penstock/v1",
            "kind": "Dataset",
            "metadata": {"name": "passengers", "owner": "flight-data"},
            "spec": {
                "source": {"csv": "data/people/*.csv"},
                "primaryKey": ["flight_id"],
                "columns": {"flight_id": {"type": "string"}, "mail": {"type": "string", "sensitivity": "pii"}},
            },
        }
        twin(source, column="mail")(documents)

    assert [change.sensitivity for change in reaching(repository.changed(other))] == ["pii"] * is_the_same


@pytest.mark.parametrize(
    ("name", "written"),
    [("contact", "contact"), ('the "mail"', '"the \\"mail\\""'), ("mail\\home", '"mail\\\\home"')],
    ids=["a word", "quotes", "a backslash"],
)
def test_a_label_is_found_however_yaml_writes_the_name_of_its_column(
    repository: Repository, name: str, written: str
) -> None:
    documents = repository.read("specs/system.yaml").split("---\n")
    (flights,) = (one for one in documents if "name: flights," in one)
    repository.write("specs/system.yaml", "---\n".join(one for one in documents if one != flights))
    repository.write("specs/flights.yaml", flights.replace("contact:", f"{written}:"))
    repository.commit()
    repository.branch()
    source = {"python": "systems.flights:departures"}
    added: Documents = {("FeatureSet", "conditions"): {"spec": {"features": {}}}}
    twin(source, "public", name)(added)
    repository.write("specs/others.yaml", yaml.safe_dump(added["Dataset", "people"]))
    lookup = yaml.safe_dump(added["FeatureSet", "conditions"]["spec"]["features"], default_flow_style=True).strip()
    repository.replace("    hour: {type: int,", f"    {lookup[1:-1]}\n    hour: {{type: int,")
    repository.commit()
    assert [change.sensitivity for change in reaching(repository.plan())] == ["pii"]


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "in the work tree"])
@pytest.mark.parametrize(("more", "is_the_same"), [("", True), ("f2,b@example.com\n", False)], ids=["copy", "other"])
def test_a_copy_of_a_file_holds_the_same_rows(
    repository: Repository, more: str, is_the_same: bool, committed: bool
) -> None:
    rows = "flight_id,mail\nf1,a@example.com\n"

    def passengers(documents: Documents) -> None:
        twin({"csv": "data/people.csv"}, "pii", "mail")(documents)
        documents["Dataset", "passengers"] = documents.pop(("Dataset", "people"))
        documents["Dataset", "passengers"]["metadata"]["name"] = "passengers"
        del documents["FeatureSet", "conditions"]["spec"]["features"]["who"]

    repository.edit(passengers)
    repository.write("data/people.csv", rows)
    repository.commit()
    repository.branch()
    repository.write("data/copy.csv", rows + more)
    repository.edit(twin({"csv": "data/copy.csv"}, "public", "mail"))
    if committed:
        repository.commit()
    plan = repository.plan(head="HEAD" if committed else WORK_TREE)
    assert [change.sensitivity for change in reaching(plan)] == ["pii"] * is_the_same


def test_a_dataset_that_turns_to_the_rows_of_another_is_seen(repository: Repository) -> None:
    repository.git("checkout", "-q", "main")
    repository.edit(twin({"csv": "data/people.csv"}))
    repository.commit()
    repository.branch("turn")
    (change,) = reaching(repository.changed(twin({"python": "systems.flights:departures"})))
    assert "is now labelled `pii`" in change.why


def test_a_dataset_over_the_rows_of_a_private_one_may_change_otherwise(repository: Repository) -> None:
    repository.edit(twin({"python": "systems.flights:departures"}, "public"))
    repository.commit()
    plan = repository.changed(set_at("Dataset", "people", "checks", to=[{"id": "enough", "rows": {"atLeast": 10}}]))
    assert [change.address.name for change in plan.changes if change.cause == "direct"] == ["people"]
    assert reaching(plan) == []
