"""Manifests against the upstream CRDs: their schemas turned strict, and their CEL rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cel
import jsonschema
import kubernetes_validate
import yaml

_FOLDERS = {
    "serving.kserve.io/InferenceService": "kserve/inferenceservices.yaml",
    "argoproj.io/Rollout": "argo-rollouts/rollouts.yaml",
    "argoproj.io/AnalysisTemplate": "argo-rollouts/analysistemplates.yaml",
    "gateway.networking.k8s.io/HTTPRoute": "gateway-api/httproutes.yaml",
    "keda.sh/ScaledObject": "keda/scaledobjects.yaml",
    "monitoring.coreos.com/PrometheusRule": "prometheus-operator/prometheusrules.yaml",
    "monitoring.coreos.com/PodMonitor": "prometheus-operator/podmonitors.yaml",
}
_CORE = ("v1", "apps/v1", "policy/v1", "networking.k8s.io/v1", "autoscaling/v2", "batch/v1")


def problems(document: dict[str, Any], crds: Path) -> list[str]:
    """What the API server would refuse or drop; empty where it would take the document as it is."""
    if document["apiVersion"] in _CORE:
        try:
            kubernetes_validate.validate(document, "1.33", strict=True)
        except kubernetes_validate.ValidationError as error:
            return [str(error.message)]
        return []
    group, _, version = document["apiVersion"].partition("/")
    schema = _schema(crds / _FOLDERS[f"{group}/{document['kind']}"], version)
    validator = jsonschema.Draft202012Validator(schema)
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    return found or list(_broken_rules(document, schema, "$"))


@cache
def _schema(path: Path, version: str) -> dict[str, Any]:
    crd = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    served = next(each for each in crd["spec"]["versions"] if each["name"] == version)
    schema = _strict(served["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}
    return schema


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _strict(value) for key, value in schema.items() if key not in ("format", "default", "description")}
    if schema.get("x-kubernetes-int-or-string"):
        found.pop("type", None)
        found["anyOf"] = [{"type": "integer"}, {"type": "string"}]
        found.pop("pattern", None)
    closed = not schema.get("x-kubernetes-preserve-unknown-fields") and schema.get("type") == "object"
    if closed and isinstance(schema.get("properties"), dict):
        found.setdefault("additionalProperties", False)
    return found


def _broken_rules(value: Any, schema: dict[str, Any], at: str) -> Iterator[str]:
    for rule in schema.get("x-kubernetes-validations", ()):
        if "oldSelf" not in rule["rule"] and not cel.evaluate(rule["rule"], {"self": value}):
            yield f"{at}: {rule.get('message', rule['rule'])}"
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for key, item in value.items():
            if isinstance(below := properties.get(key, schema.get("additionalProperties")), dict):
                yield from _broken_rules(item, below, f"{at}.{key}")
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for position, item in enumerate(value):
            yield from _broken_rules(item, schema["items"], f"{at}[{position}]")
