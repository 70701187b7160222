"""The part of Kubeflow Pipelines' REST API, v2beta1, that starts pipelines by name.

An installation for one user reads the pipelines of the namespace that it is in, whatever namespace it is told; one for
several users needs to be told everywhere. So it is always sent, and the namespace of what comes back is looked at.
Reading is tried again when the server or the way to it fails; starting is not, since a run may have started although
the answer was lost.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from penstock.runtime.faults import InputError

TIMEOUT_SECONDS = 20.0
TRIES = 3
PAUSE_SECONDS = 1.0
PAGE = 100
TOKEN_VARIABLE = "KF_PIPELINES_SA_TOKEN_PATH"
"""Where the service account's token for an API of several users is; the variable of kfp's own client."""
AS_OF = "as_of"
"""The parameter of each pipeline that says as of when its steps read data."""
UNFINISHED = ("PENDING", "RUNNING", "CANCELING", "PAUSED")
LONGEST_RUN = timedelta(days=7)
"""Longer than the deadlines of all steps of a pipeline, one after the other. What is called unfinished after that has
lost its workflow (it was deleted, or its cluster made anew), and nobody is left to say how it ended."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline and the newest of its versions."""

    name: str
    id: str
    version: str
    version_name: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a pipeline."""

    id: str
    created: datetime
    state: str
    """As the API says it, such as ``RUNNING``; empty where it does not."""

    def goes_on(self, now: datetime) -> bool:
        """Whether it has not ended yet."""
        return self.state in UNFINISHED and now - self.created < LONGEST_RUN


class Pipelines:
    """Kubeflow Pipelines at an address, within one namespace."""

    def __init__(self, api: str, namespace: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._api = api.rstrip("/")
        self._namespace = namespace
        self._timeout = timeout

    def pipeline(self, name: str, version: str = "") -> Pipeline:
        """The pipeline `name` with its version of the name `version`, the newest where empty.

        Raises:
            InputError: there is none, or the API does not answer.
        """
        found = self._get(f"pipelines/names/{quote(name, safe='')}", {"namespace": self._namespace})
        if found is None:
            raise InputError(
                f"there is no pipeline `{name}` in the namespace `{self._namespace}` of {self._api}: apply the "
                "generated manifests first (Kubeflow Pipelines for one user reads only the namespace that it runs in)"
            )
        elsewhere = found.get("namespace") or self._namespace
        if self._namespace and elsewhere != self._namespace:
            raise InputError(
                f"{self._api} was asked for the pipeline `{name}` of the namespace `{self._namespace}` and knows the "
                f"one of `{elsewhere}`, which is another environment's: Kubeflow Pipelines for one user reads only the "
                "namespace that it runs in, which has to be the `namespace` of the Environment"
            )
        pipeline_id = str(found["pipeline_id"])
        query = {"page_size": str(PAGE), "sort_by": "created_at desc"}
        for item in self._pages(f"pipelines/{quote(pipeline_id, safe='')}/versions", query, "pipeline_versions"):
            names = (item.get("name"), item.get("display_name"))
            if not version or version in names:
                return Pipeline(name, pipeline_id, str(item["pipeline_version_id"]), str(names[0] or names[1]))
        wanted = f"no version `{version}`" if version else "no version"
        raise InputError(
            f"the pipeline `{name}` has {wanted} in the namespace `{self._namespace}` of {self._api}: "
            "apply the generated manifests first"
        )

    def newest_run(self, pipeline: Pipeline, since: datetime) -> Run | None:
        """The newest run of any version of a pipeline; None where none was created since a moment."""
        query = {"namespace": self._namespace, "page_size": str(PAGE), "sort_by": "created_at desc"}
        for item in self._pages("runs", query, "runs"):
            created = _moment(item["created_at"])
            if created < since:
                # Those of all pipelines come newest first: what follows is older still.
                return None
            if item.get("pipeline_version_reference", {}).get("pipeline_id") == pipeline.id:
                return Run(str(item["run_id"]), created, str(item.get("state", "")))
        return None

    def start(self, pipeline: Pipeline, title: str, parameters: Mapping[str, str], service_account: str = "") -> str:
        """Start a run of the pipeline's version under the experiment of the pipeline's name; the run's id.

        Its steps read data as of now, if `parameters` name no other time: each would take the time of its own start,
        and behind a full queue measure windows in which the newest rows are missing.
        """
        body: dict[str, Any] = {
            "display_name": title,
            "experiment_id": self._experiment(pipeline.name),
            "pipeline_version_reference": {"pipeline_id": pipeline.id, "pipeline_version_id": pipeline.version},
            "runtime_config": {"parameters": {AS_OF: datetime.now(UTC).isoformat(timespec="seconds"), **parameters}},
        }
        if service_account:
            body["service_account"] = service_account
        return str(self._post("runs", body)["run_id"])

    def _experiment(self, name: str) -> str:
        query = {"namespace": self._namespace, "filter": _equals("display_name", name)}
        for item in self._pages("experiments", query, "experiments"):
            return str(item["experiment_id"])
        return str(self._post("experiments", {"display_name": name, "namespace": self._namespace})["experiment_id"])

    def _pages(self, path: str, query: Mapping[str, str], key: str) -> Iterator[dict[str, Any]]:
        token = ""
        while True:
            page = self._get(path, {**query, **({"page_token": token} if token else {})}) or {}
            yield from page.get(key) or ()
            token = page.get("next_page_token") or ""
            if not token:
                return

    def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any] | None:
        """What is at `path`; None where nothing is."""
        url = f"{self._api}/apis/v2beta1/{path}?{urlencode(query)}"
        for number in range(1, TRIES + 1):
            try:
                return self._answer(urllib.request.Request(url))
            except urllib.error.HTTPError as error:
                if error.code == http.client.NOT_FOUND:
                    return None
                if error.code < http.client.INTERNAL_SERVER_ERROR or number == TRIES:
                    raise InputError(self._refused(f"GET {path}", error)) from None
            except (OSError, ValueError, http.client.HTTPException) as error:
                if number == TRIES:
                    raise InputError(self._unanswered(error)) from None
            time.sleep(PAUSE_SECONDS * number)
        raise AssertionError("the loop returns or raises on its last try")

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(f"{self._api}/apis/v2beta1/{path}", json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        try:
            return self._answer(request)
        except urllib.error.HTTPError as error:
            raise InputError(self._refused(f"POST {path}", error)) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise InputError(self._unanswered(error)) from None

    def _answer(self, request: urllib.request.Request) -> dict[str, Any]:
        if not self._api.startswith(("http://", "https://")):
            raise InputError(f"`{self._api}` is not the address of an API: expected `http://` or `https://`")
        request.add_header("Accept", "application/json")
        if path := os.environ.get(TOKEN_VARIABLE):
            request.add_header("Authorization", f"Bearer {Path(path).read_text(encoding='utf-8').strip()}")
        with urllib.request.urlopen(request, timeout=self._timeout) as response:
            found = json.load(response)
        if not isinstance(found, dict):
            raise ValueError("the answer is not a JSON object")
        return found

    def _refused(self, what: str, error: urllib.error.HTTPError) -> str:
        text = error.read(10_000).decode("utf-8", "replace")
        try:
            said = str(json.loads(text).get("message", text))
        except (ValueError, AttributeError):
            said = text
        words = " ".join(said.split())[:300]
        return f"Kubeflow Pipelines at {self._api} rejected {what} with {error.code}: {words or error.reason}"

    def _unanswered(self, error: Exception) -> str:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        return f"Kubeflow Pipelines at {self._api} did not answer: {reason or type(error).__name__}"


def _equals(key: str, value: str) -> str:
    return json.dumps({"predicates": [{"operation": "EQUALS", "key": key, "string_value": value}]})


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
