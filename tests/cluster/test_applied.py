"""All that is committed for an environment is applied to an API server, and applied again without a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.api_server import Cluster, Document, RefusedError
from cluster.generated import ENVIRONMENTS, built, is_of_pipelines, namespace_of


def settles(cluster: Cluster, documents: list[Document]) -> None:
    """The API server takes the documents, and the second time there is nothing to do."""
    cluster.namespace(namespace_of(documents))
    cluster.apply(documents)
    applied = cluster.versions(documents)
    assert len(applied) == len(documents)
    assert cluster.differences(documents) == ""
    cluster.apply(documents)
    assert cluster.versions(documents) == applied


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_taken_as_it_is(cluster: Cluster, environment: str) -> None:
    settles(cluster, [one for one in built(cluster, environment) if not is_of_pipelines(one)])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pipelines_are_taken_as_they_are(cluster: Cluster, environment: str, shared_crds: Path) -> None:
    """Kubeflow Pipelines has its CRDs in no module of Go."""
    for name in ("pipelines", "pipelineversions"):
        cluster.define(shared_crds / "kfp" / f"{name}.yaml")
    settles(cluster, [one for one in built(cluster, environment) if is_of_pipelines(one)])


def test_a_field_that_is_not_there_is_refused(cluster: Cluster) -> None:
    (monitor, *_) = [one for one in built(cluster, "staging") if one["kind"] == "PodMonitor"]
    cluster.namespace(namespace_of([monitor]))
    monitor["metadata"]["name"] = "mistaken"
    monitor["spec"]["podMetricsEndpoints"][0]["intervall"] = "30s"
    with pytest.raises(RefusedError, match="intervall: field not declared in schema"):
        cluster.apply([monitor])


def test_a_change_is_seen(cluster: Cluster) -> None:
    (monitor, *_) = [one for one in built(cluster, "staging") if one["kind"] == "PodMonitor"]
    cluster.namespace(namespace_of([monitor]))
    cluster.apply([monitor])
    monitor["spec"]["sampleLimit"] += 1
    assert "sampleLimit" in cluster.differences([monitor])
