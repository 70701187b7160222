"""The table of what Prometheus renders."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.ir.alert_routes import AlertRoutes
from penstock.ir.bundle import Bundle
from penstock.ir.dashboard import Dashboard
from penstock.ir.delivery import Delivery
from penstock.ir.monitoring import Evaluated, RuleFile
from penstock.ir.serving import AccessRule, Endpoint
from penstock.ir.workflow import Schedule, Workflow
from penstock.targets.base import Manifest, Target, Unsupported
from penstock.targets.prometheus.capabilities import CAPABILITIES
from penstock.targets.prometheus.operator_objects import pod_monitor, prometheus_rule
from penstock.targets.prometheus.rule_group import groups
from penstock.targets.prometheus.unit_tests import unit_tests

RULES_FILE = "rules.yaml"
SCRAPING_FILE = "scraping.yaml"
PLAIN_FILE = "rules.prometheus.yaml"
TESTS_FILE = "rules.test.yaml"
HOURLY_TESTS_FILE = "rules.hours.test.yaml"
LONG_TESTS_FILE = "rules.days.test.yaml"
_TESTS_FILES: tuple[tuple[Evaluated, str], ...] = (
    ("15m", TESTS_FILE),
    ("1h", HOURLY_TESTS_FILE),
    ("1d", LONG_TESTS_FILE),
)
OF_TRAINING = "training-"
"""What the names of files with rules about a model's training begin with."""


def render_rules(rules: RuleFile) -> Iterator[Manifest]:
    """The plain rule file and its tests, and the objects that the operator reads; rules that are none give no file."""
    where = f"{rules.name} in {rules.environment}"
    prefix = OF_TRAINING if rules.of_training else ""
    rules_file, plain_file = f"{prefix}{RULES_FILE}", f"{prefix}{PLAIN_FILE}"
    if rules.groups:
        found = groups(rules)
        yield Manifest(
            file=plain_file,
            documents=({"groups": found},),
            applied=False,
            comment=f"Recording and alerting rules of {where}: promtool check rules {plain_file}",
        )
        yield from _tests(rules, where, prefix, plain_file)
        yield Manifest(
            file=rules_file,
            documents=(prometheus_rule(rules, found),),
            applied=True,
            comment=f"Recording and alerting rules of {where}; the same groups as in {plain_file}.",
        )
    if rules.scrape is not None:
        yield Manifest(
            file=SCRAPING_FILE,
            documents=(pod_monitor(rules, rules.scrape),),
            applied=True,
            comment=f"Scrape configuration of the pods of {where}, with the labels that the rules use.",
        )


def _tests(rules: RuleFile, where: str, prefix: str, plain_file: str) -> Iterator[Manifest]:
    """The tests, in several files, since promtool evaluates all rules as often in each test of a file.

    What goes on for weeks would keep it busy for a minute if it were evaluated every quarter of an hour.
    """
    for every, name in _TESTS_FILES:
        tests = tuple(test for test in rules.tests if test.evaluated == every)
        if tests:
            yield Manifest(
                file=f"{prefix}{name}",
                documents=(unit_tests(rules, tests, plain_file, every),),
                applied=False,
                comment=f"Unit tests of the alerts of {where}: promtool test rules {prefix}{name}",
            )


_NOT_WATCHED = Unsupported("never", "Prometheus only monitors")

TARGET = Target(
    name="prometheus",
    renders={RuleFile: render_rules},
    unsupported={
        AlertRoutes: Unsupported("never", "Prometheus sends alerts, and Alertmanager routes them"),
        Delivery: Unsupported("never", "Argo CD applies what is generated, and Prometheus measures"),
        Bundle: _NOT_WATCHED,
        Workflow: _NOT_WATCHED,
        Schedule: _NOT_WATCHED,
        Endpoint: _NOT_WATCHED,
        AccessRule: _NOT_WATCHED,
        Dashboard: Unsupported("never", "Prometheus has no stored dashboards"),
    },
    capabilities=CAPABILITIES,
)
