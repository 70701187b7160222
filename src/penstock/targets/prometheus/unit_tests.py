"""Unit tests of a rule file in promtool's format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from penstock.ir.monitoring import ExpectedAlert, RuleFile, RuleTest
from penstock.targets.prometheus.rule_group import mapping_of


def unit_tests(rules: RuleFile, tests: Iterable[RuleTest], rule_file: str, every: str) -> dict[str, Any]:
    """Tests of the rules that lie beside them in the file `rule_file`, evaluated in such intervals."""
    return {
        "rule_files": [rule_file],
        "evaluation_interval": every,
        # Without it promtool takes the groups in any order, and alerts read what was recorded a round ago.
        "group_eval_order": [group.name for group in rules.groups],
        "tests": [_test(test) for test in tests],
    }


def _test(test: RuleTest) -> dict[str, Any]:
    found: dict[str, Any] = {"name": test.name, "interval": test.interval}
    if test.series:
        found["input_series"] = [{"series": each.series, "values": each.values} for each in test.series]
    found["alert_rule_test"] = [_expected(expected) for expected in test.expect]
    return found


def _expected(expected: ExpectedAlert) -> dict[str, Any]:
    # An empty list, written out, is what tells a reader that silence is meant.
    return {
        "eval_time": expected.at,
        "alertname": expected.alert,
        "exp_alerts": [
            {"exp_labels": mapping_of(labels), "exp_annotations": mapping_of(annotations)}
            for labels, annotations in expected.firing
        ],
    }
