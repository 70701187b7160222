"""A repository with some contents that a pull request may have, and some policies that its base may have.

Each content and each policy is read from git once. What a commit is called means nothing to a plan, so that any number
of heads and bases share them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from penstock.review.model import Plan
from penstock.review.policy.inputs import Inputs, read_inputs
from review.pull_requests import POLICY, bigger_step, both, looser_gate, looser_region, rules_of, set_at, with_policy
from review.repositories import Repository

much_looser_gate = set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.5)

EDITS = {
    "nothing": both(),
    "gate": looser_gate,
    "gate further": much_looser_gate,
    "gate and region": both(looser_gate, looser_region),
    "gate and step": both(looser_gate, bigger_step),
    "region and step": both(looser_region, bigger_step),
}
"""What the contents do to the specs of the base."""

_ML, _RISK, _SRE = ({"from": {"teams": [team]}} for team in ("flight-ml", "risk", "sre"))
_ROLLOUT = {"kind": ["Rollout"], "cause": "direct"}


def _rule(name: str, when: dict[str, object], require: object, **more: object) -> dict[str, object]:
    return {"id": name, "why": "So that it is seen.", "when": when, "require": require, **more}


def _policy(gate: dict[str, object]) -> str:
    wide = {"any": [{"count": 2, "from": {"teams": ["platform"]}}, {"from": {"teams": ["sre", "risk"]}}]}
    rules = [
        _rule("gate", {"kind": ["Gate"], "direction": ["loosened"], "cause": "direct"}, gate),
        _rule("traffic", _ROLLOUT, _SRE, distinct=True),
        _rule("wide", {**_ROLLOUT, "labels": ["wide"]}, wide, distinct=True),
        _rule("downstream", {"cause": "indirect"}, "nobody"),
    ]
    freeze = {
        "id": "evening",
        "why": "Nobody is there.",
        "from": "2026-03-02T15:00:00+00:00",
        "until": "2026-03-02T18:00:00+01:00",
        "environments": ["production"],
    }
    emergency = {"from": {"teams": ["sre", "platform"]}, "count": 2, "expiresAfter": "4h"}
    return rules_of(POLICY, rules, freezes=[freeze], breakGlass=emergency, overrule={"teams": ["platform"]})


_MOVED_ON = _policy({"all": [_ML, _RISK]}).replace("- sven", "- rita").replace("- petra", "- pia")
POLICIES = {
    "main": _policy({"all": [_ML, _RISK]}),
    "main, later": _MOVED_ON,
    "release": _policy({"all": [{"count": 2, **_ML}, _RISK]}),
}
"""Of the base branch, of where it moved on to, and of another branch."""


class World:
    """What git knows, by content and by policy."""

    def __init__(self, contents: dict[str, Inputs], policies: dict[str, Inputs]) -> None:
        self.contents, self.policies = contents, policies

    @classmethod
    def made_in(cls, folder: Path) -> World:
        repository = Repository(folder)
        commits = {}
        for name, policy in POLICIES.items():
            commits[name] = with_policy(repository, policy)
        contents = {}
        for name, edit in EDITS.items():
            repository.git("checkout", "--quiet", "-B", "change", commits["main"])
            repository.edit(edit)
            contents[name] = read_inputs(repository.seen, commits["main"], repository.commit())
        policies = {name: read_inputs(repository.seen, commit, commit) for name, commit in commits.items()}
        return cls(contents, policies)

    def plan(self, content: str, policy: str, base: str, head: str) -> Plan:
        """What a head with this content does to a base with this policy."""
        plan = self.contents[content].plan
        digests = {**plan.digests, "base": base, "head": head, "policy": self.policies[policy].policy.digest}
        return replace(plan, base=base, head=head, digests=digests)
