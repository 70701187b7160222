"""The rules of a repository that wrote none: safe, and in the same language as any other policy."""

from __future__ import annotations

from typing import Any

from penstock.specs.approval_policy import ApprovalRule

_OWNER = {"count": 1, "from": {"roles": ["owner"]}}
_INDEPENDENT = {"count": 1, "from": {"roles": ["independent"]}}
_BOTH = {"all": [_OWNER, _INDEPENDENT]}

# What an edit reaches as a whole is approved where the edit is made; code that a field names is edited nowhere else.
_EDITED = {"any": [{"cause": "direct"}, {"address": "*.*"}]}
_REACHED = {"not": _EDITED}

_RULES: tuple[dict[str, Any], ...] = (
    {
        "id": "default-governance",
        "why": "Who decides, and where it runs, is not for one team to change alone.",
        "when": {"kind": ["ApprovalPolicy", "Team", "Environment"], **_EDITED},
        "require": _BOTH,
    },
    {
        "id": "default-risk",
        "why": "A judgement of quality, fairness or privacy that loosens is not for its owner alone.",
        "when": {
            "area": ["quality", "fairness", "privacy", "governance"],
            "direction": ["loosened", "unknown"],
            **_EDITED,
        },
        "require": _BOTH,
    },
    {
        "id": "default-sensitive",
        "why": "Personal data that newly reaches a model needs a second opinion from outside.",
        "when": {"sensitive": ["sensitive", "pii"]},
        "require": _BOTH,
    },
    {
        "id": "default-production",
        "why": "What may go wrong in production is looked at by somebody who did not build it.",
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
        "why": "A version is served on the strength of its evidence.",
        "when": {"kind": ["Release"], "cause": "direct"},
        "require": {"all": [_OWNER, {"evidence": "valid"}]},
    },
    {
        "id": "default-owner",
        "why": "The team that answers for a spec agrees to what happens to it.",
        "when": {"not": {"direction": ["tightened", "neutral"]}, **_EDITED},
        "require": _OWNER,
    },
    {
        "id": "default-rest",
        "why": "A second pair of eyes, also for what loosens nothing.",
        "when": {"direction": ["tightened", "neutral"], **_EDITED},
        "require": {"count": 1, "from": {"roles": ["owner", "independent"]}},
    },
    {
        "id": "default-downstream",
        "why": "What an edit elsewhere does to a spec is approved where the edit is made.",
        "when": _REACHED,
        "require": "nobody",
    },
)


def default_rules() -> tuple[ApprovalRule, ...]:
    """The rules; together they cover every change."""
    return tuple(ApprovalRule.model_validate(rule) for rule in _RULES)
