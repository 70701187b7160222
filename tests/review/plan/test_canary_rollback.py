"""A canary of Knative that is taken back gets more traffic and not less, which a plan says."""

from __future__ import annotations

import pytest

from penstock.diagnostics.model import Severity
from review.releases import NEW, OLD, OLDER, add_release
from review.repositories import Repository

KNATIVE = ('kserve: {version: "0.21", gatewayNamespace: gateways}', 'kserve: {version: "0.21", mode: Knative}')


@pytest.mark.parametrize(
    ("knative", "step", "digest", "warned"),
    [
        (True, 0, OLD, True),
        (True, 0, OLDER, True),
        (True, None, OLD, False),
        (True, 0, NEW, False),
        (False, 0, OLD, False),
    ],
    ids=["back", "to another", "no canary", "on to the end", "Standard mode"],
)
def test_a_canary_that_knative_would_give_everything_is_told_of(
    repository: Repository, knative: bool, step: int | None, digest: str, warned: bool
) -> None:
    if knative:
        repository.write("specs/system.yaml", repository.read("specs/system.yaml").replace(*KNATIVE))
    repository.write("specs/release.yaml", add_release(NEW, OLD, step))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", add_release(digest, OLDER if digest == NEW else None))
    repository.commit()
    warnings = [found for found in repository.plan().errors if found.severity is Severity.WARNING]
    assert [found.code for found in warnings] == (["canary-rollback-surge"] if warned else [])
    for found in warnings:
        assert found.headline == "the canary of `delay-online` gets all traffic while it is rolled back"
        assert found.primary is not None
        assert found.primary.span.path == "specs/release.yaml"
