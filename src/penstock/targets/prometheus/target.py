"""The table of what Prometheus renders."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.ir.bundle import Bundle
from penstock.ir.dashboard import Dashboard
from penstock.ir.monitoring import RuleFile
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
OF_TRAINING = "training-"
"""What the names of files with rules about a model's training begin with."""


def render_rules(rules: RuleFile) -> Iterator[Manifest]:
    """The plain rule file and its tests, and the objects that the operator reads; rules that are none give no file."""
    where = f"{rules.name} in {rules.environment}"
    rules_file, plain_file, tests_file = (
        f"{OF_TRAINING if rules.of_training else ''}{file}" for file in (RULES_FILE, PLAIN_FILE, TESTS_FILE)
    )
    if rules.groups:
        found = groups(rules)
        yield Manifest(
            file=plain_file,
            documents=({"groups": found},),
            applied=False,
            comment=f"Rules of {where} as a plain rule file: promtool check rules {plain_file}",
        )
        yield Manifest(
            file=tests_file,
            documents=(unit_tests(rules, plain_file),),
            applied=False,
            comment=f"Unit tests of the alerts of {where}: promtool test rules {tests_file}",
        )
        yield Manifest(
            file=rules_file,
            documents=(prometheus_rule(rules, found),),
            applied=True,
            comment=f"Rules of {where}; the same groups as in {plain_file}.",
        )
    if rules.scrape is not None:
        yield Manifest(
            file=SCRAPING_FILE,
            documents=(pod_monitor(rules, rules.scrape),),
            applied=True,
            comment=f"The pods of {where} that Prometheus scrapes, under the names that the rules use.",
        )


_NOT_WATCHED = Unsupported("never", "Prometheus observes workloads; it runs none")

TARGET = Target(
    name="prometheus",
    renders={RuleFile: render_rules},
    unsupported={
        Bundle: _NOT_WATCHED,
        Workflow: _NOT_WATCHED,
        Schedule: _NOT_WATCHED,
        Endpoint: _NOT_WATCHED,
        AccessRule: _NOT_WATCHED,
        Dashboard: Unsupported("never", "Prometheus has no dashboards"),
    },
    capabilities=CAPABILITIES,
)
