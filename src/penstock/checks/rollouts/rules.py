"""The rules that look at rollouts, in the order in which one is described."""

from __future__ import annotations

from penstock.checks.gates.bound_direction import bound_direction
from penstock.checks.gates.metric_task import metric_task
from penstock.checks.gates.trivial_bound import trivial_bound
from penstock.checks.models.schedule_syntax import schedule_syntax
from penstock.checks.models.unknown_feature import unknown_feature
from penstock.checks.rollouts.alert_never_fires import alert_never_fires
from penstock.checks.rollouts.alert_without_receiver import alert_without_receiver
from penstock.checks.rollouts.assumed_metrics import assumed_metrics
from penstock.checks.rollouts.canary_steps import canary_steps
from penstock.checks.rollouts.capacity import capacity
from penstock.checks.rollouts.competing_rollouts import competing_rollouts
from penstock.checks.rollouts.missing_target import missing_target
from penstock.checks.rollouts.promql_misuse import promql_misuse
from penstock.checks.rollouts.short_range import short_range
from penstock.checks.rollouts.stock_server import stock_server
from penstock.checks.rollouts.ungated_rollout import ungated_rollout
from penstock.checks.rollouts.window_of_training_rows import window_of_training_rows
from penstock.checks.rollouts.window_without_time import window_without_time
from penstock.checks.rule import Rule

RULES: tuple[Rule, ...] = (
    unknown_feature,
    metric_task,
    trivial_bound,
    bound_direction,
    ungated_rollout,
    missing_target,
    stock_server,
    assumed_metrics,
    competing_rollouts,
    canary_steps,
    capacity,
    promql_misuse,
    short_range,
    alert_without_receiver,
    alert_never_fires,
    window_without_time,
    window_of_training_rows,
    schedule_syntax,
)
