"""A plan that revokes a key names the releases that rest on it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import yaml

from penstock.diagnostics.model import Severity
from review.releases import RELEASE_PATH, Signer, release, signer
from review.repositories import Repository

POLICY = "specs/policy.yaml"


def policy(*keys: Signer, why: str = "The owners agree.") -> str:
    spec: dict[str, Any] = {
        "rules": [{"id": "owner", "why": why, "when": {}, "require": {"from": {"roles": ["owner"]}}}],
        "keys": {"evidence": [key.as_spec() for key in keys]},
    }
    metadata = {"name": "policy", "owner": "flight-ml"}
    return yaml.safe_dump({"apiVersion": "penstock/v1", "kind": "ApprovalPolicy", "metadata": metadata, "spec": spec})


KEY, OTHER = signer("ci"), signer("other")


def warnings(repository: Repository, signed_by: Signer | None, after: str) -> list[tuple[str, str, str]]:
    """Headline, path and reason of the warnings about a change of the policy, which listed both keys."""
    repository.write(POLICY, policy(KEY, OTHER))
    release(repository, signed_by)
    repository.commit()
    repository.branch()
    repository.write(POLICY, after)
    repository.commit()
    found = [one for one in repository.plan().errors if one.severity is Severity.WARNING]
    assert {one.code for one in found} <= {"voided-evidence"}
    return [(one.headline, one.path or "", one.primary.message if one.primary else "") for one in found]


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (
            policy(dataclasses.replace(KEY, revoked=True), OTHER),
            "the key `ci` is revoked, and its signatures are void",
        ),
        (policy(OTHER), "the policy no longer lists the key that signed it"),
        (
            policy(dataclasses.replace(KEY, until="2026-03-01T00:00:00+00:00"), OTHER),
            "the key `ci` had expired when the statement was made, 2026-03-02 09:00:00 UTC",
        ),
        (policy(), "the policy no longer lists the key that signed it"),
    ],
    ids=["revoked", "removed", "expired before", "no key left"],
)
def test_a_release_that_rests_on_the_key_is_named(repository: Repository, after: str, why: str) -> None:
    headline = "the evidence of `production-delay-online`, served in production, is void after this change"
    assert warnings(repository, KEY, after) == [(headline, RELEASE_PATH, why)]


@pytest.mark.parametrize(
    ("signed_by", "after"),
    [
        (KEY, policy(KEY, OTHER, why="The owners really agree.")),
        (KEY, policy(KEY)),
        (KEY, policy(dataclasses.replace(KEY, until="2028-01-01T00:00:00+00:00"), OTHER)),
        (OTHER, policy(dataclasses.replace(KEY, revoked=True), OTHER)),
        (None, policy(dataclasses.replace(KEY, revoked=True), OTHER)),
    ],
    ids=["another rule", "another key removed", "a longer time", "signed by another", "never signed"],
)
def test_other_releases_are_not(repository: Repository, signed_by: Signer | None, after: str) -> None:
    assert warnings(repository, signed_by, after) == []


def test_a_release_is_looked_at_as_its_environment_sees_it(repository: Repository) -> None:
    """The override names statements that the other key signed; those of the Release itself nobody serves."""
    repository.write(POLICY, policy(KEY, OTHER))
    release(repository, KEY)
    text = repository.read(RELEASE_PATH)
    release(repository, OTHER)
    signed = yaml.safe_load(repository.read(RELEASE_PATH))["spec"]
    moved = {}
    for key in ("evidence", "promotion"):
        path = f"{signed[key]['path']}.again.json"
        repository.write(path, repository.read(signed[key]["path"]))
        moved[key] = {**signed[key], "path": path}
    release(repository, KEY)
    override = yaml.safe_dump({"overrides": {"production": moved}}, sort_keys=False)
    repository.write(RELEASE_PATH, text + override)
    repository.commit()
    repository.branch()
    headline = "the evidence of `production-delay-online`, served in production, is void after this change"
    for left, told in ((KEY, [headline]), (OTHER, [])):
        repository.write(POLICY, policy(left))
        repository.commit()
        found = [one for one in repository.plan().errors if one.code == "voided-evidence"]
        assert [one.headline for one in found] == told
        where = text.count("\n") + 4
        assert [one.primary.span.line for one in found if one.primary is not None] == [where] * len(told)
