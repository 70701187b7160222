"""The rules that look at rollouts, in the order in which one is described."""

from __future__ import annotations

from penstock.checks.gates.bound_direction import bound_direction
from penstock.checks.gates.metric_task import metric_task
from penstock.checks.gates.vacuous_bound import vacuous_bound
from penstock.checks.models.schedule_syntax import schedule_syntax
from penstock.checks.models.unknown_feature import unknown_feature
from penstock.checks.rollouts.canary_steps import canary_steps
from penstock.checks.rollouts.capacity import capacity
from penstock.checks.rollouts.competing_rollouts import competing_rollouts
from penstock.checks.rollouts.missing_target import missing_target
from penstock.checks.rollouts.promql_form import promql_form
from penstock.checks.rollouts.silent_alert import silent_alert
from penstock.checks.rollouts.stock_server import stock_server
from penstock.checks.rollouts.timeless_window import timeless_window
from penstock.checks.rollouts.ungated_rollout import ungated_rollout
from penstock.checks.rollouts.unheard_alert import unheard_alert
from penstock.checks.rule import Rule

RULES: tuple[Rule, ...] = (
    unknown_feature,
    metric_task,
    vacuous_bound,
    bound_direction,
    ungated_rollout,
    missing_target,
    stock_server,
    competing_rollouts,
    canary_steps,
    capacity,
    promql_form,
    unheard_alert,
    silent_alert,
    timeless_window,
    schedule_syntax,
)
