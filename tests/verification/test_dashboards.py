"""What is wrong with a dashboard that Grafana takes without a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cel", reason="the extra `verify` is not installed")

from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.verification.dashboards import dashboard_problems, json_texts
from penstock.verification.verify import Verification, verify


def panel(number: int, title: str, **place: int) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "id": number,
        "title": title,
        "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8, **place},
        "datasource": source,
        "targets": [{"datasource": source, "expr": "up"}],
    }


def config_map(*panels: dict[str, Any], **more: Any) -> dict[str, Any]:
    dashboard = {
        "uid": "flights",
        "templating": {"list": [{"name": "datasource"}]},
        "panels": list(panels),
        **more,
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "flights", "namespace": "ml"},
        "data": {"flights.json": json.dumps(dashboard)},
    }


def verified(folder: Path, value: dict[str, Any]) -> Verification:
    (folder / "dashboard.yaml").write_text(emit_yaml_documents([value]), encoding="utf-8")
    return verify(folder, [folder / "dashboard.yaml"])


SOUND = (panel(1, "left"), panel(2, "right", x=12), panel(3, "below", y=8))


def test_a_sound_dashboard_has_nothing_to_find(tmp_path: Path) -> None:
    result = verified(tmp_path, config_map(*SOUND))
    assert result.diagnostics.sorted() == ()
    assert result.checked["dashboard"] == 1
    assert result.checked["PromQL"] == 3


def test_the_text_of_a_dashboard_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def counted(text: str) -> Any:
        parsed.append(text)
        return json.loads(text)

    monkeypatch.setattr("penstock.verification.dashboards.orjson.loads", counted)
    assert verified(tmp_path, config_map(*SOUND)).checked["dashboard"] == 1
    assert len(parsed) == 1


@pytest.mark.parametrize(
    ("panels", "more", "message"),
    [
        ((panel(1, "a"), panel(1, "b", x=12)), {}, "2 panels have the id 1"),
        ((panel(1, "a"), panel(2, "b", x=11)), {}, "the panels `a` and `b` overlap"),
        ((panel(1, "a"), panel(2, "b", x=13)), {}, "`b` is wider than the 24 columns"),
        (SOUND, {"templating": {"list": []}}, "the panel `left` uses the variable `datasource`, which is not declared"),
        (SOUND, {"uid": "x" * 41}, "Grafana allows at most 40 letters"),
        (SOUND, {"uid": None}, "the dashboard's uid is `None`"),
    ],
)
def test_what_would_be_shown_wrongly_is_found(
    tmp_path: Path, panels: tuple[dict[str, Any], ...], more: dict[str, Any], message: str
) -> None:
    value = config_map(*panels, **more)
    assert any(message in found for _, found in dashboard_problems(json_texts(value)))
    first = verified(tmp_path, value).diagnostics.sorted()[0]
    assert first.code == "dashboard-semantics"
    assert first.primary is not None
    assert (first.primary.span.path, first.primary.span.line) == ("dashboard.yaml", 7)


def test_an_expression_of_a_panel_is_parsed(tmp_path: Path) -> None:
    broken = panel(1, "a")
    broken["targets"][0]["expr"] = "sum(up"
    assert [found.code for found in verified(tmp_path, config_map(broken)).diagnostics.sorted()] == ["promql-syntax"]


def test_a_text_that_is_called_json_and_is_none_is_found(tmp_path: Path) -> None:
    value = {**config_map(), "data": {"flights.json": '{"panels": ['}}
    (found,) = verified(tmp_path, value).diagnostics.sorted()
    assert (found.code, found.headline.split(":")[0]) == ("object-semantics", "`flights.json` is not valid JSON")


def test_a_dashboard_of_another_hand_is_read_as_far_as_it_can_be(tmp_path: Path) -> None:
    closed = {"id": 2, "type": "row", "collapsed": True, "panels": [{"id": 1, "targets": [{"expr": "up"}]}]}
    by_name = {
        "id": 3,
        "datasource": "Prometheus",
        "targets": [{"datasource": "Prometheus", "expr": "rate(up[$__rate_interval])"}],
    }
    value = config_map(panel(1, "a"), closed, by_name)
    assert [found for _, found in dashboard_problems(json_texts(value))] == [
        "2 panels have the id 1; Grafana shows only one of them"
    ]
    result = verified(tmp_path, value)
    assert [found.code for found in result.diagnostics.sorted()] == ["dashboard-semantics"]
    assert result.checked["PromQL"] == 2
    for odd in (
        "text",
        {"id": [1], "gridPos": {"x": "0"}},
        {"targets": {"expr": "up"}},
        {"targets": ["up"], "gridPos": [1]},
    ):
        assert list(dashboard_problems(json_texts(config_map(odd, templating=[])))) == []  # type: ignore[arg-type]
