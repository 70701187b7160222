"""A rule of the policy that requires nobody lets changes pass: adding one loosens, and taking one away tightens."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from penstock.review.model import Direction
from review.repositories import Repository

LOOSENED, TIGHTENED, UNKNOWN = Direction.LOOSENED, Direction.TIGHTENED, Direction.UNKNOWN
OWNER = {"from": {"roles": ["owner"]}}
RULES = "ApprovalPolicy/policy.rules"


def rule(name: str, require: Any, **when: Any) -> dict[str, Any]:
    return {"id": name, "why": "So that it is clear.", "when": when, "require": require}


def found(repository: Repository, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> dict[str, Direction]:
    """The directions of a change of the policy's rules, by address."""
    for rules in (before, after):
        spec = {"rules": rules}
        metadata = {"name": "policy", "owner": "flight-ml"}
        data = {"apiVersion": "penstock/v1", "kind": "ApprovalPolicy", "metadata": metadata, "spec": spec}
        repository.write("specs/policy.yaml", yaml.safe_dump(data, sort_keys=False))
        repository.commit()
        if rules is before:
            repository.branch()
    return {str(change.address): change.direction for change in repository.plan().changes}


GATES, FREE = rule("gates", OWNER, kind=["Gate"]), rule("free", "nobody")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([GATES], [GATES, FREE], {f"{RULES}[free]": LOOSENED}),
        ([GATES, FREE], [GATES], {f"{RULES}[free]": TIGHTENED}),
        ([GATES], [GATES, rule("models", OWNER, kind=["Model"])], {f"{RULES}[models]": TIGHTENED}),
        ([GATES, rule("models", OWNER, kind=["Model"])], [GATES], {f"{RULES}[models]": LOOSENED}),
        ([GATES], [rule("gates", "nobody", kind=["Gate"])], {f"{RULES}[gates].require": LOOSENED}),
        ([rule("gates", "nobody", kind=["Gate"])], [GATES], {f"{RULES}[gates].require": TIGHTENED}),
    ],
    ids=["added", "removed", "one that asks", "one that asked", "asks nobody now", "asks somebody now"],
)
def test_what_requires_nobody_lets_pass(
    repository: Repository, before: list[dict[str, Any]], after: list[dict[str, Any]], told: dict[str, Direction]
) -> None:
    assert found(repository, before, after) == told


@pytest.mark.parametrize("key", ["kind", "direction", "author"])
def test_the_order_of_what_a_condition_lists_means_nothing(repository: Repository, key: str) -> None:
    values = {"kind": ["Gate", "Model"], "direction": ["loosened", "unknown"], "author": ["one", "other"]}[key]

    def listed(*names: str) -> Any:
        return {"logins": list(names)} if key == "author" else list(names)

    one, other = rule("some", OWNER, **{key: listed(*values)}), rule("some", OWNER, **{key: listed(*reversed(values))})
    assert found(repository, [one], [other]) == {}


def test_what_a_condition_no_longer_lists_is_named(repository: Repository) -> None:
    before, after = (rule("some", OWNER, direction=one) for one in (["loosened", "unknown"], ["loosened"]))
    assert found(repository, [before], [after]) == {f"{RULES}[some].when.direction[unknown]": UNKNOWN}
