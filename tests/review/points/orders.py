"""Lists and mappings in another order: a system that has many, and edits that turn one round."""

from __future__ import annotations

from typing import Any

from review.repositories import Documents, Repository

Path = tuple[str | int, ...]


def prepared(repository: Repository) -> Repository:
    """On a branch, with a base in which everything that may stand in another order has two things at least."""
    repository.edit(_prepare)
    repository.compile()
    repository.commit("Compiled")
    repository.branch()
    return repository


def _prepare(documents: Documents) -> None:
    """Give every list and mapping that may stand in another order two things at least."""
    model = documents["Model", "delay"]
    model["metadata"]["labels"] = {"area": "air", "cost": "low"}
    model["spec"]["estimator"]["params"] = {
        "learning_rate": 0.1,
        "categories": {"b": 1, "a": 2},
        "stages": [{"p": 1, "q": 2}],
    }
    model["spec"]["search"] = {
        "trials": 3,
        "maximize": "roc_auc",
        "space": {"max_depth": {"int": [2, 8]}, "min_samples_leaf": {"choice": [5, 10]}},
    }
    model["spec"]["slices"] = ["origin", "distance"]
    model["spec"]["card"]["limitations"] = ["Only New York.", "Only 2013."]
    documents["Dataset", "flights"]["spec"]["checks"].append({"id": "more", "rows": {"atLeast": 2000}})
    for name in ("staging", "production"):
        documents["Environment", name]["spec"]["prometheus"] = {"ruleLabels": {"team": "a", "role": "b"}}
    documents["Gate", "delay-release"]["spec"]["tests"] = [
        {"given": {"quality": value, "regions": 0.01}, "expect": {"quality": verdict, "regions": "pass"}}
        for value, verdict in ((0.8, "pass"), (0.5, "fail"))
    ]
    rollout = documents["Rollout", "delay-online"]
    rollout["spec"]["monitor"]["drift"].append(
        {"id": "more", "above": 0.3, "window": "14d", "then": ["ticket", "page"]}
    )
    rollout["spec"]["access"]["callers"][0]["pods"] = {"b": "x", "a": "y"}
    rollout["overrides"] = {
        "production": {"serve": {"replicas": {"min": 3}}},
        "staging": {"serve": {"replicas": {"min": 4}}},
    }


def turned(value: Any) -> Any:
    return dict(reversed(value.items())) if isinstance(value, dict) else value[::-1]


def turn(documents: Documents, spec: str, path: Path) -> None:
    kind, _, name = spec.partition("/")
    *above, last = path
    held: Any = documents[kind, name]
    for step in above:
        held = held[step]
    held[last] = turned(held[last])


def committed(repository: Repository) -> None:
    repository.compile()
    repository.commit()
