"""Point 18: contract breaks between training and serving (type, label, window, point in time) are marked downstream."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest

from penstock.review.model import Direction
from review.pull_requests import set_at
from review.repositories import Documents, Repository, direct, indirect

retype = set_at("Dataset", "weather", "columns", "wind_speed", "type", to="int")


relabel = set_at("Model", "delay", "label", "horizon", to="6h")


rewindow = set_at("FeatureSet", "conditions", "features", "wind_speed", "latest", "maxAge", to="1h")


def retime(documents: Documents) -> None:
    weather = documents["Dataset", "weather"]["spec"]
    weather["columns"]["reported"] = {"type": "timestamp"}
    weather["knownAt"] = "reported"


refeature = set_at("FeatureSet", "conditions", "features", "distance", "sql", to="distance * 2")


def unfeature(documents: Documents) -> None:
    del documents["FeatureSet", "conditions"]["spec"]["features"]["distance"]


@pytest.mark.parametrize("change", [retype, relabel, rewindow, retime, refeature, unfeature])
def test_a_break_is_marked_where_it_is_made_and_on_what_serves_it(
    repository: Repository, change: Callable[[Documents], None]
) -> None:
    plan = repository.changed(change)
    assert any(one.breaking for one in direct(plan))
    assert any(one.breaking for one in indirect(plan, "Rollout/delay-online"))


FEATURES = ("FeatureSet", "conditions", "features")
COMPUTED = {
    "latest": {"of": "weather", "column": "wind_speed", "match": ["origin"], "maxAge": "3h"},
    "lookup": {"of": "arrivals", "column": "late", "match": ["flight_id"]},
    "aggregate": {
        "of": "weather",
        "sql": "max(wind_speed)",
        "where": "wind_speed > 0",
        "match": ["origin"],
        "window": "1d",
    },
}
"""A feature of each form, and below another value for each of its fields."""
OTHERWISE: dict[str, dict[str, object]] = {
    "latest": {"of": "arrivals", "column": "gusts", "match": ["hour"], "maxAge": None},
    "lookup": {"of": "weather", "column": "landed", "match": ["distance"]},
    "aggregate": {"of": "arrivals", "sql": "min(wind_speed)", "where": None, "match": ["hour"], "window": "2d"},
}
PARTS = {
    "a type": set_at(*FEATURES, "hour", "type", to="float"),
    "the source of features": set_at("FeatureSet", "conditions", "source", to="arrivals"),
    "an entity": set_at("FeatureSet", "conditions", "entity", to=["origin"]),
    "a time": set_at("Dataset", "weather", "eventTime", to=None),
    "a key": set_at("Dataset", "weather", "primaryKey", to=["hour"]),
    "a column that goes": set_at("Dataset", "weather", "columns", "wind_speed", to=None),
    "a choice of features": set_at("Model", "delay", "features", to={"conditions": ["hour"]}),
    "a task": set_at("Model", "delay", "task", to="regression"),
    "the dataset of a label": set_at("Model", "delay", "label", "dataset", to="flights"),
    "the column of a label": set_at("Model", "delay", "label", "column", to="landed"),
    "what counts as positive": set_at("Model", "delay", "label", "positive", to=True),
    "a protocol": set_at("Rollout", "delay-online", "serve", "protocol", to="v1"),
    **{
        f"{key} of {form}": set_at(*FEATURES, form, form, key, to=value)
        for form, values in OTHERWISE.items()
        for key, value in values.items()
    },
}


@pytest.mark.parametrize("change", PARTS.values(), ids=PARTS)
def test_every_part_of_the_contract_counts(repository: Repository, change: Callable[[Documents], None]) -> None:
    """Whether the specs are sound afterwards or not."""

    def compute(documents: Documents) -> None:
        features = documents["FeatureSet", "conditions"]["spec"]["features"]
        features.update({form: {"type": "float", form: deepcopy(one)} for form, one in COMPUTED.items()})

    repository.edit(compute)
    repository.commit()
    found = direct(repository.changed(change))
    assert found
    assert all(one.breaking for one in found)


@pytest.mark.parametrize(
    ("before", "after"),
    [(["hour"], ["distance", "hour"]), (["hour", "distance"], ["hour"]), (["hour"], ["distance"])],
    ids=["one more", "one less", "another"],
)
def test_features_that_a_model_excludes_are_a_choice_of_features(
    repository: Repository, before: list[str], after: list[str]
) -> None:
    repository.edit(set_at("Model", "delay", "features", to={"conditions": {"except": before}}))
    repository.commit()
    plan = repository.changed(set_at("Model", "delay", "features", to={"conditions": {"except": after}}))
    assert all(one.breaking and one.direction is Direction.UNKNOWN for one in direct(plan))
    assert any(one.breaking for one in indirect(plan, "Rollout/delay-online"))


def test_features_are_excluded_in_any_order(repository: Repository) -> None:
    repository.edit(set_at("Model", "delay", "features", to={"conditions": {"except": ["hour", "distance"]}}))
    repository.commit()
    plan = repository.changed(set_at("Model", "delay", "features", to={"conditions": {"except": ["distance", "hour"]}}))
    assert [one.direction for one in plan.changes] == [Direction.NEUTRAL]
    assert not plan.changes[0].breaking


looser = set_at("Dataset", "weather", "columns", "wind_speed", "nullable", to="50%")


more = set_at("Dataset", "weather", "columns", "gusts", to={"type": "float"})


prose = set_at("FeatureSet", "conditions", "features", "distance", "description", to="Miles.")


@pytest.mark.parametrize("change", [looser, more, prose])
def test_other_changes_break_nothing(repository: Repository, change: Callable[[Documents], None]) -> None:
    assert not any(one.breaking for one in repository.changed(change).changes)


def test_a_dataset_under_another_name_breaks_nothing(repository: Repository) -> None:
    """What refers to it writes the new name, and reads the same rows."""

    def rename(documents: Documents) -> None:
        documents["Dataset", "weather"]["metadata"]["name"] = "climate"
        documents["FeatureSet", "conditions"]["spec"]["features"]["wind_speed"]["latest"]["of"] = "climate"

    plan = repository.changed(rename)
    assert [str(one.address) for one in plan.changes if one.breaking] == []
    assert len(direct(plan)) == 2
