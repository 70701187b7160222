"""Attacks seen on engines that decide about approvals; each leaves the verdict short of green."""

from __future__ import annotations

from dataclasses import replace

from forges.fake import commit
from penstock.forges.overlay import pretend_approved_by
from penstock.forges.protocol import Commit, Person
from penstock.review.model import Direction
from penstock.review.policy.evaluate import evaluate
from penstock.specs.review import Area
from review.pull_requests import (
    APPROVED,
    ERROR,
    PENDING,
    POLICY,
    POLICY_PATH,
    both,
    looser_gate,
    looser_region,
    node,
    opened,
    rules_of,
    set_at,
)
from review.repositories import Documents, Repository, at


def test_policy_edited_in_its_own_pull_request(repository: Repository) -> None:
    def open_the_door(documents: Documents) -> None:
        for rule in documents["ApprovalPolicy", "policy"]["spec"]["rules"]:
            rule["require"] = "nobody"

    pull_request = opened(repository, open_the_door, path=POLICY_PATH)
    repository.edit(looser_gate)
    pull_request.forge.push(repository.commit())
    verdict = pull_request.verdict()
    assert node(verdict, "gate").state is PENDING
    assert node(verdict, "governance").state is PENDING


def test_a_policy_deleted_in_its_own_pull_request(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    repository.write(POLICY_PATH, "".join(POLICY.partition("---\n")[0]))
    pull_request.forge.push(repository.commit())
    assert node(pull_request.verdict(), "gate").state is PENDING


def test_an_approval_from_before_a_force_push(repository: Repository) -> None:
    pull_request = opened(repository, set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.69))
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED
    repository.edit(looser_gate)
    head = repository.commit()
    pull_request.forge.force_push(head)
    pull_request.forge.repoint_reviews(head)
    assert pull_request.state is PENDING


def test_an_approval_from_before_another_base(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED
    repository.git("checkout", "--quiet", "-b", "release", "main")
    repository.edit(set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.95))
    release = repository.commit()
    pull_request.forge.retarget("release", release)
    assert pull_request.state is PENDING, "from 0.95 to 0.6 is not what was approved"


def test_an_edit_hidden_in_a_merge_commit(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED
    repository.git("checkout", "--quiet", "main")
    repository.write("README.md", "Something else.")
    pull_request.forge.base_moves_to(repository.commit())
    repository.git("checkout", "--quiet", "change")
    repository.git("merge", "--quiet", "--no-commit", "main")
    repository.edit(looser_region)
    head = repository.commit("Merge branch 'main'")
    pull_request.forge.push(head)
    verdict = pull_request.verdict()
    assert [one.name for one in node(verdict, "gate").children if one.state is PENDING] == [
        "Gate/delay-release.rules[regions].maxGap"
    ]


def test_a_contributor_behind_an_email_that_is_nobodys(repository: Repository) -> None:
    def commits(base: str, head: str) -> list[Commit]:
        return [commit("1" * 40, None, parents=[base]), commit(head, "eve", parents=["1" * 40])]

    pull_request = opened(repository, looser_gate, commits=commits)
    pull_request.approve("ada", "rita")
    assert pull_request.state is ERROR


def test_a_contributor_behind_a_second_parent(repository: Repository) -> None:
    def commits(base: str, head: str) -> list[Commit]:
        other = commit("2" * 40, "eve", co_authors=["rita"], parents=[base])
        return [other, commit(head, "eve", parents=[base, "2" * 40])]

    pull_request = opened(repository, looser_gate, commits=commits)
    pull_request.approve("ada", "rita")
    assert pull_request.state is PENDING


def test_a_new_name_to_leave_an_owner(repository: Repository) -> None:
    def rename(documents: Documents) -> None:
        documents["Gate", "delay-release"]["metadata"].update(name="mine", owner="flight-ml")
        documents["Rollout", "delay-online"]["spec"]["gate"] = "mine"

    pull_request = opened(repository, rename)
    pull_request.approve("ada", "bela")
    ownership = node(pull_request.verdict(), "ownership")
    assert ownership.state is PENDING
    assert {login for child in ownership.children for login in child.can_satisfy} == {"remo", "rita"}


def test_a_new_name_to_leave_a_pattern(repository: Repository) -> None:
    rule = {
        "id": "guarded",
        "why": "This gate is guarded.",
        "when": {"address": "Gate/delay-release*"},
        "require": {"from": {"teams": ["risk"]}},
    }
    rest = {"id": "rest", "why": "Everything else.", "when": {}, "require": "nobody"}

    def rename(documents: Documents) -> None:
        documents["Gate", "delay-release"]["metadata"]["name"] = "mine"
        documents["Rollout", "delay-online"]["spec"]["gate"] = "mine"

    verdict = opened(repository, rename, policy=rules_of(POLICY, [rule, rest])).verdict()
    assert node(verdict, "guarded").state is PENDING


def test_a_comment_edited_by_another(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    for login in ("sam", "petra"):
        comment = pull_request.forge.comment(login, "Looks odd to me.")
        pull_request.forge.edit_comment(comment, "/penstock break-glass everything burns")
    assert pull_request.state is PENDING


def test_a_hold_edited_by_another_is_not_released(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    pull_request.forge.comment("dora", "/penstock hold wait for the data")
    other = pull_request.forge.comment("dora", "It takes another hour.")
    pull_request.forge.edit_comment(other, "/penstock unhold")
    assert pull_request.state.value == "disapproved"


def test_a_bot_that_approves(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, policy=POLICY.replace("[petra, paul]", '[petra, "risk[bot]"]'))
    forge = pull_request.forge
    pull_request.approve("ada", "rita")
    reviews = tuple(replace(one, person=Person(one.person.login, is_bot=True)) for one in forge.facts.reviews)
    forge.facts = replace(forge.facts, reviews=reviews)
    assert pull_request.state is PENDING


def test_a_verdict_on_one_plan_used_for_another(repository: Repository) -> None:
    pull_request = opened(repository, set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.8))
    pull_request.approve("rita")
    old = pull_request.inputs()
    assert pull_request.state is APPROVED
    pull_request.push(looser_gate)
    verdict = evaluate(old.plan, old.policy, old.organisation, pull_request.forge.view)
    assert verdict.state is ERROR


def test_a_look_alike_login(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, writers=("ada", "rіta"))
    pull_request.approve("ada", "rіta")
    assert pull_request.state is PENDING


def test_a_look_alike_of_a_managed_account(repository: Repository) -> None:
    policy = POLICY.replace("[petra, paul]", "[petra, mona_octo]")
    require = {"from": {"teams": ["platform"]}}
    rule = {"id": "one", "why": "One of platform for all.", "when": {}, "require": require}
    look_alikes = ("mona_octо", "mona＿octo", "mona-octo", "mona_octo_x", "mona")
    writers = (*look_alikes, "Mona_Octo")
    pull_request = opened(repository, looser_gate, policy=rules_of(policy, [rule]), writers=writers)
    pull_request.approve(*look_alikes)
    assert pull_request.state is PENDING
    pull_request.approve("Mona_Octo")
    assert pull_request.state is APPROVED


def test_two_spellings_of_one_login(repository: Repository) -> None:
    require = {"count": 2, "from": {"teams": ["risk"]}}
    rule = {"id": "two", "why": "Two of risk for all.", "when": {}, "require": require}
    pull_request = opened(repository, looser_gate, policy=rules_of(POLICY, [rule]))
    pull_request.approve("rita", "RITA", "Rita")
    assert pull_request.state is PENDING


def test_code_behind_a_function_that_a_field_names(repository: Repository) -> None:
    pull_request = opened(repository)
    repository.write("systems/flights.py", "def departures():\n    return 'something else'\n")
    pull_request.forge.push(repository.commit())
    verdict = pull_request.verdict()
    assert node(verdict, "owner").state is PENDING
    assert node(verdict, "owner").children[0].can_satisfy == ("dora",)


def test_code_that_only_an_override_names(repository: Repository) -> None:
    def override(documents: Documents) -> None:
        documents["Dataset", "flights"]["overrides"] = {"production": {"source": {"python": "systems.live:departures"}}}

    repository.edit(override)
    repository.write("systems/live.py", "def departures():\n    return None\n")
    pull_request = opened(repository)
    repository.write("systems/live.py", "def departures():\n    return 'something else'\n")
    pull_request.forge.push(repository.commit())
    verdict = pull_request.verdict()
    assert node(verdict, "owner").state is PENDING
    found = at(pull_request.inputs().plan, "Dataset/flights.source.python")
    assert (found.environments, found.direction, found.area) == (("production",), Direction.UNKNOWN, Area.DATA)
    assert found.span is not None
    assert "production" in repository.read("specs/system.yaml").splitlines()[found.span.line - 3]


def test_code_of_a_learner_of_ones_own(repository: Repository) -> None:
    repository.edit(
        lambda documents: documents["Model", "delay"]["spec"].update(estimator={"class": "systems.learner.Guess"})
    )
    repository.write("systems/learner.py", "class Guess:\n    pass\n")
    pull_request = opened(repository)
    repository.write("systems/learner.py", "class Guess:\n    evil = True\n")
    pull_request.forge.push(repository.commit())
    assert at(pull_request.inputs().plan, "Model/delay.estimator.class").direction is Direction.UNKNOWN
    assert pull_request.state is PENDING


def test_one_small_edit_among_many_that_are_harmless(repository: Repository) -> None:
    def describe(documents: Documents) -> None:
        for document in documents.values():
            document["metadata"]["description"] = "Words, and more words."

    pull_request = opened(repository, both(describe, looser_gate))
    pull_request.approve("petra")
    verdict = pull_request.verdict()
    assert node(verdict, "stricter").state is APPROVED
    assert verdict.state is PENDING


def test_a_pretended_approval_needs_the_right_to_write(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, writers=("ada",))
    view = pretend_approved_by(pull_request.forge.view, ["ada", "rita"])
    assert pull_request.verdict(view).state is PENDING
