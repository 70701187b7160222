"""Point 6: every field has a direction; unknown is the highest risk; an undeclared field fails the project's tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penstock.review.changes.directions import judge, review_of
from penstock.review.model import Direction, Operation
from penstock.specs.kinds import KINDS
from penstock.specs.review import Area, Loosens
from penstock.specs.shapes import mappings
from review.repositories import Documents, Repository, at, directions, set_at


def test_every_field_of_the_language_declares_direction_and_area() -> None:
    undeclared = {
        f"{mapping.cls.__name__}.{key}"
        for kind in KINDS.values()
        for _, mapping in mappings(kind)
        for key, field in mapping.fields.items()
        if field.review is None
        or field.review["loosens"] not in [one.value for one in Loosens]
        or field.review["area"] not in [one.value for one in Area]
    }
    assert undeclared == set()


def test_a_field_without_a_declaration_counts_as_unknown() -> None:
    for operation in (Operation.ADDED, Operation.REMOVED, Operation.CHANGED):
        assert judge(review_of(None), operation, 1, 2).direction is Direction.UNKNOWN


@pytest.mark.parametrize(
    ("path", "value", "address", "direction"),
    [
        (("Gate", "delay-release", "rules", 0, "atLeast"), 0.6, "rules[quality].atLeast", "loosened"),
        (("Gate", "delay-release", "rules", 0, "atLeast"), 0.8, "rules[quality].atLeast", "tightened"),
        (("Gate", "delay-release", "rules", 0, "severity"), "warn", "rules[quality].severity", "loosened"),
        (("Gate", "delay-release", "rules", 1, "minSupport"), 500, "rules[regions].minSupport", "loosened"),
        (("Gate", "delay-release", "rules", 1, "by"), "hour", "rules[regions].by", "unknown"),
        (("Dataset", "weather", "columns", "wind_speed", "nullable"), "20%", "columns.wind_speed.nullable", "loosened"),
        (
            ("Dataset", "weather", "columns", "wind_speed", "nullable"),
            False,
            "columns.wind_speed.nullable",
            "tightened",
        ),
        (("Dataset", "flights", "freshness"), "2d", "freshness", "loosened"),
        (("Dataset", "flights", "onViolation"), "warn", "onViolation", "loosened"),
        (("Rollout", "delay-online", "monitor", "drift", 0, "above"), 0.4, "monitor.drift[inputs].above", "loosened"),
        (
            ("Rollout", "delay-online", "slos", "availability", "objective"),
            "99%",
            "slos.availability.objective",
            "loosened",
        ),
        (("Model", "delay", "threshold"), 0.4, "threshold", "unknown"),
        # What takes from those who rely on it is no lesser risk for its being shorter, more, or there at all.
        (
            ("FeatureSet", "conditions", "features", "wind_speed", "latest", "maxAge"),
            "1s",
            "features.wind_speed.latest.maxAge",
            "unknown",
        ),
        (("Rollout", "delay-online", "serve", "timeout"), "1s", "serve.timeout", "unknown"),
        (("Model", "delay", "retrain", "cooldown"), "5200w", "retrain.cooldown", "unknown"),
        (("Team", "risk", "contact", "page"), "unread", "contact.page", "unknown"),
    ],
)
def test_an_edit_has_the_direction_of_its_field(
    repository: Repository, path: tuple[str | int, ...], value: object, address: str, direction: str
) -> None:
    kind, name, *below, last = path

    def edit(documents: Documents) -> None:
        held = documents[str(kind), str(name)]["spec"]
        for step in below:
            held = held[step]
        held[last] = value

    assert directions(repository.changed(edit)) == {f"{kind}/{name}.{address}": Direction(direction)}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (None, {"every": "1d"}, {"clusters": "tightened"}),
        ({"every": "1d"}, None, {"clusters": "loosened"}),
        ({"every": "1d"}, {"every": "1h"}, {"clusters.every": "loosened"}),
        ({"every": "1d"}, {"every": "7d"}, {"clusters.every": "tightened"}),
        ({"every": "1d"}, {"column": "origin"}, {"clusters.every": "loosened", "clusters.column": "unknown"}),
    ],
)
def test_intervals_over_smaller_clusters_or_none_are_looser(
    repository: Repository, before: object, after: object, found: dict[str, str]
) -> None:
    def cluster(clusters: object) -> Callable[[Documents], None]:
        return lambda documents: documents["Gate", "delay-release"]["spec"].update(clusters=clusters)

    repository.edit(cluster(before))
    repository.commit()
    assert directions(repository.changed(cluster(after))) == {
        f"Gate/delay-release.{address}": Direction(direction) for address, direction in found.items()
    }


def test_a_bound_that_goes_is_the_loosest(repository: Repository) -> None:
    def remove(documents: Documents) -> None:
        del documents["Dataset", "flights"]["spec"]["freshness"]

    change = at(repository.changed(remove), "Dataset/flights.freshness")
    assert (change.operation, change.direction, change.after) == (Operation.REMOVED, Direction.LOOSENED, None)


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        (None, "[A-Z]{3}", Direction.TIGHTENED),
        ("[A-Z]{3}", None, Direction.LOOSENED),
        ("[A-Z]{3}", "[A-Z]+", Direction.UNKNOWN),
    ],
)
def test_a_pattern_binds_where_it_is_and_no_two_are_ordered(
    repository: Repository, before: str | None, after: str | None, direction: Direction
) -> None:
    def match(pattern: str | None) -> Callable[[Documents], None]:
        return lambda documents: documents["Dataset", "weather"]["spec"]["columns"]["origin"].update(matches=pattern)

    repository.edit(match(before))
    repository.commit()
    assert directions(repository.changed(match(after))) == {"Dataset/weather.columns.origin.matches": direction}


def test_a_list_of_allowed_values_that_goes_allows_everything(repository: Repository) -> None:
    def remove(documents: Documents) -> None:
        del documents["Dataset", "flights"]["spec"]["columns"]["origin"]["oneOf"]

    assert at(repository.changed(remove), "Dataset/flights.columns.origin.oneOf").direction is Direction.LOOSENED


def test_whole_specs(repository: Repository) -> None:
    def change(documents: Documents) -> None:
        del documents["Rollout", "delay-online"]
        del documents["Gate", "delay-release"]
        documents["Model", "more"] = {
            **documents["Model", "delay"],
            "metadata": {"name": "more", "owner": "flight-ml"},
            "spec": {**documents["Model", "delay"]["spec"], "threshold": 0.4},
        }

    assert directions(repository.changed(change)) == {
        "Gate/delay-release": Direction.LOOSENED,
        "Model/more": Direction.UNKNOWN,
        "Rollout/delay-online": Direction.UNKNOWN,
    }


def test_a_predicate_of_a_policy_is_never_ordered(repository: Repository) -> None:
    repository.edit(_add_policy)
    repository.commit()
    repository.branch()

    repository.edit(set_at("ApprovalPolicy", "rules", "rules", 0, "when", "stage", to=["production"]))
    repository.commit()
    change = at(repository.plan(), "ApprovalPolicy/rules.rules[gates].when.stage")
    assert change.direction is Direction.UNKNOWN


def _add_policy(documents: Documents) -> None:
    documents["ApprovalPolicy", "rules"] = {
        "apiVersion": "penstock/v1",
        "kind": "ApprovalPolicy",
        "metadata": {"name": "rules", "owner": "risk"},
        "spec": {
            "rules": [
                {
                    "id": "gates",
                    "why": "Gates protect passengers.",
                    "when": {"kind": ["Gate"]},
                    "require": {"from": {"teams": ["risk"]}},
                }
            ]
        },
    }
