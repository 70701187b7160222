"""``penstock run --on kubeflow`` against an API of Kubeflow Pipelines on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kfp
import kfp_server_api
import pytest
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from catalog.repositories import small
from loopback import Request, json_api
from penstock import cluster_run
from penstock.cli import run_on_kubeflow
from penstock.cli.main import main

STATES = ("PENDING", "RUNNING", "SUCCEEDED")
PROXY = "/api/v1/namespaces/kubeflow/services/http:ml-pipeline:8888/proxy"


class Api:
    """Runs that go on by one state each time that somebody looks."""

    def __init__(self) -> None:
        self.url = ""
        self.runs: list[dict[str, Any]] = []
        self.experiments: list[dict[str, Any]] = []
        self.states = list(STATES)
        self.failing = ""
        """The step that fails."""
        self.fail: list[int] = []
        self.requests: list[Request] = []

    def answer(self, request: Request) -> tuple[int, Any]:
        self.requests.append(request)
        if self.fail:
            return self.fail.pop(0), {"code": 13, "message": "the database\nis away"}
        path = request.path.removeprefix(PROXY).removeprefix("/apis/v2beta1/")
        if path == "healthz":
            return 200, {"multi_user": False}
        if path == "experiments" and request.method == "GET":
            (wanted,) = json.loads(request.query["filter"])["predicates"]
            name = wanted.get("string_value") or wanted["stringValue"]
            found = [one for one in self.experiments if one["display_name"] == name]
            return 200, {"experiments": found} if found else {}
        if path == "experiments":
            kfp_server_api.V2beta1Experiment(**request.body)
            self.experiments.append({**request.body, "experiment_id": "e1"})
            return 200, self.experiments[-1]
        if path == "runs":
            kfp_server_api.V2beta1Run(**request.body)
            self.runs.append(request.body)
            return 200, {**request.body, "run_id": "r1"}
        assert path == "runs/r1"
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return 200, {"run_id": "r1", "state": state, "run_details": {"task_details": self.tasks(state)}}

    def tasks(self, state: str) -> list[dict[str, str]]:
        """A root with its driver, and each step; a step that fails keeps the ones after it from starting."""
        steps = list(self.runs[-1]["pipeline_spec"]["pipeline_spec"]["root"]["dag"]["tasks"])
        found = [{"display_name": "root-driver", "state": "SUCCEEDED"}]
        for step in steps:
            its = "FAILED" if state == "FAILED" and step == self.failing else state if state != "FAILED" else "SKIPPED"
            found.append({
                "display_name": step, "state": its,
                "start_time": "2026-03-02T12:00:00Z",
                "end_time": "2026-03-02T12:00:07Z" if its in ("SUCCEEDED", "FAILED") else "0001-01-01T00:00:00Z",
            })  # fmt: skip
        return found


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_on_kubeflow, "_PAUSE_SECONDS", 0.0)


@pytest.fixture
def api() -> Iterator[Api]:
    known = Api()
    with json_api(known.answer) as known.url:
        yield known


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("repository"), small())


def compiled(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    assert main(["compile", "--root", str(root)]) == 0
    return root


def run(repository: Path, *words: str) -> int:
    return main(["run", "delay", "--on", "kubeflow", *words, "--root", str(repository)])


def test_a_run_is_started_followed_and_told(repository: Path, api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(repository, "--host", f"{api.url}/", "--as-of", "2026-01-02T00:00:00") == 0
    said = capsys.readouterr()
    assert f"started the run r1 in staging: {api.url}/#/runs/details/r1\n" in said.out
    assert "the run r1 succeeded\n" in said.out
    assert "`penstock promote delay --to staging --version N`" in said.out
    assert "✓ Train" in said.err
    assert "7.0 s" in said.err
    assert said.err.count("✓ Train ") == 1
    assert "root-driver" not in said.err
    (body,) = api.runs
    assert body["experiment_id"] == "e1"
    assert body["runtime_config"] == {"parameters": {"as_of": "2026-01-02T00:00:00"}}
    assert body["service_account"] == "pipeline-runner"
    assert api.experiments[0] == {
        "display_name": "delay-training", "namespace": "flights-staging", "experiment_id": "e1"
    }  # fmt: skip
    assert not (repository / ".penstock/runs").exists(), "nothing runs here"


@pytest.mark.filterwarnings("ignore:This client only works with Kubeflow:FutureWarning")
def test_the_request_is_the_one_that_kfp_s_own_client_sends(
    repository: Path, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    words = ("--host", api.url, "--environment", "production", "--as-of", "2026-01-02", "--detach")
    assert run(repository, *words) == 0
    path = repository / "generated/production/delay/training.yaml"
    kfp.Client(host=api.url).create_run_from_pipeline_package(
        str(path),
        arguments={"as_of": "2026-01-02"},
        experiment_name="delay-training",
        service_account="pipeline-runner",
    )
    ours, theirs = api.runs
    for key, message in (
        ("pipeline_spec", pipeline_spec_pb2.PipelineSpec),
        ("platform_spec", pipeline_spec_pb2.PlatformSpec),
    ):
        mine, kfps = (json_format.ParseDict(body["pipeline_spec"].pop(key), message()) for body in (ours, theirs))
        assert mine == kfps
    del ours["display_name"], theirs["display_name"]
    assert {key: value for key, value in ours.items() if value} == {
        key: value for key, value in theirs.items() if value
    }


def test_a_step_that_fails_is_named(repository: Path, api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.states, api.failing = ["RUNNING", "FAILED"], "gate-delay-release"
    assert run(repository, "--host", api.url) == 1
    said = capsys.readouterr().err
    assert "✗ Gate delay-release" in said
    assert said.splitlines()[-1] == (
        "error: the run r1 ended as failed at `Gate delay-release`: the log of that step says why"
    )


def test_a_run_that_somebody_cancels_is_no_success(
    repository: Path, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api.states = ["RUNNING", "CANCELING", "CANCELED"]
    assert run(repository, "--host", api.url) == 1
    assert "error: the run r1 ended as canceled\n" in capsys.readouterr().err


def test_detached_nobody_waits(repository: Path, api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(repository, "--host", api.url, "--detach") == 0
    assert not any(request.path.endswith("/runs/r1") for request in api.requests)
    assert "succeeded" not in capsys.readouterr().out
    # Without `--as-of` all steps read data as of the start.
    assert datetime.fromisoformat(api.runs[0]["runtime_config"]["parameters"]["as_of"]).tzinfo is UTC


def test_starting_is_not_tried_again_and_following_is(
    repository: Path, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api.fail = [500]
    assert run(repository, "--host", api.url) == 1
    assert capsys.readouterr().err == f"error: {api.url} rejected the request with 500: the database is away\n"
    assert api.runs == []
    original, failures = api.answer, iter([500, 503, 502])

    def now_and_then(request: Request) -> tuple[int, Any]:
        if request.path.endswith("/runs/r1") and (code := next(failures, None)) is not None:
            return code, "a page"
        return original(request)

    api.answer = now_and_then  # type: ignore[method-assign]
    with json_api(lambda request: api.answer(request)) as url:
        assert run(repository, "--host", url) == 0
    assert len(api.runs) == 1


def test_a_run_that_can_no_longer_be_seen_may_go_on(
    repository: Path, api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_run, "_MOST_FAILURES", 2)
    assert run(repository, "--host", api.url, "--detach") == 0
    api.fail = [500] * 3
    cluster = cluster_run.Cluster.at(api.url, "ml")
    with pytest.raises(cluster_run.ClusterError, match="rejected the request with 500"):
        cluster.follow("r1", lambda _: None, 0.0)


def test_a_context_leads_through_its_api_server_with_its_credentials(
    repository: Path, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "other",
        "clusters": [{"name": "c", "cluster": {"server": api.url}}],
        "users": [{"name": "u", "user": {"token": "t0k3n"}}],
        "contexts": [{"name": "test-cluster", "context": {"cluster": "c", "user": "u"}}],
    }  # fmt: skip
    (tmp_path / "config").write_text(json.dumps(config))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "config"))
    assert run(repository, "--context", "test-cluster") == 0
    assert "started the run r1 in staging\n" in capsys.readouterr().out
    assert [request.path for request in api.requests if not request.path.startswith(f"{PROXY}/apis/v2beta1/")] == []
    assert {request.authorization for request in api.requests} == {"Bearer t0k3n"}
    assert run(repository, "--context", "nowhere") == 1
    assert "error: the kubectl context `nowhere` cannot be used: " in capsys.readouterr().err


def test_a_token_is_sent_and_never_shown(
    repository: Path, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text("t0k3n\n")
    monkeypatch.setenv(cluster_run.TOKEN_VARIABLE, str(tmp_path / "token"))
    api.fail = [401]
    assert run(repository, "--host", api.url) == 1
    said = capsys.readouterr()
    assert "rejected the request with 401" in said.err
    assert "t0k3n" not in said.out + said.err
    assert api.requests[0].authorization == "Bearer t0k3n"
    monkeypatch.setenv(cluster_run.TOKEN_VARIABLE, str(tmp_path / "none"))
    assert run(repository, "--host", api.url) == 1
    assert "the token in $KF_PIPELINES_SA_TOKEN_PATH cannot be read: " in capsys.readouterr().err


REFUSED = [
    (["--on", "kubeflow"], "`--on kubeflow` needs `--host URL` or `--context NAME`"),
    (["--host", "http://127.0.0.1:1"], "--host has no effect without `--on kubeflow`"),
    (["--detach"], "--detach has no effect without `--on kubeflow`"),
    (["--on", "kubeflow", "--host", "http://127.0.0.1:1", "--fresh"], "--fresh has no effect with `--on kubeflow`"),
    (["--on", "kubeflow", "--host", "http://127.0.0.1:1", "--parallel", "2"], "--parallel has no effect with"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED)
def test_options_without_effect_are_refused(
    repository: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["run", "delay", *words, "--root", str(repository)]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        (
            "kubeflow.example.com",
            "`kubeflow.example.com` is not the address of an API: expected `http://` or `https://`",
        ),
        ("http://[::1", "`http://[::1` is not the address of an API: expected `http://` or `https://`"),
        ("http://kfp:80800", "`http://kfp:80800` is not the address of an API: expected `http://` or `https://`"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1 did not answer: "),
    ],
)
def test_a_host_that_cannot_be_asked_is_one_sentence(
    repository: Path, capsys: pytest.CaptureFixture[str], host: str, sentence: str
) -> None:
    assert run(repository, "--host", host) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {sentence}")
    assert said.count("\n") == 1


def test_an_environment_without_a_cluster_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = small()
    del files["specs/rollout.yaml"]
    files["specs/model.yaml"] = "\n".join(
        line for line in files["specs/model.yaml"].splitlines() if not line.startswith("  retrain:")
    )
    files["specs/platform.yaml"] = files["specs/platform.yaml"].replace("  stage: ", "  cluster: false\n  stage: ")
    compiled(tmp_path, files)
    capsys.readouterr()
    assert run(tmp_path, "--host", "http://127.0.0.1:1") == 2
    assert "has no training pipeline in any environment: `cluster: false` is set in each" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("api", "path"),
    [
        ("http://ml-pipeline.kubeflow.svc:8888", "api/v1/namespaces/kubeflow/services/http:ml-pipeline:8888/proxy"),
        ("https://kfp.ml.svc.cluster.local", "api/v1/namespaces/ml/services/https:kfp:443/proxy"),
        ("http://kfp.ml", "api/v1/namespaces/ml/services/http:kfp:80/proxy"),
        ("https://pipelines.models.example.com", None),
        ("http://kfp.ml:80800", None),
    ],
)
def test_a_service_of_the_cluster_has_a_path_of_the_api_server(api: str, path: str | None) -> None:
    if path is None:
        with pytest.raises(cluster_run.ClusterError, match="use --host instead"):
            cluster_run._proxied(api)
    else:
        assert cluster_run._proxied(api) == path
