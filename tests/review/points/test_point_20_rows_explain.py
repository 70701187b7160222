"""Every row says what, why, who can approve and what is missing, and the fewest people who would satisfy it all."""

from __future__ import annotations

from datetime import UTC, datetime

import yaml

from penstock.review.policy.asked import asked
from penstock.review.rendering import verdict_markdown, verdict_terminal
from penstock.review.rendering.notes import notes_of
from penstock.review.rendering.verdict_rows import verdict_rows
from review.pull_requests import (
    APPROVED,
    POLICY,
    PullRequest,
    bigger_step,
    both,
    looser_gate,
    node,
    opened,
    rules_of,
    set_at,
)
from review.releases import NAME, RELEASE_PATH, release
from review.repositories import Documents, Repository, direct

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_what_may_be_met_in_several_ways_is_told_with_all_of_them(repository: Repository) -> None:
    one_of = {"any": [{"from": {"teams": ["risk"]}}, {"from": {"teams": ["sre"]}}]}
    several = {"all": [{"from": {"teams": ["platform"]}}, one_of]}
    rules = [
        {"id": name, "why": "Whatever changes.", "when": {}, "require": require}
        for name, require in (("one", one_of), ("several", several))
    ]
    verdict = opened(repository, looser_gate, policy=rules_of(POLICY, rules)).verdict()
    assert node(verdict, "one").children[0].needs == "1 of risk or 1 of sre"
    assert node(verdict, "several").children[0].needs == "1 of platform, and (1 of risk or 1 of sre)"


def test_a_team_that_is_asked_in_its_own_name_and_as_the_owner_is_named_once(repository: Repository) -> None:
    rule = {
        "id": "one",
        "why": "Whatever changes.",
        "when": {},
        "require": {"from": {"teams": ["risk", "sre"], "roles": ["owner"]}},
    }
    verdict = opened(repository, looser_gate, policy=rules_of(POLICY, [rule])).verdict()
    assert node(verdict, "one").children[0].needs == "1 of sre or risk (owner)"


def test_a_row_tells_everything(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, author="ada")
    pull_request.approve("bela")
    row = node(pull_request.verdict(), "gate").children[0]
    assert row.name == "Gate/delay-release.rules[quality].atLeast"
    assert row.needs == "1 of flight-ml, and 1 of risk"
    assert row.satisfied_by == ("bela",)
    assert row.can_satisfy == ("remo", "rita")
    assert row.missing == 1
    assert row.why == "needs 1 of flight-ml, and 1 of risk; bela approved; 1 more approval missing; remo or rita can"


def test_an_approval_of_somebody_who_may_not_write_is_told_of(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, author="ada", writers=("ada", "bela", "remo"))
    pull_request.approve("bela", "rita")
    verdict = pull_request.verdict()
    row = node(verdict, "gate").children[0]
    assert row.missing == 1
    assert "rita approved without the right to write here, and so it does not count; remo can" in row.why
    assert row.can_satisfy == ("remo",)
    assert (verdict.suggested, verdict.suggested_is_enough) == (("remo",), True)


def test_who_may_not_write_is_not_asked(repository: Repository) -> None:
    """Of the two in the team, one made the change, and the other has lost the right to write."""
    verdict = opened(repository, looser_gate, author="remo", writers=("remo", "bela")).verdict()
    row = node(verdict, "gate").children[0]
    assert "; too few of those who are eligible may write to this repository: give them the right first" in row.why
    assert (verdict.suggested, verdict.suggested_is_enough) == ((), False)


def test_a_row_names_the_owner_of_its_own_changes(repository: Repository) -> None:
    """Everybody is the owner of either spec or an outsider to it: the same people are asked, in other words."""
    anyone = {"from": {"roles": ["owner", "independent"]}}
    rule = {"id": "one", "why": "Whatever changes.", "when": {"cause": "direct"}, "require": anyone}

    def change(documents: Documents) -> None:
        looser_gate(documents)
        documents["Dataset", "flights"]["spec"]["freshness"] = "30h"

    rest = {"id": "rest", "why": "Whatever follows.", "when": {}, "require": "nobody"}
    verdict = opened(repository, change, policy=rules_of(POLICY, [rule, rest])).verdict()
    told = {row.name: row.needs for row in node(verdict, "one").children}
    assert told == {
        "Dataset/flights.freshness": "1 of flight-data (owner) or a team other than flight-data",
        "Gate/delay-release.rules[quality].atLeast": "1 of risk (owner) or a team other than risk",
    }


def test_of_two_owners_neither_is_independent_and_the_row_says_so(repository: Repository) -> None:
    rule = {"id": "one", "why": "Outsiders.", "when": {}, "require": {"from": {"roles": ["independent"]}}}

    def hand_over(documents: Documents) -> None:
        documents["Gate", "delay-release"]["metadata"]["owner"] = "flight-data"

    row = node(opened(repository, hand_over, policy=rules_of(POLICY, [rule])).verdict(), "one").children[0]
    assert row.needs == "1 of a team other than flight-data and risk"
    assert not {"dora", "rita", "remo"} & set(row.can_satisfy)


def test_the_fewest_people_are_suggested_and_are_enough(repository: Repository) -> None:
    pull_request = opened(repository, both(looser_gate, bigger_step))
    verdict = pull_request.verdict()
    assert len(verdict.suggested) == 3
    assert verdict.suggested_is_smallest
    pull_request.approve(*verdict.suggested)
    assert pull_request.state is APPROVED


def test_one_person_who_fits_everywhere_is_suggested_alone(repository: Repository) -> None:
    rules = [
        {"id": f"r{team}", "why": "Whatever it is.", "when": {}, "require": {"from": {"teams": [team]}}}
        for team in ("sre", "privacy", "risk")
    ]
    policy = rules_of(POLICY.replace("[sam, sven]", "[sam, petra]").replace("[pia, pavel]", "[pia, petra]"), rules)
    repository.replace("members: [rita, remo]", "members: [rita, remo, petra]")
    verdict = opened(repository, looser_gate, policy=policy).verdict()
    assert verdict.suggested == ("petra",)
    assert "awaiting approval from petra" in verdict.headline


def test_the_author_is_never_suggested(repository: Repository) -> None:
    verdict = opened(repository, looser_gate, author="rita").verdict()
    assert verdict.suggested == ("ada", "remo")


def test_a_requirement_that_too_few_people_fit_says_so(repository: Repository) -> None:
    policy = POLICY.replace("[sam, sven]", "[eve]")
    verdict = opened(repository, bigger_step, policy=policy, author="eve").verdict()
    assert "too few other people are eligible: let somebody else make" in node(verdict, "traffic").children[0].why


def _asking_two(repository: Repository, author: str) -> PullRequest:
    """Two owners of a dataset whose team is one person, and one of them."""
    owner = {"from": {"roles": ["owner"]}}
    rules = [
        {"id": "two", "why": "Two pairs of eyes.", "when": {"kind": ["Dataset"]}, "require": {"count": 2, **owner}},
        {"id": "one", "why": "A pair of eyes.", "when": {"kind": ["Dataset"]}, "require": owner},
        {"id": "rest", "why": "Whatever follows.", "when": {}, "require": "nobody"},
    ]
    freshness = set_at("Dataset", "flights", "freshness", to="30h")
    return opened(repository, freshness, policy=rules_of(POLICY, rules), author=author)


def test_a_requirement_that_nobody_can_satisfy_is_told_from_one_that_the_author_cannot(repository: Repository) -> None:
    pull_request = _asking_two(repository, "eve")
    verdict = pull_request.verdict()
    assert "too few people are eligible, whoever makes the change" in node(verdict, "two").children[0].why
    assert verdict.suggested == ("dora",)
    assert not verdict.suggested_is_enough
    assert verdict.headline.endswith("awaiting approval from dora, and others that nobody available can give")
    assert "ask: @dora (not enough: nobody can give the rest)" in verdict_terminal.render(verdict)
    assert "That is not enough" in verdict_markdown.render(verdict)
    pull_request.approve("dora")
    assert pull_request.verdict().headline.endswith("needs approvals that nobody available can give")


def test_a_plan_says_what_nobody_can_satisfy_and_what_not_for_whom(repository: Repository) -> None:
    inputs = _asking_two(repository, "dora").inputs()
    needs = asked(inputs.plan, inputs.policy, inputs.organisation, NOW)
    assert needs[direct(inputs.plan)[0].fingerprint] == (
        "2 of flight-data (owner) [two]; 1 of flight-data (owner) [one]; "
        "nobody can satisfy two: the base's teams have too few people, so add some there first; "
        "a change by dora cannot satisfy one: too few others are eligible"
    )


def test_that_a_new_team_owns_its_own_spec_is_told_apart_from_a_team_that_is_too_small(repository: Repository) -> None:
    """Nobody could add people to it on the base first: that takes the same approval."""

    def add(documents: Documents) -> None:
        team = {"spec": {"members": ["gina"]}, "metadata": {"name": "growth", "owner": "growth"}}
        documents["Team", "growth"] = {"apiVersion": "penstock/v1", "kind": "Team", **team}

    rules = [{"id": "own", "why": "A pair of eyes.", "when": {}, "require": {"from": {"roles": ["owner"]}}}]
    pull_request = opened(repository, add, policy=rules_of(POLICY, rules))
    told = "the base does not have that team yet: let one that it has own the spec until then"
    inputs = pull_request.inputs()
    needs = asked(inputs.plan, inputs.policy, inputs.organisation, NOW)
    assert needs[direct(inputs.plan)[0].fingerprint] == (
        f"1 of growth (owner, not on the base yet) [own]; nobody can satisfy own: {told}"
    )
    assert told in node(pull_request.verdict(), "own").children[0].why


def test_the_first_teams_of_a_repository_can_be_approved_by_nobody_and_it_is_told_what_to_do(
    repository: Repository,
) -> None:
    repository.write("specs/system.yaml", "# No specs yet.\n")

    def add(documents: Documents) -> None:
        team = {"spec": {"members": ["gina"]}, "metadata": {"name": "growth", "owner": "growth"}}
        documents["Team", "growth"] = {"apiVersion": "penstock/v1", "kind": "Team", **team}

    pull_request = opened(repository, add, policy=None)
    inputs = pull_request.inputs()
    needs = asked(inputs.plan, inputs.policy, inputs.organisation, NOW)
    told = "the base has no teams: commit the first specs to it directly, before a ruleset requires this check"
    assert all(told in needs[change.fingerprint] for change in direct(inputs.plan))
    assert told in node(pull_request.verdict(), "default-governance").children[0].why


def test_people_who_must_differ_between_rules_are_too_few_together(repository: Repository) -> None:
    asks = {"when": {}, "require": {"from": {"teams": ["flight-data"]}}, "distinct": True}
    rules = [{"id": name, "why": "A pair of eyes.", **asks} for name in ("one", "other")]
    inputs = opened(repository, looser_gate, policy=rules_of(POLICY, rules)).inputs()
    (needs,) = set(asked(inputs.plan, inputs.policy, inputs.organisation, NOW).values())
    assert "; nobody can satisfy one and other: the base's teams have too few people" in needs


def test_no_approval_is_said_to_be_enough_beside_what_none_ends(repository: Repository) -> None:
    freeze = {"id": "f", "why": "Nobody is there.", "environments": ["production"]}
    freeze |= {"from": "2020-01-01T00:00:00+00:00", "until": "2090-01-01T00:00:00+00:00"}
    rules = yaml.safe_load(POLICY.split("---")[-1])["spec"]["rules"]
    pull_request = opened(repository, looser_gate, policy=rules_of(POLICY, rules, freezes=[freeze]))
    pull_request.forge.comment("dora", "/penstock hold wait")
    pull_request.forge.request_changes("rita")
    verdict = pull_request.verdict()
    assert verdict.suggested == ("ada", "rita")
    assert not verdict.suggested_is_enough
    told = "ask: @ada, @rita (not enough: `hold` and `freeze f` block it, too)"
    assert told in verdict_terminal.render(verdict)
    assert "That is not enough: <code>hold</code> and <code>freeze f</code> block it, too." in verdict_markdown.render(
        verdict
    )
    pull_request.forge.comment("dora", "/penstock unhold")
    assert "(not enough: `freeze f` blocks it, too)" in verdict_terminal.render(pull_request.verdict())


def test_nor_beside_evidence_that_does_not_hold(repository: Repository) -> None:
    rules = [
        {"id": "proof", "why": "It is proved.", "when": {"kind": ["Release"]}, "require": {"evidence": "valid"}},
        {"id": "eyes", "why": "A pair of eyes.", "when": {}, "require": {"from": {"teams": ["risk"]}}},
    ]

    def describe(documents: Documents) -> None:
        documents["Release", NAME]["metadata"]["description"] = "What production serves."

    release(repository, None)
    verdict = opened(repository, describe, policy=rules_of(POLICY, rules), path=RELEASE_PATH).verdict()
    assert "(not enough: `proof` blocks it, too)" in verdict_terminal.render(verdict)


def test_the_table_shows_it_in_markdown_and_in_the_terminal(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada")
    verdict = pull_request.verdict()
    markdown = verdict_markdown.render(verdict)
    (row,) = [line for line in markdown.splitlines() if line.startswith("| <code>gate</code>")]
    assert "🟡 pending" in row
    assert "<code>remo</code>, <code>rita</code>" in row
    assert "A gate is judged by those who build the model and by those who do not" in row
    text = verdict_terminal.render(verdict)
    assert "1 more approval missing; remo or rita can" in text
    assert "ask: @remo (the smallest set" in text


def _two_rules(repository: Repository, first: dict[str, object], **more: object) -> PullRequest:
    """A looser gate and a larger step: the second rule asks risk about both, the first where it matches."""
    asks = {"require": {"from": {"teams": ["risk"]}}, **more}
    rules = [
        {"id": "first", "why": "It is looser than before.", "when": first, **asks},
        {"id": "second", "why": "It is a gate or a rollout.", "when": {}, **asks},
    ]
    return opened(repository, both(looser_gate, bigger_step), policy=rules_of(POLICY, rules), author="dora")


def test_rules_that_ask_the_same_are_told_once(repository: Repository) -> None:
    pull_request = _two_rules(repository, {})
    verdict = pull_request.verdict()
    assert [one.name for one in verdict.tree.children] == ["first", "second"], "the tree has each by itself"
    (row,) = verdict_rows(verdict)
    assert row.rules == ("first", "second")
    assert row.what == "Gate/delay-release.rules[quality].atLeast and 2 more"
    text = verdict_terminal.render(verdict)
    assert text.count("needs 1 of risk") == 1
    assert "first, second Gate/delay-release.rules[quality].atLeast and 2 more: needs 1 of risk" in text
    assert "      first: It is looser than before.\n      second: It is a gate or a rollout.\n" in text
    (shown,) = [line for line in verdict_markdown.render(verdict).splitlines() if line.startswith("| <code>first")]
    assert shown.startswith("| <code>first</code><br><code>second</code> |")
    assert shown.endswith("| It is looser than before.<br>It is a gate or a rollout. |")
    assert {note.needs for note in notes_of(verdict).values()} == {"1 of risk [first, second]"}


def test_rules_that_ask_the_same_of_other_changes_say_of_which(repository: Repository) -> None:
    verdict = _two_rules(repository, {"kind": ["Gate"]}).verdict()
    (row,) = verdict_rows(verdict)
    assert row.what is None
    text = verdict_terminal.render(verdict)
    assert "  … first, second: needs 1 of risk" in text
    assert "      first Gate/delay-release.rules[quality].atLeast: It is looser" in text
    assert "      second Gate/delay-release.rules[quality].atLeast and 2 more: It is a gate" in text
    assert {note.needs for note in notes_of(verdict).values()} == {"1 of risk [first, second]", "1 of risk [second]"}


def test_rules_whose_people_must_differ_stand_apart(repository: Repository) -> None:
    verdict = _two_rules(repository, {}, distinct=True).verdict()
    assert [row.rules for row in verdict_rows(verdict)] == [("first",), ("second",)]


def test_a_plan_names_the_rules_that_ask(repository: Repository) -> None:
    inputs = _two_rules(repository, {"kind": ["Gate"]}).inputs()
    needs = asked(inputs.plan, inputs.policy, inputs.organisation, NOW)
    assert sorted(set(needs.values())) == ["1 of risk [first, second]", "1 of risk [second]"]


def test_what_people_write_cannot_forge_the_table(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.comment("dora", "/penstock hold | x | <img src=x> @acme/everyone \x1b[2J `code`")
    verdict = pull_request.verdict()
    markdown = verdict_markdown.render(verdict)
    assert "<img" not in markdown
    assert "@acme" not in markdown
    assert "\x1b" not in markdown + verdict_terminal.render(verdict)
    (row,) = [line for line in markdown.splitlines() if line.startswith("| <code>hold</code>")]
    assert row.count("|") == 7


def test_of_several_teams_that_would_do_the_one_that_owns_something_of_it_is_asked(repository: Repository) -> None:
    require = {"from": {"teams": ["flight-data", "risk"]}}
    rules = [{"id": "any", "why": "A pair of eyes.", "when": {}, "require": require}]
    verdict = opened(repository, looser_gate, policy=rules_of(POLICY, rules)).verdict()
    assert verdict.suggested == ("remo",), "of the gate's team, and not dora, who comes first"
