"""More traffic at once, or one brake less, needs whoever runs it; less traffic does not."""

from __future__ import annotations

from review.pull_requests import PENDING, POLICY, SKIPPED, node, opened, set_at
from review.repositories import Documents, Repository

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


def test_a_step_that_is_gone_needs_sre(repository: Repository) -> None:
    change = set_at(*STEPS, to=[{"weight": "5%"}, {"weight": "100%"}])
    assert node(opened(repository, change).verdict(), "brakes").state is PENDING


def test_a_canary_that_is_gone_needs_sre(repository: Repository) -> None:
    def no_canary(documents: Documents) -> None:
        del documents["Rollout", "delay-online"]["spec"]["strategy"]

    verdict = opened(repository, no_canary).verdict()
    assert PENDING in {node(verdict, "traffic").state, node(verdict, "brakes").state}
