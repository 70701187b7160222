"""The inequalities that a rule of a gate sets, and on which of its figures. Pure, as `penstock.specs.decision` is."""

from __future__ import annotations

from typing import NamedTuple

from penstock.specs.decision import Bound, bounds
from penstock.specs.gate import (
    AnyRule,
    CompareRule,
    ExplainRule,
    LatencyRule,
    PerturbRule,
    SliceRule,
)


class Limit(NamedTuple):
    """What one figure of a rule must satisfy."""

    part: str
    """Which figure: ``value``, ``gap``, ``p99`` ...; a rule has each at most once."""
    bounds: tuple[Bound, ...]
    unit: str = ""


def limits(rule: AnyRule) -> tuple[Limit, ...]:
    """The limits of a rule, in the order in which its fields stand in the language; at least one."""
    found: tuple[Limit, ...]
    match rule:
        case SliceRule():
            found = (
                Limit("gap", bounds(None, rule.max_gap)),
                Limit("lowest", bounds(rule.at_least, None)),
                Limit("highest", bounds(None, rule.at_most)),
            )
        case CompareRule():
            found = (Limit("advantage", bounds(rule.compare.margin, None)),)
        case PerturbRule():
            found = (Limit("drop", bounds(None, rule.max_drop)),)
        case ExplainRule():
            share = None if rule.max_share is None else float(rule.max_share)
            found = (
                Limit("share", bounds(None, share)),
                Limit("forbidden", bounds(None, 0.0 if rule.forbid else None)),
            )
        case LatencyRule():
            times = {"p50": rule.latency.p50, "p95": rule.latency.p95, "p99": rule.latency.p99}
            found = tuple(
                Limit(name, bounds(None, None if time is None else float(int(time))), "ms")
                for name, time in times.items()
            )
        case _:
            found = (Limit("value", bounds(rule.at_least, rule.at_most)),)
    return tuple(limit for limit in found if limit.bounds)
