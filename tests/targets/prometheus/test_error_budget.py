"""What is left of an error budget, as promtool reads it from the recorded series."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lowering.rollouts import ONLINE
from penstock.ir.monitoring import RuleFile
from penstock.lowering.rules.objectives.slo_rules import BUDGET_REMAINING
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.targets.prometheus.target import PLAIN_FILE, TARGET
from targets.prometheus_rules import plan, slos

OF_A_MINUTE = 100
DAY, NIGHT = 120, 120
"""Minutes."""
BY_DAY = f"0+{OF_A_MINUTE}x{DAY} {OF_A_MINUTE * DAY}x{NIGHT}"
ONE_AT_NIGHT = f"0x{DAY + 62} 1x60"
PODS = f'namespace="ml-prod",rollout="{ONLINE}",path="/v2/models/{ONLINE}/infer"'
ANSWERED = f"rest_server_requests_total{{{PODS},status_code="
TIMED = f"rest_server_request_duration_seconds_count{{{PODS},status_code="
IN_TIME = f'rest_server_request_duration_seconds_bucket{{{PODS},le="0.1",status_code='


@pytest.mark.parametrize(
    ("slo", "objectives", "series"),
    [
        (
            "availability",
            slos("    availability: {objective: 99%, window: 7d}\n", ""),
            {f'{ANSWERED}"200"}}': BY_DAY, f'{ANSWERED}"503"}}': ONE_AT_NIGHT},
        ),
        (
            "latency",
            slos("", "    latency: {objective: 99%, below: 100ms, window: 7d}\n"),
            {f'{TIMED}"200"}}': BY_DAY, f'{IN_TIME}"200"}}': BY_DAY, f'{TIMED}"201"}}': ONE_AT_NIGHT},
        ),
    ],
    ids=["availability", "latency"],
)
def test_the_only_request_of_a_night_counts_as_one_of_all(
    slo: str, objectives: str, series: dict[str, str], promtool: Path, tmp_path: Path
) -> None:
    rules = plan(objectives)
    for manifest in TARGET.renders[RuleFile](rules):
        (tmp_path / manifest.file).write_text(emit_yaml_documents(manifest.documents), encoding="utf-8")
    left = 1 - 1 / (OF_A_MINUTE * DAY + 1) / 0.01
    labels = f'{{environment="production",model="flight-delay",rollout="{ONLINE}",slo="{slo}"}}'
    expected = {
        "expr": f"round({BUDGET_REMAINING}, 0.001)",
        "eval_time": f"{DAY + NIGHT}m",
        "exp_samples": [{"labels": labels, "value": round(left, 3)}],
    }
    test = {
        "rule_files": [PLAIN_FILE],
        "evaluation_interval": "5m",
        "group_eval_order": [group.name for group in rules.groups],
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [expected],
            }
        ],
    }
    (tmp_path / "budget.test.yaml").write_text(emit_yaml_documents((test,)), encoding="utf-8")
    command = [promtool, "test", "rules", "budget.test.yaml"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
