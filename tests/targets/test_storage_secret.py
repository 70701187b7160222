"""The keys of an object store reach every pod that reads or writes it, under the names that its clients read."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from lowering.flights import view as flights
from lowering.rollouts import BY_ITSELF, ENVIRONMENT, ONLINE, RELEASE, changed, view
from penstock.ir.serving import AccessRule, Endpoint
from penstock.ir.workflow import Workflow
from penstock.lowering.endpoints.access import access_rule
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.lowering.pipelines.monitoring import monitoring_workflow
from penstock.lowering.pipelines.training import training_workflow
from penstock.targets.argo_rollouts.target import TARGET as ARGO
from penstock.targets.kubeflow.target import TARGET as KUBEFLOW
from penstock.targets.kubernetes.target import TARGET as KUBERNETES
from penstock.targets.manifests import STORAGE_KEYS

NAMES = [name for names, _ in STORAGE_KEYS for name in names]
WITH_KEYS = changed(ENVIRONMENT, ("s3://models/production", "s3://models/production\n  storageSecret: object-store"))
ELSEWHERE = changed(WITH_KEYS, ("s3://models", "gs://models"))


def account(environment: str) -> dict[str, Any]:
    (manifest,) = KUBERNETES.renders[AccessRule](access_rule(view(BY_ITSELF, environment, RELEASE), ONLINE))
    return next(each for each in manifest.documents if each["kind"] == "ServiceAccount")


def fetching(environment: str) -> dict[str, Any]:
    (manifest,) = ARGO.renders[Endpoint](endpoint(view(BY_ITSELF, environment, RELEASE), ONLINE))
    (rollout,) = (each for each in manifest.documents if each["kind"] == "Rollout")
    pod: dict[str, Any] = rollout["spec"]["template"]["spec"]
    assert not {each["name"] for each in pod["containers"][0]["env"]} & set(NAMES), "the server itself asks no store"
    (fetch,) = pod["initContainers"]
    return {each["name"]: each.get("valueFrom", {}).get("secretKeyRef") for each in fetch["env"]}


def test_serving_pods_get_the_keys_of_the_store_that_they_load_from() -> None:
    assert account(WITH_KEYS)["secrets"] == [{"name": "object-store"}]
    found = fetching(WITH_KEYS)
    assert found.pop("HOME") is None
    assert found == {
        name: {"name": "object-store", "key": name} | ({"optional": True} if optional else {})
        for names, optional in STORAGE_KEYS
        for name in names
    }


@pytest.mark.parametrize("environment", [ENVIRONMENT, ELSEWHERE])
def test_serving_pods_get_no_keys_that_their_store_does_not_take(environment: str) -> None:
    assert "secrets" not in account(environment)
    assert list(fetching(environment)) == ["HOME"]


def test_every_step_gets_them_since_data_may_lie_there_too() -> None:
    def with_keys(documents: dict[tuple[str, str], dict[str, Any]]) -> None:
        for (kind, _), document in documents.items():
            if kind == "Environment":
                document["spec"]["storageSecret"] = "object-store"

    for make in (training_workflow, monitoring_workflow):
        workflow = make(flights(with_keys), "flight-delay")
        assert workflow is not None
        manifest = next(iter(KUBEFLOW.renders[Workflow](workflow)))
        executors = manifest.documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
        assert len(executors) == len(workflow.steps)
        for executor in executors.values():
            keys = [each["envVar"] for secret in executor["secretAsEnv"] for each in secret["keyToEnv"]]
            assert keys == NAMES
            assert {secret["secretName"] for secret in executor["secretAsEnv"]} == {"object-store"}


@pytest.fixture
def store() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Address of an empty object store on loopback, and what it was asked: path, and who asked."""
    asked: list[tuple[str, str]] = []

    class Empty(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append((self.path, self.headers.get("Authorization", "")))
            self.send_response(404)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Empty)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_the_steps_ask_the_store_that_the_variables_name(store: tuple[str, list[tuple[str, str]]]) -> None:
    address, asked = store
    values = dict(zip(NAMES, ["KEY", "secret", address, "here-1"], strict=True))
    code = (
        "from penstock.runtime.registry.store import ModelStore\n"
        "print(ModelStore.open('s3://bucket/models').manifest('delay', 'sha256:' + '0' * 64))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | values
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (run.stdout, run.returncode) == ("None\n", 0), run.stderr
    path, who = asked[0]
    assert path == f"/bucket/models/delay/{'0' * 64}/manifest.json"
    assert "Credential=KEY/" in who
    assert "/here-1/s3/" in who
