"""A pod as it stands in ``generated/``, started here: the real server loads a model, answers, and is measured."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from loopback import free_port, running
from penstock.runtime.main import main
from penstock.runtime.registry.store import ModelStore
from runtime.made_model import make_model

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "generated" / "staging" / "flight-delay-online"
_GIVEN_BY_PROMETHEUS = ("namespace", "rollout", "revision")
"""Labels that the PodMonitor adds; a server does not know them."""


class Served(NamedTuple):
    """A server that runs as the pod says, and the example of a request that was stored with its model."""

    address: str
    metrics: str
    server: dict[str, Any]
    """The container."""
    example: dict[str, Any]
    """``columns``, and ``data`` row by row."""


@pytest.fixture(scope="module")
def served(lacking: Callable[[str], NoReturn], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The containers of the generated pod, one after the other, with a model, folders and ports of this test."""
    program = ROOT / ".tools" / "serving" / "bin" / "mlserver"
    if not program.is_file():
        lacking("mlserver is missing: `make tools` installs it")
    folder = tmp_path_factory.mktemp("serving")
    store, mount = folder / "store", folder / "mount"
    for each in (store, mount):
        each.mkdir()
    made = make_model(folder / "made")
    ModelStore.open(store.as_uri()).put("made", made.digest, {"model": made.model})
    pod = generated("serving.yaml", "Rollout")["spec"]["template"]["spec"]
    (fetch,), (server,) = pod["initContainers"], pod["containers"]
    (volume,) = {one["mountPath"] for one in fetch["volumeMounts"] if one["name"] == "model"}
    flags = dict(zip(fetch["args"][::2], fetch["args"][1::2], strict=True))
    flags |= {"--model": "made", "--model-store": store.as_uri(), "--digest": made.digest}
    words = [word.replace(volume, str(mount)) for flag in flags.items() for word in flag]
    assert main([*fetch["command"][1:], *words]) == 0

    port, metrics = free_port(), free_port()
    environment = {one["name"]: one["value"].replace(volume, str(mount)) for one in server["env"]}
    own = {"HTTP_PORT": str(port), "METRICS_PORT": str(metrics), "GRPC_PORT": str(free_port()), "HOST": "127.0.0.1"}
    environment |= {"HOME": str(folder)} | {f"MLSERVER_{name}": value for name, value in own.items()}
    example = json.loads((made.model / "serving_input_example.json").read_text())["dataframe_split"]
    # The command is that of MLServer's own image.
    with running((program, "start", mount), port, folder, environment) as address:
        yield Served(address, f"http://127.0.0.1:{metrics}", server, example)


def generated(file: str, kind: str) -> dict[str, Any]:
    documents = yaml.safe_load_all((GENERATED / file).read_text())
    found: dict[str, Any] = next(one for one in documents if one["kind"] == kind)
    return found


def status(address: str, body: object = None) -> int:
    """What a GET, or a POST of JSON, is answered with."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answered: int = answer.status
    except urllib.error.HTTPError as error:
        answered = error.code
    return answered


def inference(example: dict[str, Any]) -> dict[str, Any]:
    """A request of the Open Inference Protocol (v2) that MLServer reads as a table of pandas."""
    inputs = []
    for name, values in zip(example["columns"], zip(*example["data"], strict=True), strict=True):
        is_text = any(isinstance(value, str) for value in values)
        kind = {"datatype": "BYTES", "parameters": {"content_type": "str"}} if is_text else {"datatype": "FP64"}
        inputs.append({"name": name, "shape": [len(values), 1], "data": list(values), **kind})
    return {"parameters": {"content_type": "pd"}, "inputs": inputs}


def becomes(expected: int, address: str) -> None:
    """Wait until a GET is answered so, as a probe does."""
    for _ in range(1200):
        if status(address) == expected:
            return
        time.sleep(0.1)
    pytest.fail(f"{address} does not answer {expected}")


def test_the_server_loads_the_model_and_its_requests_are_what_the_rules_count(served: Served) -> None:
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        becomes(200, served.address + served.server[probe]["httpGet"]["path"])
    route = generated("serving.yaml", "HTTPRoute")["spec"]["rules"][0]["matches"][0]["path"]["value"]
    assert status(f"{served.address}{route}/infer", inference(served.example)) == 200
    assert status(f"{served.address}/invocations", {"dataframe_split": served.example}) == 200
    assert status(f"{served.address}{route}/infer", inference({"columns": ["x"], "data": [[1]]})) == 500

    (endpoint,) = generated("scraping.yaml", "PodMonitor")["spec"]["podMetricsEndpoints"]
    with urllib.request.urlopen(served.metrics + endpoint["path"], timeout=30) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    measured = [(sample.name, sample.labels) for family in families for sample in family.samples]
    wanted = selectors((GENERATED / "rules.prometheus.yaml").read_text())
    assert {name for name, _ in wanted} >= {"rest_server_requests_total", "rest_server_request_duration_seconds_bucket"}
    for name, matchers in wanted:
        assert any(name == other and matches(matchers, labels) for other, labels in measured), (name, matchers)
    counting = [matchers for name, matchers in wanted if name == "rest_server_requests_total"]
    for name, labels in measured:
        if name == "rest_server_requests_total" and labels["method"] == "POST":
            assert any(matches(matchers, labels) for matchers in counting), labels


def selectors(rules: str) -> set[tuple[str, str]]:
    """The server's series that the rules name, as name and matchers."""
    return set(re.findall(r"\b(rest_server_\w+)\{([^}]*)\}", rules))


def matches(matchers: str, labels: Mapping[str, str]) -> bool:
    """Whether a series of the server has the labels, those left out that a scrape adds."""
    for label, operator, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', matchers):
        if label in _GIVEN_BY_PROMETHEUS:
            continue
        own = labels.get(label, "")
        is_alike = re.fullmatch(value, own) is not None if "~" in operator else own == value
        if is_alike == operator.startswith("!"):
            return False
    return True
