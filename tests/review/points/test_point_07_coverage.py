"""A change that no rule matches fails, by name."""

from __future__ import annotations

from review.pull_requests import APPROVED, DISAPPROVED, POLICY, both, looser_gate, node, opened, rules_of, set_at
from review.repositories import Documents, Repository

GATES = {
    "id": "gates",
    "why": "Gates are for risk.",
    "when": {"kind": ["Gate"]},
    "require": {"from": {"teams": ["risk"]}},
}
NOBODY = {"id": "rest", "why": "Nobody minds.", "when": {"not": {"kind": ["Gate"]}}, "require": "nobody"}
more_copies = set_at("Rollout", "delay-online", "serve", "replicas", "max", to=9)


def test_what_no_rule_speaks_of_is_refused_by_its_address(repository: Repository) -> None:
    pull_request = opened(repository, more_copies, policy=rules_of(POLICY, [GATES]))
    pull_request.approve("ada", "rita", "petra", "sam")
    verdict = pull_request.verdict()
    assert verdict.state is DISAPPROVED
    assert "Rollout/delay-online.serve.replicas.max" in verdict.headline
    assert node(verdict, "coverage").children[0].name == "Rollout/delay-online.serve.replicas.max"


def test_one_hole_is_enough(repository: Repository) -> None:
    pull_request = opened(repository, both(more_copies, looser_gate), policy=rules_of(POLICY, [GATES]))
    pull_request.approve("rita")
    assert pull_request.state is DISAPPROVED


def test_a_rule_that_asks_nobody_covers(repository: Repository) -> None:
    pull_request = opened(repository, more_copies, policy=rules_of(POLICY, [GATES, NOBODY]))
    assert pull_request.state is APPROVED


def test_what_means_nothing_needs_no_rule(repository: Repository) -> None:
    pull_request = opened(repository, policy=rules_of(POLICY, [GATES]))
    repository.write("specs/system.yaml", "# a remark\n" + repository.read("specs/system.yaml"))
    pull_request.forge.push(repository.commit())
    verdict = pull_request.verdict()
    assert verdict.state is APPROVED
    assert "no change in meaning" in verdict.headline


def test_the_defaults_cover_every_kind_and_operation(repository: Repository) -> None:
    def a_bit_of_everything(documents: Documents) -> None:
        del documents["Gate", "delay-release"]["spec"]["rules"][1]
        documents["Dataset", "weather"]["spec"]["columns"]["wind_speed"]["nullable"] = "5%"
        documents["Dataset", "more"] = {
            **documents["Dataset", "weather"],
            "metadata": {"name": "more", "owner": "risk"},
        }
        documents["Team", "risk"]["spec"]["members"] = ["rita"]
        documents["Environment", "staging"]["spec"]["namespace"] = "elsewhere"
        documents["Model", "delay"]["metadata"]["description"] = "A better description."

    verdict = opened(repository, a_bit_of_everything, policy=None).verdict()
    assert not [one for one in verdict.tree.children if one.name == "coverage"]
