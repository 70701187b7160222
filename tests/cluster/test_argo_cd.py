"""The generated Application before Argo CD itself: it applies what is generated, and leaves a canary alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cluster.api_server import Cluster, Document, RefusedError
from cluster.argo_cd import Followed, argo_cd
from cluster.generated import served
from cluster.stand_ins import garbage_is_collected, name

ENVIRONMENT = "staging"
((_, ROLLOUT),) = [one for one in served("Rollout") if one[0] == ENVIRONMENT]
HASH = "rollouts-pod-template-hash"
SERVICES = (f"{ROLLOUT}-stable", f"{ROLLOUT}-canary")
CANARY = [95, 5]
"""The shares of the traffic of the two."""


@pytest.fixture(scope="module")
def followed(
    kserve_cluster: Cluster,
    cluster_tools: Path,
    shared_crds: Path,
    kustomize: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Followed]:
    """The committed files of an environment, synced into a cluster that has KServe and the kinds of Kubeflow."""
    for kind in ("pipelines", "pipelineversions"):
        kserve_cluster.define(shared_crds / "kfp" / f"{kind}.yaml")
    repository = Followed(kserve_cluster, tmp_path_factory.mktemp("repository"), ENVIRONMENT)
    home = tmp_path_factory.mktemp("argo-cd")
    with argo_cd(kserve_cluster, repository.destination, cluster_tools, home, kustomize):
        repository.follow()
        repository.until("Synced")
        yield repository


def applied(followed: Followed) -> list[Document]:
    """What kustomize builds of the newest commit."""
    return list(yaml.safe_load_all(followed.cluster.run("kustomize", followed.folder)))


def route(followed: Followed) -> Document:
    return followed.cluster.get("httproute", ROLLOUT, followed.namespace)


def weights(followed: Followed) -> list[int]:
    (rule,) = route(followed)["spec"]["rules"]
    return [backend["weight"] for backend in rule["backendRefs"]]


def patch(followed: Followed, kind: str, of: str, change: Document | list[Document]) -> None:
    how = "json" if isinstance(change, list) else "merge"
    words = ("patch", kind, of, "-n", followed.namespace, f"--type={how}", "-p", json.dumps(change))
    followed.cluster.run(*words)


def begin_canary(followed: Followed) -> None:
    """What Argo Rollouts and its plugin write: a share of the traffic, and whose pods each service sends to."""
    moved = [
        {"op": "replace", "path": f"/spec/rules/0/backendRefs/{number}/weight", "value": weight}
        for number, weight in enumerate(CANARY)
    ]
    patch(followed, "httproute", ROLLOUT, moved)
    for service in SERVICES:
        patch(followed, "service", service, {"spec": {"selector": {HASH: f"of-{service}"}}})


def selectors(followed: Followed) -> list[str | None]:
    found = (followed.cluster.get("service", service, followed.namespace) for service in SERVICES)
    return [one["spec"]["selector"].get(HASH) for one in found]


def test_all_that_is_generated_is_applied_and_nothing_differs(followed: Followed) -> None:
    """With the defaults that KServe's webhooks and the API server add."""
    documents = applied(followed)
    assert len(followed.cluster.versions(documents)) == len(documents)
    state = followed.looked()["status"]
    assert state["operationState"]["phase"] == "Succeeded"
    assert len(state["resources"]) == len(documents)
    assert followed.out_of_sync() == set()


def test_a_canary_is_left_alone_when_something_else_is_synced(followed: Followed) -> None:
    begin_canary(followed)
    assert followed.out_of_sync() == set()
    followed.change(f"{ROLLOUT}/scraping.yaml", "sampleLimit: ", "sampleLimit: 1")
    revision = followed.until("Synced")["status"]["sync"]["revision"]
    assert followed.cluster.get("application", followed.name, "argocd")["status"]["history"][-1]["revision"] == revision
    assert weights(followed) == CANARY
    assert selectors(followed) == [f"of-{service}" for service in SERVICES]


def test_the_same_canary_ends_where_nothing_is_ignored(followed: Followed) -> None:
    """What the Application is for: without these lines Argo CD sends all requests back to the stable version."""
    begin_canary(followed)
    ignored = followed.application["spec"].pop("ignoreDifferences")
    followed.cluster.apply([followed.application])
    followed.cluster.until("weights as they are generated", lambda: followed.looked() and weights(followed) == [100, 0])
    followed.application["spec"]["ignoreDifferences"] = ignored
    followed.cluster.apply([followed.application])
    followed.until("Synced")


def test_a_timeout_in_the_list_of_the_weights_stays_as_it_is(followed: Followed) -> None:
    """What a plan warns of (`frozen-route`), since Argo CD says nothing of it but that something differs."""
    path = followed.folder / ROLLOUT / "serving.yaml"
    before = path.read_text(encoding="utf-8")
    followed.change(f"{ROLLOUT}/serving.yaml", "request: 5s", "request: 7s")
    assert followed.out_of_sync() == {("HTTPRoute", ROLLOUT)}
    assert followed.looked()["status"]["operationState"]["phase"] == "Succeeded"
    assert [rule["timeouts"]["request"] for rule in route(followed)["spec"]["rules"]] == ["5s"]
    path.write_text(before, encoding="utf-8")
    followed.commit()
    followed.until("Synced")


def test_what_somebody_changes_by_hand_is_put_back(followed: Followed) -> None:
    (policy, *_) = [one for one in applied(followed) if one["kind"] == "NetworkPolicy"]
    patch(followed, "networkpolicy", name(policy), {"spec": {"ingress": [{}]}})

    def restored() -> bool:
        followed.looked()
        found = followed.cluster.get("networkpolicy", name(policy), followed.namespace)
        return bool(found["spec"]["ingress"] == policy["spec"]["ingress"])

    followed.cluster.until("the policy as it is generated", restored)


SCRAPING = f"- {ROLLOUT}/scraping.yaml\n"


def release(followed: Followed, number: int) -> None:
    """Commit another Rollout. Nobody looks after it here, so that it is not healthy before its canary ends: never."""
    limits = [f"revisionHistoryLimit: {3 + number}" for number in (number - 1, number)]
    followed.change(f"{ROLLOUT}/serving.yaml", *limits)


def is_scraped(followed: Followed) -> bool:
    garbage_is_collected(followed.cluster, "podmonitor", followed.namespace)
    return ROLLOUT in [name(one) for one in followed.cluster.all("podmonitor", followed.namespace)]


def test_what_is_no_longer_generated_is_deleted_while_a_canary_goes_on(followed: Followed) -> None:
    release(followed, 1)
    followed.change("kustomization.yaml", SCRAPING, "")
    followed.cluster.until("nobody who scrapes", lambda: followed.looked() and not is_scraped(followed))
    assert followed.until("Synced")["status"]["health"]["status"] == "Progressing"
    followed.change("kustomization.yaml", "resources:\n", f"resources:\n{SCRAPING}")
    followed.until("Synced")
    assert is_scraped(followed)


def test_a_sync_that_prunes_last_waits_for_the_canary_and_lets_no_other_begin(followed: Followed) -> None:
    """Why the Application does not ask for it."""
    options = followed.application["spec"]["syncPolicy"]["syncOptions"]
    followed.application["spec"]["syncPolicy"]["syncOptions"] = [*options, "PruneLast=true"]
    followed.cluster.apply([followed.application])
    release(followed, 2)
    followed.change("kustomization.yaml", SCRAPING, "")
    followed.waits_for(f"argoproj.io/Rollout/{ROLLOUT}")
    release(followed, 3)
    followed.waits_for(f"argoproj.io/Rollout/{ROLLOUT}")
    assert followed.cluster.get("rollout", ROLLOUT, followed.namespace)["spec"]["revisionHistoryLimit"] == 5
    followed.application["spec"]["syncPolicy"]["syncOptions"] = options
    followed.cluster.apply([followed.application])
    followed.ends()
    followed.change("kustomization.yaml", "resources:\n", f"resources:\n{SCRAPING}")
    followed.until("Synced")


STOWAWAYS: dict[str, Document] = {
    "Role": {"apiVersion": "rbac.authorization.k8s.io/v1", "rules": []},
    "ClusterRole": {"apiVersion": "rbac.authorization.k8s.io/v1", "rules": []},
    "Secret": {"apiVersion": "v1", "stringData": {"token": "of-somebody"}},
    "Application": {"apiVersion": "argoproj.io/v1alpha1", "spec": {"project": "default", "destination": {}}},
}
"""What grants a right, or holds something secret, or would be followed as well."""


def test_no_other_kind_that_is_slipped_in_among_the_generated_files_is_applied(followed: Followed) -> None:
    slipped = [one | {"kind": kind, "metadata": {"name": "stowaway"}} for kind, one in STOWAWAYS.items()]
    (followed.folder / "stowaways.yaml").write_text(yaml.safe_dump_all(slipped), encoding="utf-8")
    followed.change("kustomization.yaml", "resources:\n", "resources:\n- stowaways.yaml\n")
    assert followed.refused() == set(STOWAWAYS)
    for kind in STOWAWAYS:
        with pytest.raises(RefusedError, match="NotFound"):
            followed.cluster.get(kind, "stowaway", followed.namespace)


def test_a_commit_that_takes_it_out_is_synced_though_the_one_before_is_tried_again(followed: Followed) -> None:
    (followed.folder / "stowaways.yaml").unlink()
    followed.change("kustomization.yaml", "- stowaways.yaml\n", "")
    followed.until("Synced")
    assert followed.looked()["status"]["operationState"]["phase"] == "Succeeded"
