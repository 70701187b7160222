"""Starting pipelines: the requests are those of the API's own client, and every refusal is one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import kfp_server_api
import pytest

from loopback import Request, json_api
from penstock.runtime.arguments import moment
from penstock.runtime.artifacts import write_json
from penstock.runtime.main import main
from penstock.runtime.operations import kubeflow
from runtime.evaluation.worlds import trained
from runtime.made_splits import made_table
from runtime.monitoring.made_observation import baseline, observe, quality


class Cluster:
    """An API of pipelines that knows one pipeline and takes nothing that its own client would not send."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.experiments: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.fail: list[int] = []
        self.requests: list[str] = []
        self.token: str | None = None
        self.namespace: dict[str, str] = {"namespace": "ml"}

    def get(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        if path == "pipelines/names/flight-delay-training" and query == {"namespace": "ml"}:
            return 200, {"pipeline_id": "p1", "name": "flight-delay-training", **self.namespace}
        if path == "pipelines/p1/versions":
            assert query["sort_by"] == "created_at desc"
            if "page_token" not in query:
                return 200, {"pipeline_versions": [version("v2", "bbb")], "next_page_token": "more"}
            return 200, {"pipeline_versions": [version("v1", "aaa")]}
        if path == "experiments":
            (predicate,) = json.loads(query["filter"])["predicates"]
            wanted = kfp_server_api.V2beta1Predicate(**predicate)
            found = [each for each in self.experiments if each[wanted.key] == wanted.string_value]
            return 200, {"experiments": found} if found else {}
        if path == "runs":
            assert (query["namespace"], query["sort_by"]) == ("ml", "created_at desc")
            first = int(query.get("page_token", 0))
            later = first + int(query["page_size"])
            more = {"next_page_token": str(later)} if later < len(self.runs) else {}
            return 200, {"runs": self.runs[first:later], **more}
        return 404, {"code": 5, "message": f"nothing at {path}"}

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path == "experiments":
            kfp_server_api.V2beta1Experiment(**body)
            self.experiments.append({**body, "experiment_id": "e1"})
            return 200, self.experiments[-1]
        assert path == "runs"
        run = kfp_server_api.V2beta1Run(**body)
        kfp_server_api.V2beta1PipelineVersionReference(**run.pipeline_version_reference)
        kfp_server_api.V2beta1RuntimeConfig(**run.runtime_config)
        self.started.append(body)
        return 200, {**body, "run_id": f"r{len(self.started)}"}


def version(version_id: str, name: str) -> dict[str, str]:
    return {"pipeline_version_id": version_id, "pipeline_id": "p1", "name": name}


def a_run(age: timedelta, state: str = "SUCCEEDED", pipeline: str = "p1") -> dict[str, Any]:
    created = (datetime.now(UTC) - age).isoformat().replace("+00:00", "Z")
    reference = {"pipeline_id": pipeline, "pipeline_version_id": "v1"}
    return {"run_id": "old", "created_at": created, "state": state, "pipeline_version_reference": reference}


@pytest.fixture
def cluster() -> Iterator[tuple[Cluster, str]]:
    known = Cluster()

    def answer(request: Request) -> tuple[int, Any]:
        known.requests.append(f"{request.method} {request.path}")
        known.token = request.authorization
        if known.fail:
            return known.fail.pop(0), {"code": 13, "message": "the database\nis away"}
        path = request.path.removeprefix("/apis/v2beta1/")
        return known.get(path, request.query) if request.method == "GET" else known.post(path, request.body)

    with json_api(answer) as address:
        yield known, address


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubeflow, "PAUSE_SECONDS", 0.0)


def start(api: str, *more: str) -> int:
    return main(["start", "--api", api, "--namespace", "ml", "--pipeline", "flight-delay-training", *more])


def retrain(api: str, drift: Path, *more: str) -> int:
    flags = ["--api", api, "--namespace", "ml", "--pipeline", "flight-delay-training", "--drift", f"online={drift}"]
    return main(["retrain", "--model", "flight-delay", *flags, *more])


def drift(tmp_path: Path, *columns: str) -> Path:
    path = tmp_path / "drift"
    path.mkdir(exist_ok=True)
    write_json(path / "drift.json", {"monitors": [{"id": "inputs", "drifted": list(columns)}]})
    return path


def test_the_newest_version_is_started_with_the_parameters(cluster: tuple[Cluster, str]) -> None:
    known, api = cluster
    assert start(api, "--parameter", "as_of=2026-01-01", "--service-account", "trainer") == 0
    (body,) = known.started
    assert body["pipeline_version_reference"] == {"pipeline_id": "p1", "pipeline_version_id": "v2"}
    assert body["runtime_config"] == {"parameters": {"as_of": "2026-01-01"}}
    assert body["service_account"] == "trainer"
    assert body["experiment_id"] == "e1"
    assert known.experiments == [{"display_name": "flight-delay-training", "namespace": "ml", "experiment_id": "e1"}]


@pytest.mark.parametrize("drifted", [False, True])
def test_all_steps_of_a_run_read_data_as_of_its_start(
    cluster: tuple[Cluster, str], tmp_path: Path, drifted: bool
) -> None:
    known, api = cluster
    before = datetime.now(UTC)
    assert (retrain(api, drift(tmp_path, "wind")) if drifted else start(api)) == 0
    as_of = moment(known.started[0]["runtime_config"]["parameters"]["as_of"])
    assert timedelta(seconds=-1) < as_of - before < timedelta(minutes=1)


def test_a_version_is_found_by_its_name_on_any_page(cluster: tuple[Cluster, str]) -> None:
    known, api = cluster
    assert start(api, "--version", "aaa") == 0
    assert known.started[0]["pipeline_version_reference"]["pipeline_version_id"] == "v1"


def test_the_experiment_is_made_once(cluster: tuple[Cluster, str]) -> None:
    known, api = cluster
    assert (start(api), start(api)) == (0, 0)
    assert len(known.experiments) == 1


def test_the_token_of_the_service_account_is_sent(
    cluster: tuple[Cluster, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, api = cluster
    (tmp_path / "token").write_text("t0k3n\n")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "token"))
    assert start(api) == 0
    assert known.token == "Bearer t0k3n"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--pipeline", "nothing"], "there is no pipeline `nothing` in the namespace `ml`"),
        (["--version", "ccc"], "has no version `ccc`"),
    ],
)
def test_what_is_not_there_is_named(
    cluster: tuple[Cluster, str], capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    known, api = cluster
    assert start(api, *more) == 2
    assert words in capsys.readouterr().err
    assert known.started == []


@pytest.mark.parametrize("drifted", [False, True])
def test_the_pipeline_of_another_namespace_is_not_started(
    cluster: tuple[Cluster, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], drifted: bool
) -> None:
    """An API for one user looks in its own namespace, whatever it is asked for."""
    known, api = cluster
    known.namespace = {"namespace": "kubeflow"}
    assert (retrain(api, drift(tmp_path, "wind")) if drifted else start(api)) == 2
    assert "of the namespace `ml` and knows the one of `kubeflow`" in capsys.readouterr().err
    assert known.started == []


def test_an_api_that_keeps_pipelines_in_a_database_for_one_user_has_no_namespaces(cluster: tuple[Cluster, str]) -> None:
    known, api = cluster
    known.namespace = {}
    assert start(api) == 0
    assert len(known.started) == 1


def test_reading_is_tried_again_when_the_server_fails(cluster: tuple[Cluster, str]) -> None:
    known, api = cluster
    known.fail = [503, 500]
    assert start(api) == 0
    assert len(known.started) == 1


def test_a_server_that_keeps_failing_is_one_sentence(
    cluster: tuple[Cluster, str], capsys: pytest.CaptureFixture[str]
) -> None:
    known, api = cluster
    known.fail = [500] * 10
    assert start(api) == 2
    assert "GET pipelines/names/flight-delay-training with 500: the database is away" in capsys.readouterr().err
    assert len(known.requests) == kubeflow.TRIES


def test_a_start_that_failed_is_not_sent_again(
    cluster: tuple[Cluster, str], capsys: pytest.CaptureFixture[str]
) -> None:
    known, api = cluster
    known.experiments = [{"display_name": "flight-delay-training", "experiment_id": "e1"}]
    known.post = lambda *_: (500, {"message": "lost"})  # type: ignore[method-assign]
    assert start(api) == 2
    assert "POST runs with 500: lost" in capsys.readouterr().err
    assert known.requests.count("POST /apis/v2beta1/runs") == 1


def test_a_request_that_is_forbidden_is_not_repeated(
    cluster: tuple[Cluster, str], capsys: pytest.CaptureFixture[str]
) -> None:
    known, api = cluster
    known.fail = [403] * 3
    assert start(api) == 2
    assert "with 403" in capsys.readouterr().err
    assert len(known.requests) == 1


def test_nobody_at_the_address_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert start("http://127.0.0.1:9") == 2
    assert "did not answer: [Errno 111]" in capsys.readouterr().err


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    monkeypatch.setattr(kubeflow.Pipelines.__init__, "__kwdefaults__", {"timeout": 0.1})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert start(f"http://127.0.0.1:{silent.getsockname()[1]}") == 2
    assert "timed out" in capsys.readouterr().err


@pytest.mark.parametrize("state", ["PENDING", "RUNNING"])
def test_a_schedule_starts_no_second_run_beside_one_that_goes_on(
    cluster: tuple[Cluster, str], caplog: pytest.LogCaptureFixture, state: str
) -> None:
    known, api = cluster
    known.runs = [a_run(timedelta(minutes=1), "RUNNING", pipeline="another"), a_run(timedelta(hours=2), state)]
    caplog.set_level("INFO")
    assert start(api, "--unless-running") == 0
    assert known.started == []
    assert "`flight-delay-training` is not started: its run old is in progress" in caplog.text
    # Whoever starts one by hand means it.
    assert start(api) == 0
    assert len(known.started) == 1


@pytest.mark.parametrize(("age", "state"), [(timedelta(hours=2), "FAILED"), (timedelta(days=8), "RUNNING")])
def test_a_schedule_starts_a_run_after_one_that_has_ended_or_was_lost(
    cluster: tuple[Cluster, str], age: timedelta, state: str
) -> None:
    known, api = cluster
    known.runs = [a_run(age, state), a_run(timedelta(days=9), "RUNNING")]
    assert start(api, "--unless-running") == 0
    assert len(known.started) == 1


def test_runs_of_long_ago_are_not_looked_through(cluster: tuple[Cluster, str]) -> None:
    known, api = cluster
    known.runs = [a_run(timedelta(days=8), pipeline="another") for _ in range(250)]
    assert start(api, "--unless-running") == 0
    assert known.requests.count("GET /apis/v2beta1/runs") == 1


def test_drift_starts_the_training_pipeline(cluster: tuple[Cluster, str], tmp_path: Path) -> None:
    known, api = cluster
    known.runs = [a_run(timedelta(minutes=1), pipeline="another"), a_run(timedelta(hours=25))]
    assert retrain(api, drift(tmp_path, "wind"), "--cooldown", "24h", "--service-account", "trainer") == 0
    assert [body["service_account"] for body in known.started] == ["trainer"]


def test_drift_starts_the_version_that_it_is_told(cluster: tuple[Cluster, str], tmp_path: Path) -> None:
    known, api = cluster
    assert retrain(api, drift(tmp_path, "wind"), "--version", "aaa") == 0
    assert retrain(api, drift(tmp_path, "wind"), "--version", "") == 0
    assert [body["pipeline_version_reference"]["pipeline_version_id"] for body in known.started] == ["v1", "v2"]


@pytest.mark.parametrize("state", ["SUCCEEDED", "FAILED"])
def test_within_the_cooldown_nothing_is_started(
    cluster: tuple[Cluster, str], tmp_path: Path, caplog: pytest.LogCaptureFixture, state: str
) -> None:
    known, api = cluster
    known.runs = [a_run(timedelta(hours=23), state)]
    caplog.set_level("INFO")
    assert retrain(api, drift(tmp_path, "wind"), "--cooldown", "24h") == 0
    assert known.started == []
    assert "was created 23 h 0 min ago, within the cooldown of 1d" in caplog.text


def test_while_a_run_is_under_way_nothing_is_started(cluster: tuple[Cluster, str], tmp_path: Path) -> None:
    known, api = cluster
    known.runs = [a_run(timedelta(days=3), "RUNNING")]
    assert retrain(api, drift(tmp_path, "wind"), "--cooldown", "24h") == 0
    assert known.started == []


def test_a_run_whose_workflow_is_lost_hinders_nothing_for_ever(cluster: tuple[Cluster, str], tmp_path: Path) -> None:
    """Kubeflow calls it running for as long as it knows it: nobody is left to say how it ended."""
    known, api = cluster
    known.runs = [a_run(timedelta(days=8), "RUNNING")]
    assert retrain(api, drift(tmp_path, "wind"), "--cooldown", "24h") == 0
    assert len(known.started) == 1


def test_drift_of_any_of_several_rollouts_starts_the_training(
    cluster: tuple[Cluster, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    known, api = cluster
    for name, columns in (("batch", ["wind"]), ("calm", [])):
        (tmp_path / name).mkdir()
        write_json(tmp_path / name / "drift.json", {"monitors": [{"id": "inputs", "drifted": columns}]})
    caplog.set_level("INFO")
    assert retrain(api, tmp_path / "calm", "--drift", f"batch={tmp_path / 'batch'}") == 0
    assert len(known.started) == 1
    assert "Found drift: inputs (wind) of batch." in caplog.text


def test_without_drift_nobody_is_asked(cluster: tuple[Cluster, str], tmp_path: Path) -> None:
    known, api = cluster
    assert retrain(api, drift(tmp_path)) == 0
    assert known.requests == []


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with an observation of rows whose labels came in; its area under the curve is about 0.9."""
    world = trained(tmp_path_factory.mktemp("world"))
    baseline(world)
    observe(world, made_table(2000, 5))
    return world


def retrain_on_quality(api: str, world: Path) -> int:
    flags = ["--api", api, "--namespace", "ml", "--pipeline", "flight-delay-training"]
    return main(["retrain", "--model", "flight-delay", *flags, "--quality", f"online={world / 'quality'}"])


@pytest.mark.parametrize(("below", "titles"), [(0.7, []), (0.99, ["a loss of quality"])])
def test_a_loss_of_quality_starts_the_training_pipeline(
    cluster: tuple[Cluster, str], world: Path, caplog: pytest.LogCaptureFixture, below: float, titles: list[str]
) -> None:
    known, api = cluster
    (monitor,) = quality(world, {"id": "ranking", "metric": "roc_auc", "below": below, "window": "1d"})["monitors"]
    caplog.set_level("INFO")
    assert retrain_on_quality(api, world) == 0
    assert [body["display_name"].rpartition(" after ")[2][:17] for body in known.started] == titles
    found = f"Found a loss of quality: ranking (roc_auc = {monitor['value']:.4g}) of online."
    assert (found in caplog.text) is bool(titles)


def test_too_few_labels_are_no_loss_of_quality(cluster: tuple[Cluster, str], world: Path) -> None:
    known, api = cluster
    quality(world, {"id": "ranking", "metric": "roc_auc", "below": 0.99, "window": "1d", "minLabels": 5000})
    assert retrain_on_quality(api, world) == 0
    assert known.requests == []


def test_training_is_started_by_something(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrain", "--model", "delay", "--api", "http://127.0.0.1:9", "--pipeline", "delay-training"]) == 2
    assert "nothing to judge by: give --drift, --quality or both" in capsys.readouterr().err
