"""The list of everything that is applied."""

from __future__ import annotations

from penstock.ir.bundle import Bundle
from penstock.targets.kustomize.target import TARGET


def test_files_are_listed_once_each_in_order() -> None:
    bundle = Bundle("production", "ml-prod", ("b/rules.yaml", "a/serving.yaml", "b/rules.yaml", "b/access.yaml"))
    (manifest,) = TARGET.renders[Bundle](bundle)
    (document,) = manifest.documents
    assert manifest.file == "kustomization.yaml"
    assert not manifest.applied
    assert document["resources"] == ["a/serving.yaml", "b/access.yaml", "b/rules.yaml"]
    assert document["namespace"] == "ml-prod"


def test_selectors_are_left_alone() -> None:
    (manifest,) = TARGET.renders[Bundle](Bundle("production", "ml-prod", ()))
    (labels,) = manifest.documents[0]["labels"]
    assert labels["includeSelectors"] is False
    assert labels["pairs"]["penstock/environment"] == "production"
    assert "commonLabels" not in manifest.documents[0]
