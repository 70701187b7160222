"""Work grows with the changes, and no faster."""

from __future__ import annotations

import time
from dataclasses import replace

from penstock.review.model import Plan
from penstock.review.policy.evaluate import evaluate
from review.pull_requests import looser_gate, opened
from review.repositories import Repository


def test_a_thousand_changes_are_judged_in_a_moment(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada")
    inputs = pull_request.inputs()
    first = inputs.plan.changes[0]
    changes = tuple(replace(first, address=first.address.key(f"k{n}"), after=n) for n in range(1000))
    impacts = {change.fingerprint: inputs.plan.impacts[first.fingerprint] for change in changes}
    plan: Plan = replace(inputs.plan, changes=changes, impacts=impacts)
    times = []
    for _ in range(3):
        start = time.process_time()
        verdict = evaluate(plan, inputs.policy, inputs.organisation, pull_request.forge.view)
        times.append(time.process_time() - start)
    assert verdict.state.value == "pending"
    assert len(verdict.tree.children) < 20, "changes of which the same is asked are one row"
    # Of the processor, with room for a slow one; the figure itself stands in the benchmarks.
    assert min(times) < 1.5
