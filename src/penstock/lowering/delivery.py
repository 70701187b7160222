"""How the files of an environment come to its cluster: through Argo CD, where the environment declares it."""

from __future__ import annotations

from penstock.catalog.model import View
from penstock.ir.delivery import Automation, Delivery
from penstock.lowering.environments import environment_of
from penstock.source.files import GENERATED


def delivery(view: View) -> Delivery | None:
    """The delivery to the environment that `view` is of; None where it declares no Argo CD, or has no cluster."""
    environment = environment_of(view)
    target = environment.spec.argo_cd
    if target is None or not environment.spec.cluster:
        return None
    automated = target.automated
    return Delivery(
        environment=environment.name,
        owner=environment.metadata.owner,
        version=target.version,
        application=target.application_of(environment.name),
        project=target.project,
        control_namespace=target.namespace,
        repository=target.repository,
        revision=target.revision,
        path="/".join(part for part in (target.folder, GENERATED, environment.name) if part),
        cluster=target.cluster,
        namespace=environment.spec.namespace,
        automation=Automation(automated.self_heal, automated.prune) if automated is not None else None,
        weights_move=environment.spec.argo_rollouts is not None,
        labels=tuple(environment.metadata.labels.items()),
    )
