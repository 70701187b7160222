"""Every target says of every class of plan that it renders it, or why not."""

from __future__ import annotations

import pytest

from penstock.ir.monitoring import RuleFile
from penstock.ir.serving import AccessRule, Endpoint
from penstock.ir.workflow import Schedule, Workflow
from penstock.targets.base import Target
from penstock.targets.noop.target import TARGET as NOOP
from penstock.targets.registry import TARGETS

PLANS = (Workflow, Schedule, Endpoint, AccessRule, RuleFile)
ALL = [*TARGETS.values(), NOOP]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("target", ALL, ids=lambda target: target.name)
def test_each_plan_is_rendered_or_declared_unsupported(target: Target, plan: type) -> None:
    assert (plan in target.renders) != (plan in target.unsupported)
    if plan in target.unsupported:
        assert target.unsupported[plan].reason


@pytest.mark.parametrize("target", ALL, ids=lambda target: target.name)
def test_a_capability_says_what_would_do_instead(target: Target) -> None:
    assert all(capability.field and capability.instead for capability in target.capabilities)


@pytest.mark.parametrize("plan", PLANS)
def test_some_target_renders_each_plan(plan: type) -> None:
    assert any(plan in target.renders for target in TARGETS.values())


def test_targets_are_listed_under_their_own_names() -> None:
    assert all(target.name == name for name, target in TARGETS.items())
