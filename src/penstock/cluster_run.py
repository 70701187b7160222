"""Runs a compiled pipeline on Kubeflow Pipelines from here, through the API's own client, and follows it.

The API, v2beta1, takes a pipeline's IR with the run itself, so that a pipeline can be tried on a cluster before it is
merged: nothing needs to be applied. Starting is never tried again, since a run may have started although the answer was
lost; following is, because the run goes on whoever looks.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Callable
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

import yaml

from penstock.local.runner import State

if TYPE_CHECKING:
    import kfp_server_api

TOKEN_VARIABLE = "KF_PIPELINES_SA_TOKEN_PATH"
"""Names the file with the token for an API of several users; the variable of kfp's own client."""

_TIMEOUT_SECONDS = 30.0
_MOST_FAILURES = 12
"""Times in a row that the API may not answer before it is no longer asked how a run goes."""
_SERVICE = re.compile(r"(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)(?:\.svc(?:\..+)?)?")

_STATES = {
    "PENDING": State.WAITING,
    "SUCCEEDED": State.DONE,
    "SKIPPED": State.SKIPPED,
    "FAILED": State.FAILED,
    "CANCELED": State.STOPPED,
}
"""What the API calls a task, for all that is not in progress."""
_ENDED = frozenset({"SUCCEEDED", "FAILED", "SKIPPED", "CANCELED"})


class ClusterError(Exception):
    """The cluster cannot be asked or says no; the message says what to do."""


class Task(NamedTuple):
    """A step of the pipeline, as the cluster knows it."""

    name: str
    state: State
    seconds: float
    """How long it took by the cluster's clock; 0 until it has ended."""


class Progress(NamedTuple):
    """How far a run is."""

    state: str
    """As the API says it, such as ``RUNNING``; empty before it says anything."""
    tasks: tuple[Task, ...]

    @property
    def has_ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in _ENDED


class Cluster:
    """Kubeflow Pipelines, reached at a URL or through the API server of a kubectl context. Raises `ClusterError`."""

    def __init__(self, client: kfp_server_api.ApiClient, shown_as: str, namespace: str) -> None:
        """`namespace` is that of the runs, which an installation for several users asks for."""
        import kfp_server_api

        self._shown_as = shown_as
        self._namespace = namespace
        self._runs = kfp_server_api.RunServiceApi(client)
        self._experiments = kfp_server_api.ExperimentServiceApi(client)

    @classmethod
    def at(cls, url: str, namespace: str) -> Cluster:
        """The API, or the user interface that stands before it, at a URL."""
        import kfp_server_api

        parts = _split(url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.netloc:
            raise ClusterError(f"`{url}` is not the address of an API: expected `http://` or `https://`")
        configuration = kfp_server_api.Configuration(host=url.rstrip("/"))
        if path := os.environ.get(TOKEN_VARIABLE):
            try:
                token = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ClusterError(f"the token in ${TOKEN_VARIABLE} cannot be read: {path}: {error.strerror}") from None
            configuration.api_key["authorization"] = token
            configuration.api_key_prefix["authorization"] = "Bearer"
        return cls(kfp_server_api.ApiClient(configuration), url.rstrip("/"), namespace)

    @classmethod
    def of_context(cls, context: str, api: str, namespace: str) -> Cluster:
        """The API whose address within the cluster of a kubectl context is `api`."""
        import kfp_server_api
        from kubernetes import config

        loaded = kfp_server_api.Configuration()
        try:
            config.load_kube_config(context=context, client_configuration=loaded)
        except (config.ConfigException, OSError) as error:
            raise ClusterError(f"the kubectl context `{context}` cannot be used: {error}") from None
        # A token that is renewed comes with all of the context, the address of the API server among it.
        configuration = copy(loaded)
        configuration.host = f"{loaded.host}/{_proxied(api)}"

        def renew(own: kfp_server_api.Configuration) -> None:
            own.api_key = {"authorization": loaded.get_api_key_with_prefix("authorization")}

        configuration.refresh_api_key_hook = renew
        return cls(kfp_server_api.ApiClient(configuration), f"the cluster `{context}`", namespace)

    def start(self, path: Path, title: str, parameters: dict[str, str], service_account: str) -> str:
        """Start a run of the compiled pipeline at `path`, in the experiment of the pipeline's name; the run's id."""
        import kfp_server_api

        documents = [each for each in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader) if each is not None]
        spec: Any = documents[0]
        if len(documents) > 1:
            spec = {"pipeline_spec": documents[0], "platform_spec": documents[1]}
        run = kfp_server_api.V2beta1Run(
            display_name=title,
            experiment_id=self._experiment(documents[0]["pipelineInfo"]["name"]),
            pipeline_spec=spec,
            runtime_config=kfp_server_api.V2beta1RuntimeConfig(parameters=parameters),
            service_account=service_account,
        )
        started = self._asked(lambda: self._runs.run_service_create_run(run, _request_timeout=_TIMEOUT_SECONDS))
        return str(started.run_id)

    def progress(self, run_id: str) -> Progress:
        """How far a run is."""
        run = self._asked(lambda: self._runs.run_service_get_run(run_id, _request_timeout=_TIMEOUT_SECONDS))
        details = (run.run_details.task_details if run.run_details is not None else None) or ()
        return Progress(run.state or "", tuple(map(_task, details)))

    def follow(self, run_id: str, observe: Callable[[Progress], None], pause_seconds: float) -> Progress:
        """Look at a run until it has ended; ClusterError where nobody answers for long."""
        failures = 0
        while True:
            try:
                progress = self.progress(run_id)
            except ClusterError:
                failures += 1
                if failures > _MOST_FAILURES:
                    raise
            else:
                failures = 0
                observe(progress)
                if progress.has_ended:
                    return progress
            time.sleep(pause_seconds)

    def _experiment(self, name: str) -> str:
        import kfp_server_api

        wanted = {"predicates": [{"operation": "EQUALS", "key": "display_name", "string_value": name}]}
        found = self._asked(
            lambda: self._experiments.experiment_service_list_experiments(
                namespace=self._namespace, filter=json.dumps(wanted), _request_timeout=_TIMEOUT_SECONDS
            )
        )
        for experiment in found.experiments or ():
            return str(experiment.experiment_id)
        new = kfp_server_api.V2beta1Experiment(display_name=name, namespace=self._namespace)
        made = self._asked(
            lambda: self._experiments.experiment_service_create_experiment(new, _request_timeout=_TIMEOUT_SECONDS)
        )
        return str(made.experiment_id)

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """The answer; every refusal in one sentence."""
        import kfp_server_api
        import urllib3

        try:
            return ask()
        except kfp_server_api.ApiException as error:
            raise ClusterError(f"{self._shown_as} rejected the request with {error.status}: {_reason(error)}") from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            cause = getattr(error, "reason", None) or error
            raise ClusterError(f"{self._shown_as} did not answer: {cause}") from None


def _split(url: str) -> SplitResult | None:
    """The parts of a URL; None where it is none, for its host or its port."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _proxied(api: str) -> str:
    """The path by which an API server of Kubernetes leads to a Service of the cluster."""
    parts = _split(api)
    found = _SERVICE.fullmatch(parts.hostname or "") if parts is not None else None
    if parts is None or found is None:
        raise ClusterError(
            f"`kubeflow.api` of the Environment is {api}, which no Service of the cluster has: use --host instead"
        )
    port = parts.port or (443 if parts.scheme == "https" else 80)
    scheme = "https:" if parts.scheme == "https" else "http:"
    return f"api/v1/namespaces/{found['namespace']}/services/{scheme}{found['name']}:{port}/proxy"


def _task(detail: Any) -> Task:
    # The API answers with the zero of Go's clock, in the year 1, for what has not happened.
    began, ended = (_moment(value) for value in (detail.start_time, detail.end_time))
    seconds = (ended - began).total_seconds() if began is not None and ended is not None else 0.0
    return Task(str(detail.display_name), _STATES.get(detail.state or "", State.RUNNING), max(seconds, 0.0))


def _moment(value: datetime | None) -> datetime | None:
    return value if value is not None and value.year > 1970 else None


def _reason(error: kfp_server_api.ApiException) -> str:
    text = error.body.decode("utf-8", "replace") if isinstance(error.body, bytes) else str(error.body or "")
    with contextlib.suppress(ValueError, AttributeError):
        text = str(json.loads(text).get("message", text))
    return " ".join(text.split())[:300] or str(error.reason)
