"""The kustomization of an environment: what `kubectl apply -k` and Argo CD apply."""

from __future__ import annotations

from typing import Any

from penstock.ir.bundle import Bundle
from penstock.targets import manifests


def kustomization(bundle: Bundle) -> dict[str, Any]:
    """The kustomization over the applied files, sorted, each once.

    Every object already carries its namespace and labels; that the kustomization states both keeps what people add
    by overlays in the same place. Selectors stay as they are: pods are picked by labels that were there before.
    """
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": bundle.namespace,
        "labels": [
            {
                "pairs": {
                    "app.kubernetes.io/managed-by": manifests.MANAGED_BY,
                    manifests.ENVIRONMENT_LABEL: bundle.environment,
                },
                "includeSelectors": False,
                "includeTemplates": False,
            }
        ],
        "resources": sorted(set(bundle.files)),
    }
