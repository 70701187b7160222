"""Point 13: a sensitive column that reaches a model by lineage, or a lowered sensitivity label, calls privacy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from penstock.review.model import Direction
from penstock.review.rendering.rows import headline, rows
from penstock.specs.review import Area
from review.points.reaching import reaching
from review.repositories import Documents, Repository, at, indirect, set_at


def test_a_feature_over_a_sensitive_column_reaches_the_model(repository: Repository) -> None:
    def add(documents: Documents) -> None:
        feature = {"type": "int", "sql": "length(contact)"}
        documents["FeatureSet", "conditions"]["spec"]["features"]["contact_length"] = feature

    (change,) = reaching(repository.changed(add))
    assert (change.direction, change.sensitivity) == (Direction.LOOSENED, "pii")
    assert change.after == {"column": "flights.contact", "use": "feature", "sensitivity": "pii"}
    assert change.through == ("Dataset/flights.columns.contact", "FeatureSet/conditions.features.contact_length")
    assert set(change.environments) == {"staging", "production"}


def test_the_headline_counts_each_row_that_it_stands_above(repository: Repository) -> None:
    def add(documents: Documents) -> None:
        features = documents["FeatureSet", "conditions"]["spec"]["features"]
        features["who"] = {"type": "string", "sql": "contact"}

    plan = repository.changed(add)
    assert reaching(plan)
    directions = Counter(row.change.direction.value for row in rows(plan))
    assert f"{directions['unknown']} unknown and {directions['loosened']} loosened changes" in headline(plan)


def through_sql(label: str) -> Callable[[Documents], None]:
    """A dataset of SQL over a sensitive column, and a feature that looks its own up."""

    def derive(documents: Documents) -> None:
        documents["Dataset", "passengers"] = {
            "apiVersion": "penstock/v1",
            "kind": "Dataset",
            "metadata": {"name": "passengers", "owner": "flight-data"},
            "spec": {
                "source": {"sql": "select flight_id, contact as who from flights"},
                "primaryKey": ["flight_id"],
                "columns": {"flight_id": {"type": "string"}, "who": {"type": "string", "sensitivity": label}},
            },
        }
        documents["FeatureSet", "conditions"]["spec"]["features"]["who"] = {
            "type": "string",
            "lookup": {"of": "passengers", "column": "who", "match": ["flight_id"]},
        }

    return derive


def test_a_sensitive_column_is_followed_through_sql(repository: Repository) -> None:
    found = {change.after["column"]: change for change in reaching(repository.changed(through_sql("internal")))}
    assert found["flights.contact"].sensitivity == "pii"
    assert "Dataset/passengers.columns.who" in found["flights.contact"].through


TWINS = {"straße": "pii", "STRA\u1e9eE": "public", "key": "pii", "\u212aey": "public"}
"""Columns that are several to the database, to which letters of ASCII alone have two cases, and one in lower case."""


@pytest.mark.parametrize("turned", [False, True], ids=["as they are", "the other way round"])
@pytest.mark.parametrize("through", [False, True], ids=["a feature", "a query"])
@pytest.mark.parametrize("name", ["straße", "key"])
def test_no_column_hides_behind_one_that_is_the_same_in_lower_case(
    repository: Repository, name: str, through: bool, turned: bool
) -> None:
    def add(documents: Documents) -> None:
        twins = list(TWINS.items())
        columns = documents["Dataset", "flights"]["spec"]["columns"]
        columns.update({key: {"type": "string", "sensitivity": label} for key, label in twins[:: -1 if turned else 1]})

    def use(documents: Documents) -> None:
        if through:
            through_sql("public")(documents)
            documents["Dataset", "passengers"]["spec"]["source"]["sql"] = (
                f"select flight_id, {name} as who from flights"
            )
        else:
            documents["FeatureSet", "conditions"]["spec"]["features"]["who"] = {"type": "string", "sql": name}

    repository.edit(add)
    repository.commit()
    told = {change.after["column"]: change.sensitivity for change in reaching(repository.changed(use))}
    assert told[f"flights.{name}"] == "pii"


@pytest.mark.parametrize("label", ["internal", "sensitive", "pii"])
def test_one_way_through_two_datasets_is_told_once(repository: Repository, label: str) -> None:
    found = indirect(repository.changed(through_sql(label)), "Model/delay")
    told = [change.after for change in found if change.area is Area.PRIVACY]
    assert {"column": "flights.contact", "use": "feature", "sensitivity": "pii"} in told
    assert "passengers.who" not in {after["column"] for after in told}


def test_the_nearer_dataset_is_told_of_where_its_label_is_the_stricter_one(repository: Repository) -> None:
    repository.git("checkout", "-q", "main")
    repository.replace("contact: {type: string, sensitivity: pii}", "contact: {type: string, sensitivity: sensitive}")
    repository.commit()
    repository.branch("derive")
    found = {change.after["column"]: change.sensitivity for change in reaching(repository.changed(through_sql("pii")))}
    assert found == {"flights.contact": "sensitive", "passengers.who": "pii"}


def test_the_nearer_dataset_is_told_of_where_it_alone_is_new(repository: Repository) -> None:
    """Who approves that a column comes otherwise than before has not approved that one of another dataset comes."""
    repository.edit(set_at("FeatureSet", "conditions", "features", "who", to={"type": "string", "sql": "contact"}))
    repository.commit()
    found = {change.after["column"]: change.direction for change in reaching(repository.changed(through_sql("pii")))}
    assert found == {"flights.contact": Direction.UNKNOWN, "passengers.who": Direction.LOOSENED}


def test_the_nearer_dataset_is_told_of_where_the_way_goes_on_in_one_environment_alone(repository: Repository) -> None:
    def derive(documents: Documents) -> None:
        through_sql("pii")(documents)
        elsewhere = {"source": {"sql": "select flight_id, origin as who from flights"}}
        documents["Dataset", "passengers"]["overrides"] = {"production": elsewhere}

    found = {change.after["column"]: set(change.environments) for change in reaching(repository.changed(derive))}
    assert found == {"flights.contact": {"staging"}, "passengers.who": {"staging", "production"}}


def test_the_key_of_a_lookup_reaches_the_model_though_its_value_does_not(repository: Repository) -> None:
    def look_up(documents: Documents) -> None:
        documents["Dataset", "regions"] = {
            "apiVersion": "penstock/v1",
            "kind": "Dataset",
            "metadata": {"name": "regions", "owner": "flight-data"},
            "spec": {
                "source": {"csv": "data/regions.csv"},
                "primaryKey": ["contact"],
                "columns": {
                    "contact": {"type": "string", "sensitivity": "public"},
                    "region": {"type": "string", "sensitivity": "public"},
                },
            },
        }
        documents["FeatureSet", "conditions"]["spec"]["features"]["region"] = {
            "type": "string",
            "lookup": {"of": "regions", "column": "region", "match": ["contact"]},
        }

    (change,) = reaching(repository.changed(look_up))
    assert change.sensitivity == "pii"
    assert change.after == {"column": "flights.contact", "use": "feature", "sensitivity": "pii"}
    assert change.through == ("Dataset/flights.columns.contact", "FeatureSet/conditions.features.region")


@pytest.mark.parametrize(("label", "told"), [("public", []), ("internal", []), ("sensitive", ["feature"])])
def test_a_key_that_is_not_sensitive_is_no_news(repository: Repository, label: str, told: list[str]) -> None:
    def look_up(documents: Documents) -> None:
        documents["Dataset", "flights"]["spec"]["columns"]["tail"] = {"type": "string", "sensitivity": label}
        documents["Dataset", "planes"] = {
            "apiVersion": "penstock/v1",
            "kind": "Dataset",
            "metadata": {"name": "planes", "owner": "flight-data"},
            "spec": {
                "source": {"csv": "data/planes.csv"},
                "primaryKey": ["tail"],
                "columns": {"tail": {"type": "string"}, "seats": {"type": "int", "sensitivity": "public"}},
            },
        }
        documents["FeatureSet", "conditions"]["spec"]["features"]["seats"] = {
            "type": "int",
            "lookup": {"of": "planes", "column": "seats", "match": ["tail"]},
        }

    changes = [change.after for change in indirect(repository.changed(look_up), "Model/delay")]
    uses = [after["use"] for after in changes if isinstance(after, dict) and after.get("column") == "flights.tail"]
    assert uses == told


def test_a_model_that_chooses_more_features_is_seen(repository: Repository) -> None:
    def add(documents: Documents) -> None:
        documents["FeatureSet", "conditions"]["spec"]["features"]["reach"] = {"type": "string", "sql": "contact"}
        documents["Model", "delay"]["spec"]["features"] = {"conditions": {"except": ["reach"]}}

    repository.edit(add)
    repository.commit()
    repository.branch()

    repository.edit(set_at("Model", "delay", "features", to={"conditions": "all"}))
    repository.commit()
    assert [change.sensitivity for change in reaching(repository.plan())] == ["pii"]


def test_a_lowered_label_loses_its_sensitivity(repository: Repository) -> None:
    lower = set_at("Dataset", "flights", "columns", "contact", "sensitivity", to="public")
    change = at(repository.changed(lower), "Dataset/flights.columns.contact.sensitivity")
    assert (change.direction, change.area, change.sensitivity) == (Direction.LOOSENED, Area.PRIVACY, "pii")


def test_a_label_that_is_left_out_is_lowered(repository: Repository) -> None:
    def drop(documents: Documents) -> None:
        del documents["Dataset", "flights"]["spec"]["columns"]["contact"]["sensitivity"]

    change = at(repository.changed(drop), "Dataset/flights.columns.contact.sensitivity")
    assert (change.before, change.after, change.sensitivity) == ("pii", "internal", "pii")


def test_a_column_whose_contract_goes_loses_its_sensitivity(repository: Repository) -> None:
    def drop(documents: Documents) -> None:
        del documents["Dataset", "flights"]["spec"]["columns"]["contact"]

    assert at(repository.changed(drop), "Dataset/flights.columns.contact").sensitivity == "pii"


def test_an_internal_column_that_newly_reaches_a_model_is_told_and_loosens_nothing(repository: Repository) -> None:
    def use(documents: Documents) -> None:
        documents["Dataset", "flights"]["spec"]["columns"]["tail"] = {"type": "string", "sensitivity": "internal"}
        documents["FeatureSet", "conditions"]["spec"]["features"]["tail"] = {"type": "string", "sql": "tail"}

    told = indirect(repository.changed(use), "Model/delay")
    assert [(one.direction, one.sensitivity) for one in told if "flights.tail" in str(one.after)] == [
        (Direction.NEUTRAL, "internal")
    ]


def test_lowering_the_label_and_using_the_column_at_once_hides_nothing(repository: Repository) -> None:
    def both(documents: Documents) -> None:
        documents["Dataset", "flights"]["spec"]["columns"]["contact"]["sensitivity"] = "public"
        documents["FeatureSet", "conditions"]["spec"]["features"]["who"] = {"type": "string", "sql": "contact"}

    assert [change.sensitivity for change in reaching(repository.changed(both))] == ["pii"]


@pytest.mark.parametrize(("before", "after"), [("pii", "public"), ("public", "pii")], ids=["lowered", "raised"])
def test_among_public_columns_the_label_of_either_side_counts(repository: Repository, before: str, after: str) -> None:
    def label(contact: str) -> Callable[[Documents], None]:
        def edit(documents: Documents) -> None:
            for (kind, name), document in documents.items():
                for column, declared in document["spec"]["columns"].items() if kind == "Dataset" else ():
                    declared["sensitivity"] = contact if (name, column) == ("flights", "contact") else "public"

        return edit

    def use(documents: Documents) -> None:
        label(after)(documents)
        documents["FeatureSet", "conditions"]["spec"]["features"]["who"] = {"type": "string", "sql": "contact"}

    repository.git("checkout", "-q", "main")
    repository.edit(label(before))
    repository.commit()
    repository.branch("use")
    assert [change.sensitivity for change in reaching(repository.changed(use))] == ["pii"]


def test_a_column_that_turns_out_sensitive_is_told_where_it_reaches_a_model(repository: Repository) -> None:
    plan = repository.changed(set_at("Dataset", "weather", "columns", "wind_speed", "sensitivity", to="sensitive"))
    assert at(plan, "Dataset/weather.columns.wind_speed.sensitivity").direction is Direction.TIGHTENED
    assert [change.sensitivity for change in reaching(plan)] == ["sensitive"]


def test_a_slice_is_a_use_of_its_own(repository: Repository) -> None:
    (change,) = reaching(repository.changed(set_at("Model", "delay", "slices", to=["origin", "contact"])))
    assert change.after["use"] == "slice"


def test_an_override_that_brings_a_sensitive_column_to_production_alone_is_seen(repository: Repository) -> None:
    def add(documents: Documents) -> None:
        feature = {"who": {"type": "string", "sql": "contact"}}
        documents["FeatureSet", "conditions"]["overrides"] = {"production": {"features": feature}}

    (change,) = reaching(repository.changed(add))
    assert change.environments == ("production",)


@pytest.mark.parametrize(
    ("kept_out_of", "told"), [(["production"], ("staging",)), (["staging", "production"], ())], ids=["one", "all"]
)
def test_where_an_override_keeps_a_sensitive_column_out_it_is_not_told_of(
    repository: Repository, kept_out_of: list[str], told: tuple[str, ...]
) -> None:
    def add(documents: Documents) -> None:
        feature_set = documents["FeatureSet", "conditions"]
        feature_set["spec"]["features"]["who"] = {"type": "string", "sql": "contact"}
        feature_set["overrides"] = {name: {"features": {"who": {"sql": "'nobody'"}}} for name in kept_out_of}

    (change,) = reaching(repository.changed(add))
    assert change.environments == told
    assert change.why.endswith("; overrides hide it in every environment") is not bool(told)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (({"except": ["who"]}, {}), ({"except": ["who"]}, {"production": "all"})),
        (("all", {"production": {"except": ["who"]}}), ("all", {})),
    ],
    ids=["comes", "goes"],
)
def test_an_override_of_the_model_decides_where_a_sensitive_column_reaches_it(
    repository: Repository, before: tuple[Any, dict[str, Any]], after: tuple[Any, dict[str, Any]]
) -> None:
    def chosen(of: Any, overrides: dict[str, Any]) -> Callable[[Documents], None]:
        def edit(documents: Documents) -> None:
            documents["FeatureSet", "conditions"]["spec"]["features"]["who"] = {"type": "string", "sql": "contact"}
            model = documents["Model", "delay"]
            model["spec"]["features"] = {"conditions": of}
            model["overrides"] = {name: {"features": {"conditions": one}} for name, one in overrides.items()}

        return edit

    repository.edit(chosen(*before))
    repository.commit()
    (change,) = reaching(repository.changed(chosen(*after)))
    assert (change.sensitivity, change.environments) == ("pii", ("production",))
