"""Rollouts before the controller of Argo Rollouts: its metrics name the phases that the generated alerts look for.

The plugin that moves weights in an HTTPRoute is in no module of Go. So `trafficRouting` is taken away from the
Rollouts, whose weights are numbers of pods then; phases come from the same conditions.
"""

from __future__ import annotations

import re
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cluster.api_server import Cluster, Document, RefusedError
from cluster.generated import built, is_of_pipelines, namespace_of, pod_of, served
from cluster.stand_ins import name, replica_sets_come_up

ROLLOUTS = served("Rollout")
STOPPED, WAITING = "ModelReleaseStopped", "ModelReleaseWaiting"


class Released:
    """A committed Rollout that the controller looks after, and the alerts that tell of it."""

    def __init__(self, cluster: Cluster, metrics: str, environment: str, rollout: str) -> None:
        self.cluster = cluster
        self._metrics = metrics
        found = [one for one in built(cluster, environment) if not is_of_pipelines(one)]
        self.namespace = namespace_of(found)
        self.documents = [one for one in found if name(one).startswith(rollout)]
        (self.rollout,) = [one for one in self.documents if one["kind"] == "Rollout"]
        del self.rollout["spec"]["strategy"]["canary"]["trafficRouting"]
        (rules,) = [one for one in self.documents if one["kind"] == "PrometheusRule"]
        self._rules = [rule for group in rules["spec"]["groups"] for rule in group["rules"]]

    def apply(self) -> None:
        self.cluster.namespace(self.namespace)
        self.cluster.apply(self.documents)

    def release(self, version: str) -> None:
        """Apply what another Release compiles to: the template of the pods is another."""
        self.rollout["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/version"] = version
        self.cluster.apply([self.rollout])

    def phase(self, expected: str) -> str:
        """What the controller's metrics call it once the pods are there; waits for what is expected."""

        def look() -> str | None:
            replica_sets_come_up(self.cluster, self.namespace)
            (found,) = [labels["phase"] for labels in self.series()] or [""]
            return found if found == expected else None

        return self.cluster.until(f"the phase {expected}", look)

    def series(self) -> list[dict[str, str]]:
        """Labels of what the controller's metrics say of this Rollout."""
        with urllib.request.urlopen(self._metrics, timeout=10) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
        samples = [sample for family in families for sample in family.samples if sample.name == "rollout_info"]
        found = [sample.labels for sample in samples if sample.labels["name"] == name(self.rollout) and sample.value]
        return [labels for labels in found if labels["namespace"] == self.namespace]

    def told(self) -> set[str]:
        """The alerts whose expression selects what the metrics say."""
        return {rule["alert"] for rule in self._rules if "rollout_info" in rule["expr"] and self._selects(rule["expr"])}

    def _selects(self, expression: str) -> bool:
        selectors = re.findall(r"rollout_info\{([^}]*)\}", expression)
        return any(matches(selector, labels) for selector in selectors for labels in self.series())


def matches(selector: str, labels: dict[str, str]) -> bool:
    """Whether a series with these labels is what a selector of `=` and `=~` asks for."""
    matchers = re.findall(r'(\w+)(=~|=)"([^"]*)"', selector)
    assert len(matchers) == selector.count("="), selector
    return all(re.fullmatch(v if o == "=~" else re.escape(v), labels.get(label, "")) for label, o, v in matchers)


@pytest.fixture(params=ROLLOUTS, ids="-".join, scope="module")
def released(cluster: Cluster, rollouts_metrics: str, request: pytest.FixtureRequest) -> Released:
    found = Released(cluster, rollouts_metrics, *request.param)
    found.apply()
    return found


def test_a_pod_is_taken(released: Released) -> None:
    released.cluster.create(pod_of(released.rollout["spec"]["template"], released.namespace), "--dry-run=server")


def test_the_controller_leaves_nothing_that_would_be_applied_again(released: Released) -> None:
    """It writes a Rollout anew with each revision, as its own types have it: without fields of a default."""
    assert released.phase("Completed")
    assert released.cluster.differences([released.rollout]) == ""


def test_another_owner_is_written_to_the_pods_that_run(released: Released) -> None:
    assert released.phase("Completed")
    canary = released.rollout["spec"]["strategy"]["canary"]
    for metadata in ("canaryMetadata", "stableMetadata"):
        canary[metadata]["labels"]["penstock/owner"] = "another-team"
    released.cluster.apply([released.rollout])

    def look() -> bool | None:
        return [owner for _, owner in _owners(released)] == ["another-team"] or None

    before = [replica_set for replica_set, _ in _owners(released)]
    released.cluster.until("the new owner", look)
    assert [replica_set for replica_set, _ in _owners(released)] == before
    assert released.phase("Completed")


def _owners(released: Released) -> list[tuple[str, str]]:
    """The ReplicaSets of the Rollout, each with the owner that its pods get."""
    found = [
        one
        for one in released.cluster.all("replicaset", released.namespace)
        if one["metadata"]["ownerReferences"][0]["name"] == name(released.rollout)
    ]
    return [(name(one), one["spec"]["template"]["metadata"]["labels"]["penstock/owner"]) for one in found]


def test_nobody_is_told_of_a_release_that_is_through_and_who_is_told_of_one_that_is_not(released: Released) -> None:
    assert released.phase("Completed")
    assert released.told() == set()

    released.release("second")
    assert released.phase("Paused")
    assert released.told() == {WAITING}

    # As `kubectl argo rollouts abort` does it.
    released.cluster.says("rollout", name(released.rollout), released.namespace, {"abort": True})
    assert released.phase("Abort")
    assert released.told() == {STOPPED}


def test_a_version_that_was_aborted_is_measured_again_when_somebody_goes_back_to_it(released: Released) -> None:
    """What reverting the Release after it does, since the commit before still names the version that was aborted."""
    assert released.phase("Abort")
    released.release("after-it")
    assert released.phase("Paused")
    # As `kubectl argo rollouts promote --full` does it.
    released.cluster.says("rollout", name(released.rollout), released.namespace, {"promoteFull": True})
    assert released.phase("Completed")

    released.release("second")
    assert released.phase("Paused")
    released.cluster.says("rollout", name(released.rollout), released.namespace, {"abort": True})
    assert released.phase("Abort")


def test_two_write_the_selectors_of_the_services(released: Released) -> None:
    """Whoever applies them while the controller is at work has to leave these alone: what Argo CD is told to ignore."""
    assert released.phase("Abort")
    with pytest.raises(RefusedError, match=r'conflict with "rollouts-controller" using v1: \.spec\.selector'):
        released.cluster.apply(services(released))


def services(released: Released) -> list[Document]:
    return [one for one in released.documents if one["kind"] == "Service"]


def test_somebody_is_told_of_what_the_controller_finds_not_valid(released: Released) -> None:
    for service in services(released):
        released.cluster.run("delete", "service", name(service), "-n", released.namespace)
    released.release("third")
    assert released.phase("InvalidSpec")
    assert released.told() == {STOPPED}
