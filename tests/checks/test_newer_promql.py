"""What is called newer than Prometheus 2.42 its promtool refuses, and it takes whatever else the parser takes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import promql_parser
import pytest

from penstock.checks.rollouts.newer_promql import newer

NEWER = {
    "sum({'saved.euros'})": "{'",
    'sum by ("a.b") (x)': 'by ("a.b"',
    'x{job="y", "a.b"="c"}': '{job="y", "',
    "x > 1h": "1h",
    "rate(x[60])": "[60]",
    "x offset 5": "offset 5",
    "max_over_time(x[5m:30])": "[5m:30]",
    "histogram_avg(x)": "histogram_avg",
    "histogram_stddev(x)": "histogram_stddev",
    "histogram_stdvar(x)": "histogram_stdvar",
}
"""Known to 3.0."""
EXPERIMENTAL = {
    "double_exponential_smoothing(x[5m], 0.5, 0.5)": "double_exponential_smoothing",
    "first_over_time(x[5m])": "first_over_time",
    "info(x)": "info",
    "limitk by (a) (3, x)": "limitk",
    "limit_ratio(0.5, x)": "limit_ratio",
    "mad_over_time(x[5m])": "mad_over_time",
    "sort_by_label(x, 'a')": "sort_by_label",
    "sort_by_label_desc(x, 'a')": "sort_by_label_desc",
    "ts_of_max_over_time(x[5m])": "ts_of_max_over_time",
    "x + on(a) fill(0) y": "fill",
    "x > start()": "start()",
}
KNOWN = (
    "x @ end()",
    "x offset -5m",
    "avg_over_time(x[1h30m] offset 1w)",
    "max_over_time(rate(x[5m])[10m:1m])",
    "max_over_time(rate(x[5m])[10m:])",
    "label_replace(x, 'a', 'info(', 'c', '1h')",
    "sum by (le) (x{a='info(x)', b=~\"[60]\", c=`{'`})",
    "x > 1e3 * 5",
    "job:x_5m:rate5m + foo5m",
    "count_values('v', x)",
    "quantile_over_time(0.9, x[1h]) # limitk(3, x)",
)


@pytest.mark.parametrize(("text", "marked"), [*NEWER.items(), *EXPERIMENTAL.items()])
def test_what_is_newer_is_marked(text: str, marked: str) -> None:
    found = newer(text, "2.42")
    assert found is not None
    assert text[slice(*found.at)] == marked
    assert found.is_experimental == (text in EXPERIMENTAL)
    assert (newer(text, "3.0") is None) == (text in NEWER)


@pytest.mark.parametrize("text", KNOWN)
def test_what_is_known_passes(text: str) -> None:
    assert newer(text, "2.42") is None


@pytest.mark.parametrize("text", [*NEWER, *EXPERIMENTAL, *KNOWN])
def test_promtool_says_the_same(text: str, promtool: Path, tmp_path: Path) -> None:
    promql_parser.parse(text)
    rules = tmp_path / "rules.yaml"
    rules.write_text(json.dumps({"groups": [{"name": "g", "rules": [{"record": "a:b", "expr": text}]}]}))
    checked = subprocess.run([promtool, "check", "rules", rules], capture_output=True, check=False)
    assert (checked.returncode == 0) == (text in KNOWN)
