"""Patches find their manifests, before a first Release too, and never spoil the parts that manifests share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog.repositories import edited, load, small
from incremental.repositories import compile_all, edit
from incremental.repositories import copy as own
from penstock.catalog.load import load_work_tree
from penstock.catalog.model import Catalog
from penstock.checks.engine import check
from penstock.compiler import compile_unit, units
from penstock.diagnostics.model import Diagnostic, Diagnostics
from penstock.incremental.session import Session
from penstock.ir.serving import STAND_IN, Endpoint
from penstock.lowering.plans import rollout_plans
from penstock.targets.registry import render

SERVING = "{kind: InferenceService, name: delay-online, merge: {spec: {predictor: {minReplicas: 4}}}}"


def with_patches(*patches: str) -> dict[str, str]:
    """The small repository with patches on its rollout."""
    lines = "".join(f"    - {patch}\n" for patch in patches)
    return edited(small(), "specs/rollout.yaml", "  slos:", f"  patches:\n{lines}  slos:")


def problems(catalog: Catalog) -> tuple[Diagnostic, ...]:
    found = Diagnostics()
    for unit in units(catalog):
        found.extend(compile_unit(catalog, unit).diagnostics)
    return found.sorted()


def test_a_patch_on_what_a_first_release_brings_waits_for_it() -> None:
    catalog = load(with_patches(SERVING))
    assert check(catalog) == ()
    assert problems(catalog) == ()


def test_a_kind_that_no_release_brings_is_a_mistake_before_one() -> None:
    (found,) = problems(load(with_patches(SERVING.replace("InferenceService", "InferenceServce"))))
    assert found.code == "patch-without-target"
    assert "an InferenceServce" in found.headline
    assert found.help == ("did you mean `InferenceService`?",)


def versions(catalog: Catalog) -> dict[str, dict[str, Any]]:
    """The versions of the training pipeline by their names."""
    found: dict[str, dict[str, Any]] = {}
    for unit in units(catalog):
        for artifact in compile_unit(catalog, unit).artifacts:
            if artifact.path.endswith("/pipelines.yaml") and artifact.body is not None:
                for document in yaml.safe_load_all(artifact.body):
                    if document["kind"] == "PipelineVersion" and document["spec"]["pipelineName"] == "delay-training":
                        found[document["metadata"]["name"]] = document["spec"]
    return found


def patched_pipeline(merge: str) -> Catalog:
    patch = f"{{kind: PipelineVersion, name: delay-training, merge: {merge}}}"
    return load(edited(small(), "specs/model.yaml", "  card:", f"  patches: [{patch}]\n  card:"))


def test_another_version_of_a_pipeline_has_another_name() -> None:
    node = "{platforms: {kubernetes: {deploymentSpec: {executors: {exec-train: {nodeSelector: {labels: {zone: a}}}}}}}}"
    plain, changed = versions(load(small())), versions(patched_pipeline(f"{{spec: {{platformSpec: {node}}}}}"))
    assert plain.keys().isdisjoint(changed)
    assert "nodeSelector" in str(changed)


def test_what_a_pipeline_runs_is_changed_by_no_patch() -> None:
    (found,) = problems(patched_pipeline("{spec: {pipelineSpec: {defaultPipelineRoot: elsewhere}}}"))
    assert found.code == "patch-does-not-fit"
    assert "only change the `platformSpec`" in found.headline


def test_a_version_of_a_pipeline_keeps_its_metadata() -> None:
    (found,) = problems(patched_pipeline("{metadata: text}"))
    assert found.code == "patch-does-not-fit"
    assert "it would change the manifest's kind or name" in found.headline


def test_a_patch_that_waited_is_applied_with_the_first_release(tmp_path: Path) -> None:
    root = own(tmp_path, "bikes")
    waiting = root / "specs/releases/production-bike-demand-hourly.yaml"
    assert not waiting.exists()
    patch = "{kind: InferenceService, name: bike-demand-hourly, merge: {metadata: {annotations: {desk: bikes}}}}"
    edit(root, "specs/bikes/rollout.yaml", "  slos:", f"  patches: [{patch}]\n  slos:")
    compile_all(root)
    assert not (root / "generated/production/bike-demand-hourly/serving.yaml").exists()
    waiting.parent.mkdir()
    released = (Path(__file__).parents[2] / "specs/releases/staging-bike-demand-hourly.yaml").read_text()
    waiting.with_name("staging-bike-demand-hourly.yaml").write_text(released)
    compile_all(root)
    assert "desk: bikes" in (root / "generated/staging/bike-demand-hourly/serving.yaml").read_text()


def test_one_patch_that_is_wrong_in_two_environments_is_one_error_to_the_compiler(tmp_path: Path) -> None:
    root = own(tmp_path, "bikes")
    patch = "{kind: Deployment, name: bike-demand-hourly, merge: {spec: {replicas: 3}}}"
    edit(root, "specs/bikes/rollout.yaml", "  slos:", f"  patches: [{patch}]\n  slos:")
    assert [found.code for found in Session(root).compile().diagnostics] == ["patch-without-target"]


def test_which_objects_an_endpoint_has_is_not_decided_by_its_version(root: Path) -> None:
    """What a patch may wait for is read off a stand-in version; a real one must bring the same."""

    catalog = load_work_tree(root)
    released = [
        plan
        for unit in units(catalog)
        if unit.kind == "Rollout"
        for plan in rollout_plans(catalog.view(unit.environment), unit.name)
        if isinstance(plan, Endpoint) and plan.released
    ]
    assert released
    for plan in released:
        assert objects(plan._replace(files=STAND_IN)) == objects(plan)


def objects(plan: Endpoint) -> list[tuple[str, str]]:
    return [(d["kind"], d["metadata"]["name"]) for manifest in render(plan) for d in manifest.documents]


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ("{op: replace, path: /spec/maxUnavailabel, value: 2}", "`/spec` has no `maxUnavailabel`"),
        ('{op: test, path: /spec/maxUnavailable, value: "1"}', "is the number 1, not the text"),
        ("{op: remove, path: /spec/maxUnavailable/percent}", "`/spec/maxUnavailable` is the number 1, which has no"),
        ("{op: remove, path: spec.selector}", "`spec.selector` does not start with `/`"),
        ("{op: add, path: /spec/selector}", "`add` needs a `value`"),
        ("{op: copy, path: /spec/selector}", "`copy` needs `from`"),
        ("{op: move, from: /spec/x, path: /spec/y}", "`/spec` has no `x`"),
        ("{op: move, from: /spec, path: /spec/y}", "cannot be moved into itself"),
        ('{op: remove, path: ""}', "the whole manifest cannot be removed"),
        ('{op: replace, path: "", value: 3}', "it would change the manifest's kind or name"),
        ("{op: replace, path: /metadata/namespace, value: monitoring}", "the kustomization would set it back"),
        ("{op: remove, path: /metadata/namespace}", "the kustomization would set it back"),
    ],
)
def test_an_operation_that_does_not_fit_is_pointed_at_and_explained(operation: str, said: str) -> None:
    patch = f"{{kind: PodDisruptionBudget, name: delay-online, json: [{operation}]}}"
    (found,) = problems(load(with_patches(patch)))
    assert found.code == "patch-does-not-fit"
    assert said in found.headline
    assert "class" not in found.headline
    assert found.primary is not None
    assert found.primary.span.column > 60  # within the operation, and not at the patch as a whole
