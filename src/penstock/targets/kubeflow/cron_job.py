"""A schedule as a CronJob that starts the pipeline, by name, through the pipelines API.

Kubeflow's own ScheduledWorkflow carries the id that the server gave a pipeline, so no file can declare one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.ir.workflow import Schedule
from penstock.targets import manifests
from penstock.targets.kubeflow.step_parts import ENVIRONMENT
from penstock.targets.kubeflow.versions import VersionOf

LONGEST_NAME = 52
"""A CronJob's name may have 52 characters; a job's adds 11."""

_TOKEN_FOLDER = "/var/run/secrets/kubeflow/pipelines"
_TOKEN_VOLUME: dict[str, Any] = {
    "name": "pipelines-token",
    "projected": {
        "sources": [
            {
                "serviceAccountToken": {
                    "path": "token",
                    "audience": "pipelines.kubeflow.org",
                    "expirationSeconds": 7200,
                }
            }
        ]
    },
}
_TOKEN_MOUNT: dict[str, Any] = {"name": "pipelines-token", "mountPath": _TOKEN_FOLDER, "readOnly": True}
_VARIABLES: list[dict[str, str]] = [
    *ENVIRONMENT,
    # Where kfp's own client too looks for the token that a multi-user installation asks for.
    {"name": "KF_PIPELINES_SA_TOKEN_PATH", "value": f"{_TOKEN_FOLDER}/token"},
]
_RESOURCES: dict[str, Any] = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}}


def cron_job(schedule: Schedule) -> dict[str, Any]:
    """The CronJob of a schedule. It tries three times, up to an hour late, and starts no run beside one that goes on.

    Its own job ends once the run is started, so `concurrencyPolicy` alone would let runs overlap: the older one would
    then publish over what the newer one has measured.
    """
    name = manifests.short_name(schedule.name, LONGEST_NAME)
    labels = manifests.labels(schedule, name=name, component="schedule")
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": manifests.metadata(name, schedule.namespace, labels),
        "spec": {
            "schedule": schedule.cron,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 2,
                    "activeDeadlineSeconds": 600,
                    "template": {"metadata": {"labels": labels}, "spec": _pod(schedule)},
                }
            },
        },
    }


def _pod(schedule: Schedule) -> dict[str, Any]:
    arguments = ("--api", schedule.api, "--namespace", schedule.namespace)
    return {
        "restartPolicy": "Never",
        "serviceAccountName": schedule.service_account,
        "automountServiceAccountToken": False,
        "securityContext": manifests.POD_SECURITY,
        "containers": [
            {
                "name": "start",
                "image": schedule.image,
                "command": ["penstock-step", "start"],
                "args": [
                    *arguments,
                    "--service-account",
                    schedule.service_account,
                    "--pipeline",
                    schedule.workflow,
                    "--version",
                    VersionOf(schedule.workflow),
                    "--unless-running",
                    *_versions(schedule),
                ],
                "env": _VARIABLES,
                "resources": _RESOURCES,
                "securityContext": manifests.CONTAINER_SECURITY,
                "volumeMounts": [_TOKEN_MOUNT],
            }
        ],
        "volumes": [_TOKEN_VOLUME],
    }


def _versions(schedule: Schedule) -> Iterator[str]:
    """The parameters of the run that name versions of other pipelines."""
    for parameter, workflow in schedule.versions:
        yield "--parameter"
        yield VersionOf(workflow, f"{parameter}=")
