"""Every class of plan meets every target: it is rendered, or declared unsupported with a reason."""

from __future__ import annotations

from typing import get_args

import pytest

from penstock.ir.bundle import Bundle
from penstock.lowering.plans import Plan
from penstock.targets.base import Target
from penstock.targets.noop.target import TARGET as NOOP
from penstock.targets.registry import TARGETS

TYPES = (*(get_args(Plan) or (Plan,)), Bundle)
ALL = (*TARGETS.values(), NOOP)


@pytest.mark.parametrize("target", ALL, ids=lambda target: target.name)
@pytest.mark.parametrize("plan", TYPES, ids=lambda plan: plan.__name__)
def test_a_target_handles_a_plan_or_says_why_not(plan: type, target: Target) -> None:
    rendered, unsupported = plan in target.renders, target.unsupported.get(plan)
    assert rendered != (unsupported is not None), "exactly one of `renders` and `unsupported` names the plan"
    if unsupported is not None:
        assert unsupported.reason


@pytest.mark.parametrize("plan", TYPES, ids=lambda plan: plan.__name__)
def test_every_plan_is_rendered_by_some_target(plan: type) -> None:
    assert any(plan in target.renders for target in TARGETS.values())


@pytest.mark.parametrize("target", ALL, ids=lambda target: target.name)
def test_a_capability_says_what_would_work(target: Target) -> None:
    for capability in target.capabilities:
        assert capability.field, target.name
        assert capability.instead, capability.field


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_a_target_is_known_by_its_own_name(target: Target) -> None:
    assert TARGETS[target.name] is target
