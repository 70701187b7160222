"""A policy of the base that cannot be told whole decides nothing, and the head that mends it does not either."""

from __future__ import annotations

import os

import pytest

from penstock.review.record.inputs import verdict_bytes
from review.pull_requests import ERROR, POLICY, POLICY_PATH, PullRequest, looser_gate, names, node, opened, with_policy
from review.repositories import Repository

TEAM = """---
apiVersion: penstock/v1
kind: Team
metadata: {{name: {name}, owner: platform}}
spec: {{members: {members}, contact: {{ticket: queue}}}}
"""


def _other(more: str = "", name: str = "other", rule: str = "other") -> str:
    return f"""---
apiVersion: penstock/v1
kind: ApprovalPolicy
metadata: {{name: {name}, owner: platform}}
spec:
  rules:
    - {{id: {rule}, why: For whatever it is., when: {{}}, require: {{from: {{teams: [sre]}}}}}}
{more}"""


GLASS = "  breakGlass: {from: {teams: [sre]}, count: 2, expiresAfter: 4h}\n"
OVERRULE = "  overrule: {teams: [sre]}\n"


def _mended(repository: Repository, base: str) -> PullRequest:
    """The policy of the base is this text, and that of the head is sound."""
    with_policy(repository, base)
    pull_request = opened(repository, looser_gate, policy=None)
    repository.write(POLICY_PATH, POLICY)
    pull_request.forge.push(repository.commit())
    pull_request.approve("ada", "rita", "sam", "petra")
    return pull_request


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (_other("  freezes: 7\n"), "ApprovalPolicy/other is not valid on the base, so nothing can be approved by it"),
        (_other(rule="gate"), "2 rules of the base's policy are called gate"),
        (_other(GLASS), "more than one ApprovalPolicy of the base has a breakGlass"),
        (_other(OVERRULE) + _other(OVERRULE, "third", "third"), "more than one ApprovalPolicy of the base has an"),
        (_other(name="policy"), "ApprovalPolicy/policy is declared more than once on the base"),
        (TEAM.format(name="sre", members="[eve]"), "Team/sre is declared more than once on the base"),
        (TEAM.format(name="owls", members="eve"), "Team/owls is not valid on the base"),
    ],
    ids=["invalid", "one rule twice", "two glasses", "two who overrule", "policy twice", "team twice", "invalid team"],
)
def test_it_approves_nothing_and_says_why(repository: Repository, more: str, why: str) -> None:
    verdict = _mended(repository, POLICY + more).verdict()
    assert verdict.state is ERROR
    assert node(verdict, "policy").why.startswith(why)


def test_a_name_that_is_no_text_is_shown_and_written_down(repository: Repository) -> None:
    (repository.root / "specs" / os.fsdecode(b"\xff.yaml")).write_text("kind: Team\n")
    verdict = opened(repository, looser_gate).verdict()
    assert node(verdict, "policy").why.startswith("specs/\\xff.yaml of the base cannot be read")
    assert b"xff.yaml of the base" in verdict_bytes(verdict)


@pytest.mark.parametrize(
    ("when", "require"),
    [
        ("{}", "{any: []}"),
        ("{}", "{all: [{from: {teams: [sre]}}, {any: []}]}"),
        ("{}", "{all: []}"),
        ("{any: []}", "{from: {teams: [sre]}}"),
        ("{all: []}", "{from: {teams: [sre]}}"),
    ],
)
def test_a_choice_of_nothing_is_no_requirement_that_nobody_has_to_meet(
    repository: Repository, when: str, require: str
) -> None:
    empty = (
        _other().replace("when: {}", f"when: {when}").replace("require: {from: {teams: [sre]}}", f"require: {require}")
    )
    assert (when in empty, require in empty) == (True, True)
    verdict = _mended(repository, POLICY + empty).verdict()
    assert node(verdict, "policy").why.startswith("ApprovalPolicy/other is not valid on the base")


@pytest.mark.parametrize(
    ("text", "is_error"),
    [
        ("kind: [", False),
        ("kind: ApprovalPolicy\nspec: [", True),
        ("kind: Team\nspec: [", True),
        (b"\xff\xfe kind: Team", True),
        ("kind: ApprovalPolicy\n".encode("utf-16"), True),
        ("kind: Team\n".encode("utf-32-be"), True),
        ("kind: Dataset\n".encode("utf-16"), False),
        ('kind: "Approval\\x50olicy"\nspec: [', True),
        ('kind: "Approval\\u0050olicy"\nspec: [', True),
        ('kind: "Approval\\\n  Policy"\nspec: [', True),
        ('kind: "Model"\nwhere: "\\d+"\nspec: [', False),
    ],
)
def test_a_file_that_cannot_be_read_counts_where_it_may_hold_a_policy(
    repository: Repository, text: str | bytes, is_error: bool
) -> None:
    repository.write("specs/broken.yaml", text)
    pull_request = opened(repository, looser_gate)
    (repository.root / "specs/broken.yaml").unlink()
    pull_request.forge.push(repository.commit())
    verdict = pull_request.verdict()
    assert ("policy" in names(verdict, ERROR)) is is_error
    if is_error:
        assert "specs/broken.yaml of the base cannot be read and may hold its policy" in node(verdict, "policy").why
