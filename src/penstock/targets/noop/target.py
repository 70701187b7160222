"""The table of what the target renders, plan by plan; every class of plan is in one of the two mappings."""

from __future__ import annotations

from penstock.ir.alert_routes import AlertRoutes
from penstock.ir.bundle import Bundle
from penstock.ir.dashboard import Dashboard
from penstock.ir.delivery import Delivery
from penstock.ir.monitoring import RuleFile
from penstock.ir.serving import AccessRule, Endpoint
from penstock.ir.workflow import Schedule, Workflow
from penstock.targets.base import Target, Unsupported
from penstock.targets.noop.capabilities import CAPABILITIES
from penstock.targets.noop.inventory import render_inventory

_NOT_LISTED = Unsupported("never", "the inventory lists only pipelines")

TARGET = Target(
    name="noop",
    renders={Workflow: render_inventory},
    unsupported={
        AlertRoutes: _NOT_LISTED,
        Delivery: _NOT_LISTED,
        Bundle: _NOT_LISTED,
        Schedule: _NOT_LISTED,
        Endpoint: _NOT_LISTED,
        AccessRule: _NOT_LISTED,
        RuleFile: _NOT_LISTED,
        Dashboard: _NOT_LISTED,
    },
    capabilities=CAPABILITIES,
)
