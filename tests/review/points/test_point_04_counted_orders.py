"""Point 4: an order that is free otherwise is a change where something else in the specs counts by it."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.review.model import Direction
from review.points.orders import committed, prepared, turn
from review.repositories import Documents, Repository, direct


def put(kind: str, name: str, key: str, value: Any) -> Any:
    """An edit that puts a value into a list or in the place of a field of a spec."""

    def edit(documents: Documents) -> None:
        spec = documents[kind, name]["spec"]
        if isinstance(spec.get(key), list) and not isinstance(value, list):
            spec[key].append(value)
        else:
            spec[key] = value

    return edit


def learn(by: dict[str, str]) -> Any:
    """An edit that puts another learner in the place of a model's, with the same parameters."""

    def edit(documents: Documents) -> None:
        spec = documents["Model", "delay"]["spec"]
        spec["estimator"] = {**by, "params": spec["estimator"]["params"]}

    return edit


COUNTED = {
    "a JSON patch picks a manifest's parts by number": (
        put(
            "Rollout",
            "delay-online",
            "patches",
            [
                {
                    "kind": "NetworkPolicy",
                    "name": "delay-online",
                    "json": [{"op": "remove", "path": "/spec/ingress/0/from/1"}],
                }
            ],
        ),
        [
            ("Rollout/delay-online", ("spec", "access", "callers"), ".access.callers"),
            ("Rollout/delay-online", ("spec", "monitor", "drift"), ".monitor.drift"),
            ("Rollout/delay-online", ("spec", "monitor", "drift", 1, "then"), ".monitor.drift[more].then"),
        ],
    ),
    "a function runs between two rules": (
        put("Gate", "delay-release", "rules", {"id": "own", "python": "systems.flights:saved", "atLeast": 0.0}),
        [("Gate/delay-release", ("spec", "rules"), ".rules")],
    ),
    "what was asked before answers sooner": (
        put("Gate", "delay-release", "rules", {"id": "speed", "latency": {"p99": "20ms"}}),
        [("Gate/delay-release", ("spec", "rules"), ".rules")],
    ),
    "a function runs between two checks": (
        put("Dataset", "flights", "checks", {"id": "own", "python": "systems.flights:odd"}),
        [("Dataset/flights", ("spec", "checks"), ".checks")],
    ),
    "a function takes the parameters": (
        learn({"python": "systems.flights:build"}),
        [("Model/delay", ("spec", "estimator", "params"), ".estimator.params")],
    ),
    "a learner of somebody else's takes the parameters": (
        learn({"class": "xgboost.XGBClassifier"}),
        [("Model/delay", ("spec", "estimator", "params"), ".estimator.params")],
    ),
}
"""What makes an order count that is free otherwise, and which."""


@pytest.mark.parametrize("reason", COUNTED)
@pytest.mark.parametrize("when", ["before", "with the order", "no longer"])
def test_an_order_is_not_free_where_something_counts(repository: Repository, reason: str, when: str) -> None:
    add, orders = COUNTED[reason]
    compiled = prepared(repository)
    functions = (
        "def saved(truth, said, rows): return 1.0\ndef odd(table): return table\ndef build(**params): return None\n"
    )
    compiled.git("checkout", "--quiet", "main")
    compiled.write("systems/flights.py", compiled.read("systems/flights.py") + functions)
    former = compiled.read("specs/system.yaml")
    if when != "with the order":
        compiled.edit(add)
    committed(compiled)
    compiled.branch("other")
    if when == "with the order":
        compiled.edit(add)
    elif when == "no longer":
        compiled.write("specs/system.yaml", former)
    for spec, path, _ in sorted(orders, key=lambda one: -len(one[1])):
        compiled.edit(lambda documents, spec=spec, path=path: turn(documents, spec, path))  # type: ignore[misc]
    committed(compiled)
    plan = compiled.plan()
    found = {str(one.address): one.direction for one in direct(plan) if one.why.endswith(("order", "nothing"))}
    assert plan.errors == ()
    assert found == {f"{spec}{address}": Direction.UNKNOWN for spec, _, address in orders}
