"""Freezes with time zones hold releases back; a rollback passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from penstock.review.policy.evaluate import evaluate
from penstock.review.rendering.rows import rows
from review.pull_requests import (
    APPROVED,
    DISAPPROVED,
    ERROR,
    POLICY,
    Change,
    PullRequest,
    Verdict,
    VerdictState,
    both,
    looser_gate,
    node,
    opened,
    rules_of,
    with_policy,
)
from review.repositories import Documents, Repository, set_at

NOBODY = {"id": "all", "why": "Whatever it is.", "when": {}, "require": "nobody"}


START, END = "2026-12-24T18:00:00+01:00", "2026-12-27T08:00:00+01:00"


def _frozen_of(
    repository: Repository, environments: list[str], change: Change, start: str = START, end: str = END
) -> PullRequest:
    freeze = {"id": "holidays", "why": "Nobody is there.", "from": start, "until": end, "environments": environments}
    return opened(repository, change, policy=rules_of(POLICY, [NOBODY], freezes=[freeze]))


def _frozen(repository: Repository, environments: list[str]) -> PullRequest:
    return _frozen_of(repository, environments, looser_gate)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (datetime(2026, 12, 24, 16, 59, 59, tzinfo=UTC), APPROVED),
        (datetime(2026, 12, 24, 17, 0, tzinfo=UTC), DISAPPROVED),
        (datetime(2026, 12, 27, 6, 59, tzinfo=UTC), DISAPPROVED),
        (datetime(2026, 12, 27, 7, 0, tzinfo=UTC), APPROVED),
    ],
)
def test_it_begins_and_ends_by_its_own_zone(repository: Repository, now: datetime, state: VerdictState) -> None:
    assert _frozen(repository, ["production"]).verdict(now=now).state is state


MIDNIGHT = datetime(2026, 12, 25, tzinfo=UTC)


def test_it_says_what_it_holds_back_and_until_when(repository: Repository) -> None:
    why = node(_frozen(repository, ["production"]).verdict(now=MIDNIGHT), "freeze holidays").why
    assert "production" in why
    assert "until 2026-12-27 08:00 UTC+01:00" in why


def test_a_freeze_that_is_new_is_shown_as_it_is_written(repository: Repository) -> None:
    """In UTC, one that begins with a day would begin with the one before."""
    base = with_policy(repository, rules_of(POLICY, [NOBODY]))
    repository.branch()
    freeze = {"id": "year-end", "why": "Nobody is there.", "environments": ["production"]}
    freeze |= {"from": "2026-12-20T00:00:00+01:00", "until": "2027-01-04T00:00:00+01:00"}
    with_policy(repository, rules_of(POLICY, [NOBODY], freezes=[freeze]))
    (row,) = rows(repository.plan(base))
    assert 'from: "2026-12-20T00:00:00+01:00", until: "2027-01-04T00:00:00+01:00"' in row.values


def test_the_same_moment_in_another_zone_is_no_change(repository: Repository) -> None:
    def policy(start: str) -> str:
        freeze = {"id": "year-end", "why": "Nobody is there.", "environments": ["production"]}
        freeze |= {"from": start, "until": "2027-01-04T00:00:00+01:00"}
        return rules_of(POLICY, [NOBODY], freezes=[freeze])

    base = with_policy(repository, policy("2026-12-20T00:00:00+01:00"))
    repository.branch()
    with_policy(repository, policy("2026-12-19T23:00:00+00:00"))
    assert repository.plan(base).changes == ()


def test_a_rollback_passes(repository: Repository) -> None:
    pull_request = _frozen(repository, ["production"])
    inputs = pull_request.inputs()
    plan = replace(inputs.plan, kind="rollback")
    verdict = evaluate(plan, inputs.policy, inputs.organisation, pull_request.forge.view, now=MIDNIGHT)
    assert verdict.state is APPROVED


def test_words_pass(repository: Repository) -> None:
    def describe(documents: Documents) -> None:
        documents["Gate", "delay-release"]["metadata"]["description"] = "Other words."
        documents["Gate", "delay-release"]["spec"]["rules"][0]["atLeast"] = 0.70

    pull_request = _frozen(repository, ["production"])
    pull_request.push(describe)
    assert pull_request.verdict(now=MIDNIGHT).state is APPROVED


def test_an_environment_that_is_not_frozen_is_not(repository: Repository) -> None:
    pull_request = _frozen(repository, ["staging"])
    inputs = pull_request.inputs()
    impacts = {key: replace(one, environments=("production",)) for key, one in inputs.plan.impacts.items()}
    files = tuple(one for one in inputs.plan.artifacts if one.path.startswith("production/"))
    plan = replace(inputs.plan, impacts=impacts, artifacts=files)
    verdict = evaluate(plan, inputs.policy, inputs.organisation, pull_request.forge.view, now=MIDNIGHT)
    assert verdict.state is APPROVED


def _unwritten(pull_request: PullRequest, **more: object) -> Verdict:
    """The verdict as if no generated file differed."""
    inputs = pull_request.inputs()
    plan = replace(inputs.plan, artifacts=(), **more)
    return evaluate(plan, inputs.policy, inputs.organisation, pull_request.forge.view, now=MIDNIGHT)


def test_what_writes_no_manifest_anew_is_held_back_by_what_it_reaches(repository: Repository) -> None:
    pull_request = _frozen(repository, ["production"])
    verdict = _unwritten(pull_request)
    assert verdict.state is DISAPPROVED
    reached = {one.fingerprint for one in pull_request.inputs().plan.changes}
    assert set(node(verdict, "freeze holidays").changes) == reached


def test_what_nobody_knows_the_reach_of_is_held_back(repository: Repository) -> None:
    assert _unwritten(_frozen(repository, ["production"]), impacts={}).state is DISAPPROVED


def test_specs_that_move_to_another_file_pass(repository: Repository) -> None:
    pull_request = _frozen_of(repository, ["production"], both())
    repository.git("mv", "specs/system.yaml", "specs/elsewhere.yaml")
    pull_request.forge.push(repository.commit())
    assert pull_request.verdict(now=MIDNIGHT).state is APPROVED


def test_words_that_write_a_manifest_anew_do_not(repository: Repository) -> None:
    """Whatever a field is said to mean: what the cluster is given changes."""

    purpose = set_at("Model", "delay", "card", "purpose", to="Other words, which the card says in production.")
    pull_request = _frozen_of(repository, ["production"], purpose)
    verdict = pull_request.verdict(now=MIDNIGHT)
    assert verdict.state is DISAPPROVED
    assert "generated/production/delay/" in node(verdict, "freeze holidays").why
    assert pull_request.verdict(now=datetime(2026, 12, 28, tzinfo=UTC)).state is APPROVED


@pytest.mark.parametrize(
    ("start", "end", "now", "state"),
    [
        # 02:00+01:00 is 03:00+02:00: the hour between is in no window, and none is lost.
        (
            "2026-03-29T01:59:59+01:00",
            "2026-03-29T03:00:00+02:00",
            datetime(2026, 3, 29, 0, 59, 58, tzinfo=UTC),
            APPROVED,
        ),
        (
            "2026-03-29T01:59:59+01:00",
            "2026-03-29T03:00:00+02:00",
            datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),
            DISAPPROVED,
        ),
        (
            "2026-03-29T01:59:59+01:00",
            "2026-03-29T03:00:00+02:00",
            datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC),
            APPROVED,
        ),
        # 02:30 comes twice; the offset says which.
        (
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:30:00+01:00",
            datetime(2026, 10, 25, 0, 29, 59, tzinfo=UTC),
            APPROVED,
        ),
        (
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:30:00+01:00",
            datetime(2026, 10, 25, 1, 0, 0, tzinfo=UTC),
            DISAPPROVED,
        ),
        (
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:30:00+01:00",
            datetime(2026, 10, 25, 1, 30, 0, tzinfo=UTC),
            APPROVED,
        ),
    ],
)
def test_a_change_of_the_clocks_moves_no_end(
    repository: Repository, start: str, end: str, now: datetime, state: VerdictState
) -> None:
    pull_request = _frozen_of(repository, ["production"], looser_gate, start, end)
    assert pull_request.verdict(now=now).state is state


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
def test_the_clock_of_the_forge_is_compared_as_a_moment(repository: Repository, zone: str) -> None:
    now = datetime(2026, 12, 24, 17, 0, tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert _frozen(repository, ["production"]).verdict(now=now).state is DISAPPROVED


@pytest.mark.parametrize(
    "moment", ["2026-12-24T18:00:00", "2026-12-24 18:00", "2026-02-29T00:00:00+01:00", "0001-01-01T00:00:00+14:00"]
)
def test_a_moment_that_no_clock_can_tell_is_no_freeze(repository: Repository, moment: str) -> None:
    pull_request = _frozen_of(repository, ["production"], looser_gate, moment, "2026-12-27T08:00:00+01:00")
    assert pull_request.verdict(now=MIDNIGHT).state is ERROR, "a policy that is not valid decides nothing"
