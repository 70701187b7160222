"""The rules that look at environments, in the order in which one is described."""

from __future__ import annotations

from penstock.checks.environments.pod_local_storage import pod_local_storage
from penstock.checks.environments.rare_scrapes import rare_scrapes
from penstock.checks.environments.shared_application import shared_application
from penstock.checks.environments.shared_namespace import shared_namespace
from penstock.checks.environments.unknown_fallback import unknown_fallback
from penstock.checks.environments.unknown_version import unknown_version
from penstock.checks.rule import Rule

RULES: tuple[Rule, ...] = (
    unknown_version,
    shared_namespace,
    shared_application,
    pod_local_storage,
    rare_scrapes,
    unknown_fallback,
)
