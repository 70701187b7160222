"""Rules that Prometheus would not load are found, in plain files and in the objects of its operator."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

pytest.importorskip("cel", reason="the extra `verify` is not installed")

from verification.objects import verified

SOUND = """
groups:
- name: a
  interval: 1m30s
  limit: 3
  labels: {team: risk}
  rules:
  - {record: "job:up:sum", expr: sum(up)}
  - {alert: Down, expr: up == 0, for: 0, keep_firing_for: 1d, labels: {severity: page, rank: 1}, annotations: {a: b}}
  - {alert: Always, expr: 1}
- {name: b}
"""


def of_operator(text: str) -> str:
    return "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: a}\nspec:\n" + indent(
        text, "  "
    )


@pytest.mark.parametrize("text", [SOUND, of_operator(SOUND)])
def test_sound_rules_have_nothing_to_find(tmp_path: Path, text: str) -> None:
    assert [each.code for each in verified(tmp_path, text).diagnostics if each.code != "unverified-kind"] == []


@pytest.mark.parametrize(
    ("before", "after", "headline"),
    [
        ("interval:", "intervall:", "`groups.0` has no field `intervall`"),
        ("expr: up == 0, for", "exprs: up == 0, for", "`groups.0.rules.1` has no field `exprs`"),
        ("expr: sum(up)", "expr: [up]", "`groups.0.rules.0.expr`: ['up'] is not of type 'string', 'number'"),
        ("name: b", "rules: []", "`groups.1`: 'name' is a required property"),
        ("name: b", "name: a", "a second group `a`: Prometheus loads no file in which a name stands twice"),
        ("1m30s", "1.5m", "`interval` is `1.5m`; expected a duration such as `5m` or `1h30m`"),
        ("for: 0", "for: 5", "`for` is `5`; expected a duration such as `5m` or `1h30m`"),
        ("alert: Always", "labels: {}", "a rule has either `record` or `alert`"),
        ("alert: Always", "alert: Always, record: x", "a rule has either `record` or `alert`"),
        ("expr: sum(up)", "expr: sum(up), for: 1m", "`for` belongs to alerts, and this is a recording rule"),
        ("job:up:sum", "up{a='b'}", "braces in the name of a recorded series: selectors belong in `expr`"),
        ("rank: 1", "__name__: x", "`__name__` is no name of a label: letters, digits and `_`, and not `__name__`"),
        ("{a: b}", "{a-b: c}", "`a-b` is no name of a label: letters, digits and `_`, and not `__name__`"),
        ("{team: risk}", "{team: [risk]}", "is not of type 'string', 'number', 'boolean'"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_object", [False, True])
def test_what_prometheus_would_refuse_is_found(
    tmp_path: Path, before: str, after: str, headline: str, is_object: bool
) -> None:
    text = SOUND.replace(before, after, 1)
    assert text != SOUND
    found = verified(tmp_path, of_operator(text) if is_object else text).diagnostics
    told = [each.headline.replace("`spec.", "`") for each in found if each.code == "rule-file"]
    assert any(each.endswith(headline) for each in told)


def test_a_field_for_thanos_belongs_to_the_operator(tmp_path: Path) -> None:
    text = SOUND.replace("limit: 3", "partial_response_strategy: warn")
    assert {each.code for each in verified(tmp_path, of_operator(text)).diagnostics} == {"unverified-kind"}
    assert {each.code for each in verified(tmp_path, text).diagnostics} == {"rule-file"}


@pytest.mark.parametrize("text", ["groops: []", "pipelineInfo: {name: a}", "kind: Pod"])
def test_a_document_of_no_known_form_is_told(tmp_path: Path, text: str) -> None:
    assert {each.code for each in verified(tmp_path, text).diagnostics} == {"unknown-form"}


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n",
        "rule_files: [a]\ntests: []\n",
    ],
)
def test_what_kustomize_and_promtool_read_is_known(tmp_path: Path, text: str) -> None:
    assert list(verified(tmp_path, text).diagnostics) == []


def test_an_object_needs_a_name(tmp_path: Path) -> None:
    for metadata, codes in (("", {"object-semantics"}), ("\nmetadata: {generateName: a-}", set())):
        found = verified(tmp_path, f"apiVersion: kubeflow.org/v1\nkind: Job{metadata}\n").diagnostics
        assert {each.code for each in found} - {"unverified-kind"} == codes
