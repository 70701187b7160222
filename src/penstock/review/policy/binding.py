"""What a verdict is bound to; a verdict on anything else says nothing."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.review.model import Plan, Verdict
from penstock.source.canonical import digest


def bound_to(plan: Plan, evidence: Mapping[str, str]) -> dict[str, str]:
    """The digests of head, base, policy, semantic changes and evidence, the state of which time may change."""
    states = {address: evidence[address] for address in sorted(evidence)}
    return {**plan.digests, "evidence": digest([plan.digests.get("evidence", ""), states])}


def differing(verdict: Verdict, plan: Plan, evidence: Mapping[str, str]) -> tuple[str, ...]:
    """The names of what is another now than the verdict was given on; any name asks for a new verdict."""
    now = bound_to(plan, evidence)
    return tuple(sorted(key for key in now.keys() | verdict.digests.keys() if now.get(key) != verdict.digests.get(key)))
