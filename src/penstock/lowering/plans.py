"""Which plans a unit has: the one place that knows what is made of a model, of a rollout and of an environment."""

from __future__ import annotations

from penstock.catalog.model import View
from penstock.ir.alert_routes import AlertRoutes
from penstock.ir.dashboard import Dashboard
from penstock.ir.delivery import Delivery
from penstock.ir.monitoring import RuleFile
from penstock.ir.serving import AccessRule, Endpoint
from penstock.ir.workflow import Schedule, Workflow
from penstock.lowering.alert_routes import alert_routes
from penstock.lowering.dashboards import dashboard
from penstock.lowering.delivery import delivery
from penstock.lowering.endpoints.access import access_rule
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.lowering.pipelines.monitoring import monitoring_workflow
from penstock.lowering.pipelines.schedules import schedules
from penstock.lowering.pipelines.training import training_workflow
from penstock.lowering.rules.rollout import rule_file
from penstock.lowering.rules.trainings import training_rules

Plan = Workflow | Schedule | Endpoint | AccessRule | RuleFile | Dashboard | AlertRoutes | Delivery


def model_plans(view: View, model: str) -> tuple[Plan, ...]:
    """The workflows of a model, the schedules that start them, and the rules about its training."""
    environment = view.environment
    training = training_workflow(view, model) if environment is not None and environment.spec.training else None
    plans = (training, monitoring_workflow(view, model), *schedules(view, model), training_rules(view, model))
    return tuple(plan for plan in plans if plan is not None)


def rollout_plans(view: View, rollout: str) -> tuple[Plan, ...]:
    """The endpoint of a rollout, who may call it, its rules, and its dashboard."""
    rules = rule_file(view, rollout)
    shown = dashboard(view, rollout) if rules is not None else None
    plans = (endpoint(view, rollout), access_rule(view, rollout), rules, shown)
    return tuple(plan for plan in plans if plan is not None)


def environment_plans(view: View) -> tuple[Plan, ...]:
    """What an environment has as a whole: who is notified of its alerts, and how its files come to its cluster."""
    return tuple(plan for plan in (alert_routes(view), delivery(view)) if plan is not None)
