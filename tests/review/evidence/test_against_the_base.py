"""What evidence is worth beside what the base serves: the version that is replaced, and the canary that moves on."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.review.decision import Decision
from review.points.test_point_11_evidence import policy_with
from review.pull_requests import with_policy
from review.releases import NAME, NEW, OLD, OLDER, RELEASE_PATH, decided, release, signer
from review.repositories import Documents, Repository, set_at

CANARY = {"version": {"digest": NEW}, "previous": {"digest": OLD}, "step": 0}
KEY = signer()


def serving(repository: Repository, **what: Any) -> str:
    """A base that serves a version in production, by signed evidence."""
    with_policy(repository, policy_with(KEY))
    release(repository, KEY, serving=what)
    repository.compile()
    base = repository.commit()
    repository.branch()
    return base


def state(decision: Decision) -> str:
    return decision.evidence[f"Release/{NAME}"].state


def test_what_the_base_serves_may_be_replaced(repository: Repository) -> None:
    base = serving(repository, version={"digest": OLD})
    release(repository, KEY, serving=CANARY)
    decision = decided(repository, base)
    assert state(decision) == "valid"
    assert decision.verdict.is_approved, decision.verdict.tree


@pytest.mark.parametrize("served", [{"version": {"digest": OLD}}, CANARY], ids=["one version", "two versions"])
@pytest.mark.parametrize("step", [{"step": 0}, {}], ids=["a canary", "all of the traffic"])
def test_a_version_that_the_base_does_not_serve_is_not_replaced(
    repository: Repository, step: dict[str, int], served: dict[str, Any]
) -> None:
    """Beside a canary it would get most of the traffic, and no gate has judged it."""
    base = serving(repository, **served)
    release(repository, KEY, serving={"version": {"digest": NEW}, "previous": {"digest": OLDER}, **step})
    decision = decided(repository, base)
    assert state(decision) == "mismatched"
    assert any("does not serve" in why for why in decision.evidence[f"Release/{NAME}"].reasons)
    assert not decision.verdict.is_approved


def test_where_nothing_is_served_nothing_is_replaced(repository: Repository) -> None:
    base = with_policy(repository, policy_with(KEY))
    repository.branch()
    release(repository, KEY, serving={"previous": {"digest": OLD}, "step": 0})
    assert state(decided(repository, base)) == "mismatched"


def test_a_canary_keeps_beside_it_what_the_base_keeps(repository: Repository) -> None:
    base = serving(repository, **CANARY)
    release(repository, KEY, serving={**CANARY, "step": 1})
    assert state(decided(repository, base)) == "valid"


other_model = set_at("Model", "delay", "split", "test", to="60d")


def test_a_canary_moves_on_though_the_specs_have_changed_since_it_began(repository: Repository) -> None:
    """The version is served already: what the next one will be trained from says nothing of it."""
    serving(repository, **CANARY)
    began_with = repository.read(RELEASE_PATH)
    repository.git("checkout", "--quiet", "main")
    repository.edit(other_model)
    repository.compile()
    base = repository.commit()
    repository.branch("next-step")
    assert repository.read(RELEASE_PATH) == began_with
    release(repository, KEY, serving={**CANARY, "step": 1}, specs_of=began_with)
    decision = decided(repository, base)
    assert state(decision) == "valid", decision.evidence
    assert decision.verdict.is_approved, decision.verdict.tree


def test_another_version_is_still_to_be_trained_from_the_specs_of_today(repository: Repository) -> None:
    serving(repository, version={"digest": OLD})
    began_with = repository.read(RELEASE_PATH)
    repository.git("checkout", "--quiet", "main")
    repository.edit(other_model)
    repository.compile()
    base = repository.commit()
    repository.branch("next-version")
    release(repository, KEY, serving=CANARY, specs_of=began_with)
    assert state(decided(repository, base)) == "mismatched"


def test_an_environment_that_comes_with_its_first_release_has_served_nothing(repository: Repository) -> None:
    def add(documents: Documents) -> None:
        production = documents["Environment", "production"]
        documents["Environment", "europe"] = production | {
            "metadata": {"name": "europe", "owner": "flight-ml"},
            "spec": production["spec"] | {"namespace": "flights-europe"},
        }
        documents["Rollout", "delay-online"]["spec"]["environments"].append("europe")

    base = with_policy(repository, policy_with(KEY))
    repository.branch()
    repository.edit(add)
    release(repository, KEY, environment="europe", trained_in="europe")
    assert state(decided(repository, base)) == "valid"
    release(
        repository, KEY, environment="europe", trained_in="europe", serving={"previous": {"digest": OLD}, "step": 0}
    )
    assert state(decided(repository, base)) == "mismatched"
