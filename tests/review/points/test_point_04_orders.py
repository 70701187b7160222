"""Point 4: another order is told as that, by the field, where what is compiled follows it; else it is no change."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import yaml

from penstock.review.changes.reorderings import SORTED
from penstock.review.model import Change, Direction, Operation
from penstock.specs.rollout import RolloutSpec
from review.points.orders import Path, committed, prepared, turn, turned
from review.pull_requests import APPROVED, looser_gate, opened
from review.repositories import Documents, Repository, at, direct, directions, indirect


@pytest.fixture
def compiled(repository: Repository) -> Repository:
    return prepared(repository)


def generated(repository: Repository) -> dict[str, bytes]:
    root = repository.root / "generated"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def by_keys(value: Any) -> Any:
    """What a formatter would write."""
    if isinstance(value, list):
        return [by_keys(item) for item in value]
    return {key: by_keys(value[key]) for key in sorted(value)} if isinstance(value, dict) else value


COUNTING: list[tuple[str, Path, str]] = [
    ("Dataset/flights", ("spec", "columns"), ".columns"),
    ("Dataset/flights", ("spec", "columns", "origin", "oneOf"), ".columns.origin.oneOf"),
    ("Dataset/weather", ("spec", "primaryKey"), ".primaryKey"),
    ("FeatureSet/conditions", ("spec", "features"), ".features"),
    ("Model/delay", ("spec", "estimator", "params", "categories"), ".estimator.params.categories"),
    ("Model/delay", ("spec", "estimator", "params", "stages", 0), ".estimator.params.stages[0]"),
    ("Model/delay", ("spec", "slices"), ".slices"),
    ("Model/delay", ("spec", "search", "space"), ".search.space"),
]
"""What something may count by its place."""

FREE: list[tuple[str, Path, str]] = [
    ("Dataset/flights", ("spec", "checks"), ".checks"),
    ("Model/delay", ("metadata", "labels"), ".metadata.labels"),
    ("Model/delay", ("spec", "estimator", "params"), ".estimator.params"),
    ("Model/delay", ("spec", "card", "limitations"), ".card.limitations"),
    ("Gate/delay-release", ("spec", "rules"), ".rules"),
    ("Gate/delay-release", ("spec", "tests"), ".tests"),
    ("Rollout/delay-online", ("spec", "monitor", "drift"), ".monitor.drift"),
    ("Rollout/delay-online", ("spec", "monitor", "drift", 1, "then"), ".monitor.drift[more].then"),
    ("Rollout/delay-online", ("spec", "access", "callers"), ".access.callers"),
]
"""What holds by itself, wherever it stands."""

FOLLOWED = [*COUNTING, *FREE]
"""What the generated files hold in the order of the spec."""

IGNORED: list[tuple[str, Path]] = [
    ("Team/risk", ("spec", "members")),
    ("Environment/production", ("spec", "prometheus", "ruleLabels")),
    ("Gate/delay-release", ("spec", "tests", 0, "given")),
    ("Gate/delay-release", ("spec", "tests", 0, "expect")),
    ("Rollout/delay-online", ("spec", "environments")),
    ("Rollout/delay-online", ("spec", "access", "callers", 0, "pods")),
    ("Rollout/delay-online", ("overrides",)),
]
"""What they do not."""


@pytest.mark.parametrize(("spec", "path", "address"), FOLLOWED, ids=[f"{one[0]}{one[2]}" for one in FOLLOWED])
def test_an_order_that_is_compiled_is_a_change_of_its_field(
    compiled: Repository, spec: str, path: Path, address: str
) -> None:
    before = generated(compiled)
    compiled.edit(lambda documents: turn(documents, spec, path))
    committed(compiled)
    assert generated(compiled) != before
    plan = compiled.plan()
    assert plan.errors == ()
    assert plan.kind == "change"
    is_free = (spec, path, address) in FREE
    assert directions(plan) == {f"{spec}{address}": Direction.NEUTRAL if is_free else Direction.UNKNOWN}
    [change] = direct(plan)
    assert change.why.endswith("the order does not affect risk" if is_free else "the generated files follow that order")
    assert change.operation is Operation.CHANGED
    assert change.before == change.after[::-1]
    assert not change.breaking
    assert plan.impacts[change.fingerprint].models == ("delay",)


def test_an_order_that_is_not_compiled_is_no_change(compiled: Repository) -> None:
    before = generated(compiled)

    def edit(documents: Documents) -> None:
        for spec, path in IGNORED:
            turn(documents, spec, path)

    compiled.edit(edit)
    committed(compiled)
    assert generated(compiled) == before
    plan = compiled.plan()
    assert (plan.kind, plan.changes, plan.artifacts) == ("none", (), ())


def test_what_is_said_to_be_compiled_in_an_order_of_its_own_is_tried_here() -> None:
    assert {field for _, field in SORTED} == {"environments", "pods", "given", "expect", "rule_labels"}
    assert (RolloutSpec, "environments") in SORTED


@pytest.mark.parametrize("seed", range(8))
def test_no_change_is_told_of_an_order_exactly_where_the_same_bytes_are_compiled(
    compiled: Repository, seed: int
) -> None:
    random = Random(seed)
    before = generated(compiled)
    every = [(spec, path) for spec, path, _ in FOLLOWED] + IGNORED

    def edit(documents: Documents) -> None:
        # What lies deepest first, since what is above it has another place for it afterwards.
        for spec, path in sorted(random.sample(every, random.randrange(6)), key=lambda one: -len(one[1])):
            turn(documents, spec, path)

    compiled.edit(edit)
    if random.random() < 0.5:
        documents = list(yaml.safe_load_all(compiled.read("specs/system.yaml")))
        random.shuffle(documents)
        compiled.write("specs/system.yaml", "# Anew.\n" + yaml.safe_dump_all(documents, indent=4, sort_keys=False))
    committed(compiled)
    plan = compiled.plan()
    assert plan.errors == ()
    assert (plan.kind == "none") is (plan.changes == ()) is (generated(compiled) == before)
    told = {str(change.address.spec) for change in direct(plan)}
    assert {owner for one in plan.artifacts for owner in one.owners if owner in told} or not plan.artifacts
    free = {f"{spec}{address}" for spec, _, address in FREE}
    for change in direct(plan):
        assert change.direction is (Direction.NEUTRAL if str(change.address) in free else Direction.UNKNOWN)
    assert {change.direction for change in plan.changes if change.cause == "indirect"} <= {Direction.UNKNOWN}


def test_a_spec_with_all_its_keys_sorted_differs_in_the_fields_whose_order_is_compiled(compiled: Repository) -> None:
    documents = list(yaml.safe_load_all(compiled.read("specs/system.yaml")))
    compiled.write("specs/system.yaml", yaml.safe_dump_all(map(by_keys, documents), sort_keys=False))
    committed(compiled)
    plan = compiled.plan()
    assert directions(plan) == {
        "Dataset/flights.columns": Direction.UNKNOWN,
        "Dataset/weather.columns": Direction.UNKNOWN,
        "FeatureSet/conditions.features": Direction.UNKNOWN,
        "Model/delay.estimator.params": Direction.NEUTRAL,
        "Model/delay.estimator.params.categories": Direction.UNKNOWN,
    }
    order = at(plan, "FeatureSet/conditions.features")
    assert (order.before, order.after) == (["hour", "distance", "wind_speed"], ["distance", "hour", "wind_speed"])
    assert order.why == "The features: `distance` now comes first, and the generated files follow that order"
    assert [one.why for one in indirect(plan, "Model/delay")][-1] == "trained from FeatureSet/conditions"


@pytest.mark.parametrize(
    ("after", "moved"),
    [
        ("bacdefg", "`b` now comes first"),
        ("acdefgb", "`b` now comes after `g`"),
        ("gabcdef", "`g` now comes first"),
        ("abfgcde", "`f` now comes after `b` and `g` now comes after `f`"),
        ("gfedcba", "`g` now comes first, `f` now comes after `g`, `e` now comes after `f` and 3 more moved"),
    ],
)
def test_what_moved_is_the_least_that_did(repository: Repository, after: str, moved: str) -> None:
    def write(keys: str) -> Any:
        return lambda documents: documents["Model", "delay"]["spec"]["estimator"].update(params=dict.fromkeys(keys, 1))

    repository.edit(write("abcdefg"))
    repository.commit()
    plan = repository.changed(write(after))
    assert (
        at(plan, "Model/delay.estimator.params").why.split(": ")[1]
        == f"{moved}; the learner reads them by name, so the order does not affect risk"
    )


def test_what_comes_or_goes_moves_nothing_else(compiled: Repository) -> None:
    def edit(documents: Documents) -> None:
        features = documents["FeatureSet", "conditions"]["spec"]["features"]
        del features["hour"]
        documents["FeatureSet", "conditions"]["spec"]["features"] = {
            "far": {"type": "int", "sql": "distance"},
            **features,
        }

    compiled.edit(edit)
    committed(compiled)
    assert set(directions(compiled.plan())) == {
        "FeatureSet/conditions.features.far",
        "FeatureSet/conditions.features.hour",
    }


def test_an_override_in_another_order_holds_in_its_environment(repository: Repository) -> None:
    def override(keys: str) -> Any:
        patch = {"estimator": {"params": dict.fromkeys(keys, 1)}}
        return lambda documents: documents["Model", "delay"].update(overrides={"production": patch})

    repository.edit(override("ab"))
    repository.commit()
    [change] = direct(repository.changed(override("ba")))
    assert (str(change.address), change.environments) == ("Model/delay.estimator.params", ("production",))


def test_a_renamed_spec_hides_no_order(compiled: Repository) -> None:
    def edit(documents: Documents) -> None:
        features = documents["FeatureSet", "conditions"]
        features["metadata"]["name"] = "weather-of-departure"
        features["spec"]["features"] = turned(features["spec"]["features"])
        documents["Model", "delay"]["spec"]["features"] = {"weather-of-departure": "all"}

    compiled.edit(edit)
    committed(compiled)
    plan = compiled.plan()
    assert plan.errors == ()
    assert at(plan, "FeatureSet/weather-of-departure").operation is Operation.RENAMED
    assert at(plan, "FeatureSet/weather-of-departure.features").direction is Direction.UNKNOWN


@pytest.mark.parametrize("value", [0.6, 0.75])
def test_another_change_of_the_spec_hides_no_order(compiled: Repository, value: float) -> None:
    def edit(documents: Documents) -> None:
        rules = documents["Gate", "delay-release"]["spec"]["rules"]
        rules[0]["atLeast"] = value
        rules.reverse()
        documents["Rollout", "delay-online"]["spec"]["environments"].reverse()

    compiled.edit(edit)
    committed(compiled)
    assert set(directions(compiled.plan())) == {"Gate/delay-release.rules", "Gate/delay-release.rules[quality].atLeast"}


def test_an_order_that_is_pushed_after_an_approval_has_to_be_approved(repository: Repository) -> None:
    pull = opened(repository, looser_gate)
    pull.approve("ada", "rita")
    assert pull.state is APPROVED
    repository.edit(lambda documents: turn(documents, "Gate/delay-release", ("spec", "rules")))
    pull.forge.push(repository.commit())
    waiting: list[Change] = [one for one in repository.plan().changes if str(one.address) == "Gate/delay-release.rules"]
    assert len(waiting) == 1
    assert pull.state is not APPROVED
