"""Publishing: the series of the table reach a Pushgateway, with the labels of their group."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from penstock.runtime.artifacts import write_json
from penstock.runtime.main import main

Pushed = list[tuple[str, str, str]]


@pytest.fixture
def pushgateway() -> Iterator[tuple[Pushed, str]]:
    pushed: Pushed = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            pushed.append((self.path, self.headers["Content-Type"], body))
            self.send_response(200 if "refused" not in self.path else 400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield pushed, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def figures(tmp_path: Path) -> list[str]:
    for name, samples in {
        "drift": [
            {"name": "penstock_monitoring_observed_rows", "labels": {}, "value": 1200.0},
            {"name": "penstock_drift_distance", "labels": {"monitor": "inputs", "feature": "wind"}, "value": 0.31},
            {"name": "penstock_drift_distance", "labels": {"monitor": "inputs", "feature": "hour"}, "value": "+Inf"},
        ],
        "quality": [
            {"name": "penstock_monitoring_observed_rows", "labels": {}, "value": 700.0},
            {"name": "penstock_quality_value", "labels": {"monitor": "auc", "metric": "roc_auc"}, "value": 0.7},
        ],
    }.items():
        (tmp_path / name).mkdir()
        write_json(tmp_path / name / f"{name}.json", {"model": "flight-delay", "samples": samples})
    return ["--drift", str(tmp_path / "drift"), "--quality", str(tmp_path / "quality")]


def publish(
    tmp_path: Path,
    *more: str,
    model: str = "flight-delay",
    environment: str = "staging",
    rollout: str = "flight-delay-online",
) -> int:
    group = ["--model", model, "--environment", environment, "--rollout", rollout]
    return main(["publish", *group, "--metrics", str(tmp_path / "metrics"), *more])


def samples_of(text: str) -> dict[tuple[str, str, str], float]:
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            assert (sample.labels["model"], sample.labels["environment"]) == ("flight-delay", "staging")
            assert sample.labels["rollout"] == "flight-delay-online"
            which = sample.labels.get("feature") or sample.labels.get("metric") or ""
            found[sample.name, sample.labels.get("monitor", ""), which] = sample.value
    return found


def test_the_figures_are_pushed_under_their_group(pushgateway: tuple[Pushed, str], tmp_path: Path) -> None:
    pushed, address = pushgateway
    began = time.time()
    assert publish(tmp_path, *figures(tmp_path), "--pushgateway", address) == 0
    ((path, kind, body),) = pushed
    parts = path.strip("/").split("/")
    assert parts[:3] == ["metrics", "job", "penstock"]
    group = dict(zip(parts[3::2], parts[4::2], strict=True))
    assert group == {"environment": "staging", "model": "flight-delay", "rollout": "flight-delay-online"}
    assert kind.startswith("text/plain")
    found = samples_of(body)
    last_run = found.pop(("penstock_monitoring_last_run_timestamp_seconds", "", ""))
    assert began <= last_run <= time.time()
    assert found == {
        ("penstock_monitoring_observed_rows", "", ""): 1200.0,
        ("penstock_drift_distance", "inputs", "wind"): 0.31,
        ("penstock_drift_distance", "inputs", "hour"): float("inf"),
        ("penstock_quality_value", "auc", "roc_auc"): 0.7,
    }
    assert (tmp_path / "metrics" / "metrics.prom").read_text() == body


@pytest.mark.parametrize(("drift", "quality"), [(9000.0, 1200.0), (1200.0, 9000.0)])
def test_the_rows_are_those_of_the_longest_window_of_all_monitors(tmp_path: Path, drift: float, quality: float) -> None:
    found = figures(tmp_path)
    for name, rows in (("drift", drift), ("quality", quality)):
        observed = [{"name": "penstock_monitoring_observed_rows", "labels": {}, "value": rows}]
        write_json(tmp_path / name / f"{name}.json", {"model": "flight-delay", "samples": observed})
    assert publish(tmp_path, *found) == 0
    text = (tmp_path / "metrics" / "metrics.prom").read_text()
    assert samples_of(text)["penstock_monitoring_observed_rows", "", ""] == 9000


def test_a_series_of_another_version_is_not_published(
    pushgateway: tuple[Pushed, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed, address = pushgateway
    found = figures(tmp_path)
    later = [{"name": "penstock_drift_depth", "labels": {}, "value": 1.0}]
    write_json(tmp_path / "quality" / "quality.json", {"model": "flight-delay", "samples": later})
    assert publish(tmp_path, *found, "--pushgateway", address) == 2
    assert "`penstock_drift_depth` is not a series of this version; the metrics were" in capsys.readouterr().err
    assert pushed == []


def registration(tmp_path: Path) -> list[str]:
    (tmp_path / "registration").mkdir(exist_ok=True)
    write_json(tmp_path / "registration" / "registration.json", {"model": "flight-delay", "version": 3})
    return ["--registration", str(tmp_path / "registration")]


def published(tmp_path: Path, *more: str, model: str = "flight-delay") -> int:
    """How a training pipeline publishes what it has registered."""
    given = ["--model", model, "--environment", "staging", *registration(tmp_path)]
    return main(["publish", *given, "--metrics", str(tmp_path / "metrics"), *more])


def test_a_registration_is_pushed_under_environment_and_model(pushgateway: tuple[Pushed, str], tmp_path: Path) -> None:
    pushed, address = pushgateway
    began = time.time()
    assert published(tmp_path, "--pushgateway", address) == 0
    ((path, _, body),) = pushed
    parts = path.strip("/").split("/")
    assert parts[:3] == ["metrics", "job", "penstock"]
    assert dict(zip(parts[3::2], parts[4::2], strict=True)) == {"environment": "staging", "model": "flight-delay"}
    ((sample,),) = [family.samples for family in text_string_to_metric_families(body)]
    assert sample.name == "penstock_training_last_registration_timestamp_seconds"
    assert sample.labels == {"environment": "staging", "model": "flight-delay"}
    assert began <= sample.value <= time.time()
    assert (tmp_path / "metrics" / "metrics.prom").read_text() == body


def test_a_registration_replaces_what_the_one_before_pushed_and_nothing_of_monitoring(
    pushgateway: tuple[Pushed, str], tmp_path: Path
) -> None:
    pushed, address = pushgateway
    assert publish(tmp_path, *figures(tmp_path), "--pushgateway", address) == 0
    for _ in range(2):
        assert published(tmp_path, "--pushgateway", address) == 0
    monitoring, first, again = (path for path, _, _ in pushed)
    assert first == again != monitoring


def test_without_an_address_a_registration_is_a_file(tmp_path: Path) -> None:
    assert published(tmp_path, "--pushgateway", "") == 0
    assert "penstock_training_last_registration" in (tmp_path / "metrics" / "metrics.prom").read_text()


def test_a_push_that_fails_shows_and_takes_nothing_from_what_is_registered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert published(tmp_path, "--pushgateway", "http://127.0.0.1:9") == 2
    assert "Version 3 of `flight-delay` is registered." in caplog.text
    assert "the Pushgateway `http://127.0.0.1:9` rejected the metrics" in capsys.readouterr().err
    assert (tmp_path / "registration" / "registration.json").exists()


def test_a_registration_of_another_model_is_not_published(
    pushgateway: tuple[Pushed, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed, address = pushgateway
    assert published(tmp_path, "--pushgateway", address, model="other") == 2
    assert "is about the model `flight-delay`" in capsys.readouterr().err
    assert pushed == []


def test_what_is_published_is_of_a_rollout_or_of_a_registration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for more in ([], ["--rollout", "flight-delay-online", *registration(tmp_path)]):
        given = ["--model", "flight-delay", "--environment", "staging", *more]
        with pytest.raises(SystemExit, match="2"):
            main(["publish", *given, "--metrics", str(tmp_path / "metrics")])
        assert "--rollout" in capsys.readouterr().err


def test_a_rollout_does_not_replace_what_another_one_of_the_model_pushed(
    pushgateway: tuple[Pushed, str], tmp_path: Path
) -> None:
    pushed, address = pushgateway
    found = figures(tmp_path)
    for rollout in ("flight-delay-online", "flight-delay-batch"):
        assert publish(tmp_path, *found, "--pushgateway", address, rollout=rollout) == 0
    first, second = (path for path, _, _ in pushed)
    assert first != second


def test_without_an_address_the_figures_are_a_file(tmp_path: Path) -> None:
    assert publish(tmp_path, *figures(tmp_path), "--pushgateway", "") == 0
    assert samples_of((tmp_path / "metrics" / "metrics.prom").read_text())[("penstock_quality_value", "auc", "roc_auc")]


@pytest.mark.parametrize(("environment", "address"), [("refused", None), ("staging", "http://127.0.0.1:9")])
def test_a_pushgateway_that_does_not_take_them_is_one_sentence(
    pushgateway: tuple[Pushed, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    environment: str,
    address: str | None,
) -> None:
    where = address or pushgateway[1]
    assert publish(tmp_path, *figures(tmp_path), "--pushgateway", where, environment=environment) == 2
    assert f"the Pushgateway `{where}` rejected the metrics" in capsys.readouterr().err


def test_figures_of_another_model_are_not_published(
    pushgateway: tuple[Pushed, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed, address = pushgateway
    assert publish(tmp_path, *figures(tmp_path), "--pushgateway", address, model="other") == 2
    assert "is about the model `flight-delay`" in capsys.readouterr().err
    assert pushed == []
