"""`penstock verify` finds what a cluster would refuse, drop or do otherwise, and says where it stands."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

pytest.importorskip("cel", reason="the extra `verify` is not installed")

from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.targets.kubeflow.target import render_schedule
from penstock.targets.kubeflow.versions import linked
from penstock.verification.codes import CODES
from penstock.verification.crds import CrdError, Crds
from penstock.verification.verify import Verification, verify
from targets.kubeflow.workflows import flight_monitoring, flight_training, rendered, schedule
from verification.objects import CRD, TRAIN, verified


def trains(tmp_path: Path, text: str) -> list[tuple[str, str, int]]:
    """Code, headline and line of what is found in an object of the kind Train."""
    found = verified(tmp_path, text, crds=Crds([("crd", dedent(CRD))])).diagnostics
    return [(each.code, each.headline, each.primary.span.line) for each in found if each.primary is not None]


def codes(result: Verification) -> list[str]:
    return [each.code for each in result.diagnostics]


def test_an_object_of_the_right_form_is_sound(tmp_path: Path) -> None:
    assert trains(tmp_path, TRAIN) == []


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        ("speeed: 1", "`spec` has no field `speeed`"),
        ("limit: fast", "`spec.limit`: 'fast' is not of type 'integer'"),
        ("mode: night", "`spec.mode`: 'night' is not one of ['day', '=']"),
        ("share: 0", "`spec.share`: 0 is less than or equal to the minimum of 0"),
        ("port: [1]", "`spec.port`: [1] is not valid under any of the given schemas"),
        ("wagons: [{name: a, colour: red}]", "`spec.wagons.0` has no field `colour`"),
        ("wagons: [{name: a}, {name: a}]", "`spec.wagons.1` duplicates name: a"),
        ("days: [mo, tu, mo]", "`spec.days.2` duplicates 'mo'"),
        ("inner: {apiVersion: v1, kind: A, metadata: {name: a}, speck: {}}", "`spec.inner` has no field `speck`"),
    ],
)
def test_what_a_cluster_refuses_or_drops_is_found(tmp_path: Path, line: str, headline: str) -> None:
    found = trains(tmp_path, dedent(TRAIN) + f"  {line}\n")
    assert found == [("object-schema", headline, 7)]


@pytest.mark.parametrize(
    "line",
    [
        "port: 80",
        "port: http",
        "note: null",
        "share: 0.1",
        "extra: {anything: [1]}",
        "mode: '='",
        "wagons: [{name: a}]",
        "days: [mo, tu]",
        "inner: {apiVersion: v1, kind: A, metadata: {name: a}, spec: {a: 1}}",
    ],
)
def test_what_a_cluster_takes_is_taken(tmp_path: Path, line: str) -> None:
    assert trains(tmp_path, dedent(TRAIN) + f"  {line}\n") == []


def test_a_missing_field_is_found_unless_it_has_a_default(tmp_path: Path) -> None:
    found = trains(tmp_path, TRAIN.replace("speed: 80", "limit: 80"))
    assert [headline for _, headline, _ in found] == ["`spec`: 'speed' is a required property"]


def test_a_field_beside_the_spec_is_found(tmp_path: Path) -> None:
    found = trains(tmp_path, dedent(TRAIN) + "status2: {}\n")
    assert found == [("object-schema", "the object has no field `status2`", 7)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (dedent(TRAIN) + "  limit: 60\n", "too fast"),
        (dedent(TRAIN).replace("late", "ghost"), "no ghost trains"),
        (dedent(TRAIN) + "  namespace: kube-system\n", "not there"),
    ],
)
def test_a_rule_of_the_definition_is_evaluated(tmp_path: Path, text: str, message: str) -> None:
    result = verified(tmp_path, text, crds=Crds([("crd", dedent(CRD))]))
    (found,) = result.diagnostics
    assert found.code == "object-rule"
    assert found.primary is not None
    assert found.primary.message == message


def test_a_rule_that_cannot_be_evaluated_is_no_silence(tmp_path: Path) -> None:
    assert [code for code, _, _ in trains(tmp_path, dedent(TRAIN) + "  odd: 1Gi\n")] == ["rule-not-evaluated"]


def test_a_version_that_is_not_served_is_no_definition(tmp_path: Path) -> None:
    result = verified(tmp_path, TRAIN.replace("/v1", "/v0"), crds=Crds([("crd", dedent(CRD))]))
    assert codes(result) == ["unverified-kind"]


def test_without_definitions_it_says_what_it_did_not_check(tmp_path: Path) -> None:
    result = verified(tmp_path, TRAIN)
    assert codes(result) == ["unverified-kind"]
    assert not result.diagnostics.has_errors


def test_definitions_may_come_as_the_list_that_kubectl_prints(tmp_path: Path) -> None:
    import yaml

    listed = yaml.safe_dump({"kind": "List", "items": [yaml.safe_load(dedent(CRD))]})
    result = verified(tmp_path, dedent(TRAIN) + "  speeed: 1\n", crds=Crds([("cluster", listed)]))
    assert codes(result) == ["object-schema"]


def test_an_equals_sign_in_a_definition_is_text() -> None:
    text = dedent(CRD).replace('"="', "=")
    found = Crds([("crd", text)]).find("example.com/v1", "Train")
    assert found is not None
    assert found.schema["properties"]["spec"]["properties"]["mode"]["enum"] == ["day", "="]


def test_definitions_that_are_no_yaml_are_named() -> None:
    with pytest.raises(CrdError, match="broken"):
        Crds([("broken", " kind: Train\n\t{")]).find("example.com/v1", "Train")


def test_a_folder_without_definitions_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CrdError, match="no YAML files"):
        Crds.of_folder(tmp_path)


DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: a, namespace: b}
    spec:
      selector: {matchLabels: {app: a}}
      template:
        metadata: {labels: {app: LABEL}}
        spec: {containers: [{name: c, image: IMAGE}]}
"""
PINNED = "images.example/a@sha256:" + "0" * 64


def deployment(label: str = "a", image: str = PINNED) -> str:
    return DEPLOYMENT.replace("LABEL", label).replace("IMAGE", image)


SENSELESS = {
    "a selector that matches nothing": (deployment(label="other"), "the template's pods do not carry `app: a`"),
    "an image without a digest": (
        deployment(image="images.example/a:1"),
        "the image `images.example/a:1` is not pinned by digest",
    ),
    "no image": (deployment(image='""'), "the image `` is not pinned by digest"),
    "fewer replicas at most than at least": (
        """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: a}
        spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}, minReplicas: 3, maxReplicas: 2}
        """,
        "`maxReplicas` (2) is below `minReplicas` (3)",
    ),
    "fewer replicas of a scaled object": (
        """
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: a}
        spec: {minReplicaCount: 3, maxReplicaCount: 2}
        """,
        "`maxReplicaCount` (2) is below `minReplicaCount` (3)",
    ),
    "canaries above the whole": (
        """
        apiVersion: serving.kserve.io/v1beta1
        kind: InferenceService
        metadata: {name: a}
        spec: {canary: [{trafficPercent: 60}, {trafficPercent: 50}]}
        """,
        "the canaries get 110% of the traffic",
    ),
    "a splitter that is no whole": (
        """
        apiVersion: serving.kserve.io/v1alpha1
        kind: InferenceGraph
        metadata: {name: a}
        spec: {nodes: {root: {routerType: Splitter, steps: [{weight: 50}, {weight: 40}]}}}
        """,
        "the weights of the splitter `root` sum to 90",
    ),
    "a label that is no value": (
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a, labels: {note: not a value}}
        """,
        "`not a value` is not a valid label value: at most 63 letters, digits, `-`, `_` and `.`",
    ),
    "a label that is no key": (
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: a, labels: {"a b": c}}
        """,
        "`a b` is not a valid label key",
    ),
    "a label that is no text": (
        """
        apiVersion: serving.kserve.io/v1beta1
        kind: InferenceService
        metadata: {name: a, labels: {injected: true}}
        """,
        "`injected` is `true`, where Kubernetes takes text alone: quote it",
    ),
    "an annotation that is no text": (
        """
        apiVersion: serving.kserve.io/v1beta1
        kind: InferenceService
        metadata: {name: a, annotations: {sidecar.istio.io/inject: false}}
        """,
        "`sidecar.istio.io/inject` is `false`, where Kubernetes takes text alone: quote it",
    ),
    "a cron job with a long name": (
        f"""
        apiVersion: batch/v1
        kind: CronJob
        metadata: {{name: {"a" * 53}}}
        spec: {{schedule: "* * * * *", jobTemplate: {{}}}}
        """,
        "the name of a CronJob can have at most 52 characters, and this has 53",
    ),
}


@pytest.mark.parametrize(("text", "headline"), SENSELESS.values(), ids=SENSELESS.keys())
def test_an_object_that_would_not_do_what_it_says_is_found(tmp_path: Path, text: str, headline: str) -> None:
    found = [each for each in verified(tmp_path, text).diagnostics if each.code == "object-semantics"]
    assert [each.headline for each in found] == [headline]
    assert found[0].path == "generated/a.yaml"


def test_no_upper_bound_of_replicas_is_none_below_the_lower_one(tmp_path: Path) -> None:
    """Which KServe writes as 0."""
    service = "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: a}\n"
    found = verified(tmp_path, f"{service}spec: {{predictor: {{minReplicas: 2, maxReplicas: 0}}}}\n")
    assert codes(found) == ["unverified-kind"]


def test_a_sound_deployment_has_nothing_to_find(tmp_path: Path) -> None:
    assert codes(verified(tmp_path, deployment())) == []


def test_kinds_of_kubernetes_itself_are_checked_strictly(tmp_path: Path) -> None:
    pytest.importorskip("kubernetes_validate", reason="the package kubernetes-validate is not installed")
    result = verified(tmp_path, deployment() + "      replicaas: 1\n")
    (found,) = result.diagnostics
    assert found.code == "object-schema"
    assert "replicaas" in found.headline


@pytest.mark.parametrize(
    "text",
    [
        "groups: [{name: a, rules: [{record: b, expr: 'sum(rate(x[5m])'}]}]",
        """
        apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        metadata: {name: a}
        spec: {groups: [{name: a, rules: [{record: b, expr: 'sum(rate(x[5m])'}]}]}
        """,
        """
        apiVersion: argoproj.io/v1alpha1
        kind: AnalysisTemplate
        metadata: {name: a}
        spec: {metrics: [{name: a, provider: {prometheus: {query: 'sum(x{y="{{args.y}}"}'}}}]}
        """,
        """
        apiVersion: argoproj.io/v1alpha1
        kind: AnalysisTemplate
        metadata: {name: a}
        spec: {metrics: [{name: a, provider: {prometheus: {query: 'sum(rate(x[{{args.w}}]) / sum(rate(y[5m])'}}}]}
        """,
        """
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: a}
        spec: {triggers: [{type: prometheus, metadata: {query: 'sum(x'}}]}
        """,
    ],
)
def test_what_is_no_promql_is_found_wherever_it_stands(tmp_path: Path, text: str) -> None:
    assert "promql-syntax" in codes(verified(tmp_path, text))
    repaired = (
        text.replace("[5m])", "[5m]))")
        .replace("[{{args.w}}])", "[{{args.w}}]))")
        .replace('"}', '"})')
        .replace("sum(x'", "sum(x)'")
    )
    assert "promql-syntax" not in codes(verified(tmp_path, repaired))


def test_an_object_that_two_files_of_one_environment_declare_is_found(tmp_path: Path) -> None:
    kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml, b.yaml]\n"
    for environment in ("staging", "production"):
        verified(tmp_path, kustomization, file=f"{environment}/kustomization.yaml")
        verified(tmp_path, deployment(), file=f"{environment}/a.yaml")
        result = verified(tmp_path, deployment("a"), file=f"{environment}/b.yaml")
    twice = [each for each in result.diagnostics if each.code == "duplicate-object"]
    assert [each.path for each in twice] == ["generated/production/b.yaml", "generated/staging/b.yaml"]
    assert [each.secondary[0].span.path for each in twice] == [
        "generated/production/a.yaml",
        "generated/staging/a.yaml",
    ]


def test_an_entry_of_a_kustomization_without_a_file_is_found(tmp_path: Path) -> None:
    text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [gone.yaml]\n"
    result = verified(tmp_path, text, file="production/kustomization.yaml")
    assert [(each.code, each.headline) for each in result.diagnostics] == [
        ("kustomization-entry", "there is no file `gone.yaml`")
    ]


def test_an_empty_place_is_an_error(tmp_path: Path) -> None:
    assert codes(verify(tmp_path)) == ["no-generated-files"]
    assert codes(verify(tmp_path, [tmp_path / "nowhere"])) == ["no-generated-files"]


def test_every_file_that_the_compiler_makes_for_kubeflow_is_sound(tmp_path: Path, shared_crds: Path) -> None:
    crds = Crds.of_folder(shared_crds)
    if crds.find("pipelines.kubeflow.org/v2beta1", "PipelineVersion") is None:
        pytest.skip("no upstream CRDs of Kubeflow Pipelines in ../shared/crds")
    folder = tmp_path / "generated" / "production"
    folder.mkdir(parents=True)
    training, monitoring = flight_training(), flight_monitoring()
    manifests = [*rendered(training).values(), *rendered(monitoring).values()]
    manifests += render_schedule(schedule(workflow=training.name))
    for number, manifest in enumerate(linked(manifests)):
        path = folder / f"{number}-{manifest.file}"
        path.write_text(emit_yaml_documents(manifest.documents), encoding="utf-8")
    result = verify(tmp_path, crds=crds)
    assert codes(result) == []
    assert result.checked["PipelineVersion"] == 2
    assert result.checked["pipeline"] == 4


def test_every_code_has_one_page_in_the_manual() -> None:
    names = [code.name for code in CODES]
    assert len(set(names)) == len(names)
