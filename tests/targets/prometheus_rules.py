"""Rules of the rollout that tests write by hand, with other objectives where they are given."""

from __future__ import annotations

from lowering.rollouts import BY_HAND, ENVIRONMENT, ONLINE, RELEASE, changed, view
from penstock.ir.monitoring import RuleFile
from penstock.lowering.rules.rollout import rule_file

SERVE = "target: kserve"


def plan(rollout: str = BY_HAND, environment: str = ENVIRONMENT, released: str | None = RELEASE) -> RuleFile:
    found = rule_file(view(rollout, environment, released), ONLINE)
    assert found is not None
    return found


def without_monitors(rollout: str) -> str:
    """The objectives alone: promtool takes its time over monitoring that lasts for days."""
    monitors = rollout[rollout.index("  monitor:") : rollout.index("  access:")]
    return changed(rollout, (monitors, ""))


def without_objectives(rollout: str) -> str:
    """The monitors alone: over days, what objectives record is most of what promtool evaluates."""
    objectives = rollout[rollout.index("  slos:") : rollout.index("  monitor:")]
    return changed(rollout, (objectives, ""))


def slos(availability: str, latency: str) -> str:
    return changed(
        without_monitors(BY_HAND),
        ("    availability: {objective: 99.9%}\n", availability),
        ("    latency: {objective: 99%, below: 100ms}\n", latency),
    )
