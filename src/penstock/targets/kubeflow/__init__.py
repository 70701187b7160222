"""Kubeflow Pipelines: workflows as KFP v2 IR and as pipeline objects, schedules as CronJobs."""
