"""What the routes of both forms have in common."""

from __future__ import annotations

from penstock.ir.alert_routes import AlertRoutes, Route
from penstock.ir.monitoring import Labels

GROUP_WAIT = "30s"
"""How long the first notification of a group waits for more alerts of the same cause."""
GROUP_INTERVAL = "5m"
"""How long it takes until a group that has grown is told of again."""
PAGE = ("severity", "page")
TICKET = ("severity", "ticket")


def own(routes: AlertRoutes) -> Labels:
    """The labels that every alert of the environment has, and no other alert of its namespace."""
    return (("environment", routes.environment),)


def route_labels(route: Route) -> Labels:
    """The labels of the alerts that go a route."""
    return (("team", route.team), ("severity", route.severity))
