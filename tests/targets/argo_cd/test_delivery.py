"""What Argo CD is told: objects that it knows, and bounds that are as wide as what is generated and no wider."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.ir.delivery import Automation, Delivery
from penstock.targets.argo_cd.application import application
from penstock.targets.argo_cd.project import GENERATED_KINDS, project
from penstock.targets.argo_cd.target import TARGET
from penstock.targets.kubeflow.pipeline_objects import VERSION
from targets.crds import problems

ROOT = Path(__file__).parents[3]
NEVER_APPLIED = {"Application", "AppProject", "Gateway", "Kustomization"}
"""Kinds that targets write which are not among what Argo CD applies: its own, the one that names the files, and that
of a Gateway, which routes only refer to."""
DELIVERY = Delivery(
    environment="production",
    owner="platform",
    version="3.2",
    application="ml",
    project=None,
    control_namespace="argocd",
    repository="https://git.example.com/ml/platform.git",
    revision="main",
    path="generated/production",
    cluster="in-cluster",
    namespace="ml-production",
    automation=Automation(self_heal=True, prune=True),
    weights_move=True,
)


def rendered(delivery: Delivery) -> list[dict[str, Any]]:
    (manifest,) = TARGET.renders[Delivery](delivery)
    assert not manifest.applied
    return list(manifest.documents)


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("automation", [DELIVERY.automation, Automation(self_heal=False, prune=False), None])
def test_argo_cds_own_definitions_take_both_objects(
    moves: bool, automation: Automation | None, shared_crds: Path
) -> None:
    documents = rendered(DELIVERY._replace(weights_move=moves, automation=automation))
    assert [one["kind"] for one in documents] == ["AppProject", "Application"]
    assert [problems(one, shared_crds) for one in documents] == [[], []]


def test_every_kind_that_a_target_writes_is_allowed_and_no_other() -> None:
    """A kind that is missing would not be applied; one too many is a right that nobody needs."""
    written: set[str] = set()
    for path in (ROOT / "src/penstock/targets").glob("*/*.py"):
        written |= set(re.findall(r'"kind": "(\w+)"', path.read_text(encoding="utf-8")))
    assert {kind for _, kind in GENERATED_KINDS} == {*written, VERSION} - NEVER_APPLIED


def test_all_that_is_applied_for_the_examples_is_within_the_bounds() -> None:
    allowed, seen = set(GENERATED_KINDS), set()
    for kustomization in sorted(ROOT.glob("generated/*/kustomization.yaml")):
        for file in yaml.safe_load(kustomization.read_text(encoding="utf-8"))["resources"]:
            text = (kustomization.parent / file).read_text(encoding="utf-8")
            for document in yaml.load_all(text, Loader=yaml.CSafeLoader):
                group, _, _ = document["apiVersion"].rpartition("/")
                seen.add((group, document["kind"]))
    assert len(seen) > 10
    assert seen <= allowed


def test_nothing_that_grants_a_right_is_within_the_bounds() -> None:
    spec = project(DELIVERY)["spec"]
    assert spec["clusterResourceWhitelist"] == []
    allowed = [(one["group"], one["kind"]) for one in spec["namespaceResourceWhitelist"]]
    assert allowed == sorted(GENERATED_KINDS)
    groups = {group for group, _ in allowed}
    assert not groups & {"*", "rbac.authorization.k8s.io", "apiextensions.k8s.io", "admissionregistration.k8s.io"}
    assert not {kind for _, kind in allowed} & {"*", "Secret", "Pod", "Application", "AppProject"}


def test_the_bounds_are_those_of_one_repository_and_one_namespace() -> None:
    made, bound = application(DELIVERY)["spec"], project(DELIVERY)["spec"]
    assert bound["sourceRepos"] == [made["source"]["repoURL"]]
    assert bound["destinations"] == [made["destination"]]
    assert made["project"] == project(DELIVERY)["metadata"]["name"] == "ml"


def test_bounds_that_others_made_are_left_to_them() -> None:
    (only,) = rendered(DELIVERY._replace(project="platform"))
    assert (only["kind"], only["spec"]["project"]) == ("Application", "platform")


def test_deleting_the_application_leaves_what_serves() -> None:
    assert "finalizers" not in application(DELIVERY)["metadata"]


def test_nothing_is_ignored_where_nobody_else_writes() -> None:
    """Whatever Argo CD ignores is changed by whoever likes."""
    assert "ignoreDifferences" in application(DELIVERY)["spec"]
    assert "ignoreDifferences" not in application(DELIVERY._replace(weights_move=False))["spec"]


def test_without_automation_nothing_is_synced_by_itself() -> None:
    assert application(DELIVERY)["spec"]["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
    assert "automated" not in application(DELIVERY._replace(automation=None))["spec"]["syncPolicy"]
