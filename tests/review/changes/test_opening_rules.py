"""A rule of the policy that requires nobody lets changes pass: adding one loosens, and taking one away tightens.

One that asks people tightens where others speak of what it matches, and opens what blocked otherwise.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from penstock.review.changes.rule_coverage import is_covered
from penstock.review.model import Direction
from penstock.specs.approval_policy import ApprovalRule
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
        ([GATES], [GATES, rule("models", OWNER, kind=["Model"])], {f"{RULES}[models]": UNKNOWN}),
        ([GATES], [GATES, rule("looser", OWNER, kind=["Gate"], cause="direct")], {f"{RULES}[looser]": TIGHTENED}),
        ([GATES, rule("models", OWNER, kind=["Model"])], [GATES], {f"{RULES}[models]": LOOSENED}),
        ([GATES], [rule("gates", "nobody", kind=["Gate"])], {f"{RULES}[gates].require": LOOSENED}),
        ([rule("gates", "nobody", kind=["Gate"])], [GATES], {f"{RULES}[gates].require": TIGHTENED}),
    ],
    ids=[
        "added",
        "removed",
        "one that opens",
        "one that binds",
        "one that asked",
        "asks nobody now",
        "asks somebody now",
    ],
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


def test_what_a_new_rule_opens_is_told(repository: Repository) -> None:
    found(repository, [GATES], [GATES, rule("models", OWNER, kind=["Model"])])
    [change] = repository.plan().changes
    assert change.why == (
        "changes that no other rule matches blocked, and those that this one matches can be approved now"
    )


EVERYTHING = rule("all", OWNER)
# As the manual shows them: together they speak of everything.
COMPLEMENTARY = [
    rule("owner", OWNER, direction=["loosened", "unknown"], any=[{"cause": "direct"}, {"address": "*.*"}]),
    rule("stricter", OWNER, direction=["tightened", "neutral"], cause="direct"),
    rule("downstream", "nobody", cause="indirect"),
]
TWO_OF_THREE = {"atLeast": {"count": 2, "of": [{"stage": ["staging"]}, {"labels": ["big"]}, {"kind": ["Gate"]}]}}


@pytest.mark.parametrize(
    ("others", "added", "covered"),
    [
        ([EVERYTHING], rule("new", OWNER, kind=["Model"], stage=["production"]), True),
        (COMPLEMENTARY, rule("new", OWNER), True),
        (COMPLEMENTARY, rule("new", OWNER, area=["privacy"], riskTier=["high"]), True),
        (COMPLEMENTARY[:2], rule("new", OWNER, area=["privacy"]), False),
        (COMPLEMENTARY[:2], rule("new", OWNER, area=["privacy"], cause="direct"), True),
        ([rule("some", OWNER, stage=["production", "staging"])], rule("new", OWNER, stage=["production"]), True),
        ([rule("some", OWNER, stage=["production"])], rule("new", OWNER, stage=["production", "staging"]), False),
        ([rule("some", OWNER, **{"not": {"labels": ["a"]}})], rule("new", OWNER), False),
        ([rule("some", OWNER, **{"not": {"labels": ["a"]}}), rule("a", OWNER, labels=["a"])], rule("new", OWNER), True),
        # Where nobody can tell, a rule for nobody covers nothing.
        (
            [rule("in", "nobody", stage=["production"]), rule("out", OWNER, **{"not": {"stage": ["production"]}})],
            rule("new", OWNER),
            True,
        ),
        (
            [rule("in", "nobody", stage=["production"]), rule("out", "nobody", **{"not": {"stage": ["production"]}})],
            rule("new", OWNER),
            False,
        ),
        ([rule("known", OWNER, direction=["loosened"])], rule("new", OWNER, direction=["unknown"]), True),
        ([rule("known", "nobody", direction=["loosened"])], rule("new", OWNER, direction=["unknown"]), False),
        ([rule("two", OWNER, **TWO_OF_THREE)], rule("new", OWNER, kind=["Gate"], labels=["big"]), True),
        ([rule("two", OWNER, **TWO_OF_THREE)], rule("new", OWNER, kind=["Gate"], labels=["small"]), False),
        ([rule("here", OWNER, address="Gate/*")], rule("new", OWNER, address="Gate/*", kind=["Gate"]), True),
        # Of a kind that no rule names nobody speaks.
        ([rule("models", OWNER, kind=["Model"]), GATES], rule("new", OWNER), False),
        ([rule("models", OWNER, kind=["Model"]), GATES], rule("new", OWNER, kind=["Model", "Gate"]), True),
        ([rule("two", OWNER, any=[{"labels": ["big"]}, {"kind": ["Gate"]}])], rule("new", OWNER), False),
        ([rule("two", OWNER, all=[{"labels": ["big"]}, {"kind": ["Gate"]}])], rule("new", OWNER, kind=["Gate"]), False),
        *(
            ([rule("some", OWNER, **{field: [value]})], rule("new", OWNER), False)
            for field, value in [
                ("area", "privacy"),
                ("stage", "production"),
                ("riskTier", "high"),
                ("sensitive", "pii"),
                ("labels", "big"),
                ("evidence", "valid"),
                ("direction", "loosened"),
                ("operation", "added"),
            ]
        ),
        *(
            ([rule("some", OWNER, **{field: first}), rule("rest", OWNER, **{field: second})], rule("new", OWNER), True)
            for field, first, second in [
                ("direction", ["loosened", "unknown"], ["tightened", "neutral"]),
                ("operation", ["added", "removed"], ["changed", "renamed"]),
                ("cause", "direct", "indirect"),
            ]
        ),
        ([], rule("new", OWNER), False),
    ],
)
def test_what_other_rules_speak_of(others: list[dict[str, Any]], added: dict[str, Any], covered: bool) -> None:
    assert is_covered(*_read(added), _read(*others)) is covered


def test_what_takes_too_long_to_tell_is_not_covered() -> None:
    def told(count: int) -> bool:
        pairs = [{"all": [{"labels": [f"{letter}{number}"]} for letter in "ab"]} for number in range(count)]
        others = [rule(f"r{number}", OWNER, **pair) for number, pair in enumerate(pairs)]
        rest = rule("rest", OWNER, **{"not": {"any": pairs}})
        return is_covered(*_read(rule("new", OWNER)), _read(*others, rest))

    assert told(4)
    assert not told(20)


def _read(*rules: dict[str, Any]) -> list[ApprovalRule]:
    return [ApprovalRule.model_validate(one) for one in rules]
