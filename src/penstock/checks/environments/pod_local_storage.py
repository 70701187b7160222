"""A cluster keeps models or its registry on the disk of a pod.

What it does: looks, in each Environment that has a cluster, at `modelStore` for an address of `file://` and at
`tracking` for one of `sqlite://`.

Why: each pod of a cluster has a disk of its own, which ends with it. A pipeline would register its model in a database
that nobody else sees, and no server would find the files. A volume that a patch mounts into every pod is the one case
in which such an address holds.

Example: `modelStore: file:///var/lib/penstock/models` in an Environment without `cluster: false`.

Use instead: an object store, `modelStore: s3://team-models/production`, and a tracking server, `tracking:
http://mlflow.mlflow.svc:5000`; or `cluster: false` for an environment that stands for a laptop.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic
from penstock.specs.environment import Environment

_REMEDIES = {
    ("modelStore", "file"): "keep models in an object store: `s3://BUCKET/FOLDER` or `gs://BUCKET/FOLDER`",
    ("tracking", "sqlite"): "name MLflow's server: `http://` or `https://`",
}


@rule("pod-local-storage", severities=WARNS)
def pod_local_storage(view: View, environment: Environment) -> Iterator[Diagnostic]:
    """Yields each address that every pod of the cluster would have for itself."""
    spec = environment.spec
    if not spec.cluster:
        return
    for key, address in (("modelStore", spec.model_store), ("tracking", spec.tracking)):
        scheme, _, _ = address.partition(":")
        remedy = _REMEDIES.get((key, scheme))
        if remedy is not None:
            yield Diagnostic.warning(
                "pod-local-storage",
                f"`{address}` is another place in each pod of `{environment.name}`",
                view.span(environment, (key,)),
                "on the disk of the pod",
                help=(remedy, "or say `cluster: false`, if nothing is applied to a cluster"),
            )
