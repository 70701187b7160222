"""When a model's workflows start on a schedule."""

from __future__ import annotations

from penstock.catalog.model import View
from penstock.ir.workflow import Schedule
from penstock.lowering.conventions import TRAINING_VERSION, Purpose, suffixed, workflow_name
from penstock.lowering.environments import environment_of, retraining_schedule
from penstock.lowering.pipelines.monitoring import monitored, starts_training


def schedules(view: View, name: str) -> tuple[Schedule, ...]:
    """The schedules of the model `name` in the view's environment: training, where that starts here, then monitoring.

    Rollouts that want the monitoring workflow at different times get a schedule each. Before the first Release of a
    rollout nothing is served, and so nothing is monitored on a schedule.
    """
    found: list[Schedule] = []
    retraining = retraining_schedule(view, name)
    if retraining is not None:
        found.append(_schedule(view, name, "training", retraining))
    rollouts: dict[str, list[str]] = {}
    for rollout, monitor in monitored(view, name):
        rollouts.setdefault(monitor.schedule, []).append(rollout.name)
    several = len(rollouts) > 1
    for cron, names in rollouts.items():
        if any(view.release_of(rollout_name) is not None for rollout_name in names):
            found.append(_schedule(view, name, "monitoring", cron, names[0] if several else None))
    return tuple(found)


def _schedule(view: View, model: str, purpose: Purpose, cron: str, subject: str | None = None) -> Schedule:
    environment = environment_of(view)
    spec = environment.spec
    metadata = view.model(model).metadata
    workflow = workflow_name(model, purpose)
    return Schedule(
        name=workflow if subject is None else suffixed(workflow, subject),
        workflow=workflow,
        model=model,
        cron=cron,
        namespace=spec.namespace,
        service_account=spec.kubeflow.service_account,
        image=spec.runtime_image,
        api=spec.kubeflow.api,
        versions=_versions(view, model) if purpose == "monitoring" else (),
        environment=environment.name,
        owner=metadata.owner,
        labels=tuple(metadata.labels.items()),
    )


def _versions(view: View, model: str) -> tuple[tuple[str, str], ...]:
    return ((TRAINING_VERSION, workflow_name(model, "training")),) if starts_training(view, model) else ()
