"""Files, definitions and patterns of any form are reported, and none is taken for a bug of `penstock verify`."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("cel", reason="the extra `verify` is not installed")

from penstock.verification.crds import CrdError, Crds
from verification.objects import CRD, TRAIN, verified


@pytest.mark.parametrize(
    "text",
    [
        "kind: PipelineVersion\nspec: text\n",
        'pipelineInfo: {name: x}\nschemaVersion: "2.1.0"\nroot: {dag: {tasks: {a: {componentRef: {name: comp-a}}}}}\n'
        "components: {comp-a: {executorLabel: exec-a}}\ndeploymentSpec: {executors: [exec-a]}\n",
        "platforms: {kubernetes: {deploymentSpec: {executors: [1]}}}\n",
        "groups: 3\n",
        "groups: [text, {name: a, rules: [text]}]\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: a}\n"
        "spec: {metrics: [{provider: []}]}\n",
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\nspec: {triggers: [text]}\n",
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: a}\n"
        "spec: {canary: [{trafficPercent: much}]}\n",
        "apiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\nmetadata: {name: a}\nspec: {nodes: {a: text}}\n",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: 5}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {a: b}, namespace: [c]}\n",
        "apiVersion: v1\nkind: [ConfigMap]\nmetadata: {name: a}\n",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: 5\n",
    ],
)
def test_a_part_of_another_form_breaks_nothing(tmp_path: Path, text: str) -> None:
    assert verified(tmp_path, text).files == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "kind: CustomResourceDefinition\nspec: {names: {kind: Train}, group: example.com, version: v1}\n",
            "holds a definition that is not one of apiextensions.k8s.io/v1: it lacks `versions`",
        ),
        (
            "kind: CustomResourceDefinition\nspec: {names: {kind: Train}, group: example.com, versions: [v1]}\n",
            "a part has another form",
        ),
        ("# kind: Train \xff\n", "is not UTF-8 text"),
    ],
)
def test_definitions_that_cannot_be_used_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "train.yaml").write_bytes(text.encode("latin-1"))
    with pytest.raises(CrdError, match=message):
        Crds.of_folder(tmp_path).find("example.com/v1", "Train")


def test_a_pattern_that_cannot_be_evaluated_is_no_silence(tmp_path: Path) -> None:
    crds = Crds([("train.yaml", CRD.replace("note: {type: string", r"note: {pattern: '^\p{L}+$', type: string"))])
    result = verified(tmp_path, TRAIN + "      note: late\n", crds=crds)
    assert [(one.code, one.severity.value) for one in result.diagnostics] == [("rule-not-evaluated", "warning")]
