"""Models or the registry of a cluster are stored on the local disk of a pod.

What it does: reports a `modelStore` at `file://` and a `tracking` address at `sqlite://` in each Environment that has a
cluster.

Why: each pod has its own disk, which is deleted with the pod. A pipeline would register its model in a database that
nothing else can read, and no server would find the files. Such an address only works if a patch mounts a shared volume
into every pod.

Example: `modelStore: file:///var/lib/penstock/models` in an Environment without `cluster: false`.

Use instead: an object store, `modelStore: s3://team-models/production`, and a tracking server,
`tracking: http://mlflow.mlflow.svc:5000`; or `cluster: false` for an environment that only runs locally.
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
    ("tracking", "sqlite"): "use an MLflow tracking server: `http://` or `https://`",
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
                f"`{address}` is local to each pod of `{environment.name}`",
                view.span(environment, (key,)),
                "pods do not share their disks",
                help=(remedy, "or set `cluster: false`, if nothing is applied to a cluster"),
            )
