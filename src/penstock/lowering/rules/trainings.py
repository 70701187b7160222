"""Alerts over what a scheduled training pipeline pushes when it has registered a version.

A run that breaks, one that nothing started and one whose gate rejects the model look alike from outside: the model that
is there grows old. A single rejection is what gates are for. One that lasts is a ticket, because somebody has to change
the data, the model or the bound.
"""

from __future__ import annotations

import datetime as dt

from penstock.catalog.model import View
from penstock.ir.monitoring import RuleFile, RuleGroup
from penstock.lowering.conventions import workflow_name
from penstock.lowering.environments import environment_of, retraining_schedule
from penstock.lowering.rules.alerting import AlertSubject, alert_environment
from penstock.lowering.rules.overdue import AGE, Pipeline, Words, overdue
from penstock.specs.series import LAST_REGISTRATION

TRAINING_STALE = "ModelTrainingStale"
TRAINING_ABSENT = "ModelTrainingAbsent"

_VARIES = dt.timedelta(hours=6)
"""A pipeline reports at its end, and queues for GPUs and searches are longer on one day than on another."""


def retrained(schedule: str) -> Pipeline:
    """The pipeline that trains by this schedule, with the series that it pushes when it has registered a version."""
    return Pipeline("training", schedule, LAST_REGISTRATION, _VARIES)


def training_rules(view: View, name: str) -> RuleFile | None:
    """The rules about the training of the model `name` in the view's environment; None where no clock starts it."""
    schedule = retraining_schedule(view, name)
    if schedule is None:
        return None
    environment = environment_of(view)
    model = view.model(name)
    subject = AlertSubject(alert_environment(environment), name, model.metadata.owner)
    pipeline = retrained(schedule)
    where = (
        "Runs fail, a gate rejects the new model, or no run starts: check the newest runs of "
        f"{workflow_name(name, 'training')} in Kubeflow (namespace {subject.namespace}). The log of a gate names the "
        "rule, the value and the bound. If only `publish` failed, a version exists but the Pushgateway was not "
        "updated. The served version does not change."
    )
    stale = Words(
        TRAINING_STALE,
        f"Retraining of {name} in {subject.environment} is overdue",
        f"The training pipeline of {name} last registered a version {AGE} ago; its schedule ({schedule}) allows "
        f"{pipeline.allowed}. {where}",
    )
    absent = Words(
        TRAINING_ABSENT,
        f"Retraining of {name} in {subject.environment} has not reported",
        f"No run of the training pipeline of {name} (schedule {schedule}) has registered a version. {where}",
    )
    alerts, tests = overdue(pipeline, subject, "ticket", stale, absent)
    prometheus = environment.spec.prometheus
    return RuleFile(
        # No rollout has a dot in its name, so that this object is nobody else's.
        name=f"{name}.training",
        namespace=subject.namespace,
        groups=(RuleGroup(f"{name}.training", "1m", tuple(alerts)),),
        tests=tuple(tests),
        environment=environment.name,
        model=name,
        owner=model.metadata.owner,
        selected_by=tuple(sorted(prometheus.rule_labels.items())),
        labels=tuple(model.metadata.labels.items()),
        of_training=True,
    )
