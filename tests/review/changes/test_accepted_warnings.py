"""A warning that a spec accepts is silent from then on: who accepts it, and why, is for somebody else to approve."""

from __future__ import annotations

from penstock.catalog.load import load_work_tree
from penstock.checks.engine import check
from penstock.review.model import Change, Direction, Plan
from penstock.specs.review import Area
from review.pull_requests import PENDING, opened
from review.repositories import Documents, Repository, direct

OWN_RUNTIME = {"target": "kserve", "runtime": "own-server", "replicas": {"min": 3, "max": 4}}
REASON = "Our server is MLServer with another name."


def _accept(reason: str | None):
    def change(documents: Documents) -> None:
        rollout = documents["Rollout", "delay-online"]
        rollout["spec"]["serve"] = OWN_RUNTIME
        rollout["metadata"]["acceptedWarnings"] = {"assumed-metrics": reason} if reason else {}

    return change


def _from_to(repository: Repository, before: str | None, after: str | None) -> Plan:
    repository.edit(_accept(before))
    repository.commit()
    return repository.changed(_accept(after))


def _only(plan: Plan) -> Change:
    (change,) = direct(plan)
    assert str(change.address) == "Rollout/delay-online.metadata.acceptedWarnings[assumed-metrics]"
    return change


def test_accepting_a_warning_loosens(repository: Repository) -> None:
    change = _only(_from_to(repository, None, REASON))
    assert (change.direction, change.area, change.after) == (Direction.LOOSENED, Area.GOVERNANCE, REASON)


def test_accepting_it_no_longer_tightens(repository: Repository) -> None:
    assert _only(_from_to(repository, REASON, None)).direction is Direction.TIGHTENED


def test_another_reason_is_seen_by_somebody(repository: Repository) -> None:
    """An approval was given for the reason that was there."""
    change = _only(_from_to(repository, REASON, "It never bothered anybody so far."))
    assert change.direction in (Direction.LOOSENED, Direction.UNKNOWN)


def test_its_author_does_not_approve_it_alone(repository: Repository) -> None:
    pull_request = opened(repository, _accept(REASON), author="ada")
    pull_request.approve("ada")
    assert pull_request.state is PENDING


def test_it_is_not_reported_any_more_and_others_are(repository: Repository) -> None:
    """The same for `check`, and where specs are checked one by one."""

    def codes() -> list[str]:
        return sorted({one.code for one in check(load_work_tree(repository.root))})

    repository.edit(_accept(None))
    loud = codes()
    repository.edit(_accept(REASON))
    assert set(loud) - set(codes()) == {"assumed-metrics"}
    assert set(codes()) <= set(loud)
