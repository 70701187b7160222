"""Rules of the rollout that tests write by hand, with other objectives where they are given, as files for promtool."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lowering.rollouts import BY_HAND, ENVIRONMENT, ONLINE, RELEASE, changed, view
from penstock.ir.monitoring import Alert, RuleFile, RuleGroup, RuleTest
from penstock.lowering.rules.rollout import rule_file
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.targets.prometheus.target import PLAIN_FILE, TARGET, TESTS_FILE

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


def nothing_asked(rollout: str) -> str:
    """No objective and no monitor."""
    return without_monitors(without_objectives(rollout))


def manifests(rules: RuleFile) -> dict[str, Any]:
    return {manifest.file: manifest for manifest in TARGET.renders[RuleFile](rules)}


def write(rules: RuleFile, folder: Path) -> None:
    for file in (PLAIN_FILE, TESTS_FILE):
        text = emit_yaml_documents(manifests(rules)[file].documents)
        (folder / file).write_text(text, encoding="utf-8")


def write_all(rules: RuleFile, folder: Path) -> list[str]:
    """Every file of the rules, with the tests of what goes on for days and weeks; the names of those with tests."""
    found = manifests(rules)
    for file, manifest in found.items():
        (folder / file).write_text(emit_yaml_documents(manifest.documents), encoding="utf-8")
    return [file for file in found if file.endswith(".test.yaml")]


def topic(group: RuleGroup) -> str:
    """`availability` of the group `NAME.availability.long`, `anomaly` of `NAME.anomaly-bands`."""
    return group.name.split(".")[1].partition("-")[0]


def alone(rules: RuleFile, tests: Iterable[RuleTest]) -> RuleFile:
    """Some of the tests, with the groups of their alerts and what these groups are computed from."""
    chosen = tuple(tests)
    alerts = {expected.alert for test in chosen for expected in test.expect}
    told = [(group, rule) for group in rules.groups for rule in group.rules if isinstance(rule, Alert)]
    topics = {topic(group) for group, rule in told if rule.alert in alerts}
    return rules._replace(groups=tuple(group for group in rules.groups if topic(group) in topics), tests=chosen)


def by_topic(rules: RuleFile) -> list[RuleFile]:
    """The rules in parts, with the tests of each: promtool evaluates every rule of a file in every test."""
    parts: dict[tuple[RuleGroup, ...], list[RuleTest]] = {}
    for test in rules.tests:
        parts.setdefault(alone(rules, [test]).groups, []).append(test)
    # A rule that cannot be tested, such as one about a value that is always there, is evaluated with each of the parts.
    tested = {group for groups in parts for group in groups}
    untested = tuple(group for group in rules.groups if group not in tested)
    return [rules._replace(groups=(*groups, *untested), tests=tuple(tests)) for groups, tests in parts.items()]


def write_parts(rules: RuleFile, folder: Path) -> list[str]:
    """Each part in a folder of its own; the paths of the files with tests."""
    found = []
    for number, part in enumerate(by_topic(rules)):
        own = folder / f"part-{number}"
        own.mkdir()
        found += [f"{own.name}/{name}" for name in write_all(part, own)]
    return found


def run(promtool: Path, *arguments: str | Path, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([promtool, *arguments], cwd=at, capture_output=True, text=True, timeout=600, check=False)


def told_by(rules: RuleFile) -> dict[str, str]:
    alerts = [rule for group in rules.groups for rule in group.rules if isinstance(rule, Alert)]
    return {rule.alert: dict(rule.labels)["severity"] for rule in alerts}


def alert_of(rules: RuleFile, name: str) -> Alert:
    """The only alert of that name."""
    alerts = (rule for group in rules.groups for rule in group.rules if isinstance(rule, Alert))
    (found,) = [alert for alert in alerts if alert.alert == name]
    return found
