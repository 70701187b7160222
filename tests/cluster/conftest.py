"""The servers of this room: one API server for each file of tests, ended with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.api_server import Cluster, api_server
from cluster.controllers import argo_rollouts, kserve

_PROGRAMS = ("etcd", "kube-apiserver", "kubectl", "kserve-manager", "rollouts-controller", "argo-cd")


@pytest.fixture(scope="session")
def cluster_tools(root: Path) -> Path:
    """Where `make cluster` puts its programs and manifests. They take minutes to build, so a test that lacks them is
    skipped wherever other tools are demanded, too; PENSTOCK_REQUIRE_CLUSTER=1 demands these."""
    folder = root / ".tools" / "cluster"
    missing = [name for name in _PROGRAMS if not (folder / "bin" / name).is_file()]
    if not (folder / "manifests").is_dir():
        missing.append("manifests")
    if missing:
        reason = f"{', '.join(missing)} missing in .tools/cluster: `make cluster` builds them"
        if os.environ.get("PENSTOCK_REQUIRE_CLUSTER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="module")
def cluster(cluster_tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An API server that knows the kinds of KServe, both of Argo's, KEDA, the Gateway API and Prometheus' operator."""
    with api_server(cluster_tools, tmp_path_factory.mktemp("cluster")) as started:
        started.define(cluster_tools / "manifests" / "crds")
        yield started


@pytest.fixture(scope="module")
def kserve_cluster(
    cluster: Cluster, cluster_tools: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """The same with KServe: its webhooks, its controller, and its runtime for MLServer."""
    with kserve(cluster, cluster_tools, tmp_path_factory.mktemp("kserve")):
        yield cluster


@pytest.fixture(scope="module")
def rollouts_metrics(cluster: Cluster, cluster_tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the metrics of a controller of Argo Rollouts that looks after the cluster."""
    with argo_rollouts(cluster, cluster_tools, tmp_path_factory.mktemp("rollouts")) as metrics:
        yield metrics
