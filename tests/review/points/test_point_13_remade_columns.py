"""Point 13: a sensitive column that reaches a model already calls privacy where it comes otherwise than before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from penstock.review.model import Direction
from penstock.specs.review import Area
from review.points.reaching import reaching
from review.pull_requests import set_at
from review.repositories import Documents, Repository

CONTACT = ("FeatureSet", "conditions", "features", "contact_part")
OTHERWISE: dict[str, Callable[[Documents], None]] = {
    "another text": set_at(*CONTACT, "sql", to="contact"),
    "another feature": set_at(*CONTACT[:3], "whole", to={"type": "string", "sql": "contact"}),
    "another choice": set_at("Model", "delay", "features", to={"conditions": ["distance", "contact_part", "unused"]}),
}


@pytest.fixture
def partly(repository: Repository) -> Repository:
    """A model that learns from the first letter of a private column."""
    features = {"contact_part": "left(contact, 1)", "unused": "contact"}
    for name, sql in features.items():
        repository.edit(set_at(*CONTACT[:3], name, to={"type": "string", "sql": sql}))
    repository.edit(set_at("Model", "delay", "features", to={"conditions": {"except": ["unused"]}}))
    repository.commit()
    return repository


@pytest.mark.parametrize("change", OTHERWISE.values(), ids=OTHERWISE)
def test_a_part_of_a_private_column_does_not_become_the_whole_unseen(
    partly: Repository, change: Callable[[Documents], None]
) -> None:
    """A pull request after the one in which the part was approved."""
    (found,) = reaching(partly.changed(change))
    assert found.why.startswith("pii column flights.contact reaches the model otherwise than before as feature: ")
    assert (found.direction, found.sensitivity) == (Direction.UNKNOWN, "pii")


@pytest.mark.parametrize(
    "change",
    [
        set_at(*CONTACT[:3], "far", to={"type": "bool", "sql": "distance > 1000"}),
        set_at(*CONTACT[:3], "distance", "sql", to="distance / 2"),
        set_at(*CONTACT, "description", to="The first letter."),
        set_at(*CONTACT[:3], "unused", "sql", to="right(contact, 3)"),
        set_at("Model", "delay", "threshold", to=0.4),
    ],
    ids=["a feature of another column", "one that changes", "prose", "one that the model does not use", "a threshold"],
)
def test_what_leaves_the_way_of_a_private_column_as_it_is_is_no_news(
    partly: Repository, change: Callable[[Documents], None]
) -> None:
    assert reaching(partly.changed(change)) == []


def _renamed(kind: str, name: str, *following: tuple[str, ...]) -> Callable[[Documents], None]:
    """A spec of another name, and what refers to it."""

    def rename(documents: Documents) -> None:
        documents[kind, name]["metadata"]["name"] = "renamed"
        for place in following:
            set_at(*place, to="renamed")(documents)
        features = documents["Model", "delay"]["spec"]["features"]
        if kind == "FeatureSet":
            features["renamed"] = features.pop(name)

    return rename


RENAMED = {
    "dataset": _renamed("Dataset", "flights", ("FeatureSet", "conditions", "source")),
    "feature set": _renamed("FeatureSet", "conditions"),
    "model": _renamed("Model", "delay", ("Gate", "delay-release", "model"), ("Rollout", "delay-online", "model")),
}


@pytest.mark.parametrize("rename", RENAMED.values(), ids=RENAMED)
def test_under_another_name_a_private_column_is_no_news(
    partly: Repository, rename: Callable[[Documents], None]
) -> None:
    plan = partly.changed(rename)
    assert [change.operation for change in plan.changes if "renamed" in str(change.address)][:1]
    assert [change for change in plan.changes if change.area is Area.PRIVACY] == []


def test_what_one_environment_makes_of_it_is_told_of_that_one(partly: Repository) -> None:
    def override(documents: Documents) -> None:
        whole = {"features": {"contact_part": {"sql": "contact"}}}
        documents["FeatureSet", "conditions"]["overrides"] = {"staging": whole}

    (found,) = reaching(partly.changed(override))
    assert found.environments == ("staging",)


def test_what_every_environment_makes_something_else_of_is_told_of_none(partly: Repository) -> None:
    parts = {"staging": "left(contact, 2)", "production": "left(contact, 3)"}
    overrides = {name: {"features": {"contact_part": {"sql": sql}}} for name, sql in parts.items()}
    partly.edit(lambda documents: documents["FeatureSet", "conditions"].update(overrides=overrides))
    partly.commit()
    (found,) = reaching(partly.changed(set_at(*CONTACT, "sql", to="contact")))
    assert found.environments == ()
    assert found.why.endswith("; overrides hide it in every environment")


def test_what_is_new_in_one_environment_is_not_told_as_what_comes_otherwise_in_another(partly: Repository) -> None:
    nobody = {"production": {"features": {"contact_part": {"sql": "'nobody'"}}}}
    partly.edit(lambda documents: documents["FeatureSet", "conditions"].update(overrides=nobody))
    partly.commit()

    def whole_everywhere(documents: Documents) -> None:
        set_at(*CONTACT, "sql", to="contact")(documents)
        del documents["FeatureSet", "conditions"]["overrides"]

    found = {change.environments: change for change in reaching(partly.changed(whole_everywhere))}
    assert {where: change.direction for where, change in found.items()} == {
        ("staging",): Direction.UNKNOWN,
        ("production",): Direction.LOOSENED,
    }
    assert "newly reaches the model" in found["production",].why


def test_a_label_that_rises_in_one_environment_is_not_told_as_what_comes_otherwise_in_another(
    partly: Repository,
) -> None:
    sensitive = {"production": {"columns": {"contact": {"sensitivity": "sensitive"}}}}
    partly.edit(lambda documents: documents["Dataset", "flights"].update(overrides=sensitive))
    partly.commit()

    def labelled_and_whole(documents: Documents) -> None:
        del documents["Dataset", "flights"]["overrides"]
        whole = {"staging": {"features": {"contact_part": {"sql": "contact"}}}}
        documents["FeatureSet", "conditions"]["overrides"] = whole

    found = {change.environments: change.direction for change in reaching(partly.changed(labelled_and_whole))}
    assert found == {("staging",): Direction.UNKNOWN, ("production",): Direction.LOOSENED}


def _through_a_query(sql: str, *, wind: str = "wind_speed") -> Callable[[Documents], None]:
    """A dataset of a query over a private column, which a feature looks up, and one over another dataset."""

    def derive(documents: Documents) -> None:
        for name, source, key in (
            ("passengers", sql, "flight_id"),
            ("gusts", f"select origin, {wind} as gust from weather", "origin"),
        ):
            column = "who" if name == "passengers" else "gust"
            documents["Dataset", name] = {
                "apiVersion": "penstock/v1",
                "kind": "Dataset",
                "metadata": {"name": name, "owner": "flight-data"},
                "spec": {
                    "source": {"sql": source},
                    "primaryKey": [key],
                    "columns": {key: {"type": "string"}, column: {"type": "string"}},
                },
            }
            lookup = {"of": name, "column": column, "match": [key]}
            documents["FeatureSet", "conditions"]["spec"]["features"][column] = {"type": "string", "lookup": lookup}

    return derive


def _aggregated(**changed: str | None) -> Callable[[Documents], None]:
    """A feature over some rows of a dataset with a private column."""
    columns = {"id": {"type": "string"}, "flight_id": {"type": "string"}, "at": {"type": "timestamp"}}
    columns |= {"kind": {"type": "string"}, "number": {"type": "string", "sensitivity": "pii"}}
    aggregate = {"of": "calls", "sql": "max(number)", "where": "kind = 'test'", "match": ["flight_id"], "window": "1d"}
    kept = {key: value for key, value in (aggregate | changed).items() if value is not None}

    def add(documents: Documents) -> None:
        documents["Dataset", "calls"] = {
            "apiVersion": "penstock/v1",
            "kind": "Dataset",
            "metadata": {"name": "calls", "owner": "flight-data"},
            "spec": {"source": {"csv": "data/calls.csv"}, "primaryKey": ["id"], "eventTime": "at", "columns": columns},
        }
        feature = {"type": "string", "aggregate": kept}
        documents["FeatureSet", "conditions"]["spec"]["features"]["called"] = feature

    return add


@pytest.mark.parametrize(
    "changed", [{"where": None}, {"where": "kind <> 'test'"}, {"window": "9d"}, {"sql": "min(number)"}]
)
def test_other_rows_of_a_private_column_do_not_come_unseen(
    repository: Repository, changed: dict[str, str | None]
) -> None:
    """A condition that goes lets in all the rows that it kept out."""
    repository.edit(_aggregated())
    repository.commit()
    found = [one.why.partition(" as ")[0] for one in reaching(repository.changed(_aggregated(**changed)))]
    assert found == ["pii column calls.number reaches the model otherwise than before"]


def test_a_feature_of_a_private_column_that_goes_is_no_news(partly: Repository) -> None:
    partly.edit(set_at("Model", "delay", "features", to={"conditions": "all"}))
    partly.commit()

    def remove(documents: Documents) -> None:
        del documents["FeatureSet", "conditions"]["spec"]["features"]["unused"]

    assert reaching(partly.changed(remove)) == []


PART = "select flight_id, left(contact, 1) as who from flights"


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        (_through_a_query("select flight_id, contact as who from flights"), True),
        (_through_a_query(PART, wind="wind_speed * 2"), False),
        (set_at("Dataset", "flights", "source", to={"python": "systems.flights:others"}), False),
    ],
    ids=["its query", "another query", "where its own rows come from"],
)
def test_a_query_that_makes_another_part_of_a_private_column_is_seen(
    repository: Repository, change: Callable[[Documents], None], is_told: bool
) -> None:
    repository.edit(_through_a_query(PART))
    repository.write("systems/flights.py", "def departures():\n    return None\n\n\ndef others():\n    return None\n")
    repository.commit()
    found = [one.why.partition(" as ")[0] for one in reaching(repository.changed(change))]
    assert found == ["pii column flights.contact reaches the model otherwise than before"] * is_told


def _look_up(column: str) -> Callable[[Documents], None]:
    """A value that is looked up by a private key: which one it is, the key decides, and nobody learns the key."""

    def look_up(documents: Documents) -> None:
        columns = {"contact": {"type": "string", "sensitivity": "pii"}}
        columns |= {name: {"type": "string", "sensitivity": "public"} for name in ("region", "country")}
        documents["Dataset", "regions"] = {
            "apiVersion": "penstock/v1",
            "kind": "Dataset",
            "metadata": {"name": "regions", "owner": "flight-data"},
            "spec": {"source": {"csv": "data/regions.csv"}, "primaryKey": ["contact"], "columns": columns},
        }
        lookup = {"of": "regions", "column": column, "match": ["contact"]}
        documents["FeatureSet", "conditions"]["spec"]["features"]["region"] = {"type": "string", "lookup": lookup}

    return look_up


def test_another_value_behind_a_private_key_is_no_news_of_the_key(repository: Repository) -> None:
    repository.edit(_look_up("region"))
    repository.commit()
    plan = repository.changed(_look_up("country"))
    assert "FeatureSet/conditions.features.region.lookup.column" in {str(change.address) for change in plan.changes}
    assert reaching(plan) == []


@pytest.mark.parametrize("left", [{}, {"production": {"features": {"hour": {"sql": "1"}}}}], ids=["all", "one feature"])
def test_an_override_that_goes_hands_on_the_whole_of_which_it_made_a_part(
    repository: Repository, left: dict[str, Any]
) -> None:
    repository.edit(set_at(*CONTACT, to={"type": "string", "sql": "contact"}))
    part = {"production": {"features": {"contact_part": {"sql": "left(contact, 1)"}}}}
    repository.edit(lambda documents: documents["FeatureSet", "conditions"].update(overrides=part))
    repository.commit()
    (found,) = reaching(
        repository.changed(lambda documents: documents["FeatureSet", "conditions"].update(overrides=left))
    )
    assert "reaches the model otherwise than before" in found.why
    assert found.environments == ("production",)


def test_a_private_key_that_becomes_a_value_newly_reaches_the_model(repository: Repository) -> None:
    repository.edit(_look_up("region"))
    repository.commit()
    found = reaching(repository.changed(set_at(*CONTACT, to={"type": "string", "sql": "contact"})))
    assert [change.why.partition(" as ")[0] for change in found] == [
        "pii column flights.contact newly reaches the model"
    ]
