"""What a verdict is bound to; a verdict on anything else says nothing."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.review.model import Plan
from penstock.source.canonical import digest


def bound_to(plan: Plan, evidence: Mapping[str, str]) -> dict[str, str]:
    """The digests of head, base, policy, semantic changes and evidence, the state of which time may change."""
    states = {address: evidence[address] for address in sorted(evidence)}
    return {**plan.digests, "evidence": digest([plan.digests.get("evidence", ""), states])}
