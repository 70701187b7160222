"""The rules of a repository that wrote none: safe, and in the same language as any other policy."""

from __future__ import annotations

from typing import Any

from penstock.source.writing.emit_yaml import emit_yaml_line
from penstock.specs.approval_policy import ApprovalRule
from penstock.specs.base import API_VERSION

_OWNER = {"from": {"roles": ["owner"]}}
_INDEPENDENT = {"from": {"roles": ["independent"]}}
_BOTH = {"all": [_OWNER, _INDEPENDENT]}

# What an edit reaches as a whole is approved where the edit is made; code that a field names is edited nowhere else.
_EDITED = {"any": [{"cause": "direct"}, {"address": "*.*"}]}
_REACHED = {"not": _EDITED}

# Another version comes with other evidence, of which the next rules say what is needed: as for the first one.
_OTHER_VERSION = {"kind": ["Release"], "direction": ["unknown"]}

_RULES: tuple[dict[str, Any], ...] = (
    {
        "id": "default-governance",
        "why": "No team changes policies, teams, environments, or what builds, runs and reviews, alone.",
        "when": {"kind": ["ApprovalPolicy", "Team", "Environment", "File"], **_EDITED},
        "require": _BOTH,
    },
    {
        "id": "default-risk",
        "why": "No owner loosens quality, fairness, privacy or governance alone.",
        "when": {
            "area": ["quality", "fairness", "privacy", "governance"],
            "direction": ["loosened", "unknown"],
            "not": _OTHER_VERSION,
            **_EDITED,
        },
        "require": _BOTH,
    },
    {
        "id": "default-sensitive",
        "why": "Personal data that newly reaches a model needs an independent opinion.",
        "when": {"sensitive": ["sensitive", "pii"]},
        "require": _BOTH,
    },
    {
        "id": "default-production",
        "why": "Risk in production is reviewed by somebody outside the owning team.",
        "when": {
            "area": ["rollout", "monitoring"],
            "direction": ["loosened", "unknown"],
            "stage": ["production"],
            **_EDITED,
        },
        "require": _BOTH,
    },
    {
        "id": "default-release",
        "why": "A release needs valid evidence.",
        # Who owns it changes nothing of what it serves, and a gate may ask for more by now than its evidence says.
        "when": {"kind": ["Release"], "cause": "direct", "not": {"address": "Release/*.metadata*"}},
        "require": {"all": [_OWNER, {"evidence": "valid"}]},
    },
    {
        "id": "default-owner",
        "why": "The owning team approves changes of its specs.",
        "when": {"not": {"direction": ["tightened", "neutral"]}, **_EDITED},
        "require": _OWNER,
    },
    {
        "id": "default-rest",
        "why": "Changes that loosen nothing also get a second pair of eyes.",
        "when": {"direction": ["tightened", "neutral"], **_EDITED},
        "require": {"from": {"roles": ["owner", "independent"]}},
    },
    {
        "id": "default-downstream",
        "why": "Indirect effects are approved where the edit is made.",
        "when": _REACHED,
        "require": "nobody",
    },
)


def default_rules() -> tuple[ApprovalRule, ...]:
    """The rules; together they cover every change."""
    return tuple(ApprovalRule.model_validate(rule) for rule in _RULES)


def as_policy(owner: str) -> str:
    """The rules as the text of an ApprovalPolicy that a team owns."""
    lines = [
        "# The rules that apply where there is no ApprovalPolicy: save them below specs/, and change what you like.",
        f"apiVersion: {API_VERSION}",
        "kind: ApprovalPolicy",
        f"metadata: {emit_yaml_line({'name': 'approvals', 'owner': owner})}",
        "spec:",
        "  rules:",
    ]
    for rule in _RULES:
        first, *rest = (f"{key}: {emit_yaml_line(value)}" for key, value in rule.items())
        lines += [f"    - {first}", *(f"      {line}" for line in rest)]
    return "\n".join(lines) + "\n"
