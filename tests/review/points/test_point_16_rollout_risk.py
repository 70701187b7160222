"""More traffic at once, or one brake less, needs whoever runs it; less traffic does not."""

from __future__ import annotations

import pytest

from penstock.review.changes.directions import judge
from penstock.review.changes.values import distance
from penstock.review.model import Direction, Grown, Operation, VerdictState
from penstock.specs.review import Area, Loosens, Review
from penstock.specs.units import Duration, Fraction
from review.pull_requests import PENDING, POLICY, SKIPPED, node, opened, rules_of, set_at
from review.repositories import Documents, Repository

SRE = {"from": {"teams": ["sre"]}}
STEPS = ("Rollout", "delay-online", "strategy", "canary", "steps")


def test_from_5_to_50_percent_needs_sre(repository: Repository) -> None:
    change = set_at(*STEPS, to=[{"weight": "50%"}, {"weight": "60%"}, {"weight": "100%"}])
    verdict = opened(repository, change).verdict()
    traffic = node(verdict, "traffic")
    assert traffic.state is PENDING
    assert traffic.children[0].can_satisfy == ("sam", "sven")


def test_from_50_to_5_percent_does_not(repository: Repository) -> None:
    policy = POLICY
    repository.edit(set_at(*STEPS, to=[{"weight": "50%"}, {"weight": "60%"}, {"weight": "100%"}]))
    change = set_at(*STEPS, to=[{"weight": "5%"}, {"weight": "25%"}, {"weight": "100%"}])
    assert node(opened(repository, change, policy=policy).verdict(), "traffic").state is SKIPPED


def test_a_small_growth_does_not(repository: Repository) -> None:
    change = set_at(*STEPS, 1, "weight", to="40%")
    assert node(opened(repository, change).verdict(), "traffic").state is SKIPPED


def _held(duration: str) -> list[dict[str, str]]:
    return [{"weight": "5%", "hold": duration}, {"weight": "25%"}, {"weight": "100%"}]


def test_a_bound_in_points_says_nothing_of_durations(repository: Repository) -> None:
    repository.edit(set_at(*STEPS, to=_held("30m")))
    assert node(opened(repository, set_at(*STEPS, to=_held("5m"))).verdict(), "traffic").state is SKIPPED


@pytest.mark.parametrize(("bound", "state"), [("20m", PENDING), ("25m", SKIPPED), (20, SKIPPED)])
def test_a_bound_in_time_speaks_of_durations(repository: Repository, bound: str | int, state: VerdictState) -> None:
    repository.edit(set_at(*STEPS, to=_held("30m")))
    rule = {"id": "time", "why": "Less time to look.", "when": {"grew": {"byMoreThan": bound}}, "require": SRE}
    rest = {"id": "rest", "why": "Whatever else.", "when": {}, "require": "nobody"}
    policy = rules_of(POLICY, [rule, rest])
    assert node(opened(repository, set_at(*STEPS, to=_held("5m")), policy=policy).verdict(), "time").state is state


def test_a_bound_in_time_says_nothing_of_traffic(repository: Repository) -> None:
    rule = {"id": "time", "why": "Less time to look.", "when": {"grew": {"byMoreThan": "1ms"}}, "require": SRE}
    rest = {"id": "rest", "why": "Whatever else.", "when": {}, "require": "nobody"}
    change = set_at(*STEPS, 0, "weight", to="24%")
    verdict = opened(repository, change, policy=rules_of(POLICY, [rule, rest])).verdict()
    assert node(verdict, "time").state is SKIPPED


@pytest.mark.parametrize("after", ["1ms", "10m"])
def test_between_a_number_and_a_duration_nothing_is_looser(after: str) -> None:
    bounds = [20.0, Duration.parse(after)]
    for before, now in (bounds, reversed(bounds)):
        judged = judge(Review(Loosens.HIGHER, Area.GOVERNANCE), Operation.CHANGED, before, now)
        assert judged.direction is Direction.UNKNOWN


@pytest.mark.parametrize(("before", "after"), [("5%", True), (True, "5%")])
def test_a_share_grows_by_points_where_a_word_stands_for_the_whole(before: str | bool, after: str | bool) -> None:
    """`nullable: true` is a share of 100%."""
    share = [one if isinstance(one, bool) else Fraction.parse(one) for one in (before, after)]
    assert distance(*share) == Grown(95.0, "points")


def test_a_step_that_is_gone_needs_sre(repository: Repository) -> None:
    change = set_at(*STEPS, to=[{"weight": "5%"}, {"weight": "100%"}])
    pull_request = opened(repository, change)
    assert node(pull_request.verdict(), "brakes").state is PENDING
    # Where it would have paused at 25 %, it goes on to everything.
    grew = [one.grew for one in pull_request.inputs().plan.changes if one.operation is Operation.REMOVED]
    assert grew == [Grown(75.0, "points")]


@pytest.mark.parametrize(
    ("before", "after", "grew"),
    [
        (["5%", "25%", "100%"], ["25%", "100%"], 75),
        (["5%", "25%", "30%", "35%", "100%"], ["25%", "30%", "35%", "100%"], 65),
        (["5%", "20%", "40%", "60%", "80%", "100%"], ["5%", "20%", "60%", "80%", "100%"], 20),
        (["5%", "100%"], ["100%"], 95),
    ],
)
def test_a_release_behind_a_step_that_is_gone_is_at_the_next_one(
    repository: Repository, before: list[str], after: list[str], grew: float
) -> None:
    """Releases on KServe name their step by its place, so that those behind it move up."""
    repository.edit(set_at(*STEPS, to=[{"weight": weight} for weight in before]))
    pull_request = opened(repository, set_at(*STEPS, to=[{"weight": weight} for weight in after]))
    [gone] = [one for one in pull_request.inputs().plan.changes if one.operation is Operation.REMOVED]
    assert gone.grew == Grown(grew, "points")


def test_a_canary_that_is_gone_needs_sre(repository: Repository) -> None:
    def no_canary(documents: Documents) -> None:
        del documents["Rollout", "delay-online"]["spec"]["strategy"]

    pull_request = opened(repository, no_canary)
    verdict = pull_request.verdict()
    assert {node(verdict, "traffic").state, node(verdict, "brakes").state} == {PENDING}
    assert Grown(95.0, "points") in [one.grew for one in pull_request.inputs().plan.changes]
